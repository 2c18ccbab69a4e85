//! The worst-case cost of every rule list, and of those over a budget.

use cascata_vm::ListId;
use cascata_vm::image::{LoadOptions, Program};
use serde::Serialize;

use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::model::Cascade;

/// The worst case of one rule list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ListCost {
    /// The stage; nothing for the global termination conditions, the verdict and rule sets.
    pub stage: Option<String>,
    /// The rule set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ruleset: Option<String>,
    /// Which list: `global`, `outcome`, `precondition`, `routing`, `postcondition` or `match`.
    pub list: &'static str,
    /// How many rules it has.
    pub rules: usize,
    /// The most that evaluating all of them takes, in the units of the instruction table; reading fields not counted.
    pub cost: u64,
    /// Its number in the image.
    #[serde(skip)]
    pub id: ListId,
}

/// The worst case of every list of an image that has rules. Empty for an image that cannot be loaded.
#[must_use]
pub fn costs(image: &[u8]) -> Vec<ListCost> {
    let Ok(program) = Program::verify(image, &LoadOptions::default().trusted(true)) else { return Vec::new() };
    let cost = |stage: Option<&str>, list: &'static str, id: ListId| {
        let rules = program.list_len(id);
        let (stage, cost) = (stage.map(str::to_owned), program.list_cost(id));
        (rules > 0).then_some(ListCost { stage, ruleset: None, list, rules, cost, id })
    };
    let mut all: Vec<_> = cost(None, "global", program.globals()).into_iter().collect();
    all.extend(program.outcome().and_then(|list| cost(None, OUTCOME, list)));
    for stage in program.stages() {
        for (name, kind) in KINDS {
            all.extend(cost(Some(stage.name()), name, stage.list(kind)));
        }
    }
    for ruleset in program.rulesets() {
        let found = cost(None, "match", ruleset.list());
        all.extend(found.map(|found| ListCost { ruleset: Some(ruleset.name().to_owned()), ..found }));
    }
    all
}

/// The list of the cases of the verdict.
const OUTCOME: &str = "outcome";

const KINDS: [(&str, cascata_vm::image::RuleKind); 3] = [
    ("precondition", cascata_vm::image::RuleKind::Precondition),
    ("routing", cascata_vm::image::RuleKind::Routing),
    ("postcondition", cascata_vm::image::RuleKind::Postcondition),
];

/// An error for each list that may cost more than `budget`.
#[must_use]
pub fn over_budget(cascade: &Cascade, costs: &[ListCost], budget: u64) -> Vec<Diagnostic> {
    let over = costs.iter().filter(|cost| cost.cost > budget);
    let report = over.map(|cost| {
        let stage = cascade.stages.values().find(|stage| Some(&stage.name) == cost.stage.as_ref());
        let owner = match (stage, &cost.ruleset) {
            (Some(stage), _) => format!("the {} rules of stage `{}`", cost.list, stage.name),
            (None, Some(ruleset)) => format!("the rules of rule set `{ruleset}`"),
            (None, None) if cost.list == OUTCOME => "the cases of `outcome`".to_owned(),
            (None, None) => "the global termination conditions".to_owned(),
        };
        let first = match &cost.ruleset {
            Some(name) => cascade.rulesets.iter().find(|set| set.name == *name).and_then(|set| set.rules.first()),
            None if cost.list == OUTCOME => cascade.outcome.first(),
            None => cascade.globals.first(),
        };
        let first = first.and_then(|rule| cascade.rules.get(*rule)).map(|rule| rule.span);
        let message = format!("{owner} may cost {} where {budget} is allowed", cost.cost);
        Diagnostic::new(Code::TooCostly, message)
            .label(stage.map(|stage| stage.span).or(first).unwrap_or_default(), format!("{} rules", cost.rules))
            .help("`cascata disasm` shows what each instruction costs")
    });
    report.collect()
}
