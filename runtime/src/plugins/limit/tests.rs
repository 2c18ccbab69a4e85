use super::{Bucket, LimitError, SlidingLog, Turn};
use crate::FailureKind;
use crate::plugins::Registry;
use crate::plugins::tests::{Do, Script, call, call_on, ms, record, run, stack};
use proptest::prelude::*;
use serde_json::json;
use std::num::NonZeroU32;
use std::time::Duration;
use tokio::time::Instant;

const fn count(value: u32) -> NonZeroU32 {
    NonZeroU32::new(value).unwrap()
}

/// A bucket by the book: a level that fills and is taken from, in units of a token divided by the nanoseconds of `per`.
struct Level {
    rate: i128,
    per: i128,
    burst: i128,
    level: i128,
    now: i128,
}

impl Level {
    fn take(&mut self, now: Duration, max_wait: Duration, calls: u32) -> Turn {
        let now = i128::try_from(now.as_nanos()).unwrap();
        self.level = (self.level + (now - self.now) * self.rate).min(self.burst * self.per);
        self.now = now;
        if i128::from(calls) > self.burst {
            return Turn::Denied { wait: Duration::MAX };
        }
        let missing = self.per * i128::from(calls) - self.level;
        let wait = if missing <= 0 { 0 } else { (missing + self.rate - 1) / self.rate };
        let wait_for = Duration::from_nanos(u64::try_from(wait).unwrap());
        if wait_for > max_wait {
            return Turn::Denied { wait: wait_for };
        }
        self.level -= self.per * i128::from(calls);
        if wait == 0 { Turn::Now } else { Turn::At(Duration::from_nanos(u64::try_from(now + wait).unwrap())) }
    }
}

/// A window by the book: every call that ever was, and the first moment at which one more fits.
struct AllCalls {
    max: usize,
    window: Duration,
    calls: Vec<Duration>,
}

impl AllCalls {
    fn take(&mut self, now: Duration, max_wait: Duration, calls: u32) -> Turn {
        let wanted = calls as usize;
        if wanted > self.max {
            return Turn::Denied { wait: Duration::MAX };
        }
        let last = self.calls.last().copied().unwrap_or_default();
        let mut moments: Vec<Duration> =
            self.calls.iter().map(|call| *call + self.window + Duration::from_nanos(1)).collect();
        moments.push(now.max(last));
        moments.sort();
        let fits = |at: &Duration| {
            *at >= now.max(last)
                && self.calls.iter().filter(|call| **call + self.window >= *at).count() + wanted <= self.max
        };
        let at = moments.into_iter().find(fits).unwrap();
        match at - now {
            wait if wait > max_wait => Turn::Denied { wait },
            wait => {
                self.calls.extend(std::iter::repeat_n(at, wanted));
                if wait.is_zero() { Turn::Now } else { Turn::At(at) }
            }
        }
    }
}

proptest! {
    #[test]
    fn the_bucket_follows_the_model(
        (rate, per, burst, initial, max_wait) in (1..7_u32, 1..1_000_u64, 1..6_u32, 0..6_u32, 0..2_000_u64),
        calls in prop::collection::vec((0..400_u64, 1..5_u32, prop::bool::weighted(0.2)), 1..80),
    ) {
        let (per, max_wait) = (ms(per), ms(max_wait));
        let initial = initial.min(burst);
        let mut bucket = Bucket::new(count(rate), per, count(burst), initial);
        let per = i128::try_from(per.as_nanos()).unwrap();
        let burst = i128::from(burst);
        let mut model = Level { rate: rate.into(), per, burst, level: i128::from(initial) * per, now: 0 };
        let mut now = Duration::ZERO;
        for (passed, calls, given_back) in calls {
            now += ms(passed);
            let turn = bucket.take(now, max_wait, count(calls));
            prop_assert_eq!(turn, model.take(now, max_wait, calls));
            if given_back && matches!(turn, Turn::At(_)) {
                bucket.give_back(count(calls));
                model.level += per * i128::from(calls);
            }
        }
    }

    #[test]
    fn the_window_follows_the_model(
        (max, window, max_wait) in (1..5_u32, 1..500_u64, 0..1_500_u64),
        calls in prop::collection::vec((0..200_u64, 1..5_u32, prop::bool::weighted(0.2)), 1..80),
    ) {
        let mut log = SlidingLog::new(count(max), ms(window));
        let mut model = AllCalls { max: max as usize, window: ms(window), calls: Vec::new() };
        let mut now = Duration::ZERO;
        for (passed, calls, given_back) in calls {
            now += ms(passed);
            let turn = log.take(now, ms(max_wait), count(calls));
            prop_assert_eq!(turn, model.take(now, ms(max_wait), calls));
            if let Turn::At(at) = turn && given_back {
                log.give_back(at, count(calls));
                for _ in 0..calls {
                    let place = model.calls.iter().rposition(|call| *call == at).unwrap();
                    model.calls.remove(place);
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_over_the_rate_is_refused_with_the_time_to_come_again() {
    let registry = Registry::with_builtins();
    let events = record(&registry);
    let script = Script::new([Do::Return("ok")]);
    let service = stack(&registry, json!([{"rate_limit": {"rate": 2, "per_ms": 1000}}]), script.service());
    run(&service, call()).await.unwrap();
    run(&service, call()).await.unwrap();
    let failure = run(&service, call()).await.unwrap_err();
    assert_eq!((failure.kind, failure.retry_after_ms), (FailureKind::RateLimited, Some(500)));
    tokio::time::advance(ms(500)).await;
    run(&service, call()).await.unwrap();
    let figures = registry.rate_limiter("s").unwrap().snapshot();
    assert_eq!((figures.total, figures.allowed, figures.denied, script.count()), (4, 3, 1, 3));
    assert!(events.lock().unwrap()[0].contains("Rejected"));
}

#[tokio::test(start_paused = true)]
async fn throttled_calls_wait_their_turn_in_order() {
    let script = Script::new([Do::Return("ok")]);
    let list = json!([{"throttle": {"rate": 1, "per_ms": 100, "max_wait_ms": 250}}]);
    let service = stack(&Registry::with_builtins(), list, script.service());
    let calls: Vec<_> = (0..5)
        .map(|_| {
            let service = service.clone();
            tokio::spawn(async move { run(&service, call()).await.map_err(|failure| failure.kind) })
        })
        .collect();
    let mut refused = 0;
    for call in calls {
        refused += usize::from(call.await.unwrap().is_err());
    }
    assert_eq!((script.gaps(), refused), (vec![100, 100], 2));
}

#[tokio::test(start_paused = true)]
async fn a_call_whose_own_time_is_too_short_does_not_wait_for_a_turn() {
    let script = Script::new([Do::Return("ok")]);
    let list = json!([{"throttle": {"rate": 1, "per_ms": 100, "strategy": "sliding_window"}}]);
    let service = stack(&Registry::with_builtins(), list, script.service());
    run(&service, call()).await.unwrap();
    let began = Instant::now();
    let failure = run(&service, call_on(json!({}), ms(50))).await.unwrap_err();
    assert_eq!((failure.kind, began.elapsed()), (FailureKind::RateLimited, Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_given_up_gives_its_turn_back_even_if_it_was_never_polled() {
    for strategy in ["token_bucket", "sliding_window"] {
        let script = Script::new([Do::Return("ok")]);
        let list = json!([{"throttle": {"rate": 1, "per_ms": 100, "strategy": strategy}}]);
        let mut service = stack(&Registry::with_builtins(), list, script.service());
        run(&service, call()).await.unwrap();
        drop(tower::Service::call(&mut service, call()));
        let began = Instant::now();
        run(&service, call()).await.unwrap();
        // Tokio's clock counts whole milliseconds; the window waits one moment more.
        assert!(began.elapsed() <= ms(101), "{strategy}: {:?}", began.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn one_name_is_one_limit_for_all_its_stages() {
    let registry = Registry::with_builtins();
    let list = json!([{"rate_limit": {"name": "backend", "rate": 1}}]);
    let one = stack(&registry, list.clone(), Script::new([Do::Return("ok")]).service());
    let other = stack(&registry, list, Script::new([Do::Return("ok")]).service());
    run(&one, call()).await.unwrap();
    assert_eq!(run(&other, call()).await.unwrap_err().kind, FailureKind::RateLimited);
}

fn limiter(on_limit: &str, more: &str) -> std::sync::Arc<super::RateLimiter> {
    let options = format!(r#"{{"rate": 4, "per_ms": 1000, "on_limit": "{on_limit}"{more}}}"#);
    let options: cascata_config::RateLimitOptions = serde_json::from_str(&options).unwrap();
    std::sync::Arc::new(super::RateLimiter::new("r", &options))
}

#[tokio::test(start_paused = true)]
async fn many_calls_are_acquired_together_or_not_at_all() {
    let limiter = limiter("wait", "");
    let (began, later) = (Instant::now(), Instant::now() + ms(60_000));
    limiter.acquire(0, began).await.unwrap();
    limiter.acquire(3, later).await.unwrap();
    let denied = Err(LimitError::Denied { wait: ms(250) });
    assert_eq!(limiter.try_acquire(2).await, denied);
    // Nothing was taken by what was denied, and a try never waits, whatever the options say.
    limiter.try_acquire(1).await.unwrap();
    assert_eq!(began.elapsed(), Duration::ZERO);
    limiter.acquire(4, later).await.unwrap();
    assert_eq!(began.elapsed(), ms(1_000));
    assert_eq!(limiter.acquire(5, later).await, Err(LimitError::TooMany { calls: 5, most: 4 }));
    let figures = limiter.snapshot();
    assert_eq!((figures.allowed, figures.denied, figures.waited), (8, 2, 4));
    assert!(limiter.failure(LimitError::TooMany { calls: 5, most: 4 }).message.contains("more than 4"));
}

#[tokio::test(start_paused = true)]
async fn a_window_has_room_for_many_when_so_many_have_left_it() {
    let limiter = limiter("wait", r#", "strategy": "sliding_window""#);
    let (began, later) = (Instant::now(), Instant::now() + ms(60_000));
    limiter.try_acquire(1).await.unwrap();
    tokio::time::advance(ms(500)).await;
    limiter.try_acquire(3).await.unwrap();
    limiter.acquire(1, later).await.unwrap();
    assert_eq!(began.elapsed(), ms(1_001));
    let denied = limiter.try_acquire(2).await.unwrap_err().wait().unwrap();
    assert!(denied > ms(498) && denied <= ms(500), "{denied:?}");
}

#[tokio::test(start_paused = true)]
async fn a_bucket_begins_with_its_initial_tokens() {
    let limiter = limiter("reject", r#", "initial": 1"#);
    limiter.try_acquire(1).await.unwrap();
    assert_eq!(limiter.try_acquire(1).await, Err(LimitError::Denied { wait: ms(250) }));
    tokio::time::advance(ms(1_000)).await;
    limiter.try_acquire(4).await.unwrap();

    let registry = Registry::with_builtins();
    let list = json!([{"rate_limit": {"rate": 4, "initial": 0}}]);
    let service = stack(&registry, list, Script::new([Do::Return("ok")]).service());
    assert_eq!(run(&service, call()).await.unwrap_err().retry_after_ms, Some(250));
}
