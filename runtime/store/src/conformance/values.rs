//! Values: reading, writing, swapping, expiring.

use std::time::Duration;

use super::{LONG, SHORT, Tested, key, text};
use crate::{Bytes, Entry, Expected, Limit, StoreError, Swap};

/// Values come back as they were written, also empty ones, `null` and bytes that are no text; deleted ones are gone.
pub async fn values(store: &Tested) {
    for value in [&b""[..], b"null", b"{\"a\":1}", b"\0\xff\r\n$-1", &[7; 70_000]] {
        let key = key("values: '%'.*>\u{e9}\u{1f600} \"");
        assert_eq!(store.get(&key).await.unwrap(), None);
        let version = store.put(&key, Bytes::copy_from_slice(value), None).await.unwrap();
        let entry = Entry { value: Bytes::copy_from_slice(value), version };
        assert_eq!(store.get(&key).await.unwrap(), Some(entry));
        assert!(store.delete(&key).await.unwrap());
        assert!(!store.delete(&key).await.unwrap());
        assert_eq!(store.get(&key).await.unwrap(), None);
    }
}

/// A swap happens where the expected version is, and nowhere else.
pub async fn compare_and_set(store: &Tested) {
    let key = key("swap");
    let swap = |expected, value| store.compare_and_set(&key, expected, text(value), None);
    let conflict = swap(Expected::Version(7), "a").await.unwrap();
    assert_eq!(conflict, Swap::Conflict(None));
    let Swap::Swapped(first) = swap(Expected::Absent, "a").await.unwrap() else { panic!("absent") };
    let there = Entry { value: text("a"), version: first };
    assert_eq!(swap(Expected::Absent, "b").await.unwrap(), Swap::Conflict(Some(there.clone())));
    assert_eq!(swap(Expected::Version(first + 1), "b").await.unwrap(), Swap::Conflict(Some(there)));
    let Swap::Swapped(second) = swap(Expected::Version(first), "").await.unwrap() else { panic!("the version fits") };
    assert!(second > first);
    assert_eq!(store.get(&key).await.unwrap(), Some(Entry { value: text(""), version: second }));
    let late = swap(Expected::Version(first), "c").await.unwrap();
    assert_eq!(late, Swap::Conflict(Some(Entry { value: text(""), version: second })));
}

/// A lifetime ends; a value without one stays, also where it was written over one that had.
pub async fn values_expire(store: &Tested) {
    let (short, kept, long) = (key("expires"), key("kept"), key("long"));
    store.put(&short, text("a"), Some(SHORT)).await.unwrap();
    store.put(&kept, text("a"), Some(SHORT)).await.unwrap();
    store.put(&kept, text("b"), None).await.unwrap();
    store.put(&long, text("c"), Some(LONG)).await.unwrap();
    tokio::time::sleep(SHORT * 2).await;
    assert_eq!(store.get(&short).await.unwrap(), None);
    assert!(!store.delete(&short).await.unwrap());
    assert!(matches!(
        store.compare_and_set(&short, Expected::Absent, text("d"), None).await.unwrap(),
        Swap::Swapped(_)
    ));
    assert_eq!(store.get(&kept).await.unwrap().unwrap().value, text("b"));
    assert_eq!(store.get(&long).await.unwrap().unwrap().value, text("c"));
    store.purge_expired().await.unwrap();
    assert_eq!(store.get(&long).await.unwrap().unwrap().value, text("c"));
}

/// What is out of range is refused with its code, and nothing happens.
pub async fn bounds_of_arguments(store: &Tested) {
    let most = store.settings().max_key_bytes;
    let key = key("bounds");
    for bad in [String::new(), "k".repeat(most + 1)] {
        let expected = StoreError::Key { bytes: bad.len(), limit: most };
        assert_eq!(store.get(&bad).await.unwrap_err(), expected);
        assert_eq!(store.put(&bad, text("v"), None).await.unwrap_err(), expected);
        assert_eq!(store.claim(&bad, "o", LONG).await.unwrap_err(), expected);
        assert_eq!(store.claim(&key, &bad, LONG).await.unwrap_err(), expected);
        assert_eq!(store.count(&bad, 1, LONG).await.unwrap_err(), expected);
        assert_eq!(store.wait(&bad, LONG).await.unwrap_err(), expected);
    }
    let longest = format!("{key}{}", "\u{1f600}".repeat((most - key.len()) / 4));
    store.put(&longest, text("v"), None).await.unwrap();
    assert_eq!(store.get(&longest).await.unwrap().unwrap().value, text("v"));
    assert!(store.delete(&longest).await.unwrap());

    let limit = store.settings().max_value_bytes;
    let large = Bytes::from(vec![0; limit + 1]);
    let error = store.put(&key, large.clone(), None).await.unwrap_err();
    assert_eq!(error, StoreError::Value { bytes: limit + 1, limit });
    assert_eq!((error.code(), error.class().number()), ("R0405", "003"));
    assert_eq!(store.complete(&key, 1, large, None).await.unwrap_err().code(), "R0405");
    for time in [Duration::ZERO, Duration::MAX] {
        assert_eq!(store.put(&key, text("v"), Some(time)).await.unwrap_err().code(), "R0406");
        assert_eq!(store.claim(&key, "o", time).await.unwrap_err().code(), "R0406");
        assert_eq!(store.count(&key, 1, time).await.unwrap_err().code(), "R0406");
    }
    let bad = [
        (Limit::TokenBucket { capacity: 0, refill_per_second: 1.0, initial: 0 }, 1),
        (Limit::TokenBucket { capacity: 5, refill_per_second: 0.0, initial: 5 }, 1),
        (Limit::TokenBucket { capacity: 5, refill_per_second: f64::NAN, initial: 5 }, 1),
        (Limit::TokenBucket { capacity: 5, refill_per_second: 1.0, initial: 5 }, 6),
        (Limit::TokenBucket { capacity: 5, refill_per_second: 1.0, initial: 6 }, 1),
        (Limit::SlidingWindow { max_calls: 5, period: LONG }, 6),
        (Limit::SlidingWindow { max_calls: 5, period: Duration::ZERO }, 1),
        (Limit::SlidingWindow { max_calls: Limit::MAX_WINDOW_CALLS + 1, period: LONG }, 1),
    ];
    for (limit, n) in bad {
        assert_eq!(store.admit(&key, limit, n).await.unwrap_err().code(), "R0406", "{limit:?}");
    }
    assert_eq!(store.get(&key).await.unwrap(), None);
}

/// Versions and tokens of a key grow, also over deletions.
pub async fn versions_only_grow(store: &Tested) {
    let key = key("grows");
    let mut last = 0;
    for _ in 0..3 {
        let token = super::claimed(store, &key, "a", LONG).await;
        assert!(token > last, "{token} after {last}");
        assert!(store.complete(&key, token, text("r"), None).await.unwrap());
        let completed = store.get(&key).await.unwrap().unwrap().version;
        assert!(completed >= token);
        let put = store.put(&key, text("v"), None).await.unwrap();
        assert!(put > completed);
        assert!(store.delete(&key).await.unwrap());
        last = put;
    }
}

/// Of a hundred callers that swap the same version, one succeeds.
pub async fn one_of_a_hundred_swaps(store: &Tested) {
    let key = key("swaps");
    for expected in [Expected::Absent, Expected::Version(store.put(&key, text("0"), None).await.unwrap())] {
        if expected == Expected::Absent {
            store.delete(&key).await.unwrap();
        }
        let expected = match expected {
            Expected::Absent => Expected::Absent,
            Expected::Version(_) => Expected::Version(store.put(&key, text("0"), None).await.unwrap()),
        };
        let mut tasks = tokio::task::JoinSet::new();
        for n in 0..100 {
            let (store, key) = (store.clone(), key.clone());
            tasks.spawn(async move { store.compare_and_set(&key, expected, format!("{n}").into(), None).await });
        }
        let swaps: Vec<_> = tasks.join_all().await.into_iter().map(Result::unwrap).collect();
        let versions: Vec<_> = swaps
            .iter()
            .filter_map(|swap| if let Swap::Swapped(version) = swap { Some(*version) } else { None })
            .collect();
        assert_eq!(versions.len(), 1, "{swaps:?}");
        assert_eq!(store.get(&key).await.unwrap().unwrap().version, versions[0]);
    }
}
