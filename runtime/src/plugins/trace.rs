//! Every event as one of `tracing`, under the target `cascata::plugins`, for hosts that collect those.

use super::event::PluginEvent;
use cascata_config::FallbackLevel;
use std::time::Duration;
use tracing::{debug, error, info, warn};

const TARGET: &str = "cascata::plugins";

/// Says that a listener failed at an event.
pub(super) fn listener_panicked() {
    error!(target: TARGET, "a listener panicked");
}

/// Emits an event; a comparison of one number where nobody collects.
pub(super) fn emit(event: &PluginEvent<'_>) {
    match *event {
        PluginEvent::Breaker { name, transition } => {
            let (from, to, epoch) = (transition.from, transition.to, transition.epoch);
            info!(target: TARGET, breaker = name, ?from, ?to, cause = ?transition.cause, epoch, "circuit breaker");
        }
        PluginEvent::RetryAttempted { stage, retry, wait, kind, message } => {
            debug!(target: TARGET, stage, retry, wait_ms = millis(wait), %kind, error = message, "retry");
        }
        PluginEvent::RetryExhausted { stage, attempts, reason, kind } => {
            info!(target: TARGET, stage, attempts, %reason, %kind, "retry gave up");
        }
        PluginEvent::Rejected { plugin, name, stage, kind, retry_after } => {
            let retry_after_ms = retry_after.map(millis);
            debug!(target: TARGET, plugin, name, stage, %kind, retry_after_ms, "rejected");
        }
        PluginEvent::Degraded { stage, step, kind, message, level } => match level {
            FallbackLevel::Info => info!(target: TARGET, stage, step, %kind, error = message, "fallback"),
            FallbackLevel::Debug => debug!(target: TARGET, stage, step, %kind, error = message, "fallback"),
            _ => warn!(target: TARGET, stage, step, %kind, error = message, "fallback"),
        },
        PluginEvent::Hedged { stage, hedge } => debug!(target: TARGET, stage, hedge, "hedged"),
        PluginEvent::Hit { key, operation, age } => {
            debug!(target: TARGET, key, operation, age_ms = millis(age), "idempotency hit");
        }
        PluginEvent::Reused { plugin, stage, age, stale } => {
            debug!(target: TARGET, plugin, stage, age_ms = age.map(millis), stale, "reused");
        }
        PluginEvent::Store { name, error: Some(error) } => {
            warn!(target: TARGET, store = name, error, "store out of order")
        }
        PluginEvent::Store { name, error: None } => info!(target: TARGET, store = name, "store works again"),
        PluginEvent::StateReset { plugin, name } => info!(target: TARGET, plugin, name, "starts afresh"),
        PluginEvent::Overwritten { plugin, from, to } => warn!(target: TARGET, plugin, from, to, "overwritten"),
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Do, Script, call, run, stack};
    use crate::FailureKind;
    use crate::plugins::Registry;
    use serde_json::json;
    use std::sync::{Arc, Mutex};
    use tracing::field::{Field, Visit};
    use tracing::span::{Attributes, Id, Record};
    use tracing::{Event, Metadata, Subscriber};

    /// Collects the messages of all events.
    #[derive(Clone, Default)]
    struct Messages(Arc<Mutex<Vec<String>>>);

    impl Visit for Messages {
        fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
            if field.name() == "message" {
                self.0.lock().unwrap().push(format!("{value:?}"));
            }
        }
    }

    impl Subscriber for Messages {
        fn enabled(&self, metadata: &Metadata<'_>) -> bool {
            metadata.target() == "cascata::plugins"
        }
        fn new_span(&self, _: &Attributes<'_>) -> Id {
            Id::from_u64(1)
        }
        fn record(&self, _: &Id, _: &Record<'_>) {}
        fn record_follows_from(&self, _: &Id, _: &Id) {}
        fn event(&self, event: &Event<'_>) {
            event.record(&mut self.clone());
        }
        fn enter(&self, _: &Id) {}
        fn exit(&self, _: &Id) {}
    }

    #[tokio::test(start_paused = true)]
    async fn what_plugins_do_can_be_collected_with_tracing() {
        let messages = Messages::default();
        let _collecting = tracing::subscriber::set_default(messages.clone());
        let list = json!([
            {"fallback": {"value": 1}},
            {"retry": {"max_retries": 2}},
            {"circuit_breaker": {"failure_threshold": 2}},
        ]);
        let service = stack(&Registry::with_builtins(), list, Script::new([Do::Fail(FailureKind::Handler)]).service());
        run(&service, call()).await.unwrap();
        let seen = messages.0.lock().unwrap().clone();
        assert_eq!(seen, ["retry", "circuit breaker", "retry", "rejected", "retry gave up", "fallback"]);
    }
}
