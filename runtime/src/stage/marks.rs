//! What plugins leave on the outcome of a call, for rules and records.

use serde_json::{Map, Value, json};

use crate::plugins::BreakerState;

/// What the plugins of a stage did to a call, beside letting it through. Read as `stages.S.data.resilience`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Marks {
    /// Where the innermost breaker stood when the call had ended.
    pub breaker: Option<BreakerState>,
    /// A fallback gave the result, because the handler did not.
    pub degraded: bool,
    /// A kept result was used although its time was over; a new one was being made.
    pub stale: bool,
    /// The result is that of a second call, made because the first was slow.
    pub hedged: bool,
    /// The result is that of another call with the same input, which was under way.
    pub coalesced: bool,
    /// The result of an earlier run was given again, because the call had the same idempotency key.
    pub replayed: bool,
    /// What a retry plugin advises instead of retrying, as JSON text; read as `stages.S.data.retry`.
    pub retry: Option<Box<str>>,
}

impl Marks {
    /// Notes where a breaker stood, unless one further in has.
    pub(crate) fn note_breaker(&mut self, state: BreakerState) {
        self.breaker.get_or_insert(state);
    }

    /// `{attempts, breaker?, degraded, cached, …}`; the keys that come and go are there only when they say something.
    pub(crate) fn to_json(&self, attempts: u32, cached: bool, failure: Option<&str>) -> String {
        let mut out = Map::new();
        out.insert("attempts".to_owned(), attempts.into());
        if let Some(state) = self.breaker {
            out.insert("breaker".to_owned(), json!(state));
        }
        out.insert("degraded".to_owned(), self.degraded.into());
        out.insert("cached".to_owned(), cached.into());
        let more = [
            ("stale", self.stale),
            ("hedged", self.hedged),
            ("coalesced", self.coalesced),
            ("idempotent_replay", self.replayed),
        ];
        out.extend(more.into_iter().filter(|(_, set)| *set).map(|(key, set)| (key.to_owned(), set.into())));
        if let Some(kind) = failure {
            out.insert("failure".to_owned(), kind.into());
        }
        Value::Object(out).to_string()
    }
}
