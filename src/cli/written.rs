//! What a program was written as: the checked model of its source, and which of its rules is which of the image's.

use std::collections::HashMap;

use cascata_compiler::model::{Cascade, RuleModel, RuleRef};
use cascata_compiler::{Options, Source};
use cascata_vm::RuleId;
use cascata_vm::image::{Program, RuleKind};

/// The model of a program that was compiled from a source.
pub struct Written {
    /// The source.
    pub source: Source,
    /// Its model. Stages have the numbers that they have in the image.
    pub cascade: Cascade,
    ids: HashMap<RuleRef, RuleId>,
    refs: HashMap<RuleId, RuleRef>,
}

impl Written {
    /// The model of the source of `program`; nothing if it is another program's.
    pub fn new(program: &Program<'_>, source: Source) -> Option<Self> {
        let mut options = Options::default();
        // Compiling it has analysed it.
        options.analysis = false;
        let cascade = cascata_compiler::check(&source, &options).0?;
        let pairs = pairs(program, &cascade);
        let ids = pairs.iter().copied().collect();
        let refs = pairs.into_iter().map(|(rule, id)| (id, rule)).collect();
        Some(Self { source, cascade, ids, refs })
    }

    /// The number that a rule has in the image.
    pub fn id(&self, rule: RuleRef) -> Option<RuleId> {
        self.ids.get(&rule).copied()
    }

    /// The rule that has a number in the image.
    pub fn rule(&self, id: RuleId) -> Option<&RuleModel> {
        self.cascade.rules.get(*self.refs.get(&id)?)
    }
}

/// Each rule with its number in the image: both keep every list in the order of evaluation.
fn pairs(program: &Program<'_>, cascade: &Cascade) -> Vec<(RuleRef, RuleId)> {
    let mut pairs = Vec::new();
    let mut pair = |rules: &[RuleRef], list| {
        pairs.extend(rules.iter().copied().zip(program.list_rules(list).map(|rule| rule.id())));
    };
    pair(&cascade.globals, program.globals());
    if let Some(outcome) = program.outcome() {
        pair(&cascade.outcome, outcome);
    }
    for (model, stage) in cascade.stages.values().zip(program.stages()) {
        pair(&model.preconditions, stage.list(RuleKind::Precondition));
        pair(&model.routing, stage.list(RuleKind::Routing));
        pair(&model.postconditions, stage.list(RuleKind::Postcondition));
    }
    for (model, ruleset) in cascade.rulesets.iter().zip(program.rulesets()) {
        pair(&model.rules, ruleset.list());
    }
    pairs
}
