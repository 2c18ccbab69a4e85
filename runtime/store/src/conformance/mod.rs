//! What every store must do, as functions that panic where one does not.
//!
//! Stores on a paused clock pass them in no time; on real servers they wait for short leases to end. Each function makes keys
//! of its own, so they may run at once and on a store that is not empty.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::arithmetic_side_effects, clippy::missing_panics_doc)]

mod claims;
mod limits;
mod values;
mod waits;

use std::sync::Arc;
use std::time::Duration;

use crate::{Bytes, Claim, Store, Token};

pub use claims::*;
pub use limits::*;
pub use values::*;
pub use waits::*;

/// A store under test.
pub type Tested = Arc<dyn Store>;

/// So long that no test sees it end.
pub const LONG: Duration = Duration::from_secs(600);

/// Short enough to be waited for.
pub const SHORT: Duration = Duration::from_millis(250);

/// Runs every function of this module, one after the other.
pub async fn all(store: &Tested) {
    values(store).await;
    compare_and_set(store).await;
    values_expire(store).await;
    bounds_of_arguments(store).await;
    versions_only_grow(store).await;
    claim_and_complete(store).await;
    claim_and_release(store).await;
    values_and_claims_share_keys(store).await;
    one_of_a_hundred_claims(store).await;
    one_of_a_hundred_swaps(store).await;
    dead_owner(store).await;
    renewed_leases_last(store).await;
    waiters_wake(store).await;
    waiters_wake_at_expiry(store).await;
    waits_end(store).await;
    token_bucket(store).await;
    initial_tokens(store).await;
    sliding_window(store).await;
    no_over_admission(store).await;
    counters(store).await;
    counters_add_up(store).await;
    store.ping().await.unwrap();
}

/// A key nobody else uses.
#[must_use]
pub fn key(name: &str) -> String {
    format!("{name}/{:016x}", fastrand::u64(..))
}

/// Claims a key that is free.
pub async fn claimed(store: &Tested, key: &str, owner: &str, lease: Duration) -> Token {
    match store.claim(key, owner, lease).await.unwrap() {
        Claim::Claimed { token } => token,
        other => panic!("{}: `{key}` is free, and still: {other:?}", store.kind()),
    }
}

/// Claims a key as soon as it can be claimed.
pub async fn claimed_at_last(store: &Tested, key: &str, owner: &str, lease: Duration) -> Token {
    for _ in 0..6000 {
        match store.claim(key, owner, lease).await.unwrap() {
            Claim::Claimed { token } => return token,
            Claim::Pending { .. } => tokio::time::sleep(Duration::from_millis(10)).await,
            other => panic!("{}: `{key}` has no value, and still: {other:?}", store.kind()),
        }
    }
    panic!("{}: the lease of `{key}` never ends", store.kind())
}

const fn text(text: &'static str) -> Bytes {
    Bytes::from_static(text.as_bytes())
}
