//! How an image is laid out: header, section table, and the fixed-size records of the tables.
//!
//! Everything is little-endian. Sections start at multiples of 8, in the order of their kind, without overlap.

use alloc::vec::Vec;

/// First bytes of every image.
pub const MAGIC: [u8; 8] = *b"CASCATA\0";

/// Format that this release writes and reads. `docs/image.md` says what is promised of it.
pub const FORMAT: u32 = 1;

/// Sections that every image of the format has. Later ones may be missing, and are empty then.
pub const FIRST_SECTIONS: usize = 18;

/// Header: magic 8, format 4, feature bits 4, section count 4, zero 4, length 8, BLAKE3 of all that follows 32.
pub const HEADER_BYTES: usize = 64;

/// Entry of the section table: kind 4, zero 4, offset 8, length 8.
pub const SECTION_ENTRY_BYTES: usize = 24;

/// "None" in a field that holds an index.
pub const NONE: u32 = u32::MAX;

macro_rules! sections {
    ($($number:literal $name:ident $semantic:literal $doc:literal;)*) => {
        /// The sections of an image.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(u32)]
        pub enum Section {
            $(#[doc = $doc] $name = $number,)*
        }

        impl Section {
            /// Every section, by falling place in the file. All are present in every image, some of them empty.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Whether the section is part of the meaning, and so of the program hash.
            #[must_use]
            pub const fn is_semantic(self) -> bool {
                match self {
                    $(Self::$name => $semantic,)*
                }
            }

            /// What the section holds.
            #[must_use]
            pub const fn doc(self) -> &'static str {
                match self {
                    $(Self::$name => $doc,)*
                }
            }

            /// Name for listings.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)*
                }
            }
        }
    };
}

sections! {
    0 Strings true "Count, count + 1 offsets, then the UTF-8 bytes of all strings without gaps.";
    1 Constants true "16 bytes each: kind, string index, 64 payload bits.";
    2 Sets true "32-bit words: for each set the sorted text members, then the sorted number constants.";
    3 SetTable true "16 bytes each: where a set's text and number members stand in Sets.";
    4 Paths true "Count, count + 1 offsets, then segments of 8 bytes: tag (0 key, 1 index) and string or position.";
    5 Patterns true "4 bytes each: string index of the pattern.";
    6 Automata false "For each pattern form (0 none, 1 sparse DFA, 2 dense DFA), offset and length; then the DFAs, each at a multiple of 8: accelerators, remade from the pattern when in doubt.";
    7 Code true "Instructions, 12 bytes each.";
    8 Rules true "One record a rule; rules of a list stand together, in evaluation order.";
    9 Lists true "One record a rule list: first rule, count, worst-case cost.";
    10 Stages true "One record a stage, in file order.";
    11 Pool true "32-bit words that records point into: dependencies, plan, stage lists, cache key paths.";
    12 Cascade true "One record: names, limits, plan.";
    13 Debug false "Source places: conditions by instruction, then rules.";
    14 Build false "What made the image, as text.";
    15 RuleExtras true "28 bytes each: what only some rules have (mode, stop, else, tags, score), in the order of their rules.";
    16 Rulesets true "One record a rule set, in file order: name, list.";
    17 Files false "Names of the files that the source names, one a line: places tell them by number, from 1; 0 is the source.";
}

/// A field of a record.
pub(crate) trait Field: Sized {
    /// Bytes it takes.
    const BYTES: usize;
    /// Reads it from the front of `bytes`, which it shortens.
    fn take(bytes: &mut &[u8]) -> Option<Self>;
    /// Appends it.
    fn put(&self, out: &mut Vec<u8>);
}

macro_rules! integer_fields {
    ($($type:ty)*) => {$(
        impl Field for $type {
            const BYTES: usize = size_of::<$type>();

            #[inline]
            fn take(bytes: &mut &[u8]) -> Option<Self> {
                let (head, tail) = bytes.split_first_chunk()?;
                *bytes = tail;
                Some(Self::from_le_bytes(*head))
            }

            fn put(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_le_bytes());
            }
        }
    )*};
}
integer_fields! { u32 u64 i64 }

macro_rules! records {
    ($($(#[$doc:meta])* $name:ident { $($field:ident: $type:ty,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub(crate) struct $name {
            $(pub(crate) $field: $type,)*
        }

        impl $name {
            pub(crate) const BYTES: usize = 0 $(+ <$type as Field>::BYTES)*;

            /// The record at a position of its table.
            #[inline]
            pub(crate) fn read(table: &[u8], index: usize) -> Option<Self> {
                let start = index.checked_mul(Self::BYTES)?;
                let mut bytes = table.get(start..start.checked_add(Self::BYTES)?)?;
                Some(Self { $($field: <$type>::take(&mut bytes)?,)* })
            }

            pub(crate) fn write(&self, out: &mut Vec<u8>) {
                $(self.$field.put(out);)*
            }
        }
    )*};
}

records! {
    /// A constant.
    ConstRecord { kind: u32, text: u32, bits: u64, }
    /// Where a set's members are, as word positions in `Sets`.
    SetRecord { texts: u32, text_count: u32, numbers: u32, number_count: u32, }
    /// A step of a path.
    SegmentRecord { tag: u32, value: u32, }
    /// A pattern.
    PatternRecord { text: u32, }
    /// Where a pattern's automaton is, counted from the end of these records.
    AutomatonRecord { form: u32, reserved: u32, offset: u32, length: u32, }
    /// A rule. What `x` and `y` mean depends on the action. `order` is its place in the file among the rules it is
    /// listed with, `extra` its row of `RuleExtras`, if it has one.
    RuleRecord {
        name: u32, kind: u32, stage: u32, action: u32, x: u32, y: u32, entry: u32, end: u32, priority: i64, cost: u64,
        order: u32, extra: u32,
    }
    /// What only some rules have. `else_action` is `NONE` without an `else`; `score` is a constant or `NONE`.
    ExtraRecord {
        flags: u32, else_action: u32, else_x: u32, else_y: u32, tags: u32, tag_count: u32, score: u32,
    }
    /// A rule set.
    RulesetRecord { name: u32, list: u32, }
    /// A rule list.
    ListRecord { first: u32, count: u32, cost: u64, }
    /// A stage.
    StageRecord {
        name: u32, host: u32, group: u32, flags: u32, deps: u32, dep_count: u32, preconditions: u32, routing: u32,
        postconditions: u32, max_retries: u32, timeout_ms: u64, retry_delay_ms: u64, cache_ttl_seconds: u64,
    }
    /// The cascade. `outcome` is a list or `NONE`.
    CascadeRecord {
        name: u32, version: u32, host: u32, globals: u32, flags: u32, max_parallel: u32, plan: u32, plan_count: u32,
        cache_key: u32, cache_key_count: u32, global_timeout_ms: u64, outcome: u32, reserved: u32,
    }
    /// A place in the source: what (instruction or rule), byte span, line and column from 1, number of the file.
    DebugRecord { subject: u32, start: u32, end: u32, line: u32, column: u32, file: u32, }
}

/// Flags of a stage record.
pub(crate) mod stage_flags {
    pub(crate) const ENABLED: u32 = 1;
    pub(crate) const PARALLEL: u32 = 2;
    pub(crate) const CACHE: u32 = 4;
}

/// Flags of an extra record.
pub(crate) mod rule_flags {
    pub(crate) const SHADOW: u32 = 1;
    pub(crate) const STOP: u32 = 2;
}

/// Flags of the cascade record.
pub(crate) mod cascade_flags {
    pub(crate) const CACHING: u32 = 1;
}

/// Kinds of constant record.
pub(crate) mod const_kinds {
    pub(crate) const NULL: u32 = 0;
    pub(crate) const BOOL: u32 = 1;
    pub(crate) const INT: u32 = 2;
    pub(crate) const BIG_INT: u32 = 3;
    pub(crate) const FLOAT: u32 = 4;
    pub(crate) const TEXT: u32 = 5;
    pub(crate) const ARRAY: u32 = 6;
    pub(crate) const OBJECT: u32 = 7;
}

/// Kinds of rule, and of the list a rule stands in.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u32)]
pub enum RuleKind {
    /// Ends the cascade; looked at before each stage.
    Global = 0,
    /// Blocks its stage.
    Precondition = 1,
    /// Acts after its stage.
    Routing = 2,
    /// Acts after the routing rules of its stage.
    Postcondition = 3,
    /// Belongs to a rule set: matched against an event, without stages.
    Match = 4,
    /// A case of the cascade's verdict, asked when the cascade has ended.
    Outcome = 5,
}

impl RuleKind {
    /// The kind with this number.
    #[must_use]
    pub const fn from_code(code: u32) -> Option<Self> {
        match code {
            0 => Some(Self::Global),
            1 => Some(Self::Precondition),
            2 => Some(Self::Routing),
            3 => Some(Self::Postcondition),
            4 => Some(Self::Match),
            5 => Some(Self::Outcome),
            _ => None,
        }
    }

    /// As it is written in a cascade (`global` for termination conditions, `match` for rules of a rule set, `outcome` for
    /// cases of the verdict).
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::Precondition => "precondition",
            Self::Routing => "routing",
            Self::Postcondition => "postcondition",
            Self::Match => "match",
            Self::Outcome => "outcome",
        }
    }
}

/// Kinds of action record.
pub(crate) mod action_kinds {
    pub(crate) const TERMINATE: u32 = 0;
    pub(crate) const SKIP_TO: u32 = 1;
    pub(crate) const ENABLE: u32 = 2;
    pub(crate) const DISABLE: u32 = 3;
    pub(crate) const SET_FIELD: u32 = 4;
    pub(crate) const NOTHING: u32 = 5;
    pub(crate) const EMIT: u32 = 6;
}
