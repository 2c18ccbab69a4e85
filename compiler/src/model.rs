//! The checked model: what the front half hands to the back half.
//!
//! ```text
//! source ─▶ yaml tree ─▶ syntax tree ─▶ check ─▶ Cascade (this file) ─▶ IR ─▶ image
//! ```
//!
//! Everything in here is already valid: every name is resolved to an index, every rule list is in evaluation order,
//! every pattern translates, every default is filled in. Whoever reads it needs no source text but for positions.

mod condition;
mod key;
mod quantity;

use cranelift_entity::{PrimaryMap, entity_impl};

pub use crate::operators::{Arithmetic, CompareOp, Operator};
use crate::span::Span;
pub use cascata_vm::Segment;
pub use condition::{Condition, ConditionNode, Each, Expr, Field, Measure, MeasureKind, Root, Test, TestSpans};
pub(crate) use key::write_text;
pub use quantity::{Quantity, parse_duration};

/// A stage of the cascade, numbered in the order of the file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StageRef(u32);
entity_impl!(StageRef, "stage");

/// A rule of the cascade: global conditions first, then the rules of each stage and of each rule set in the order of the
/// file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleRef(u32);
entity_impl!(RuleRef, "rule");

/// A field path that something in the cascade names; the same path written twice has one index.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PathRef(u32);
entity_impl!(PathRef, "path");

/// A whole checked cascade.
#[derive(Clone, Debug, PartialEq)]
pub struct Cascade {
    /// `name`.
    pub name: String,
    /// `version`, as text.
    pub version: String,
    /// `global_timeout_ms`: the time one run may take, in milliseconds.
    pub global_timeout_ms: u64,
    /// `max_parallel_stages`: the most stages of one batch; at least 1.
    pub max_parallel_stages: u32,
    /// `enable_caching`: whether stages with `cache_enabled` are cached at all.
    pub enable_caching: bool,
    /// `cache_key_fields`, in the order of the file.
    pub cache_key_paths: Vec<PathRef>,
    /// Where each of them stands.
    pub cache_key_spans: Vec<Span>,
    /// The stages, in the order of the file.
    pub stages: PrimaryMap<StageRef, StageModel>,
    /// The queue a run starts with: `execution_order`, else the stable topological order of the dependencies.
    pub plan: Vec<StageRef>,
    /// The global termination conditions, in evaluation order; their action is [`ActionModel::Terminate`].
    pub globals: Vec<RuleRef>,
    /// The rule sets, in the order of the file.
    pub rulesets: Vec<RulesetModel>,
    /// The cases of `outcome`, in evaluation order: the first that holds gives the verdict, by [`ActionModel::Give`] or
    /// [`ActionModel::Emit`].
    pub outcome: Vec<RuleRef>,
    /// The lists that conditions use, in the order of the file; their entries stand in those conditions as well.
    pub lists: Vec<ListModel>,
    /// Every rule that is switched on.
    pub rules: PrimaryMap<RuleRef, RuleModel>,
    /// Every path once.
    pub paths: PrimaryMap<PathRef, Vec<Segment>>,
    /// JSON text of [`cascata_config::CascadeHost`] in canonical key order: what the runtime reads and the VM does not.
    pub host: String,
    /// `schema`: no part of the image.
    pub schema: Option<crate::schema::Schema>,
    /// `tests`: no part of the image.
    pub tests: Vec<crate::testing::TestCase>,
}

/// A checked stage.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StageModel {
    /// Its key under `stages`.
    pub name: String,
    /// `enabled`: whether it runs without being enabled by a rule.
    pub enabled: bool,
    /// `timeout_ms`: the time one attempt may take, in milliseconds.
    pub timeout_ms: u64,
    /// `max_retries`: attempts after the first.
    pub max_retries: u32,
    /// `retry_delay_ms`: the wait before each retry, in milliseconds.
    pub retry_delay_ms: u64,
    /// `can_run_parallel`.
    pub can_run_parallel: bool,
    /// `parallel_group`.
    pub parallel_group: Option<String>,
    /// `depends_on`, in the order of the file.
    pub depends_on: Vec<StageRef>,
    /// Rules of type `precondition`, by falling priority, ties in the order of the file.
    pub preconditions: Vec<RuleRef>,
    /// Rules of type `routing`, ordered likewise.
    pub routing: Vec<RuleRef>,
    /// Rules of type `postcondition`, ordered likewise.
    pub postconditions: Vec<RuleRef>,
    /// `cache_enabled`.
    pub cache_enabled: bool,
    /// `cache_ttl_seconds`: how long a cached result is used, in seconds.
    pub cache_ttl_seconds: u64,
    /// JSON text of [`cascata_config::StageHost`] in canonical key order.
    pub host: String,
    /// The key under `stages`.
    pub span: Span,
}

/// A checked rule set.
#[derive(Clone, Debug, PartialEq)]
pub struct RulesetModel {
    /// Its key under `rulesets`.
    pub name: String,
    /// Its rules, by falling priority, ties in the order of the file.
    pub rules: Vec<RuleRef>,
}

/// A named list.
#[derive(Clone, Debug, PartialEq)]
pub struct ListModel {
    /// Its key under `lists`.
    pub name: String,
    /// Where that stands.
    pub key: Span,
    /// Its entries, a [`Constant::List`].
    pub entries: Constant,
}

/// When a rule is evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RuleKind {
    /// A global termination condition: before each stage.
    Global,
    /// Before the stage; the first that holds blocks it.
    Precondition,
    /// After the handler.
    Routing,
    /// After the routing rules.
    Postcondition,
    /// In a rule set: when somebody matches an event with it.
    Match,
    /// A case of the verdict: when the cascade has ended.
    Outcome,
}

/// A checked rule.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleModel {
    /// `name`; a global condition is called `global_termination_N`, a case of the verdict `outcome_N`, counted from 0, and
    /// an outcome that has no cases `outcome`.
    pub name: String,
    /// Its `type`.
    pub kind: RuleKind,
    /// `priority`: higher ones first.
    pub priority: i64,
    /// Its place in the file among the rules it is written with.
    pub order: u32,
    /// What must hold. A case of the verdict without a condition has an `AND` of nothing.
    pub condition: Condition,
    /// What then happens.
    pub action: ActionModel,
    /// `else`: what happens when the condition is false.
    pub otherwise: Option<ActionModel>,
    /// `stop`: whether it ends its list after its action acted.
    pub stop: bool,
    /// `mode: shadow`. Rules that are off are not in the model.
    pub shadow: bool,
    /// `sample`, unless it takes every event.
    pub sample: Option<SampleModel>,
    /// `tags`.
    pub tags: Vec<String>,
    /// `score`: a number.
    pub score: Option<Constant>,
    /// The rule in the source.
    pub span: Span,
    /// Its parts in the source.
    pub spans: RuleSpans,
}

/// Where the parts of a [`RuleModel`] stand in the source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RuleSpans {
    /// `action`.
    pub action: Option<Span>,
    /// `else`.
    pub otherwise: Option<Span>,
}

impl RuleModel {
    /// A rule that is nothing but a condition and what it does: no `else`, no tags, not sampled.
    pub(crate) const fn plain(
        name: String,
        kind: RuleKind,
        order: u32,
        condition: Condition,
        action: ActionModel,
    ) -> Self {
        Self {
            name,
            kind,
            priority: 0,
            order,
            span: condition.span,
            condition,
            action,
            otherwise: None,
            stop: false,
            shadow: false,
            sample: None,
            tags: Vec::new(),
            score: None,
            spans: RuleSpans { action: None, otherwise: None },
        }
    }
}

/// The part of the events that a rule looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SampleModel {
    /// The field whose value decides.
    pub key: PathRef,
    /// Hundredths of a percent, below 10,000.
    pub share: u16,
    /// `sample` in the source.
    pub span: Span,
    /// Its `key` in the source.
    pub key_span: Span,
}

/// A value written in the source.
#[derive(Clone, Debug, PartialEq)]
pub enum Constant {
    /// `null`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// An integer of any size in canonical decimal: an optional `-`, no leading zero, never `-0`.
    Int(String),
    /// A double; never NaN. Infinities come from numbers like `1e400`.
    Float(f64),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Constant>),
    /// A mapping, in the order of the source; keys are distinct.
    Map(Vec<(String, Constant)>),
}

/// What a rule does.
#[derive(Clone, Debug, PartialEq)]
pub enum ActionModel {
    /// Ends the cascade after both rule lists of the stage.
    Terminate {
        /// The verdict the decision carries.
        outcome: Option<Constant>,
        /// Why, for people.
        reason: Option<String>,
    },
    /// Drops queued stages up to the target.
    SkipTo(StageRef),
    /// Enables and queues stages.
    EnableStages(Vec<StageRef>),
    /// Disables stages.
    DisableStages(Vec<StageRef>),
    /// Writes an event field.
    SetField {
        /// The field; keys only.
        path: PathRef,
        /// Every proper prefix of it, shortest first, so that the runtime can see whether each is a mapping.
        prefixes: Vec<PathRef>,
        /// What is written.
        value: Constant,
    },
    /// Nothing beyond being matched; rules of rule sets only.
    Nothing,
    /// Gives the answer a value; rules of rule sets and cases of the verdict only.
    Emit(Constant),
    /// Gives the verdict a value that is read or computed; cases of the verdict only.
    Give {
        /// The value.
        value: Expr,
        /// Where it stands in the source.
        span: Span,
    },
}
