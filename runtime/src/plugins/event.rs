//! What plugins report beyond the result of a call, for logs, traces and alarms of the host.

use super::breaker::Transition;
use crate::FailureKind;
use cascata_config::FallbackLevel;
use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

/// Something that happened in a plugin.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum PluginEvent<'a> {
    /// A circuit breaker changed its state.
    Breaker {
        /// Name of the breaker.
        name: &'a str,
        /// From where to where, and why.
        transition: Transition,
    },
    /// A failed call will be made again.
    RetryAttempted {
        /// The stage.
        stage: &'a str,
        /// Which retry this is, from 1.
        retry: u32,
        /// How long it waits.
        wait: Duration,
        /// What went wrong.
        kind: FailureKind,
        /// In the handler's words.
        message: &'a str,
    },
    /// A retry plugin gave up on a failure that another attempt might have cured.
    RetryExhausted {
        /// The stage.
        stage: &'a str,
        /// How many calls it made.
        attempts: u32,
        /// [`FailureKind::RetryExhausted`] or [`FailureKind::BudgetExhausted`].
        reason: FailureKind,
        /// What the last call went wrong with.
        kind: FailureKind,
    },
    /// A plugin did not let a call through.
    Rejected {
        /// The plugin.
        plugin: &'static str,
        /// Name of the instance.
        name: &'a str,
        /// The stage whose call it was.
        stage: &'a str,
        /// The kind of the failure that the call ends with.
        kind: FailureKind,
        /// When to come again, if that is known.
        retry_after: Option<Duration>,
    },
    /// A fallback gave the result of a call that had failed.
    Degraded {
        /// The stage.
        stage: &'a str,
        /// What gave the result: `value`, `stage X`, `handler X`.
        step: &'a str,
        /// What the call failed of.
        kind: FailureKind,
        /// In the handler's words.
        message: &'a str,
        /// How loud the fallback is to be.
        level: FallbackLevel,
    },
    /// A further call was made beside one that is slow.
    Hedged {
        /// The stage.
        stage: &'a str,
        /// Which of the further calls, from 1.
        hedge: u32,
    },
    /// The result of an earlier call was given to one with the same idempotency key.
    Hit {
        /// The key.
        key: &'a str,
        /// The stage.
        operation: &'a str,
        /// How old the result is.
        age: Duration,
    },
    /// A call got the result of another with the same input.
    Reused {
        /// `cache` or `coalesce`.
        plugin: &'static str,
        /// The stage.
        stage: &'a str,
        /// How old the result is; none while the other call is under way.
        age: Option<Duration>,
        /// Its time is over, and a new one is being made.
        stale: bool,
    },
    /// A store that plugins share is out of order, or works again. Told once for each change.
    Store {
        /// Its name in the cascade.
        name: &'a str,
        /// What is wrong; none when it works again.
        error: Option<&'a str>,
    },
    /// A plugin starts afresh under a name that is in use with other options.
    StateReset {
        /// The plugin.
        plugin: &'static str,
        /// Stage or shared name whose state it is.
        name: &'a str,
    },
    /// A plugin took the place of another with its name.
    Overwritten {
        /// The name.
        plugin: &'a str,
        /// Version of the one replaced.
        from: &'a str,
        /// Version of the new one.
        to: &'a str,
    },
}

impl PluginEvent<'_> {
    /// What it is counted as, and for whom. None for what happens with every other call and has figures of its own.
    pub(super) const fn counted(&self) -> Option<(&'static str, &str)> {
        Some(match *self {
            Self::Breaker { name, .. } => ("transition", name),
            Self::RetryAttempted { stage, .. } => ("retry", stage),
            Self::RetryExhausted { stage, .. } => ("retry_exhausted", stage),
            Self::Rejected { name, .. } => ("rejected", name),
            Self::Degraded { stage, .. } => ("degraded", stage),
            Self::Hedged { stage, .. } => ("hedged", stage),
            Self::Hit { operation, .. } => ("idempotency_hit", operation),
            Self::Reused { age: Some(_), .. } => return None,
            Self::Reused { stage, .. } => ("coalesced", stage),
            Self::Store { name, error: Some(_) } => ("store_out_of_order", name),
            Self::Store { name, error: None } => ("store_works_again", name),
            Self::StateReset { name, .. } => ("state_reset", name),
            Self::Overwritten { plugin, .. } => ("overwritten", plugin),
        })
    }
}

/// Receives events. Called on the thread where they happen, outside every lock of the plugins: be quick. A panic ends there, and is told
/// of with `tracing`: whoever listens has no part in the call.
pub type Listener = Arc<dyn Fn(&PluginEvent<'_>) + Send + Sync>;

/// Ends a subscription in [`Listeners::unsubscribe`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct SubscriptionId(u64);

/// Everyone who wants to hear of events.
#[derive(Default)]
pub struct Listeners {
    all: RwLock<Subscriptions>,
    /// Whether there is a listener: mostly there is none.
    any: AtomicBool,
    /// Events so far, by what they are and by whose.
    counts: Mutex<Counts>,
}

type Counts = BTreeMap<&'static str, BTreeMap<String, u64>>;

#[derive(Clone, Default)]
struct Subscriptions {
    next: u64,
    listeners: Arc<[(SubscriptionId, Listener)]>,
}

impl Listeners {
    /// Adds a listener.
    pub fn subscribe(&self, listener: Listener) -> SubscriptionId {
        let mut all = self.all.write().unwrap_or_else(PoisonError::into_inner);
        let id = SubscriptionId(all.next);
        all.next = all.next.wrapping_add(1);
        all.listeners = all.listeners.iter().cloned().chain([(id, listener)]).collect();
        self.any.store(true, Ordering::Release);
        id
    }

    /// Removes a listener; true when it was there. An event that is under way may still reach it.
    pub fn unsubscribe(&self, id: SubscriptionId) -> bool {
        let mut all = self.all.write().unwrap_or_else(PoisonError::into_inner);
        let before = all.listeners.len();
        all.listeners = all.listeners.iter().filter(|(other, _)| *other != id).cloned().collect();
        self.any.store(!all.listeners.is_empty(), Ordering::Release);
        all.listeners.len() < before
    }

    /// Counts an event, and tells every listener, in the order they subscribed.
    pub(crate) fn emit(&self, event: &PluginEvent<'_>) {
        super::trace::emit(event);
        if let Some((kind, name)) = event.counted() {
            self.count(kind, name);
        }
        if !self.any.load(Ordering::Acquire) {
            return;
        }
        // Taken out of the lock first, so that a listener may subscribe or unsubscribe.
        let listeners = Arc::clone(&self.all.read().unwrap_or_else(PoisonError::into_inner).listeners);
        for (_, listener) in listeners.iter() {
            if catch_unwind(AssertUnwindSafe(|| listener(event))).is_err() {
                super::trace::listener_panicked();
            }
        }
    }

    fn count(&self, kind: &'static str, name: &str) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let of_kind = counts.entry(kind).or_default();
        match of_kind.get_mut(name) {
            Some(count) => *count = count.saturating_add(1),
            None => drop(of_kind.insert(name.to_owned(), 1)),
        }
    }

    /// How many events there were, by whose and by what they are.
    pub(super) fn counts(&self) -> Vec<(String, Vec<(&'static str, u64)>)> {
        let mut by_name = BTreeMap::<String, Vec<(&'static str, u64)>>::new();
        for (kind, names) in &*self.counts.lock().unwrap_or_else(PoisonError::into_inner) {
            for (name, count) in names {
                by_name.entry(name.clone()).or_default().push((kind, *count));
            }
        }
        by_name.into_iter().collect()
    }
}

impl fmt::Debug for Listeners {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.all.read().unwrap_or_else(PoisonError::into_inner);
        f.debug_struct("Listeners").field("count", &all.listeners.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use crate::FailureKind;
    use crate::HandlerService;
    use crate::plugins::Registry;
    use crate::plugins::tests::{Do, Script, call, record, run, stack};
    use crate::testing::{ScriptedHandler, Step};
    use serde_json::json;
    use std::sync::Arc;

    #[tokio::test(start_paused = true)]
    async fn a_listener_that_panics_harms_neither_the_call_nor_the_next_listener() {
        let registry = Registry::with_builtins();
        registry.subscribe(|_| panic!("as told"));
        let events = record(&registry);
        let script = Script::new([Do::Fail(FailureKind::Handler), Do::Return("ok")]);
        let service = stack(&registry, json!(["retry"]), script.service());
        assert_eq!(run(&service, call()).await.unwrap().attempts, Some(2));
        assert_eq!(events.lock().unwrap().len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn results_that_are_used_again_are_told_of_and_counted() {
        let registry = Registry::with_builtins();
        let events = record(&registry);
        let slow = ScriptedHandler::new(vec![Step::After(10, Box::new(Step::Return(json!("ok"))))]);
        let service = stack(&registry, json!(["cache", "coalesce"]), HandlerService::boxed(Arc::new(slow)));
        let calls: Vec<_> = (0..2)
            .map(|_| {
                tokio::spawn({
                    let service = service.clone();
                    async move { run(&service, call()).await }
                })
            })
            .collect();
        for call in calls {
            call.await.unwrap().unwrap();
        }
        run(&service, call()).await.unwrap();
        let seen = events.lock().unwrap().clone();
        assert_eq!(seen.len(), 2, "{seen:?}");
        assert!(seen[0].contains("coalesce") && seen[0].contains("None"), "{seen:?}");
        assert!(seen[1].contains("cache") && seen[1].contains("Some"), "{seen:?}");
        let text = registry.openmetrics();
        let line = "cascata_plugin_events_total{name=\"s\",event=\"coalesced\"} 1";
        assert!(text.lines().any(|there| there == line), "{text}");
    }
}
