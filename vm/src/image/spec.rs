//! What the compiler says of a cascade when it writes an image, in plain structs.

use alloc::string::String;
use alloc::vec::Vec;

use super::layout::RuleKind;
use crate::isa::Instruction;
use crate::{ConstId, ListId, PathId, StageId, StrId};

/// A constant to write.
#[derive(Clone, PartialEq, Debug)]
pub enum Constant {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// Fits 64 bits.
    Int(i64),
    /// Canonical decimal digits outside 64 bits.
    BigInt(String),
    /// A double.
    Float(f64),
    /// Text.
    Text(String),
    /// Valid JSON text of an array.
    Array(String),
    /// Valid JSON text of an object.
    Object(String),
}

/// What a rule does, in indices.
#[derive(Clone, PartialEq, Debug)]
pub enum ActionSpec {
    /// Ends the cascade with a verdict.
    Terminate {
        /// The verdict.
        outcome: Option<ConstId>,
        /// Why, for people.
        reason: Option<StrId>,
    },
    /// Goes on at a stage.
    SkipTo(StageId),
    /// Enables stages.
    EnableStages(Vec<StageId>),
    /// Disables stages.
    DisableStages(Vec<StageId>),
    /// Writes a constant to a field.
    SetField {
        /// Where.
        path: PathId,
        /// What.
        value: ConstId,
    },
    /// Does nothing beyond being matched; rules of rule sets only.
    Nothing,
    /// Gives the match a value; rules of rule sets only.
    Emit(ConstId),
}

/// What only some rules have; the default is a rule without any of it.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct RuleExtras {
    /// Evaluated and recorded, never acted on.
    pub shadow: bool,
    /// Ends its list after it acted.
    pub stop: bool,
    /// What it does when its condition is false. The code then ends in `otherwise` where it would in `reject`.
    pub otherwise: Option<ActionSpec>,
    /// Labels.
    pub tags: Vec<String>,
    /// A constant number.
    pub score: Option<ConstId>,
}

/// A rule to write. Jump targets count from the rule's first instruction.
#[derive(Clone, Debug)]
pub struct RuleSpec {
    /// Name.
    pub name: String,
    /// Kind.
    pub kind: RuleKind,
    /// The stage it belongs to; none for global conditions and rule sets.
    pub stage: Option<StageId>,
    /// Priority, for the record; the order of the list decides.
    pub priority: i64,
    /// Its place in the file among the rules it is listed with.
    pub order: u32,
    /// What it does.
    pub action: ActionSpec,
    /// What only some rules have.
    pub extras: RuleExtras,
    /// Its condition.
    pub code: Vec<Instruction>,
    /// Where its tests stand in the source, by instruction of `code`.
    pub spans: Vec<(u32, SourceSpan)>,
    /// Where the rule stands in the source.
    pub span: Option<SourceSpan>,
}

/// A stage to write.
#[derive(Clone, Debug)]
pub struct StageSpec {
    /// Name.
    pub name: String,
    /// Configuration for the host, as JSON text.
    pub host: String,
    /// Whether it starts enabled.
    pub enabled: bool,
    /// Whether it may run beside others.
    pub can_run_parallel: bool,
    /// Group of stages that run side by side.
    pub parallel_group: Option<String>,
    /// Stages that have to run before.
    pub depends_on: Vec<StageId>,
    /// Its lists.
    pub preconditions: ListId,
    /// Its lists.
    pub routing: ListId,
    /// Its lists.
    pub postconditions: ListId,
    /// Milliseconds for one pass.
    pub timeout_ms: u64,
    /// Passes after the first.
    pub max_retries: u32,
    /// Milliseconds between passes.
    pub retry_delay_ms: u64,
    /// Whether results are kept.
    pub cache_enabled: bool,
    /// Seconds that results are kept.
    pub cache_ttl_seconds: u64,
}

/// What belongs to the cascade as a whole.
#[derive(Clone, Debug, Default)]
pub struct CascadeSpec {
    /// Name.
    pub name: String,
    /// Version.
    pub version: String,
    /// Configuration for the host, as JSON text.
    pub host: String,
    /// Milliseconds for one event.
    pub global_timeout_ms: u64,
    /// Most stages side by side.
    pub max_parallel_stages: u32,
    /// Whether results are kept.
    pub enable_caching: bool,
    /// The first queue.
    pub plan: Vec<StageId>,
    /// Fields that key kept results.
    pub cache_key_paths: Vec<PathId>,
}

/// A place in a source file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SourceSpan {
    /// The file: 0 is the source, others [`Program::file`](super::Program::file) names.
    pub file: u32,
    /// First byte.
    pub start: u32,
    /// Byte after the last.
    pub end: u32,
    /// Line of the first byte, from 1.
    pub line: u32,
    /// Column of the first byte, in characters, from 1.
    pub column: u32,
}
