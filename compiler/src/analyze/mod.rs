//! What a cascade says without meaning it: conditions that never hold, rules that never fire, stages nothing enables.
//!
//! ```text
//! Cascade ─▶ space.rs  (variables: a field's pieces, a statistic's, a measure's, open questions)
//!              └▶ split.rs  (states that make a condition true, false, an error; simple.rs does without)
//!                   ├▶ holds.rs      never-true, always-true, contradiction, regex-never-matches
//!                   ├▶ redundant.rs  redundant-condition
//!                   ├▶ shadow.rs     shadowed-rule
//!                   └▶ writes.rs     conflicting-set-field
//! Cascade ─▶ duplicates.rs, stages.rs, hidden.rs, mixed.rs
//! Schema ─▶ facts.rs ─┬▶ space.rs
//!                     └▶ types.rs  type-mismatch, unknown-field, impossible-comparison
//! ```
//!
//! Everything reported is certain: the states are never fewer than what can happen, and a finding needs them to be
//! none. What is not certain is not reported, and analysis that would take too long stops. Each finding carries the
//! claim it makes, which tests hold against events one by one.

mod atom;
mod bits;
mod cost;
mod decide;
mod duplicates;
mod facts;
mod hidden;
mod holds;
mod kinds;
mod leaf;
mod line;
mod measured;
mod mixed;
mod outcome;
mod parts;
mod pattern;
mod patterns;
mod redundant;
mod remove;
mod shadow;
mod simple;
mod space;
mod split;
mod stages;
mod ties;
mod typed;
mod types;
mod uses;
mod walk;
mod writes;

use std::collections::{BTreeSet, HashSet};

use cascata_config::{CascadeHost, OnRuleError};

use crate::diagnostic::Diagnostic;
use crate::model::{ActionModel, Cascade, PathRef, RuleModel, RuleRef, Segment, StageRef};
use facts::Types;
use patterns::Patterns;
use split::Budget;

pub use cost::{ListCost, costs, over_budget};

/// Steps that the analysis of a whole cascade may take; about a second's work.
const STEPS: u64 = 2_000_000;

/// Steps that one rule may take.
const STEPS_OF_A_RULE: u64 = 60_000;

/// Something that is certain about a cascade, and how it is said.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// What is certain.
    pub claim: Claim,
    /// How it is reported.
    pub diagnostic: Diagnostic,
}

/// What a finding claims. `at` leads from a rule's whole condition down, child by child.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// The condition is true for no state.
    NeverTrue {
        /// The rule.
        rule: RuleRef,
        /// The condition in it.
        at: Vec<usize>,
    },
    /// The condition is true for every state.
    AlwaysTrue {
        /// The rule.
        rule: RuleRef,
        /// The condition in it.
        at: Vec<usize>,
    },
    /// The comparison is true for every value that is there.
    TrueWhenPresent {
        /// The rule.
        rule: RuleRef,
        /// The comparison in it.
        at: Vec<usize>,
    },
    /// Without this child of an `AND` or `OR` the rule comes out the same for every state, errors included.
    Redundant {
        /// The rule.
        rule: RuleRef,
        /// The child.
        at: Vec<usize>,
    },
    /// Whenever the rule's condition would hold, one of the others has kept it from being asked.
    Shadowed {
        /// The rule.
        rule: RuleRef,
        /// Rules that act and end the list when they hold.
        holding: Vec<RuleRef>,
        /// Rules whose errors end the list.
        failing: Vec<RuleRef>,
    },
    /// Two rules of one list ask the same and do the same.
    Duplicate {
        /// The later rule.
        rule: RuleRef,
        /// The earlier one.
        first: RuleRef,
    },
    /// The stage never runs.
    NeverRuns {
        /// The stage.
        stage: StageRef,
    },
    /// When the rule fires, the target is not in the queue.
    Drains {
        /// The rule.
        rule: RuleRef,
        /// The target of its `skip_to`.
        target: StageRef,
    },
    /// Whenever the rule has written its field, the other writes it too before anything reads it.
    Overwritten {
        /// The rule.
        rule: RuleRef,
        /// The later rule.
        by: RuleRef,
    },
    /// The comparison is an error for every value that the schema lets the field be.
    Fails {
        /// The rule.
        rule: RuleRef,
        /// The comparison.
        at: Vec<usize>,
    },
    /// The schema does not have the field.
    Unknown {
        /// The rule.
        rule: RuleRef,
        /// The comparison.
        at: Vec<usize>,
        /// Whether it is never there.
        closed: bool,
    },
    /// Whenever the one comparison holds, the other is an error.
    Mixed {
        /// The rule of the one that holds.
        rule: RuleRef,
        /// Its place.
        at: Vec<usize>,
        /// The rule of the one that fails.
        other: RuleRef,
        /// Its place.
        other_at: Vec<usize>,
    },
    /// Something about a condition on elements: it is so for every element that the condition is asked of.
    OfElements {
        /// The rule.
        rule: RuleRef,
        /// The condition that takes the elements.
        at: Vec<usize>,
        /// The way on from there, child by child; conditions that take elements of elements have one child and count for nothing.
        inside: Vec<usize>,
        /// What is so.
        says: OfElement,
    },
    /// Something about a field outside of conditions.
    OutsideConditions,
    /// The field is never there.
    Hidden {
        /// The rule.
        rule: RuleRef,
        /// The comparison.
        at: Vec<usize>,
    },
}

/// What a finding claims of the elements of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfElement {
    /// The condition is true for none.
    NeverTrue,
    /// The comparison is true for each that has the field.
    TrueWhenPresent,
    /// The comparison is an error for each that has the field.
    Fails,
    /// None has the field; `closed` if that is certain, and not only unlisted.
    Unknown {
        /// Whether it is never there.
        closed: bool,
    },
}

/// Everything that is certain about a checked cascade, in the order of the source.
#[must_use]
pub fn analyze(cascade: &Cascade, text: &str) -> Vec<Finding> {
    let mut cx = Analysis::new(cascade, text);
    types::run(&mut cx);
    uses::run(&mut cx);
    hidden::run(&mut cx);
    holds::run(&mut cx);
    redundant::run(&mut cx);
    duplicates::run(&mut cx);
    shadow::run(&mut cx);
    writes::run(&mut cx);
    stages::run(&mut cx);
    mixed::run(&mut cx);
    cx.finish()
}

/// What is an error by the cascade's schema; part of what [`analyze`] finds.
#[must_use]
pub fn type_errors(cascade: &Cascade, text: &str) -> Vec<Finding> {
    let mut cx = Analysis::new(cascade, text);
    types::run(&mut cx);
    cx.findings.retain(|finding| finding.diagnostic.is_error());
    cx.finish()
}

/// What every analysis shares.
struct Analysis<'c> {
    cascade: &'c Cascade,
    text: &'c str,
    /// Whether an error ends a routing or postcondition list.
    stops_on_error: bool,
    /// Top-level keys that rules never see.
    hidden: Vec<String>,
    patterns: Patterns,
    budget: Budget,
    /// What some `set_field` writes.
    written: Vec<Vec<Segment>>,
    types: Types<'c>,
    /// Comparisons that the schema has something to say of.
    typed: HashSet<(RuleRef, Vec<usize>)>,
    /// Rules that never fire, whose further faults nobody needs to hear of.
    silent: HashSet<RuleRef>,
    /// Rules of whose condition nothing can be said by itself.
    simple: HashSet<RuleRef>,
    findings: Vec<Finding>,
}

impl<'c> Analysis<'c> {
    fn new(cascade: &'c Cascade, text: &'c str) -> Self {
        let host: CascadeHost = serde_json::from_str(&cascade.host).unwrap_or_default();
        let (written, hidden) = (written_paths(cascade), host.events.hide);
        Self {
            cascade,
            text,
            stops_on_error: host.on_rule_error == OnRuleError::Stop,
            types: Types::new(cascade, &written, &hidden),
            hidden,
            patterns: Patterns::default(),
            budget: Budget::new(STEPS),
            written,
            typed: HashSet::new(),
            silent: HashSet::new(),
            simple: HashSet::new(),
            findings: Vec::new(),
        }
    }

    /// The findings, in the order of the source.
    fn finish(self) -> Vec<Finding> {
        let mut findings = self.findings;
        findings.sort_by_key(|finding| (finding.diagnostic.span(), finding.diagnostic.code));
        findings
    }

    fn find(&mut self, claim: Claim, diagnostic: Diagnostic) {
        self.findings.push(Finding { claim, diagnostic });
    }

    /// The steps of one rule, taken from those of all.
    fn budget(&mut self) -> Option<Budget> {
        self.budget.spend(40);
        (!self.budget.is_spent()).then(|| Budget::new(STEPS_OF_A_RULE))
    }

    fn rule_name(&self, rule: RuleRef) -> &str {
        self.cascade.rules.get(rule).map(|rule| rule.name.as_str()).unwrap_or_default()
    }
}

/// Whether a path reads a stage's result.
fn is_stage_path(path: &[Segment]) -> bool {
    matches!(path, [Segment::Key(first), Segment::Key(_), ..] if first == "stages")
}

/// Whether writing one of two paths can change what the other reads.
fn overlap(left: &[Segment], right: &[Segment]) -> bool {
    left.iter().zip(right).all(|(left, right)| left == right)
}

fn written_paths(cascade: &Cascade) -> Vec<Vec<Segment>> {
    // Thousands of rules may write one field.
    let written: BTreeSet<PathRef> = cascade.rules.values().flat_map(writes).collect();
    written.into_iter().filter_map(|path| cascade.paths.get(path).cloned()).collect()
}

/// What a rule may do: its action, and its `else`.
fn actions(rule: &RuleModel) -> impl Iterator<Item = &ActionModel> {
    std::iter::once(&rule.action).chain(&rule.otherwise)
}

/// The fields that a rule may write.
fn writes(rule: &RuleModel) -> impl Iterator<Item = PathRef> {
    actions(rule).filter_map(|action| match action {
        ActionModel::SetField { path, .. } => Some(*path),
        _ => None,
    })
}

/// Whether a rule that is asked looks at every event, and acts on what it finds.
fn takes_part(rule: &RuleModel) -> bool {
    !rule.shadow && rule.sample.is_none()
}
