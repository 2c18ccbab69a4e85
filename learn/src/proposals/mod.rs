//! What becomes of proposals: who let which rule into service, when and why.
//!
//! ```text
//! Proposal ─▶ Store: PENDING_REVIEW ─▶ APPROVED ─▶ TESTING ─▶ ACTIVE ─▶ DEPRECATED      (or REJECTED)
//!               │ append-only log, chained by hash          │ Candidate: the cascade's text with the rule,
//!               └▶ audit                                    └▶ compiled and analysed; without it again
//! ```

mod candidate;
mod entry;
mod error;
mod kept;
mod shadow;
mod store;
mod writer;

pub use candidate::{Candidate, Meeting, RuleMode, with_rule, without_rule};
pub use entry::{Action, Change, Entry};
pub use error::{CODES, ProposalError};
pub use kept::Kept;
pub use shadow::ShadowCounts;
pub use store::Store;
pub use writer::{Request, RuleWriter, WriterFn, ask};

#[cfg(test)]
mod tests;
