//! Results in a store, for all processes together.
//!
//! The store tells how old a result is and drops it when its time is over. One that is out of order is passed by: calls run, and
//! nothing is kept.

use super::kept;
use super::key::Key;
use super::store::{Found, Kept};
use crate::plugins::stored::{decode, encode};
use crate::plugins::stores::NamedStore;
use cascata_store::Status;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

/// Where the results of one stage are.
#[derive(Clone)]
pub(super) struct Remote {
    store: Arc<NamedStore>,
    prefix: Arc<str>,
}

impl Remote {
    /// The results of a stage in a store.
    ///
    /// # Errors
    /// When its keys are too long for the store.
    pub(super) fn new(stage: &str, store: Arc<NamedStore>) -> Result<Self, String> {
        let prefix: Arc<str> = format!("cache:{stage}:").into();
        let (needed, limit) = (prefix.len().saturating_add(64), store.get().settings().max_key_bytes);
        if needed > limit {
            return Err(format!("its keys take {needed} bytes, and the store holds {limit}"));
        }
        Ok(Self { store, prefix })
    }

    /// What is kept under a key, however old.
    pub(super) async fn get(&self, key: &Key) -> Option<Found> {
        let key = self.text(key);
        let Ok(Status::Complete { value, age }) = self.store.noted(self.store.get().peek(&key).await) else {
            return None;
        };
        // What another version wrote is nothing.
        let kept = match decode(&value)? {
            Ok(output) => Kept::Output(output),
            Err(failure) => Kept::Failure(failure),
        };
        Some(Found { kept: Arc::new(kept), age })
    }

    /// Keeps a result for a while.
    pub(super) async fn put(&self, key: &Key, result: &Kept, ttl: Duration) {
        let outcome = match result {
            Kept::Output(output) => Ok(kept(output)),
            Kept::Failure(failure) => Err(failure.clone()),
        };
        let key = self.text(key);
        // One that is too large is not kept.
        _ = self.store.noted(self.store.get().put(&key, encode(&outcome), Some(ttl)).await);
    }

    fn text(&self, key: &Key) -> String {
        let mut text = self.prefix.to_string();
        for byte in key {
            // Writing into a string cannot fail.
            _ = write!(text, "{byte:02x}");
        }
        text
    }
}

#[cfg(test)]
#[path = "remote_tests.rs"]
mod tests;
