//! Rules of one list that ask the same and do the same.

use std::collections::HashMap;

use super::walk::{head, shape};
use super::{Analysis, Claim, remove, writes};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::model::RuleRef;

pub(super) fn run(cx: &mut Analysis<'_>) {
    let cascade = cx.cascade;
    list(cx, &cascade.globals);
    for stage in cascade.stages.values() {
        for rules in [&stage.preconditions, &stage.routing, &stage.postconditions] {
            list(cx, rules);
        }
    }
}

fn list(cx: &mut Analysis<'_>, rules: &[RuleRef]) {
    let mut known: HashMap<String, (usize, RuleRef)> = HashMap::new();
    for (at, rule) in rules.iter().enumerate() {
        let Some(model) = cx.cascade.rules.get(*rule) else { continue };
        // Two rules take different samples.
        if cx.silent.contains(rule) || model.sample.is_some() {
            continue;
        }
        let does = (&model.action, &model.otherwise, model.stop, model.shadow, &model.tags, &model.score);
        let key = format!("{} {does:?}", shape(&model.condition));
        let Some((first_at, first)) = known.get(&key).copied() else {
            known.insert(key, (at, *rule));
            continue;
        };
        let Some(other) = cx.cascade.rules.get(first) else { continue };
        // Between the two a write may change what the second one asks, or what it writes over.
        let between = rules.get(first_at..at).unwrap_or_default();
        let writes =
            between.iter().filter_map(|rule| cx.cascade.rules.get(*rule)).any(|rule| writes(rule).next().is_some());
        let message = format!("rules `{}` and `{}` ask the same and do the same", other.name, model.name);
        let mut diagnostic = Diagnostic::new(Code::DuplicateRule, message)
            .label(head(cx.text, model.span), "the same again")
            .label(head(cx.text, other.span), "first here")
            .help("remove one of the two, or correct what was meant to differ");
        if !writes {
            diagnostic.fix = remove::element(cx.text, model.span);
        }
        cx.find(Claim::Duplicate { rule: *rule, first }, diagnostic);
        cx.silent.insert(*rule);
    }
}
