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

mod cost;
mod example;
mod proposal;
pub mod proposals;
mod split;
pub mod stats;
mod workflow;

pub use cost::{CostError, Costs, Roi, RoiThresholds, Savings, StageCost, rank};
pub use example::{Answer, Example, Scalar};
pub use proposal::{
    Counts, Drift, Measured, Pattern, Proposal, Recommendation, Relation, RelationKind, Saving, VERSION,
};
pub use split::Part;
pub use workflow::{IllegalMove, Move, Status};

/// The top-level keys of an event that the learner never sees unless told otherwise: what names an event, and what is the
/// answer itself.
pub const HIDDEN: [&str; 2] = ["id", "label"];
