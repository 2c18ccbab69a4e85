//! What a retry plugin says when it does not retry itself: `stages.S.data.retry`.

use super::policy::Plan;
use crate::StageFailure;
use crate::event::Timestamp;
use cascata_config::RetryAdvice;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// A call that failed.
pub(super) struct Failed<'a> {
    pub(super) failure: &'a StageFailure,
    /// The calls so far, this one among them.
    pub(super) attempt: u32,
    /// The wait before the next, none where there should be no next.
    pub(super) wait: Option<Duration>,
    /// What counts as now, in microseconds of Unix time.
    pub(super) now_us: i64,
}

/// The advice as JSON text, with what the switches ask for.
pub(super) fn text(failed: &Failed<'_>, plan: &Plan, switches: RetryAdvice) -> Box<str> {
    let mut out = Map::new();
    out.insert("retry".to_owned(), failed.wait.is_some().into());
    if let Some(wait) = failed.wait {
        out.insert("wait_ms".to_owned(), u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).into());
    }
    if switches.policy {
        out.insert("policy".to_owned(), plan.to_json());
    }
    if switches.next_retry_time {
        out.insert("next_retry_time".to_owned(), failed.wait.map_or(Value::Null, |wait| time(failed.now_us, wait)));
    }
    if switches.attempt_count {
        out.insert("attempt_count".to_owned(), failed.attempt.into());
    }
    if switches.circuit_breaker_state {
        out.insert("circuit_breaker_state".to_owned(), json!(failed.failure.marks.breaker));
    }
    Value::Object(out).to_string().into_boxed_str()
}

fn time(now_us: i64, wait: Duration) -> Value {
    let wait = i64::try_from(wait.as_micros()).unwrap_or(i64::MAX);
    Timestamp::from_unix_micros(now_us.saturating_add(wait)).to_rfc3339().into()
}
