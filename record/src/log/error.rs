//! What can go wrong with records on disk.

use std::io;
use std::path::{Path, PathBuf};

/// Why records cannot be written or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// A setting has a value that it cannot have.
    #[error("setting `{setting}` of records: {why}")]
    Setting {
        /// Which.
        setting: &'static str,
        /// Why.
        why: String,
    },
    /// A folder or file cannot be read or written.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file was written by a later version.
    #[error("{path}: records of version {found}; this reads version 1", path = path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// The version in its header.
        found: u32,
    },
    /// A line is no decision record.
    #[error("{path}, from byte {offset}: line {line} is no decision record: {source}", path = path.display())]
    NotARecord {
        /// The file.
        path: PathBuf,
        /// Where the block begins.
        offset: u64,
        /// The line in it, from 1.
        line: usize,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}

/// Codes of this module with what they mean, those of damage included.
pub const CODES: &[(&str, &str)] = &[
    ("R0301", "a setting of records has a value that it cannot have"),
    ("R0302", "a folder or file of records cannot be read or written"),
    ("R0303", "records were written by a later version"),
    ("R0304", "a line among records is no decision record"),
    ("R0305", "a block of records ends too early: its writer was stopped while it wrote; all before it is whole"),
    ("R0306", "a block of records does not fit its hash: the file was changed; the block is left out"),
    ("R0307", "a record is longer than `max_record_bytes`; it is dropped and counted"),
];

impl RecordError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Setting { .. } => "R0301",
            Self::Io { .. } => "R0302",
            Self::Version { .. } => "R0303",
            Self::NotARecord { .. } => "R0304",
        }
    }

    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        |source| Self::Io { path, source }
    }

    pub(super) fn setting(setting: &'static str, why: impl Into<String>) -> Self {
        Self::Setting { setting, why: why.into() }
    }
}

/// A part of a segment that cannot be read. What stands before and behind it can.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}, from byte {offset}: {kind}", path = path.display())]
pub struct Damage {
    /// The segment.
    pub path: PathBuf,
    /// Where the part begins.
    pub offset: u64,
    /// What is wrong.
    pub kind: DamageKind,
}

/// What is wrong with a part of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DamageKind {
    /// It ends too early.
    #[error("the last block was not written to its end; all before it is whole")]
    Torn,
    /// Its bytes are not those that were written.
    #[error("a block does not fit its hash and is left out")]
    Changed,
}

impl DamageKind {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Torn => "R0305",
            Self::Changed => "R0306",
        }
    }
}
