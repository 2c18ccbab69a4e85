//! The memory store on a paused clock, its bounds, and URLs.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use super::*;
use crate::conformance::{self, LONG, Tested};

fn memory(settings: Settings) -> Arc<MemoryStore> {
    Arc::new(MemoryStore::new(settings))
}

#[tokio::test(start_paused = true)]
async fn memory_conforms() {
    let store: Tested = memory(Settings::default());
    conformance::all(&store).await;
}

#[tokio::test(start_paused = true)]
async fn values_go_first_in_first_out_and_claims_never() {
    let store = memory(Settings { max_entries: 3, ..Settings::default() });
    let tested: Tested = store.clone();
    let token = conformance::claimed(&tested, "claim", "one", LONG).await;
    for key in ["a", "b", "c", "a", "d"] {
        store.put(key, Bytes::from_static(b"v"), None).await.unwrap();
    }
    assert_eq!(store.get("b").await.unwrap(), None);
    for key in ["a", "c", "d"] {
        assert!(store.get(key).await.unwrap().is_some(), "{key}");
    }
    assert_eq!((store.stats().evicted, store.stats().total, store.stats().pending), (1, 4, 1));
    assert!(store.complete("claim", token, Bytes::new(), None).await.unwrap());
    assert_eq!(store.get("c").await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn claims_limits_and_counters_are_bounded_until_others_expire() {
    let store = memory(Settings { max_entries: 2, ..Settings::default() });
    let second = Duration::from_secs(1);
    let limit = Limit::TokenBucket { capacity: 1, refill_per_second: 1.0, initial: 1 };
    for key in ["a", "b"] {
        assert!(matches!(store.claim(key, "o", second).await.unwrap(), Claim::Claimed { .. }));
        store.count(key, 1, second).await.unwrap();
        store.admit(key, limit, 1).await.unwrap();
    }
    let full = |what| StoreError::Full { what, limit: 2 };
    assert_eq!(store.claim("c", "o", second).await.unwrap_err(), full("pending claims"));
    assert_eq!(store.count("c", 1, second).await.unwrap_err(), full("counters"));
    assert_eq!(store.admit("c", limit, 1).await.unwrap_err(), full("limits"));
    assert_eq!(store.count("a", 1, second).await.unwrap(), 2);
    tokio::time::sleep(second * 2).await;
    assert!(matches!(store.claim("c", "o", second).await.unwrap(), Claim::Claimed { .. }));
    assert_eq!(store.count("c", 1, second).await.unwrap(), 1);
    assert!(store.admit("c", limit, 1).await.unwrap().admitted);
}

#[tokio::test(start_paused = true)]
async fn clear_wakes_waiters_and_nobody_waits_afterwards() {
    let store = memory(Settings::default());
    let tested: Tested = store.clone();
    let token = conformance::claimed(&tested, "k", "one", LONG).await;
    let waiting = tokio::spawn({
        let store = store.clone();
        async move { store.wait("k", LONG).await.unwrap() }
    });
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert_eq!(store.stats().waited_for, 1);
    store.clear();
    assert_eq!(waiting.await.unwrap(), Status::Free);
    assert!(!store.complete("k", token, Bytes::new(), None).await.unwrap());
    assert_eq!(store.stats(), MemoryStats::default());
}

#[tokio::test(start_paused = true)]
async fn what_expired_is_counted_and_removed_in_passing() {
    let store = memory(Settings { cleanup_interval: Duration::from_secs(60), ..Settings::default() });
    for n in 0..10 {
        store.put(&format!("{n}"), Bytes::new(), Some(Duration::from_secs(1))).await.unwrap();
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!((store.stats().expired, store.stats().active), (10, 0));
    tokio::time::sleep(Duration::from_secs(60)).await;
    store.put("other", Bytes::new(), None).await.unwrap();
    assert_eq!((store.stats().total, store.purge_expired().await.unwrap()), (1, 0));
}

#[tokio::test]
async fn a_clock_that_goes_back_admits_no_more() {
    let time = Arc::new(AtomicI64::new(1_000_000_000));
    let clock = Clock::new({
        let time = time.clone();
        move || time.load(Ordering::Relaxed)
    });
    let store = memory(Settings { clock: Some(clock), ..Settings::default() });
    let bucket = Limit::TokenBucket { capacity: 3, refill_per_second: 1.0, initial: 3 };
    let window = Limit::SlidingWindow { max_calls: 3, period: Duration::from_secs(3) };
    for limit in [bucket, window] {
        let key = format!("{limit:?}");
        assert!(store.admit(&key, limit, 3).await.unwrap().admitted);
        time.fetch_sub(500_000_000, Ordering::Relaxed);
        assert!(!store.admit(&key, limit, 1).await.unwrap().admitted);
        time.fetch_add(500_000_000 + 3_000_000, Ordering::Relaxed);
        assert!(store.admit(&key, limit, 3).await.unwrap().admitted);
    }
}

#[test]
fn urls_are_read_with_their_options_and_shown_without_passwords() {
    let url = StoreUrl::parse("redis://user:secret@host:1/2?deadline_ms=50&max_key_bytes=9").unwrap();
    assert_eq!(url.scheme(), Scheme::Redis);
    assert_eq!(url.redacted(), "redis://host:1/2");
    assert!(!format!("{url:?}").contains("secret"));
    let settings = url.apply(Settings::default()).unwrap();
    assert_eq!((settings.deadline, settings.max_key_bytes), (Duration::from_millis(50), 9));
    for (text, path) in [("file:a/b%20c", "a/b c"), ("file:/a", "/a"), ("file:///a?deadline_ms=1", "/a")] {
        assert_eq!(StoreUrl::parse(text).unwrap().path().unwrap(), std::path::Path::new(path));
    }
}

#[test]
fn urls_that_name_no_store_say_why() {
    for (url, code, why) in [
        ("", "R0401", "scheme"),
        ("mysql://h", "R0401", "memory:, file:, redis://"),
        ("memory:x", "R0401", "nothing may follow"),
        ("file:", "R0401", "path"),
        ("redis:h", "R0401", "`//`"),
        ("memory:?a", "R0401", "name=value"),
        ("memory:?max_entries=1&max_entries=2", "R0401", "twice"),
        ("memory:?max_entires=1", "R0403", "max_entries"),
        ("memory:?max_entries=0", "R0403", "from 1 on"),
        ("memory:?deadline_ms=1s", "R0403", "`1s`"),
    ] {
        let error = open(url, Settings::default()).unwrap_err();
        assert_eq!((error.code(), error.class()), (code, ErrorClass::Configuration), "{url}");
        assert!(error.to_string().contains(why), "{url}: {error}");
        assert!(!error.is_outage());
    }
    assert!(open("memory:?max_entries=5", Settings::default()).unwrap().kind() == "memory");
}
