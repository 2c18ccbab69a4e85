//! One entry of the log: who did what with which proposal, when and why.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Move, Status};

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// The proposal came into the store; `data` is the proposal.
    Add,
    /// It may go on.
    Approve,
    /// It was turned down.
    Reject,
    /// It is held against events.
    StartTesting,
    /// What a test said: `data`, taken into the results of tests key by key.
    Record,
    /// Its rule is in the published program; `data` says in which file, with the hashes before and after.
    Activate,
    /// Its rule was taken out.
    Deprecate,
}

impl Action {
    /// The move it is; none for a proposal that comes.
    #[must_use]
    pub const fn as_move(self) -> Option<Move> {
        Some(match self {
            Self::Add => return None,
            Self::Approve => Move::Approve,
            Self::Reject => Move::Reject,
            Self::StartTesting => Move::StartTesting,
            Self::Record => Move::Record,
            Self::Activate => Move::Activate,
            Self::Deprecate => Move::Deprecate,
        })
    }
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The proposal.
    pub proposal: String,
    /// What.
    pub action: Action,
    /// By whom.
    pub who: String,
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// Why.
    pub why: Option<String>,
    /// What belongs to it; see [`Action`].
    pub data: Value,
}

/// An entry of the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Its number, from 1.
    pub seq: u64,
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// By whom.
    pub who: String,
    /// The proposal.
    pub proposal: String,
    /// What was done.
    pub action: Action,
    /// Where the proposal stands after it.
    pub status: Status,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// What belongs to it.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub data: Value,
    /// The hash of the entry before; 64 zeros before the first.
    pub prev: String,
}
