use super::{Aimd, AimdSettings, Bulkhead, Refused, Slot};
use crate::plugins::Registry;
use crate::plugins::tests::{Do, Script, call, call_on, ms, record, run, stack};
use crate::{FailureKind, StageOutput};
use cascata_config::BulkheadOptions;
use proptest::prelude::*;
use serde_json::json;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio::time::Instant;

fn bulkhead(max: u32, queue: u32, wait: u64) -> Arc<Bulkhead> {
    let options = json!({"max_concurrent": max, "queue_size": queue, "max_wait_ms": wait});
    let options: BulkheadOptions = serde_json::from_value(options).unwrap();
    Arc::new(Bulkhead::fixed("b", &options))
}

/// Where a caller of the model stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stand {
    Running,
    Waiting(Duration),
    Full,
    TimedOut,
    Gone,
}

/// A bulkhead by the book: callers in a list, looked through at every step.
struct Model {
    max: usize,
    queue: usize,
    wait: Duration,
    now: Duration,
    callers: Vec<Stand>,
}

impl Model {
    fn count(&self, which: impl Fn(&Stand) -> bool) -> usize {
        self.callers.iter().filter(|stand| which(stand)).count()
    }

    fn running(&self) -> usize {
        self.count(|stand| *stand == Stand::Running)
    }

    fn waiting(&self) -> usize {
        self.count(|stand| matches!(stand, Stand::Waiting(_)))
    }

    fn arrive(&mut self) {
        self.callers.push(match () {
            () if self.running() < self.max => Stand::Running,
            () if self.waiting() < self.queue => Stand::Waiting(self.now + self.wait),
            () => Stand::Full,
        });
        self.settle();
    }

    /// Lets the first that wait in, and those go whose time is over.
    fn settle(&mut self) {
        for index in 0..self.callers.len() {
            if let Stand::Waiting(until) = self.callers[index] {
                if self.running() < self.max {
                    self.callers[index] = Stand::Running;
                } else if until <= self.now {
                    self.callers[index] = Stand::TimedOut;
                }
            }
        }
    }

    /// The `pick`-th of the callers of some kind goes away.
    fn leave(&mut self, pick: usize, which: impl Fn(&Stand) -> bool) -> Option<usize> {
        let of_kind: Vec<usize> = (0..self.callers.len()).filter(|index| which(&self.callers[*index])).collect();
        let index = *of_kind.get(pick.checked_rem(of_kind.len())?)?;
        self.callers[index] = Stand::Gone;
        self.settle();
        Some(index)
    }
}

enum Caller {
    Asking(Pin<Box<dyn Future<Output = Result<Slot, Refused>>>>),
    Has(#[expect(dead_code, reason = "held for its drop")] Slot),
    Not(Refused),
    Gone,
}

#[derive(Clone, Debug)]
enum Event {
    Arrive,
    /// One that waits goes away.
    GiveUp(usize),
    /// One that runs ends.
    End(usize),
    Pass(u64),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => Just(Event::Arrive),
        2 => any::<usize>().prop_map(Event::GiveUp),
        3 => any::<usize>().prop_map(Event::End),
        1 => (1..8_u64).prop_map(Event::Pass),
    ]
}

fn poll_all(callers: &mut [Caller]) {
    for caller in callers {
        if let Caller::Asking(future) = caller
            && let Poll::Ready(slot) = future.as_mut().poll(&mut Context::from_waker(Waker::noop()))
        {
            *caller = slot.map_or_else(Caller::Not, Caller::Has);
        }
    }
}

fn agree(callers: &[Caller], model: &Model, bulkhead: &Bulkhead) {
    for (index, (caller, stand)) in callers.iter().zip(&model.callers).enumerate() {
        let equal = match caller {
            Caller::Asking(_) => matches!(stand, Stand::Waiting(_)),
            Caller::Has(_) => *stand == Stand::Running,
            Caller::Not(Refused::Full) => *stand == Stand::Full,
            Caller::Not(Refused::TimedOut) => *stand == Stand::TimedOut,
            Caller::Gone => *stand == Stand::Gone,
        };
        assert!(equal, "caller {index} should be {stand:?}");
    }
    let snapshot = bulkhead.snapshot();
    assert_eq!((snapshot.running, snapshot.waiting), (model.running(), model.waiting()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn slots_and_queue_follow_the_model(
        (max, queue, wait) in (1..4_u32, 0..4_u32, 0..6_u64),
        events in prop::collection::vec(event(), 1..60),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let _inside = runtime.enter();
        let bulkhead = bulkhead(max, queue, wait);
        let mut model =
            Model { max: max as usize, queue: queue as usize, wait: ms(wait), now: Duration::ZERO, callers: Vec::new() };
        let mut callers = Vec::new();
        let far = Instant::now() + Duration::from_secs(3_600);
        for event in events {
            let gone = match event {
                Event::Arrive => {
                    let bulkhead = Arc::clone(&bulkhead);
                    callers.push(Caller::Asking(Box::pin(async move { bulkhead.enter(far).await })));
                    model.arrive();
                    None
                }
                Event::GiveUp(pick) => model.leave(pick, |stand| matches!(stand, Stand::Waiting(_))),
                Event::End(pick) => model.leave(pick, |stand| *stand == Stand::Running),
                Event::Pass(millis) => {
                    runtime.block_on(tokio::time::advance(ms(millis)));
                    model.now += ms(millis);
                    model.settle();
                    None
                }
            };
            if let Some(gone) = gone {
                callers[gone] = Caller::Gone;
            }
            poll_all(&mut callers);
            agree(&callers, &model, &bulkhead);
        }
        drop(callers);
        let left = bulkhead.snapshot();
        prop_assert_eq!((left.running, left.waiting), (0, 0));
    }

    #[test]
    fn the_adaptive_limit_stays_in_its_bounds_and_moves_once_a_second(
        calls in prop::collection::vec((0..2_000_u64, any::<bool>(), 0..700_u64), 1..80),
    ) {
        let options: cascata_config::AdaptiveBulkheadOptions =
            serde_json::from_value(json!({"initial": 5, "min": 2, "max": 9, "increase": 3})).unwrap();
        let mut aimd = Aimd::new(AimdSettings::from(&options));
        let (mut limit, mut changed, mut now) = (5_usize, None::<u64>, 0_u64);
        for (time, failed, passed) in calls {
            now += passed;
            let next = match () {
                () if changed.is_some_and(|changed| now - changed < 1_000) => limit,
                () if failed || time > 1_000 => (limit / 2).max(2),
                () if time < 100 => (limit + 3).min(9),
                () => limit,
            };
            let moved = aimd.observe(ms(time), failed, ms(now));
            prop_assert_eq!(moved, (next != limit).then_some(next));
            if next != limit {
                (limit, changed) = (next, Some(now));
            }
            prop_assert_eq!(aimd.limit(), limit);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_beyond_slots_and_queue_is_rejected_at_once() {
    let registry = Registry::with_builtins();
    let events = record(&registry);
    let script = Script::new([Do::Hang]);
    let list = json!([{"bulkhead": {"max_concurrent": 1, "queue_size": 1, "max_wait_ms": 100}}]);
    let service = stack(&registry, list, script.service());
    let first = tokio::spawn({
        let service = service.clone();
        async move { run(&service, call_on(json!({}), ms(10_000))).await }
    });
    tokio::task::yield_now().await;
    let second = tokio::spawn({
        let service = service.clone();
        async move { run(&service, call()).await }
    });
    tokio::task::yield_now().await;
    let failure = run(&service, call()).await.unwrap_err();
    assert_eq!((failure.kind, failure.retryable), (FailureKind::BulkheadFull, false));
    assert!(failure.message.contains("queue is full"), "{failure}");
    let failure = second.await.unwrap().unwrap_err();
    assert!(failure.message.contains("in time"), "{failure}");
    let figures = registry.bulkhead("s").unwrap().snapshot();
    assert_eq!((figures.calls, figures.full, figures.timeouts), (1, 1, 1));
    assert_eq!(events.lock().unwrap().len(), 2);
    first.abort();
    assert!(first.await.is_err());
    assert_eq!(registry.bulkhead("s").unwrap().snapshot().running, 0);
}

#[tokio::test(start_paused = true)]
async fn stages_that_name_one_share_its_slots() {
    let registry = Registry::with_builtins();
    let list = json!([{"bulkhead": {"name": "backend", "max_concurrent": 1, "queue_size": 0}}]);
    let hanging = stack(&registry, list.clone(), Script::new([Do::Hang]).service());
    let other = stack(&registry, list, Script::new([Do::Return("ok")]).service());
    let first = tokio::spawn(async move { run(&hanging, call()).await });
    tokio::task::yield_now().await;
    assert_eq!(run(&other, call()).await.unwrap_err().kind, FailureKind::BulkheadFull);
    first.abort();
    assert!(first.await.is_err());
    assert_eq!(run(&other, call()).await.map(|output| output.result), Ok(StageOutput::new("ok").result));
}

#[tokio::test(start_paused = true)]
async fn an_adaptive_bulkhead_shrinks_on_failures_grows_on_fast_calls_and_ignores_cancelled_ones() {
    let registry = Registry::with_builtins();
    let script = Script::new([Do::Fail(FailureKind::Handler), Do::Return("ok"), Do::Hang]);
    let service = stack(&registry, json!(["adaptive_bulkhead"]), script.service());
    let limit = || registry.bulkhead("s").unwrap().snapshot().limit;
    run(&service, call()).await.unwrap_err();
    assert_eq!(limit(), 5);
    tokio::time::advance(ms(1_000)).await;
    run(&service, call()).await.unwrap();
    assert_eq!(limit(), 6);
    tokio::time::advance(ms(5_000)).await;
    let hanging = tokio::spawn({
        let service = service.clone();
        async move { run(&service, call()).await }
    });
    tokio::time::advance(ms(2_000)).await;
    hanging.abort();
    assert!(hanging.await.is_err());
    assert_eq!((limit(), registry.bulkhead("s").unwrap().snapshot().running), (6, 0));
}

#[test]
fn bounds_that_contradict_each_other_are_refused() {
    let registry = Registry::with_builtins();
    // Where they come from Rust; files with them cannot be read.
    let mut options = cascata_config::AdaptiveBulkheadOptions::default();
    options.min = 11.try_into().unwrap();
    let cx = crate::plugins::PluginContext::new("s", [0; 32]);
    let error = registry.layer(&cascata_config::PluginUse::AdaptiveBulkhead(options), &cx).map(drop).unwrap_err();
    assert_eq!(error.code(), "R2002");
}

#[test]
fn threads_never_hold_more_slots_than_there_are_and_give_all_of_them_back() {
    let bulkhead = bulkhead(2, 100, 10_000);
    let running = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
                runtime.block_on(async {
                    for round in 0..2_000 {
                        let far = Instant::now() + Duration::from_secs(60);
                        let mut enter = Box::pin(bulkhead.enter(far));
                        if round % 3 == 0 {
                            // Given up at any moment, also right after a slot was handed over.
                            let _polled = enter.as_mut().poll(&mut Context::from_waker(Waker::noop()));
                            tokio::task::yield_now().await;
                            continue;
                        }
                        let slot = enter.await.unwrap();
                        assert!(running.fetch_add(1, Ordering::SeqCst) < 2);
                        tokio::task::yield_now().await;
                        running.fetch_sub(1, Ordering::SeqCst);
                        drop(slot);
                    }
                });
            });
        }
    });
    let left = bulkhead.snapshot();
    assert_eq!((left.running, left.waiting), (0, 0));
}

proptest! {
    #[test]
    fn the_adaptive_limit_follows_the_model(
        (min, more, initial, increase) in (1..5_u32, 0..40_u32, 0..40_u32, 1..4_u32),
        decrease in 0.1_f64..0.95,
        calls in prop::collection::vec((0..2_500_u64, 0..1_500_u64, any::<bool>()), 1..60),
    ) {
        let max = min + more;
        let initial = (min + initial).min(max);
        let options = json!({"min": min, "max": max, "initial": initial, "increase": increase, "decrease": decrease});
        let options: cascata_config::AdaptiveBulkheadOptions = serde_json::from_value(options).unwrap();
        let mut aimd = Aimd::new(AimdSettings::from(&options));
        // By the book: faster than 100 ms grows, slower than 1 s or failed shrinks, once a second at most.
        let (mut limit, mut changed, mut now) = (initial, None::<u64>, 0);
        for (passed, time, failed) in calls {
            now += passed;
            let wanted = if failed || time > 1_000 {
                min.max((f64::from(limit) * decrease).floor() as u32)
            } else if time < 100 {
                max.min(limit + increase)
            } else {
                limit
            };
            if wanted != limit && changed.is_none_or(|changed| now - changed >= 1_000) {
                (limit, changed) = (wanted, Some(now));
            }
            aimd.observe(ms(time), failed, ms(now));
            prop_assert_eq!(aimd.limit(), limit as usize);
        }
    }
}
