//! What the learner learns from: one event as flat typed fields, with the answer an expensive stage gave.

use std::sync::Arc;

use serde_json::Value;

/// One labelled event. The learner takes an iterator of them; the records' reader makes them, and tests make their own.
///
/// What tells the answer in advance must not be in `fields`: readers leave out [`crate::HIDDEN`].
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    /// Names the event. Its hash decides whether the example is fitted, tuned or reported with, so the same event is
    /// always on the same side.
    pub id: String,
    /// When it was decided, in microseconds since 1970 UTC; none counts as the order of arrival.
    pub at_us: Option<i64>,
    /// The event's leaves by path, as conditions write paths (`flow.flag`, `labels["a.b"]`), in the event's order. Null and
    /// missing are the same and are left out.
    pub fields: Vec<(Arc<str>, Scalar)>,
    /// What the stage answered.
    pub answer: Answer,
}

/// One leaf of an event.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar {
    /// A boolean.
    Bool(bool),
    /// A number; integers beyond 2^53 are rounded.
    Number(f64),
    /// A text.
    Text(String),
    /// A list: how many elements it has, and those that are texts.
    List {
        /// All elements.
        length: usize,
        /// The texts among them, in order.
        texts: Vec<String>,
    },
}

/// What an expensive stage answered, and what that cost.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// The stage's result: what a rule has to give in its place.
    pub result: Value,
    /// How sure the stage was, 0 to 1, where it said so.
    pub confidence: Option<f64>,
    /// Its `data.reasoning` or `data.explanation`.
    pub reasoning: Option<String>,
    /// Its `data.factors` or `data.signals`.
    pub factors: Vec<String>,
    /// How long it took, in microseconds.
    pub time_us: u64,
    /// Fuel it spent, where it was metered.
    pub fuel: Option<u64>,
}
