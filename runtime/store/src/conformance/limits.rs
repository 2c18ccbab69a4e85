//! Limits and counters.

use std::time::Duration;

use super::{LONG, SHORT, Tested, key};
use crate::{Admission, Limit};

/// A full bucket gives what it holds, then as much as comes back.
pub async fn token_bucket(store: &Tested) {
    let name = key("bucket");
    // Slow enough that nothing comes back while the test runs.
    let slow = Limit::TokenBucket { capacity: 10, refill_per_second: 0.001, initial: 10 };
    assert_eq!(store.admit(&name, slow, 0).await.unwrap(), granted(10));
    assert_eq!(store.admit(&name, slow, 4).await.unwrap(), granted(6));
    assert_eq!(store.admit(&name, slow, 6).await.unwrap(), granted(0));
    let refused = store.admit(&name, slow, 1).await.unwrap();
    assert!(!refused.admitted && refused.remaining == 0, "{refused:?}");
    assert!(refused.retry_after > Duration::from_secs(500), "{refused:?}");
    assert!(refused.retry_after <= Duration::from_secs(1000), "{refused:?}");
    // All or none.
    let name = key("all or none");
    assert_eq!(store.admit(&name, slow, 8).await.unwrap(), granted(2));
    let refused = store.admit(&name, slow, 3).await.unwrap();
    assert!(!refused.admitted && refused.remaining == 2, "{refused:?}");
    assert_eq!(store.admit(&name, slow, 2).await.unwrap(), granted(0));
    // Another limit under the same name takes effect at once.
    let quick = Limit::TokenBucket { capacity: 2, refill_per_second: 20.0, initial: 2 };
    let mut refused = store.admit(&name, quick, 2).await.unwrap();
    while !refused.admitted {
        assert!(refused.retry_after <= Duration::from_millis(100), "{refused:?}");
        tokio::time::sleep(refused.retry_after + Duration::from_millis(1)).await;
        refused = store.admit(&name, quick, 2).await.unwrap();
    }
}

/// A bucket that is not full at first fills from the first question on, and is never first used again.
pub async fn initial_tokens(store: &Tested) {
    let name = key("initial");
    let slow = Limit::TokenBucket { capacity: 10, refill_per_second: 0.001, initial: 3 };
    let refused = store.admit(&name, slow, 4).await.unwrap();
    assert!(!refused.admitted && refused.remaining == 3, "{refused:?}");
    assert_eq!(store.admit(&name, slow, 3).await.unwrap(), granted(0));
    let name = key("empty at first");
    let quick = Limit::TokenBucket { capacity: 2, refill_per_second: 20.0, initial: 0 };
    let refused = store.admit(&name, quick, 1).await.unwrap();
    assert!(!refused.admitted && refused.retry_after <= Duration::from_millis(50), "{refused:?}");
    tokio::time::sleep(SHORT * 6).await;
    assert_eq!(store.admit(&name, quick, 2).await.unwrap(), granted(0));
}

/// No stretch of a period holds more calls than it may, and the calls that left it make room.
pub async fn sliding_window(store: &Tested) {
    let name = key("window");
    let long = Limit::SlidingWindow { max_calls: 5, period: LONG };
    assert_eq!(store.admit(&name, long, 0).await.unwrap(), granted(5));
    assert_eq!(store.admit(&name, long, 3).await.unwrap(), granted(2));
    assert_eq!(store.admit(&name, long, 2).await.unwrap(), granted(0));
    let refused = store.admit(&name, long, 1).await.unwrap();
    assert!(!refused.admitted && refused.remaining == 0, "{refused:?}");
    assert!(refused.retry_after > LONG / 2 && refused.retry_after <= LONG, "{refused:?}");
    let short = Limit::SlidingWindow { max_calls: 5, period: SHORT };
    let mut refused = store.admit(&name, short, 5).await.unwrap();
    while !refused.admitted {
        assert!(refused.retry_after <= SHORT, "{refused:?}");
        tokio::time::sleep(refused.retry_after + Duration::from_millis(1)).await;
        refused = store.admit(&name, short, 5).await.unwrap();
    }
}

/// A hundred callers at once get no more than the limit holds.
pub async fn no_over_admission(store: &Tested) {
    for limit in [
        Limit::TokenBucket { capacity: 30, refill_per_second: 0.001, initial: 30 },
        Limit::SlidingWindow { max_calls: 30, period: LONG },
    ] {
        let name = key("over");
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..100 {
            let (store, name) = (store.clone(), name.clone());
            tasks.spawn(async move {
                // A store that gives up after so many tries refuses; the caller may ask again.
                for _ in 0..100 {
                    let admission = store.admit(&name, limit, 1).await.unwrap();
                    if admission.admitted || admission.remaining == 0 {
                        return admission.admitted;
                    }
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                false
            });
        }
        let admitted = tasks.join_all().await.into_iter().filter(|&admitted| admitted).count();
        assert_eq!(admitted, 30, "{limit:?}");
    }
}

/// A counter adds up, never falls below 0, and begins anew when its time is over.
pub async fn counters(store: &Tested) {
    let name = key("counter");
    assert_eq!(store.count(&name, 2, LONG).await.unwrap(), 2);
    assert_eq!(store.count(&name, 0, LONG).await.unwrap(), 2);
    assert_eq!(store.count(&name, -1, LONG).await.unwrap(), 1);
    assert_eq!(store.count(&name, -5, LONG).await.unwrap(), 0);
    assert_eq!(store.count(&name, 1, LONG).await.unwrap(), 1);
    let short = key("ends");
    assert_eq!(store.count(&short, 5, SHORT).await.unwrap(), 5);
    // Later uses do not make it last longer.
    store.count(&short, 1, LONG).await.unwrap();
    tokio::time::sleep(SHORT * 2).await;
    assert_eq!(store.count(&short, 1, LONG).await.unwrap(), 1);
}

/// No addition of a hundred is lost.
pub async fn counters_add_up(store: &Tested) {
    let name = key("adds");
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..100_i64 {
        let (store, name) = (store.clone(), name.clone());
        tasks.spawn(async move { store.count(&name, n % 3, LONG).await.unwrap() });
    }
    tasks.join_all().await;
    assert_eq!(store.count(&name, 0, LONG).await.unwrap(), 99);
}

const fn granted(remaining: u32) -> Admission {
    Admission { admitted: true, retry_after: Duration::ZERO, remaining }
}
