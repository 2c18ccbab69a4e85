//! Why a pattern was refused.

/// A pattern that cannot be used, and where in it the reason stands.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}")]
#[non_exhaustive]
pub struct PatternError {
    /// Where the fault starts, in bytes of the pattern.
    pub offset: usize,
    /// How long it is, in bytes; 0 where something is missing.
    pub len: usize,
    /// What sort of fault it is.
    pub kind: PatternErrorKind,
    /// What is wrong, as a sentence without its full stop.
    pub message: String,
    /// What to write instead, where there is something.
    pub help: Option<String>,
}

/// Sorts of fault.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum PatternErrorKind {
    /// Python refuses it as well.
    Invalid,
    /// `(?=…)`, `(?!…)`, `(?<=…)`, `(?<!…)`.
    LookAround,
    /// `\1`, `(?P=name)`.
    BackReference,
    /// `(?(1)…|…)`.
    Conditional,
    /// `(?>…)`, `a*+` where giving nothing back makes a difference.
    Atomic,
    /// Something else that has no exact equal here.
    Unsupported,
    /// It is nested too deeply, or compiles to too much.
    TooLarge,
}

impl PatternErrorKind {
    /// Whether Python would take the pattern, and only we do not.
    #[must_use]
    pub const fn is_unsupported(self) -> bool {
        !matches!(self, Self::Invalid | Self::TooLarge)
    }
}

impl PatternError {
    /// An error without help.
    pub(super) fn new(kind: PatternErrorKind, at: core::ops::Range<usize>, message: impl Into<String>) -> Self {
        Self { offset: at.start, len: at.len(), kind, message: message.into(), help: None }
    }

    /// Says what to do about it.
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}
