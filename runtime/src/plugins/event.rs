//! What plugins report beyond the result of a call, for logs, traces and alarms of the host.

use super::breaker::Transition;
use crate::FailureKind;
use cascata_config::FallbackLevel;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
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

/// Receives events. Called on the thread where they happen, outside every lock of the plugins: be quick, do not panic.
pub type Listener = Arc<dyn Fn(&PluginEvent<'_>) + Send + Sync>;

/// Ends a subscription in [`Listeners::unsubscribe`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct SubscriptionId(u64);

/// Everyone who wants to hear of events.
#[derive(Default)]
pub struct Listeners {
    all: RwLock<Subscriptions>,
}

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
        id
    }

    /// Removes a listener; true when it was there. An event that is under way may still reach it.
    pub fn unsubscribe(&self, id: SubscriptionId) -> bool {
        let mut all = self.all.write().unwrap_or_else(PoisonError::into_inner);
        let before = all.listeners.len();
        all.listeners = all.listeners.iter().filter(|(other, _)| *other != id).cloned().collect();
        all.listeners.len() < before
    }

    /// Tells every listener, in the order they subscribed.
    pub(crate) fn emit(&self, event: &PluginEvent<'_>) {
        super::trace::emit(event);
        // Taken out of the lock first, so that a listener may subscribe or unsubscribe.
        let listeners = Arc::clone(&self.all.read().unwrap_or_else(PoisonError::into_inner).listeners);
        for (_, listener) in listeners.iter() {
            listener(event);
        }
    }
}

impl fmt::Debug for Listeners {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.all.read().unwrap_or_else(PoisonError::into_inner);
        f.debug_struct("Listeners").field("count", &all.listeners.len()).finish()
    }
}
