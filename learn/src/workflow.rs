//! The life of a proposal: which moves are legal.

use serde::{Deserialize, Serialize};

/// Where a proposal stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Nobody has looked at it yet.
    #[default]
    PendingReview,
    /// A person let it go on.
    Approved,
    /// A person turned it down. The end.
    Rejected,
    /// It is held against events, recorded or live, without acting.
    Testing,
    /// Its rule is in the published program.
    Active,
    /// Its rule was taken out again. The end.
    Deprecated,
}

/// What can be done with a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Move {
    /// Let it go on.
    Approve,
    /// Turn it down.
    Reject,
    /// Begin to hold it against events.
    StartTesting,
    /// Write down what a test said.
    Record,
    /// Publish its rule.
    Activate,
    /// Take its rule out.
    Deprecate,
}

/// A move that its status does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a proposal that is {} cannot {}", from.name(), attempted.name())]
pub struct IllegalMove {
    /// Where the proposal stands.
    pub from: Status,
    /// What was to be done.
    pub attempted: Move,
}

impl Status {
    /// The status after a move.
    ///
    /// # Errors
    /// The move is not legal here; the proposal stays as it is.
    pub const fn after(self, attempted: Move) -> Result<Self, IllegalMove> {
        Ok(match (self, attempted) {
            (Self::PendingReview, Move::Approve) => Self::Approved,
            (Self::PendingReview, Move::Reject) => Self::Rejected,
            (Self::Approved, Move::StartTesting) | (Self::Testing, Move::Record) => Self::Testing,
            (Self::Approved | Self::Testing, Move::Activate) => Self::Active,
            (Self::Active, Move::Deprecate) => Self::Deprecated,
            (from, attempted) => return Err(IllegalMove { from, attempted }),
        })
    }

    /// As it is written in files: `pending_review`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PendingReview => "pending_review",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Testing => "testing",
            Self::Active => "active",
            Self::Deprecated => "deprecated",
        }
    }
}

impl Move {
    /// As people say it: `be approved`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Approve => "be approved",
            Self::Reject => "be rejected",
            Self::StartTesting => "be tested",
            Self::Record => "take the result of a test",
            Self::Activate => "be activated",
            Self::Deprecate => "be deprecated",
        }
    }
}
