//! Waiting for others.

use std::time::Duration;

use tokio::time::Instant;

use super::{LONG, SHORT, Tested, claimed, key, text};
use crate::Status;

/// What ends a claim wakes those who wait for it.
pub async fn waiters_wake(store: &Tested) {
    for end in ["complete", "release", "delete", "put"] {
        let key = key(end);
        let token = claimed(store, &key, "one", LONG).await;
        let mut waiters = tokio::task::JoinSet::new();
        for _ in 0..5 {
            let (store, key) = (store.clone(), key.clone());
            waiters.spawn(async move { store.wait(&key, LONG).await.unwrap() });
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(waiters.try_join_next().is_none(), "`{end}`: nothing happened yet");
        let expected = match end {
            "complete" => store.complete(&key, token, text("done"), None).await.map(|_| Some("done")),
            "release" => store.release(&key, token).await.map(|_| None),
            "delete" => store.delete(&key).await.map(|_| None),
            _ => store.put(&key, text("put"), None).await.map(|_| Some("put")),
        };
        let expected = expected.unwrap();
        let begun = Instant::now();
        for status in waiters.join_all().await {
            match (expected, status) {
                (Some(value), Status::Complete { value: found, .. }) => assert_eq!(found, text(value)),
                (None, Status::Free) => {}
                (_, other) => panic!("{}: after `{end}` there is {other:?}", store.kind()),
            }
        }
        assert!(begun.elapsed() < LONG / 10, "`{end}`: woken after {:?}", begun.elapsed());
    }
}

/// The end of a lease wakes, and the end of a lease that was made shorter while somebody waited.
pub async fn waiters_wake_at_expiry(store: &Tested) {
    let key = key("ends");
    let begun = Instant::now();
    let token = claimed(store, &key, "one", SHORT).await;
    assert_eq!(store.wait(&key, LONG).await.unwrap(), Status::Free);
    assert!(begun.elapsed() >= SHORT && begun.elapsed() < LONG / 10, "{:?}", begun.elapsed());
    assert!(!store.complete(&key, token, text("late"), None).await.unwrap());
}

/// A wait for nothing ends at once, one for a claim that lasts ends with its time.
pub async fn waits_end(store: &Tested) {
    let key = key("lasts");
    assert_eq!(store.wait(&key, LONG).await.unwrap(), Status::Free);
    let token = claimed(store, &key, "one", LONG).await;
    let begun = Instant::now();
    assert!(matches!(store.wait(&key, SHORT).await.unwrap(), Status::Pending { owner, .. } if owner == "one"));
    assert!(begun.elapsed() >= SHORT && begun.elapsed() < LONG / 10, "{:?}", begun.elapsed());
    assert!(store.complete(&key, token, text(""), None).await.unwrap());
    assert!(matches!(store.wait(&key, LONG).await.unwrap(), Status::Complete { value, .. } if value.is_empty()));
}
