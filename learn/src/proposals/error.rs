//! Why something cannot be done with proposals.

use std::io;
use std::path::PathBuf;

use cascata_compiler::format::Refusal;

use crate::IllegalMove;

/// Why something cannot be done with a proposal or their store.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProposalError {
    /// The store cannot be read or written.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The log is not what was written.
    #[error("{path}, entry {entry}: {why}; the log was changed after it was written", path = path.display())]
    Changed {
        /// The file.
        path: PathBuf,
        /// Which entry, from 1.
        entry: u64,
        /// What shows it.
        why: String,
    },
    /// The log, or one entry of it, is longer than any log that was written.
    #[error("{path}: {what} is longer than {limit} bytes", path = path.display())]
    TooLong {
        /// The file.
        path: PathBuf,
        /// The log, or which entry.
        what: String,
        /// What it may have at most.
        limit: u64,
    },
    /// No proposal has this id, or several begin so.
    #[error("`{id}` names {found} proposals")]
    Unknown {
        /// What was asked for.
        id: String,
        /// How many there are.
        found: usize,
    },
    /// The move is not legal where the proposal stands.
    #[error("{id}: {source}")]
    Illegal {
        /// The proposal.
        id: String,
        /// Which move.
        source: IllegalMove,
    },
    /// The rule cannot be put into the cascade, or taken out.
    #[error("{id}: {source}")]
    Edit {
        /// The proposal.
        id: String,
        /// Why.
        source: Refusal,
    },
    /// The cascade does not compile with the rule.
    #[error("{id}: the cascade does not compile with it: {first}")]
    Mistaken {
        /// The proposal.
        id: String,
        /// The first mistake: code and message.
        first: String,
    },
    /// Whatever writes rules from words failed, or wrote none.
    #[error("no rule was written: {0}")]
    Writer(String),
}

/// Codes of proposals with what they mean.
pub const CODES: &[(&str, &str)] = &[
    ("C0401", "the store of proposals cannot be read or written"),
    (
        "C0402",
        "the log of proposals was changed after it was written: an entry does not fit its hash or the one before it",
    ),
    ("C0403", "no proposal has this id, or several begin so"),
    (
        "C0404",
        "a proposal cannot make this move where it stands: it is approved or rejected once, tested and activated when it is approved, deprecated when it is active",
    ),
    ("C0405", "the rule of a proposal cannot be put into the cascade's file or taken out of it"),
    ("C0406", "the cascade does not compile with the rule of the proposal"),
    ("C0407", "whatever writes rules from words failed, or wrote none"),
    ("C0408", "the log of proposals, or one entry of it, is longer than a log may be"),
];

impl ProposalError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } => "C0401",
            Self::Changed { .. } => "C0402",
            Self::Unknown { .. } => "C0403",
            Self::Illegal { .. } => "C0404",
            Self::Edit { .. } => "C0405",
            Self::Mistaken { .. } => "C0406",
            Self::Writer(_) => "C0407",
            Self::TooLong { .. } => "C0408",
        }
    }
}
