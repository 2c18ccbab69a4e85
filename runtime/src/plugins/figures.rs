//! All figures of the plugins as text that monitoring systems read: OpenMetrics 1.0, which Prometheus scrapes.

use super::breaker::BreakerState;
use super::metrics::{BUCKETS, MetricsSnapshot};
use super::{
    BreakerSnapshot, BulkheadSnapshot, CacheSnapshot, IdempotencySnapshot, LimitSnapshot, Registry, RetrySnapshot,
};
use std::fmt::Write as _;

/// The states of a breaker and what a sample calls them.
const STATES: [(BreakerState, &str); 4] = [
    (BreakerState::Closed, "closed"),
    (BreakerState::Open, "open"),
    (BreakerState::HalfOpen, "half_open"),
    (BreakerState::ForcedOpen, "forced_open"),
];

impl Registry {
    /// The figures of every plugin in use, in the text form of OpenMetrics, for a host's `/metrics`
    /// (`application/openmetrics-text; version=1.0.0`). Counters run since their plugin was made; a breaker's state is four gauges,
    /// of which one is 1.
    #[must_use]
    pub fn openmetrics(&self) -> String {
        let states = &self.states;
        let mut text = Text::default();
        text.breakers(&self.breakers());
        text.retries(
            &states.retries.all().into_iter().map(|(name, counts)| (name, counts.snapshot())).collect::<Vec<_>>(),
        );
        text.bulkheads(&self.bulkheads());
        text.limits(&self.rate_limiters());
        text.caches(&states.caches.all().into_iter().map(|(name, store)| (name, store.snapshot())).collect::<Vec<_>>());
        let replays = states.replays.all().into_iter().map(|(name, counts)| (name, counts.snapshot()));
        text.idempotency(&replays.collect::<Vec<_>>());
        text.stages(&self.all_metrics());
        text.events(&states.listeners.counts());
        text.0.push_str("# EOF\n");
        text.0
    }
}

/// Families of samples, one after the other.
#[derive(Default)]
struct Text(String);

type Named<T> = [(String, T)];

impl Text {
    /// Begins a family, where there is anything to say.
    fn family<T>(&mut self, all: &Named<T>, family: &str, kind: &str, about: &str) -> bool {
        if all.is_empty() {
            return false;
        }
        // Writing into a string cannot fail, here and below.
        _ = write!(self.0, "# TYPE cascata_{family} {kind}\n# HELP cascata_{family} {about}\n");
        true
    }

    fn sample(&mut self, sample: &str, name: &str, label: Option<(&str, &str)>, value: f64) {
        _ = write!(self.0, "cascata_{sample}{{name=\"{}\"", escaped(name));
        if let Some((label, of)) = label {
            _ = write!(self.0, ",{label}=\"{of}\"");
        }
        _ = writeln!(self.0, "}} {value}");
    }

    /// A family of counters or gauges whose samples differ by one label.
    fn split<T>(
        &mut self,
        all: &Named<T>,
        (family, kind, about): (&str, &str, &str),
        label: &str,
        values: impl Fn(&T) -> Vec<(&'static str, u64)>,
    ) {
        if self.family(all, family, kind, about) {
            let sample = if kind == "counter" { format!("{family}_total") } else { family.to_owned() };
            for (name, figures) in all {
                for (of, value) in values(figures) {
                    self.sample(&sample, name, Some((label, of)), value as f64);
                }
            }
        }
    }

    /// A family with one sample for each name.
    fn plain<T>(&mut self, all: &Named<T>, (family, kind, about): (&str, &str, &str), value: impl Fn(&T) -> f64) {
        if self.family(all, family, kind, about) {
            let sample = if kind == "counter" { format!("{family}_total") } else { family.to_owned() };
            for (name, figures) in all {
                self.sample(&sample, name, None, value(figures));
            }
        }
    }

    fn breakers(&mut self, all: &Named<BreakerSnapshot>) {
        let about = ("breaker_state", "gauge", "Where a circuit breaker stands: 1 for its state.");
        self.split(all, about, "state", |breaker| {
            STATES.map(|(state, name)| (name, u64::from(breaker.state == state))).to_vec()
        });
        let about = ("breaker_calls", "counter", "Calls that a circuit breaker saw; timeouts are among the failures.");
        self.split(all, about, "outcome", |breaker| {
            vec![
                ("success", breaker.successes),
                ("failure", breaker.failures),
                ("ignored", breaker.ignored),
                ("rejected", breaker.rejections),
            ]
        });
        let about = ("breaker_timeouts", "counter", "Calls behind a circuit breaker that ran out of time.");
        self.plain(all, about, |breaker| breaker.timeouts as f64);
        let about =
            ("breaker_call_seconds", "counter", "Time of the calls that succeeded or failed behind a circuit breaker.");
        self.plain(all, about, |breaker| breaker.total_time_ms / 1e3);
        let about = (
            "breaker_since_seconds",
            "gauge",
            "How long ago a breaker's call succeeded or failed, or its state changed.",
        );
        self.split(all, about, "event", |breaker| {
            let since = [
                ("success", breaker.since_success_ms),
                ("failure", breaker.since_failure_ms),
                ("transition", breaker.since_transition_ms),
            ];
            since.into_iter().filter_map(|(event, ms)| Some((event, ms? / 1000))).collect()
        });
        let about = ("breaker_transitions", "counter", "Changes of a circuit breaker's state.");
        self.plain(all, about, |breaker| breaker.transitions as f64);
    }

    fn retries(&mut self, all: &Named<RetrySnapshot>) {
        let about = ("retry_calls", "counter", "Calls through a retry plugin, with all their attempts.");
        self.split(all, about, "outcome", |retry| vec![("success", retry.successes), ("failure", retry.failures)]);
        let about = ("retries", "counter", "Attempts after the first.");
        self.plain(all, about, |retry| retry.retries as f64);
        let about = ("retries_given_up", "counter", "Calls that ended because no attempt, time or budget was left.");
        self.plain(all, about, |retry| retry.given_up as f64);
    }

    fn bulkheads(&mut self, all: &Named<BulkheadSnapshot>) {
        let about = (
            "bulkhead_slots",
            "gauge",
            "Slots of a bulkhead: how many there are, how many are taken, calls that wait.",
        );
        self.split(all, about, "kind", |bulkhead| {
            let size = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
            vec![
                ("limit", size(bulkhead.limit)),
                ("running", size(bulkhead.running)),
                ("waiting", size(bulkhead.waiting)),
            ]
        });
        let measured: Vec<_> =
            all.iter().filter_map(|(name, figures)| Some((name.clone(), figures.avg_service_ms?))).collect();
        let about = (
            "bulkhead_service_seconds",
            "gauge",
            "Average time of a call in an adaptive bulkhead, the last weighing a twentieth.",
        );
        self.plain(&measured, about, |ms| ms / 1e3);
        let about = ("bulkhead_calls", "counter", "Calls that asked a bulkhead for a slot.");
        self.split(all, about, "outcome", |bulkhead| {
            vec![("admitted", bulkhead.calls), ("full", bulkhead.full), ("timeout", bulkhead.timeouts)]
        });
    }

    fn limits(&mut self, all: &Named<LimitSnapshot>) {
        let about = ("rate_limit_calls", "counter", "Calls that asked a rate limit or throttle.");
        self.split(all, about, "outcome", |limit| vec![("allowed", limit.allowed), ("denied", limit.denied)]);
        let about = ("rate_limit_wait_seconds", "counter", "Time that calls were told to wait.");
        self.plain(all, about, |limit| limit.total_wait_ms / 1e3);
    }

    fn caches(&mut self, all: &Named<CacheSnapshot>) {
        let about = ("cache_calls", "counter", "Calls that asked a result cache.");
        self.split(all, about, "outcome", |cache| vec![("hit", cache.hits), ("miss", cache.misses)]);
        let about = ("cache_entries", "gauge", "Results that a cache keeps in memory.");
        self.plain(all, about, |cache| cache.entries as f64);
        let about = ("cache_evictions", "counter", "Results that left because there were too many.");
        self.plain(all, about, |cache| cache.evictions as f64);
    }

    fn idempotency(&mut self, all: &Named<IdempotencySnapshot>) {
        let about = ("idempotency_calls", "counter", "Calls with an idempotency key.");
        self.split(all, about, "outcome", |calls| {
            vec![
                ("ran", calls.ran),
                ("replayed", calls.replayed),
                ("conflict", calls.conflicts),
                ("refused", calls.refused),
                ("outage", calls.outages),
            ]
        });
    }

    fn events(&mut self, all: &Named<Vec<(&'static str, u64)>>) {
        let about = ("plugin_events", "counter", "Events of plugins, by stage or shared name and by what they are.");
        self.split(all, about, "event", Clone::clone);
    }

    fn stages(&mut self, all: &Named<MetricsSnapshot>) {
        let about = ("stage_calls", "counter", "Calls through a metrics plugin, counted when they start.");
        self.plain(all, about, |stage| stage.count as f64);
        let about = ("stage_errors", "counter", "Calls through a metrics plugin that failed, by how.");
        self.split(all, about, "kind", |stage| {
            let others = stage.errors.saturating_sub(stage.timeouts).saturating_sub(stage.rejections);
            vec![("timeout", stage.timeouts), ("rejection", stage.rejections), ("other", others)]
        });
        let about = ("stage_cancelled", "counter", "Calls through a metrics plugin that their caller gave up.");
        self.plain(all, about, |stage| stage.cancelled as f64);
        if self.family(all, "stage_seconds", "histogram", "How long calls through a metrics plugin took.") {
            for (name, stage) in all {
                self.histogram(name, stage);
            }
        }
    }

    fn histogram(&mut self, name: &str, stage: &MetricsSnapshot) {
        let (mut seen, mut below) = (0_u64, 1e-6);
        for (index, count) in stage.histogram.iter().enumerate() {
            seen = seen.saturating_add(*count);
            let edge = if index < BUCKETS.saturating_sub(1) { format!("{below}") } else { "+Inf".to_owned() };
            self.sample("stage_seconds_bucket", name, Some(("le", &edge)), seen as f64);
            below *= 2.0;
        }
        self.sample("stage_seconds_count", name, None, seen as f64);
        self.sample("stage_seconds_sum", name, None, stage.total_time_ms / 1e3);
    }
}

/// A label's value: backslashes, quotes and ends of lines are written with a backslash.
fn escaped(name: &str) -> String {
    name.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FailureKind;
    use crate::plugins::tests::{Do, Script, call, run, stack};
    use serde_json::json;

    #[tokio::test(start_paused = true)]
    async fn every_plugin_shows_what_it_did() {
        let registry = Registry::with_builtins();
        let script = Script::new([Do::Fail(FailureKind::Handler), Do::Return("ok"), Do::Fail(FailureKind::Handler)]);
        let list = json!([
            "metrics", {"idempotency": {"key": "none"}}, {"rate_limit": {"name": "quoted \"limit\""}}, "bulkhead",
            {"circuit_breaker": {"failure_threshold": 1}}, {"retry": {"max_retries": 1}}, {"cache": {"cacheable": true}},
        ]);
        let service = stack(&registry, list, script.service());
        run(&service, call()).await.unwrap();
        registry.clear_caches();
        run(&service, call()).await.unwrap_err();
        run(&service, call()).await.unwrap_err();
        let text = registry.openmetrics();
        for line in [
            "# TYPE cascata_breaker_state gauge",
            "cascata_breaker_state{name=\"s\",state=\"open\"} 1",
            "cascata_breaker_state{name=\"s\",state=\"closed\"} 0",
            "cascata_breaker_calls_total{name=\"s\",outcome=\"success\"} 1",
            "cascata_breaker_calls_total{name=\"s\",outcome=\"rejected\"} 1",
            "cascata_breaker_transitions_total{name=\"s\"} 1",
            "cascata_retry_calls_total{name=\"s\",outcome=\"success\"} 1",
            "cascata_retry_calls_total{name=\"s\",outcome=\"failure\"} 1",
            "cascata_retries_total{name=\"s\"} 2",
            "cascata_plugin_events_total{name=\"s\",event=\"retry\"} 2",
            "cascata_plugin_events_total{name=\"s\",event=\"rejected\"} 1",
            "cascata_plugin_events_total{name=\"s\",event=\"transition\"} 1",
            "cascata_retries_given_up_total{name=\"s\"} 1",
            "cascata_bulkhead_slots{name=\"s\",kind=\"limit\"} 10",
            "cascata_bulkhead_calls_total{name=\"s\",outcome=\"admitted\"} 3",
            "cascata_rate_limit_calls_total{name=\"quoted \\\"limit\\\"\",outcome=\"allowed\"} 3",
            "cascata_cache_calls_total{name=\"s\",outcome=\"miss\"} 4",
            "cascata_idempotency_calls_total{name=\"s\",outcome=\"ran\"} 0",
            "cascata_stage_calls_total{name=\"s\"} 3",
            "cascata_stage_errors_total{name=\"s\",kind=\"rejection\"} 1",
            "cascata_stage_seconds_bucket{name=\"s\",le=\"+Inf\"} 3",
            "cascata_stage_seconds_count{name=\"s\"} 3",
        ] {
            assert!(text.lines().any(|there| there == line), "{line}\n{text}");
        }
        assert!(text.ends_with("# EOF\n"));
    }

    #[test]
    fn without_plugins_there_is_nothing_to_say() {
        assert_eq!(Registry::with_builtins().openmetrics(), "# EOF\n");
    }
}
