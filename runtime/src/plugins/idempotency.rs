//! Runs a call once for each key, whoever asks, and gives its result to all others.
//!
//! ```text
//!             ┌ complete ─▶ its result, marked
//! call ─ claim┤ pending ──▶ wait ─▶ complete, or free: claim again, or too long: conflict
//!             └ claimed ──▶ handler, the lease renewed meanwhile ─▶ success: complete    failure, cancelled: release
//! ```
//!
//! A claim has a token that only grows. Who lost the lease is refused at completion, and shows the result of the one who has it
//! now, so that no two results of one key are ever seen.

mod claim;
mod counts;
mod key;

use self::claim::Held;
use self::counts::count;
use self::key::Keys;
use super::around::{Around, later};
use super::event::{Listeners, PluginEvent};
use super::stored::{decode, encode};
use super::stores::NamedStore;
use super::{PluginContext, PluginError};
use crate::stage::comes_now;
use crate::{FailureKind, StageCall, StageFailure, StageFuture, StageOutput, StageService};
use cascata_config::{IdempotencyOptions, OnOutage};
use cascata_store::{Claim, Status, StoreError};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

pub(super) use self::counts::Counts;
pub use self::counts::IdempotencySnapshot;

type Outcome = Result<StageOutput, StageFailure>;

/// The idempotency of one stage.
pub(super) struct Idempotency {
    stage: Arc<str>,
    /// Before every key in the store.
    prefix: String,
    keys: Keys,
    store: Arc<NamedStore>,
    ttl: Duration,
    lease: Duration,
    wait: Duration,
    store_errors: bool,
    on_outage: OnOutage,
    counts: Arc<Counts>,
    listeners: Arc<Listeners>,
}

impl Idempotency {
    /// For the calls of a stage.
    ///
    /// # Errors
    /// When both `key` and `key_fields` are given, or one of them is no path.
    pub(super) fn new(
        options: &IdempotencyOptions,
        store: Arc<NamedStore>,
        cx: &PluginContext,
        counts: Arc<Counts>,
        listeners: Arc<Listeners>,
    ) -> Result<Self, PluginError> {
        let keys = Keys::new(options, cx).map_err(|message| cx.refused("idempotency", message))?;
        let scope = options.name.clone().unwrap_or_else(|| cx.own_name());
        let prefix = format!("idempotency:{scope}:");
        let (needed, limit) = (prefix.len().saturating_add(keys.longest()), store.get().settings().max_key_bytes);
        if needed > limit {
            let message = format!("a key may take {needed} bytes with its name, and the store holds {limit}");
            return Err(cx.refused("idempotency", message));
        }
        Ok(Self {
            stage: Arc::clone(&cx.stage),
            prefix,
            keys,
            store,
            ttl: Duration::from_secs(options.ttl_seconds.get()),
            lease: Duration::from_millis(options.lease_ms.get()),
            wait: Duration::from_millis(options.wait_timeout_ms),
            store_errors: options.store_errors,
            on_outage: options.on_outage,
            counts,
            listeners,
        })
    }

    async fn once(self: Arc<Self>, key: String, inner: StageService, call: StageCall) -> Outcome {
        let until = Instant::now().checked_add(self.wait).map_or(call.deadline, |until| until.min(call.deadline));
        loop {
            let claimed = self.store.get().claim(&key, &self.stage, self.lease).await;
            match self.store.noted(claimed) {
                Ok(Claim::Claimed { token }) => {
                    let held = Held::new(Arc::clone(&self.store), key, token, self.lease);
                    return self.run(held, inner, call, until).await;
                }
                Ok(Claim::Complete { value, age }) => {
                    if let Some(outcome) = self.replay(&key, &value, age) {
                        return outcome;
                    }
                    // Nothing that this version wrote: the key is free for a result that it can read.
                    let deleted = self.store.get().delete(&key).await;
                    if let Err(error) = self.store.noted(deleted) {
                        return self.without_store(&error, inner, call).await;
                    }
                }
                Ok(Claim::Pending { .. }) => match self.other(&key, until).await {
                    Ok(ControlFlow::Break(outcome)) => return outcome,
                    Ok(ControlFlow::Continue(())) => {}
                    Err(error) => return self.without_store(&error, inner, call).await,
                },
                Err(error) => return self.without_store(&error, inner, call).await,
            }
        }
    }

    /// Waits for the call that has the key: its outcome, or the news that the key is free.
    async fn other(&self, key: &str, until: Instant) -> Result<ControlFlow<Outcome>, StoreError> {
        let left = until.saturating_duration_since(Instant::now());
        let waited = self.store.get().wait(key, left).await;
        Ok(match self.store.noted(waited)? {
            Status::Free => ControlFlow::Continue(()),
            Status::Complete { value, age } => match self.replay(key, &value, age) {
                Some(outcome) => ControlFlow::Break(outcome),
                None => ControlFlow::Continue(()),
            },
            Status::Pending { remaining, .. } => ControlFlow::Break(Err(self.conflict(remaining))),
        })
    }

    /// Makes the call that has the key, and keeps what it comes to.
    async fn run(&self, held: Held, inner: StageService, call: StageCall, until: Instant) -> Outcome {
        count(&self.counts.ran);
        let outcome = held.while_renewed(later(inner, call)).await;
        if !self.keeps(&outcome) {
            held.release().await;
            return comes_now(outcome);
        }
        let outcome = comes_now(outcome);
        let patience = match self.on_outage {
            OnOutage::Run => Duration::ZERO,
            _ => self.lease,
        };
        match held.complete(encode(&plain(&outcome)), self.ttl, patience).await {
            Ok(true) => outcome,
            Ok(false) => self.refused(held.key(), until).await,
            // Too large to keep, for example: the key is given back, and the next call runs.
            Err(error) if !error.is_outage() => {
                held.release().await;
                Err(self.failed(&error))
            }
            Err(error) => match self.on_outage {
                OnOutage::Run => outcome,
                _ => Err(self.failed(&error)),
            },
        }
    }

    /// The lease ended while the call ran, and somebody else took the key: theirs is the result.
    async fn refused(&self, key: &str, until: Instant) -> Outcome {
        count(&self.counts.refused);
        self.tell_rejected(FailureKind::LeaseLost, None);
        match self.other(key, until).await {
            Ok(ControlFlow::Break(outcome)) => outcome,
            Ok(ControlFlow::Continue(())) => {
                let message = "the lease of the call's idempotency key ended while it ran, and its result was refused";
                Err(StageFailure::new(FailureKind::LeaseLost, message))
            }
            Err(error) => Err(self.failed(&error)),
        }
    }

    fn keeps(&self, outcome: &Outcome) -> bool {
        match outcome {
            // What stands in for a result is none.
            Ok(output) => !output.marks.degraded,
            Err(failure) => self.store_errors && !failure.root_kind().is_rejection(),
        }
    }

    /// The outcome of an earlier call; none if it cannot be read.
    fn replay(&self, key: &str, value: &[u8], age: Duration) -> Option<Outcome> {
        let mut outcome = decode(value)?;
        count(&self.counts.replayed);
        match &mut outcome {
            Ok(output) => (output.marks.replayed, output.attempts) = (true, Some(0)),
            Err(failure) => (failure.marks.replayed, failure.attempts) = (true, Some(0)),
        }
        let key = key.strip_prefix(&self.prefix).unwrap_or(key);
        self.listeners.emit(&PluginEvent::Hit { key, operation: &self.stage, age });
        Some(outcome)
    }

    async fn without_store(&self, error: &StoreError, inner: StageService, call: StageCall) -> Outcome {
        count(&self.counts.outages);
        match self.on_outage {
            OnOutage::Run if error.is_outage() => later(inner, call).await,
            _ => Err(self.failed(error)),
        }
    }

    fn failed(&self, error: &StoreError) -> StageFailure {
        let message = format!("store `{}`: {}: {error}", self.store.name(), error.code());
        StageFailure::new(FailureKind::StoreUnavailable, message)
    }

    fn conflict(&self, remaining: Duration) -> StageFailure {
        count(&self.counts.conflicts);
        let message = "another call with the same idempotency key did not end in time";
        let failure = StageFailure::new(FailureKind::IdempotencyConflict, message);
        self.tell_rejected(failure.kind, Some(remaining));
        failure
    }

    fn tell_rejected(&self, kind: FailureKind, retry_after: Option<Duration>) {
        let name = self.prefix.trim_start_matches("idempotency:").trim_end_matches(':');
        let stage = &self.stage;
        self.listeners.emit(&PluginEvent::Rejected { plugin: "idempotency", name, stage, kind, retry_after });
    }
}

/// An outcome without what belongs to the call that made it.
fn plain(outcome: &Outcome) -> Outcome {
    outcome.as_ref().map(super::cache::kept).map_err(StageFailure::clone)
}

impl Around for Idempotency {
    type Future = StageFuture;

    fn call(self: &Arc<Self>, inner: &mut StageService, call: StageCall) -> StageFuture {
        use tower::Service as _;
        match self.keys.of(&call, &self.prefix) {
            Ok(Some(key)) => Box::pin(Arc::clone(self).once(key, inner.clone(), call)),
            Ok(None) => inner.call(call),
            Err(failure) => Box::pin(std::future::ready(Err(failure))),
        }
    }
}

#[cfg(test)]
mod tests;
