//! Plugins against small models of them, with random sequences of calls, ends, cancellations and time.

use super::Registry;
use super::retry::Budget;
use super::tests::{call_on, ms, run, service, stack};
use crate::{OwnedValue, StageCall, StageFailure, StageOutput, StageService, handler_fn};
use cascata_vm::Segment;
use proptest::prelude::*;
use serde_json::json;
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::Instant;

const HOUR: Duration = Duration::from_hours(1);

/// Runs on a clock that stands still unless the test moves it.
fn paused<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(test)
}

/// Lets everything happen that happens without time.
async fn settle() {
    for _ in 0..60 {
        tokio::task::yield_now().await;
    }
}

fn event(key: u8) -> StageCall {
    call_on(json!({"a": key}), HOUR)
}

fn key_of(call: &StageCall) -> u8 {
    match OwnedValue::from_value(&call.field(&[Segment::Key("a".to_owned())])) {
        OwnedValue::Int(key) => u8::try_from(key).unwrap(),
        other => panic!("{other:?}"),
    }
}

type Outcome = Result<StageOutput, StageFailure>;
/// Calls of the handler under way: key, and what ends the call.
type Calls = Arc<Mutex<Vec<(u8, oneshot::Sender<Option<i64>>)>>>;

/// Callers around one plugin, and the handler's calls, which end when they are told to.
struct Crowd {
    service: StageService,
    running: Calls,
    callers: Vec<(u8, JoinHandle<Outcome>)>,
}

impl Crowd {
    fn new(plugin: serde_json::Value) -> Self {
        let running = Calls::default();
        let calls = Arc::clone(&running);
        let handler = service(handler_fn(move |call: StageCall| {
            let (done, end) = oneshot::channel();
            calls.lock().unwrap().push((key_of(&call), done));
            async move {
                match end.await.unwrap() {
                    Some(number) => Ok(StageOutput::new(number)),
                    None => Err(StageFailure::handler("as told")),
                }
            }
        }));
        let service = stack(&Registry::with_builtins(), json!([plugin]), handler);
        Self { service, running, callers: Vec::new() }
    }

    fn arrive(&mut self, key: u8) {
        let service = self.service.clone();
        self.callers.push((key, tokio::spawn(async move { run(&service, event(key)).await })));
    }

    /// Calls of the handler under way, of a key.
    fn running(&self, key: u8) -> usize {
        let mut running = self.running.lock().unwrap();
        running.retain(|(_, done)| !done.is_closed());
        running.iter().filter(|(of, _)| *of == key).count()
    }

    fn waiting(&self, key: u8) -> usize {
        self.callers.iter().filter(|(of, task)| *of == key && !task.is_finished()).count()
    }

    /// Ends the handler's call of a key, if there is one.
    fn finish(&mut self, key: u8, outcome: Option<i64>) -> bool {
        let mut running = self.running.lock().unwrap();
        running.retain(|(_, done)| !done.is_closed());
        let Some(at) = running.iter().position(|(of, _)| *of == key) else { return false };
        running.remove(at).1.send(outcome).is_ok()
    }

    /// What the callers of a key got that have ended.
    async fn ended(&mut self, key: u8) -> Vec<Outcome> {
        let (mut ended, mut rest) = (Vec::new(), Vec::new());
        for (of, task) in self.callers.drain(..) {
            match of == key && task.is_finished() {
                true => ended.extend(task.await),
                false => rest.push((of, task)),
            }
        }
        self.callers = rest;
        ended
    }
}

#[derive(Clone, Debug)]
enum Event {
    Arrive(u8),
    Finish(u8, bool),
    Cancel(usize),
    Pass(u64),
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let one = prop_oneof![
        5 => (0..2_u8).prop_map(Event::Arrive),
        3 => (0..2_u8, prop::bool::weighted(0.6)).prop_map(|(key, ok)| Event::Finish(key, ok)),
        2 => any::<usize>().prop_map(Event::Cancel),
        1 => (1..400_u64).prop_map(Event::Pass),
    ];
    prop::collection::vec(one, 1..40)
}

/// Lets time pass in steps in which nothing can be missed.
async fn pass(millis: u64) {
    for _ in 0..millis.div_ceil(20) {
        tokio::time::advance(ms(20)).await;
        settle().await;
    }
}

/// Plays a sequence. With `kept` the first result of a key is that of all later calls, and a failure that of one call only; without,
/// whoever is there gets what the one call comes to.
async fn play(plugin: serde_json::Value, events: Vec<Event>, kept: bool) {
    let mut crowd = Crowd::new(plugin);
    let (mut results, mut number): (BTreeMap<u8, i64>, i64) = (BTreeMap::new(), 0);
    for event in events {
        match event {
            Event::Arrive(key) => crowd.arrive(key),
            Event::Finish(key, ok) => {
                let there = crowd.waiting(key);
                number += 1;
                if crowd.finish(key, ok.then_some(number)) {
                    settle().await;
                    let ended = crowd.ended(key).await;
                    let values: Vec<_> =
                        ended.iter().map(|outcome| outcome.as_ref().map(|output| output.result.clone()).ok()).collect();
                    if ok {
                        assert_eq!(values, vec![Some(OwnedValue::Int(number)); there]);
                        results.insert(key, number);
                    } else {
                        assert_eq!(values, vec![None; if kept { 1 } else { there }]);
                    }
                }
            }
            Event::Cancel(pick) => {
                if !crowd.callers.is_empty() {
                    let at = pick % crowd.callers.len();
                    crowd.callers.remove(at).1.abort();
                }
            }
            Event::Pass(millis) => pass(millis).await,
        }
        settle().await;
        for key in 0..2 {
            if let Some(number) = results.get(&key).filter(|_| kept) {
                for outcome in crowd.ended(key).await {
                    let output = outcome.unwrap();
                    assert_eq!((output.result, output.marks.replayed), (OwnedValue::Int(*number), true));
                }
                assert_eq!((crowd.running(key), crowd.waiting(key)), (0, 0));
            } else {
                assert_eq!(crowd.running(key), crowd.waiting(key).min(1), "one call for all of a key");
            }
        }
    }
}

/// A cache by the book: what was kept, when, and when it was used last.
#[derive(Default)]
struct Kept {
    entries: Vec<(u8, i64, Instant)>,
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn coalesced_calls_follow_the_model(events in events()) {
        paused(play(json!("coalesce"), events, false));
    }

    #[test]
    fn idempotent_calls_follow_the_model(events in events()) {
        paused(play(json!({"idempotency": {"key": "a", "lease_ms": 300, "wait_timeout_ms": 3_000_000}}), events, true));
    }

    #[test]
    fn a_budget_follows_the_model(
        (percent, burst) in (0..=100_u32, 1..5_u32),
        payments in prop::collection::vec(any::<bool>(), 1..200),
    ) {
        let budget = Budget::new(f64::from(percent), burst);
        // In hundredths of a retry.
        let mut saved = burst * 100;
        for payment in payments {
            if payment {
                budget.pay_in();
                saved = (saved + percent).min(burst * 100);
            } else {
                prop_assert_eq!(budget.take_out(), saved >= 100);
                saved = if saved >= 100 { saved - 100 } else { saved };
            }
        }
    }

    #[test]
    fn a_cache_follows_the_model(
        calls in prop::collection::vec((0..4_u8, 0..6_000_u64), 1..40),
        (ttl, stale, max) in (1..5_u64, 0..5_u64, 1..4_usize),
    ) {
        paused(async {
            let made = Arc::new(Mutex::new(0_i64));
            let count = Arc::clone(&made);
            let handler = service(handler_fn(move |_: StageCall| {
                let mut made = count.lock().unwrap();
                *made += 1;
                std::future::ready(Ok(StageOutput::new(*made)))
            }));
            let options = json!([{"cache": {"ttl_seconds": ttl, "stale_seconds": stale, "max_entries": max}}]);
            let service = stack(&Registry::with_builtins(), options, handler);
            let mut model = Kept::default();
            let mut number = 0;
            for (key, wait) in calls {
                tokio::time::advance(ms(wait)).await;
                let output = run(&service, event(key)).await.unwrap();
                settle().await;
                let at = model.entries.iter().position(|(of, ..)| *of == key);
                let found = at.map(|at| model.entries.remove(at));
                let found = found.filter(|(_, _, stored)| stored.elapsed() < Duration::from_secs(ttl + stale));
                let fresh = found.filter(|(_, _, stored)| stored.elapsed() < Duration::from_secs(ttl));
                number += i64::from(fresh.is_none());
                let shown = found.map_or(number, |(_, number, _)| number);
                assert_eq!(output.result, OwnedValue::Int(shown));
                assert_eq!((output.cached.is_some(), output.marks.stale), (found.is_some(), found.is_some() && fresh.is_none()));
                assert_eq!(*made.lock().unwrap(), number);
                model.entries.push(fresh.unwrap_or((key, number, Instant::now())));
                if model.entries.len() > max {
                    model.entries.remove(0);
                }
            }
        });
    }

    #[test]
    fn hedged_calls_follow_the_model(
        calls in prop::collection::vec((0..500_u64, any::<bool>()), 4),
        (after, max) in (1..200_u64, 1..4_u32),
    ) {
        // Which of two that end at the same moment counts is open.
        let mut ends: Vec<_> = (0..).zip(&calls).map(|(at, (takes, _))| at * after + takes).collect();
        ends.sort_unstable();
        prop_assume!(ends.windows(2).all(|pair| pair[0] != pair[1]));
        let (expected, at, made) = hedged(&calls, after, usize::try_from(max).unwrap());
        paused(async {
            let next = Arc::new(Mutex::new(0_usize));
            let (count, script) = (Arc::clone(&next), calls.clone());
            let handler = service(handler_fn(move |_: StageCall| {
                let mut next = count.lock().unwrap();
                let (takes, ok) = script[*next];
                *next += 1;
                let number = i64::try_from(*next).unwrap();
                async move {
                    tokio::time::sleep(ms(takes)).await;
                    if ok { Ok(StageOutput::new(number)) } else { Err(StageFailure::handler("as told")) }
                }
            }));
            let options = json!([{"hedge": {"after_ms": after, "max_hedges": max, "idempotent_only": false}}]);
            let service = stack(&Registry::with_builtins(), options, handler);
            let began = Instant::now();
            let outcome = run(&service, event(0)).await;
            let seen = outcome.as_ref().ok().map(|output| output.result.clone());
            assert_eq!((seen, began.elapsed()), (expected.map(OwnedValue::Int), ms(at)));
            assert_eq!(*next.lock().unwrap(), made);
        });
    }
}

/// What a hedged call comes to, when, and after how many calls.
fn hedged(calls: &[(u64, bool)], after: u64, max: usize) -> (Option<i64>, u64, usize) {
    let mut running = vec![(calls[0].0, 0)];
    let mut made = 1;
    loop {
        let (end, which) = running.iter().copied().min().unwrap();
        let next = after * u64::try_from(made).unwrap();
        if made <= max && next < end {
            running.push((next + calls[made].0, made));
            made += 1;
            continue;
        }
        if calls[which].1 {
            return (Some(i64::try_from(which).unwrap() + 1), end, made);
        }
        running.retain(|(_, other)| *other != which);
        if running.is_empty() {
            return (None, end, made);
        }
    }
}
