//! Images: what the compiler writes, how it is proven, and the program that comes of it.
//!
//! ```text
//! bytes ──▶ Program::verify ──▶ Program<'_> ──▶ Vm::next
//!           (the only way)
//! ```
//!
//! An image is one file. Header, section table and sections are described in [`Section`] and in
//! `docs/image.md`; tables are read in place, straight from the bytes, which may be a memory map. `verify` proves
//! sections, indices, types, jumps and registers once, so that evaluation needs no check that could
//! fail. The program hash is BLAKE3 over the sections that carry meaning.

mod builder;
mod code;
mod error;
mod finder;
mod hot;
mod hot_set;
mod layout;
mod lookup;
mod merged;
mod operand;
mod pattern;
mod program;
mod quick;
mod rule;
mod rule_builder;
mod shortcuts;
mod spec;
mod tables;
mod verify;
mod verify_rules;
mod view;

pub use builder::ImageBuilder;
pub use error::{ImageError, ImageErrorKind};
pub(crate) use finder::Finder;
pub(crate) use hot::{ACCEPT, Const, HotList, Late, REJECT, Step as HotStep};
pub(crate) use hot_set::short_key;
pub use layout::{FORMAT, HEADER_BYTES, MAGIC, RuleKind, SECTION_ENTRY_BYTES, Section};
pub(crate) use operand::{tail, tails};
pub(crate) use pattern::parse_pattern;
pub use pattern::{DENSE_SIZE_LIMIT, DFA_SIZE_LIMIT, PatternDfa, build_dfa, check_pattern};
pub use program::Program;
pub(crate) use quick::{Quick, of as quick_way};
pub(crate) use rule::rule_of;
pub use rule::{Action, Rule, Ruleset};
pub(crate) use shortcuts::describe as describe_shortcut;
#[doc(hidden)]
pub use shortcuts::{Shortcut, Shortcuts};
pub use spec::{ActionSpec, CascadeSpec, Constant, RuleExtras, RuleSpec, SourceSpan, StageSpec};
pub(crate) use tables::Tables;
pub use view::{Stage, StageIds};

use crate::index::INDEX_MIN_RULES;
use crate::json::ReadOptions;

/// Limits and trust for loading an image.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LoadOptions {
    /// Largest image in bytes; default 256 MiB; `V0004` beyond.
    pub max_image_bytes: u64,
    /// Memory in bytes for compiling one pattern; default 1 MiB; `V0013` beyond.
    pub max_pattern_bytes: usize,
    /// Whether the image's automata may be used as they are; default false. They are checked to be memory-safe either
    /// way, but only compiling the pattern again proves that they match what the pattern says. Set it for images that
    /// your own compiler made and nobody else could write to.
    pub trusted: bool,
    /// Lists of that many rules and more have an index, unless all their rules are decided by a look at each field; default
    /// [`INDEX_MIN_RULES`]; `u32::MAX` for no index at all. Answers are the same with any value.
    pub index_min_rules: u32,
    /// Which shortcuts are looked for. For tests of the shortcuts: all give the same answers.
    #[doc(hidden)]
    pub shortcuts: Shortcuts,
}

impl Default for LoadOptions {
    fn default() -> Self {
        Self {
            max_image_bytes: 256 << 20,
            max_pattern_bytes: 1 << 20,
            trusted: false,
            index_min_rules: INDEX_MIN_RULES,
            shortcuts: Shortcuts::ALL,
        }
    }
}

impl LoadOptions {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets [`trusted`](Self::trusted).
    #[must_use]
    pub fn trusted(mut self, trusted: bool) -> Self {
        self.trusted = trusted;
        self
    }

    /// Sets [`index_min_rules`](Self::index_min_rules).
    #[must_use]
    pub fn index_min_rules(mut self, rules: u32) -> Self {
        self.index_min_rules = rules;
        self
    }

    /// Sets [`shortcuts`](Self::shortcuts).
    #[doc(hidden)]
    #[must_use]
    pub fn shortcuts(mut self, shortcuts: Shortcuts) -> Self {
        self.shortcuts = shortcuts;
        self
    }

    /// Sets [`max_image_bytes`](Self::max_image_bytes).
    #[must_use]
    pub fn max_image_bytes(mut self, bytes: u64) -> Self {
        self.max_image_bytes = bytes;
        self
    }

    /// Sets [`max_pattern_bytes`](Self::max_pattern_bytes).
    #[must_use]
    pub fn max_pattern_bytes(mut self, bytes: usize) -> Self {
        self.max_pattern_bytes = bytes;
        self
    }
}

/// How JSON inside images is read.
pub(crate) fn json_options() -> ReadOptions {
    ReadOptions::default()
}
