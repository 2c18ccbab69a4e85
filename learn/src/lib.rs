//! The adaptive pattern learner: what expensive stages keep answering becomes cheap rules, as text.
//!
//! ```text
//! decision records ─▶ Example (fields, answer) ─▶ fit 60 % ─▶ tune 20 % ─▶ report 20 %
//!                                                  search      choose       measure ─▶ Proposal (rule text, bounds, ROI)
//! ```
//!
//! It writes rules and never bytecode, so everything it makes passes the compiler and its analysis as a rule by hand
//! does. No IO of its own but for the store of [proposals], no clock: whoever calls it hands in examples and the time.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod backtest;
mod bits;
mod condition;
mod cost;
mod curves;
mod degrees;
mod example;
mod flatten;
mod forward;
mod learned;
mod learner;
mod markers;
mod options;
mod proposal;
pub mod proposals;
mod records;
pub mod reference;
mod relations;
pub mod rule;
mod sample;
mod search;
mod select;
mod sets;
mod space;
mod split;
pub mod stats;
mod verdict;
mod workflow;
mod written;

pub use backtest::{Backtest, BacktestError, BacktestReport, BacktestRule, Disagreement, Tally};
pub use cost::{CostError, Costs, Roi, RoiThresholds, Savings, StageCost, rank};
pub use example::{Answer, Example, Scalar};
pub use flatten::Flattener;
pub use learned::{AnswerCount, CurvePoint, Learned, ReasonCount, ThresholdCurve, schema};
pub use learner::{LearnError, Learner};
pub use options::Options;
pub use proposal::{
    AnswerOf, Counts, Drift, Measured, Pattern, Proposal, Recommendation, Relation, RelationKind, Saving, VERSION,
};
pub use records::{RecordError, RecordReader, Taken};
pub use relations::{ExistingRule, existing_rules};
pub use split::Part;
pub use workflow::{IllegalMove, Move, Status};
pub use written::lower_among;

/// The top-level keys of an event that the learner never sees unless told otherwise: what names an event, and what is the
/// answer itself.
pub const HIDDEN: [&str; 2] = ["id", "label"];
