//! One word on how the plugins are, for a host's health check.

use super::Registry;
use super::breaker::BreakerState;

/// How the plugins of a registry are.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
#[non_exhaustive]
pub struct Health {
    /// In one word.
    pub status: HealthStatus,
    /// How many circuit breakers are in use.
    pub circuit_breakers: usize,
    /// The breakers that are not closed, with where they stand, by name.
    pub not_closed: Vec<(String, BreakerState)>,
    /// The bulkheads whose slots are all taken while calls wait, by name.
    pub saturated: Vec<String>,
}

/// How the plugins are, in one word.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum HealthStatus {
    /// Every breaker is closed and no call waits for a slot.
    Healthy,
    /// Something is not let through, or late.
    Degraded,
    /// Every breaker rejects calls.
    Unhealthy,
}

impl Registry {
    /// How the plugins in use are.
    ///
    /// Unhealthy means that every breaker is open; degraded that some breaker is not closed or calls wait for a bulkhead.
    #[must_use]
    pub fn health(&self) -> Health {
        let breakers = self.breakers();
        let circuit_breakers = breakers.len();
        let open = |state| matches!(state, BreakerState::Open | BreakerState::ForcedOpen);
        let all_open = circuit_breakers > 0 && breakers.iter().all(|(_, breaker)| open(breaker.state));
        let not_closed: Vec<_> = breakers
            .into_iter()
            .map(|(name, breaker)| (name, breaker.state))
            .filter(|(_, state)| *state != BreakerState::Closed)
            .collect();
        let waits = self.bulkheads().into_iter().filter(|(_, bulkhead)| bulkhead.waiting > 0);
        let saturated: Vec<_> = waits.map(|(name, _)| name).collect();
        let status = match () {
            () if all_open => HealthStatus::Unhealthy,
            () if !not_closed.is_empty() || !saturated.is_empty() => HealthStatus::Degraded,
            () => HealthStatus::Healthy,
        };
        Health { status, circuit_breakers, not_closed, saturated }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugins::tests::{Do, Script, call, run, stack};
    use serde_json::json;

    #[tokio::test(start_paused = true)]
    async fn open_breakers_and_full_bulkheads_show() {
        let registry = Registry::with_builtins();
        assert_eq!(registry.health().status, HealthStatus::Healthy);
        let breaker = |name: &str| {
            let list = json!([{"circuit_breaker": {"name": name}}]);
            stack(&registry, list, Script::new([Do::Return("ok")]).service())
        };
        let (_one, _two) = (breaker("one"), breaker("two"));
        registry.breaker("one").unwrap().force_open();
        let health = registry.health();
        assert_eq!((health.status, health.circuit_breakers), (HealthStatus::Degraded, 2));
        assert_eq!(health.not_closed, [("one".to_owned(), BreakerState::ForcedOpen)]);
        registry.breaker("two").unwrap().force_open();
        assert_eq!(registry.health().status, HealthStatus::Unhealthy);
        registry.breaker("one").unwrap().reset();
        registry.breaker("two").unwrap().reset();

        let list = json!([{"bulkhead": {"max_concurrent": 1}}]);
        let service = stack(&registry, list, Script::new([Do::Hang]).service());
        let calls: Vec<_> = (0..2)
            .map(|_| {
                let service = service.clone();
                tokio::spawn(async move { run(&service, call()).await })
            })
            .collect();
        tokio::task::yield_now().await;
        let health = registry.health();
        assert_eq!((health.status, health.saturated), (HealthStatus::Degraded, vec!["s".to_owned()]));
        calls.iter().for_each(tokio::task::JoinHandle::abort);
    }
}
