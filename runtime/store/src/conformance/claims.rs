//! Claims: one owner at a time, and none that comes back from the dead.

use std::time::Duration;

use tokio::time::Instant;

use super::{LONG, SHORT, Tested, claimed, claimed_at_last, key, text};
use crate::{Bytes, Claim, Expected, Status, Swap};

/// A claim keeps others out until it is complete; its value answers every later claim, also an empty one.
pub async fn claim_and_complete(store: &Tested) {
    for value in ["", "null", "{}"] {
        let key = key("claim");
        assert_eq!(store.peek(&key).await.unwrap(), Status::Free);
        let token = claimed(store, &key, "one", LONG).await;
        for owner in ["two", "one"] {
            let Claim::Pending { owner, remaining } = store.claim(&key, owner, LONG).await.unwrap() else {
                panic!("claimed twice")
            };
            assert_eq!(owner, "one");
            assert!(remaining > LONG / 2 && remaining <= LONG, "{remaining:?}");
        }
        assert!(matches!(store.peek(&key).await.unwrap(), Status::Pending { owner, .. } if owner == "one"));
        assert_eq!(store.get(&key).await.unwrap(), None);

        assert!(!store.complete(&key, token + 1, text("other"), None).await.unwrap());
        assert!(!store.release(&key, token + 1).await.unwrap());
        assert!(!store.renew(&key, token + 1, LONG).await.unwrap());
        assert!(store.complete(&key, token, text(value), Some(LONG)).await.unwrap());

        assert_eq!(store.get(&key).await.unwrap().unwrap().value, text(value));
        let Claim::Complete { value: found, age } = store.claim(&key, "two", LONG).await.unwrap() else {
            panic!("complete")
        };
        assert_eq!(found, text(value));
        assert!(age < LONG, "{age:?}");
        assert!(
            matches!(store.peek(&key).await.unwrap(), Status::Complete { value: found, .. } if found == text(value))
        );
        // Asked again by the one who completed it: yes, and the first value stays.
        assert!(store.complete(&key, token, text("again"), None).await.unwrap());
        assert!(!store.release(&key, token).await.unwrap());
        assert!(!store.renew(&key, token, LONG).await.unwrap());
        assert_eq!(store.get(&key).await.unwrap().unwrap().value, text(value));
    }
}

/// A claim that is given back can be claimed at once, with a larger token.
pub async fn claim_and_release(store: &Tested) {
    let key = key("release");
    let first = claimed(store, &key, "one", LONG).await;
    assert!(store.release(&key, first).await.unwrap());
    assert!(!store.release(&key, first).await.unwrap());
    assert!(!store.complete(&key, first, text("late"), None).await.unwrap());
    let second = claimed(store, &key, "two", LONG).await;
    assert!(second > first);
    assert!(!store.release(&key, first).await.unwrap());
    assert!(store.release(&key, second).await.unwrap());
    assert_eq!(store.peek(&key).await.unwrap(), Status::Free);
}

/// Writing or deleting a claimed key ends the claim; a swap does not get past it.
pub async fn values_and_claims_share_keys(store: &Tested) {
    let key = key("share");
    let first = claimed(store, &key, "one", LONG).await;
    let swap = store.compare_and_set(&key, Expected::Absent, text("a"), None).await.unwrap();
    assert_eq!(swap, Swap::Conflict(None));
    let swap = store.compare_and_set(&key, Expected::Version(first), text("a"), None).await.unwrap();
    assert_eq!(swap, Swap::Conflict(None));
    store.put(&key, text("written"), None).await.unwrap();
    assert!(!store.complete(&key, first, text("late"), None).await.unwrap());
    assert!(!store.renew(&key, first, LONG).await.unwrap());
    assert_eq!(store.get(&key).await.unwrap().unwrap().value, text("written"));
    assert!(store.delete(&key).await.unwrap());

    let second = claimed(store, &key, "two", LONG).await;
    assert!(store.delete(&key).await.unwrap());
    assert!(!store.complete(&key, second, text("late"), None).await.unwrap());
    assert_eq!(store.peek(&key).await.unwrap(), Status::Free);
    // Limits and counters under the same name are others.
    assert_eq!(store.count(&key, 3, LONG).await.unwrap(), 3);
    assert_eq!(store.peek(&key).await.unwrap(), Status::Free);
}

/// Of a hundred callers that claim a key at once, one has it; the others are told who.
pub async fn one_of_a_hundred_claims(store: &Tested) {
    let key = key("hundred");
    for round in 0..3 {
        let mut tasks = tokio::task::JoinSet::new();
        for n in 0..100 {
            let (store, key) = (store.clone(), key.clone());
            tasks.spawn(async move {
                let owner = format!("{round}/{n}");
                let claim = store.claim(&key, &owner, LONG).await.unwrap();
                (owner, claim)
            });
        }
        let claims = tasks.join_all().await;
        let winners: Vec<_> = claims
            .iter()
            .filter_map(|(owner, claim)| match claim {
                Claim::Claimed { token } => Some((owner.clone(), *token)),
                _ => None,
            })
            .collect();
        assert_eq!(winners.len(), 1, "{winners:?}");
        let (winner, token) = &winners[0];
        for (_, claim) in claims {
            assert!(
                matches!(claim, Claim::Claimed { .. })
                    || matches!(claim, Claim::Pending { owner, .. } if owner == *winner)
            );
        }
        assert!(store.release(&key, *token).await.unwrap());
    }
}

/// The claim of an owner that died ends with its lease, not before; the next one gets a larger token, and the dead one can
/// neither complete, renew nor release if it comes back.
pub async fn dead_owner(store: &Tested) {
    let key = key("dead");
    let begun = Instant::now();
    let dead = claimed(store, &key, "dead", SHORT).await;
    let heir = claimed_at_last(store, &key, "heir", LONG).await;
    assert!(begun.elapsed() >= SHORT, "claimed again after {:?}", begun.elapsed());
    assert!(heir > dead, "{heir} after {dead}");
    assert!(!store.complete(&key, dead, text("from the dead"), None).await.unwrap());
    assert!(!store.renew(&key, dead, LONG).await.unwrap());
    assert!(!store.release(&key, dead).await.unwrap());
    assert!(store.complete(&key, heir, text("from the heir"), None).await.unwrap());
    assert!(!store.complete(&key, dead, text("from the dead"), None).await.unwrap());
    assert_eq!(store.get(&key).await.unwrap().unwrap().value, text("from the heir"));

    // An owner whose lease ended is refused also where nobody came after it.
    let alone = super::key("alone");
    let token = claimed(store, &alone, "late", SHORT).await;
    tokio::time::sleep(SHORT * 2).await;
    assert!(!store.renew(&alone, token, LONG).await.unwrap());
    assert!(!store.complete(&alone, token, text("late"), None).await.unwrap());
    assert_eq!(store.get(&alone).await.unwrap(), None);
}

/// A lease that is renewed does not end, and the token stays the same.
pub async fn renewed_leases_last(store: &Tested) {
    let key = key("renew");
    let lease = SHORT * 8;
    let token = claimed(store, &key, "one", lease).await;
    assert!(store.renew(&key, token, LONG).await.unwrap());
    let Status::Pending { remaining, .. } = store.peek(&key).await.unwrap() else { panic!("renewed") };
    assert!(remaining > lease && remaining <= LONG, "{remaining:?}");
    // A lease can be made shorter, too.
    assert!(store.renew(&key, token, lease).await.unwrap());
    let Status::Pending { remaining, owner } = store.peek(&key).await.unwrap() else { panic!("renewed") };
    assert!(remaining <= lease && remaining > Duration::ZERO, "{remaining:?}");
    assert_eq!(owner, "one");
    assert!(store.complete(&key, token, Bytes::new(), None).await.unwrap());
}
