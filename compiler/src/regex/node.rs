//! A pattern as far as it matters for whether it matches.

use core::ops::Range;

use super::class::Class;

/// One part of a pattern.
#[derive(Clone, Debug)]
pub(super) enum Node {
    /// One character of a set.
    Class(Class),
    /// A condition on the place, consuming nothing.
    Assert(Assert),
    /// One after the other; nothing at all if empty.
    Concat(Vec<Node>),
    /// Any of them.
    Alternate(Vec<Node>),
    /// A number of times, without bound if `max` is `None`.
    Repeat { node: Box<Node>, min: u32, max: Option<u32>, greedy: bool },
    /// The first way that matches, and no other. `at` is where it stands in the source.
    Atomic { node: Box<Node>, at: Range<usize> },
}

/// Conditions on a place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Assert {
    /// Start of the text.
    Start,
    /// End of the text.
    End,
    /// End of the text, or before a newline that ends it.
    EndOrNewline,
    /// Start of a line.
    LineStart,
    /// End of a line.
    LineEnd,
    /// Between a word and what is none.
    Word { ascii: bool },
    /// Inside of a word or outside.
    NotWord { ascii: bool },
}

impl Assert {
    /// The condition in the syntax of `regex-syntax`; the one that has no equal there counts as the end.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Start => r"\A",
            Self::End | Self::EndOrNewline => r"\z",
            Self::LineStart => "(?m:^)",
            Self::LineEnd => "(?m:$)",
            Self::Word { ascii: false } => r"\b",
            Self::Word { ascii: true } => r"(?-u:\b)",
            Self::NotWord { ascii: false } => r"\B",
            Self::NotWord { ascii: true } => r"(?-u:\B)",
        }
    }
}

impl Node {
    /// Whether `$` stands in it.
    pub fn has_dollar(&self) -> bool {
        self.any_assert(&|assert| assert == Assert::EndOrNewline)
    }

    /// Whether a condition that `wanted` says yes to stands in it.
    pub fn any_assert(&self, wanted: &impl Fn(Assert) -> bool) -> bool {
        match self {
            Self::Class(_) => false,
            Self::Assert(assert) => wanted(*assert),
            Self::Concat(nodes) | Self::Alternate(nodes) => nodes.iter().any(|node| node.any_assert(wanted)),
            Self::Repeat { node, .. } | Self::Atomic { node, .. } => node.any_assert(wanted),
        }
    }
}
