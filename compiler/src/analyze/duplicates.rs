//! Rules of one list that ask the same and do the same.

use std::collections::HashMap;

use super::walk::{head, shape};
use super::{Analysis, Claim, remove, writes};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::model::{RuleModel, RuleRef};

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
    let models = rules.iter().enumerate().filter_map(|(at, rule)| Some((at, *rule, cx.cascade.rules.get(*rule)?)));
    // Two rules take different samples.
    let models = models.filter(|(_, rule, model)| !cx.silent.contains(rule) && model.sample.is_none());
    let mut asking: HashMap<String, Vec<(usize, RuleRef, &RuleModel)>> = HashMap::new();
    for (at, rule, model) in models {
        asking.entry(shape(&model.condition)).or_default().push((at, rule, model));
    }
    let mut same: Vec<_> = asking.into_values().filter(|rules| rules.len() > 1).collect();
    same.sort_unstable_by_key(|rules| rules.first().map(|(at, ..)| *at));
    same.into_iter().for_each(|same| asking_the_same(cx, rules, &same));
}

/// Finds those that do the same among rules of a list that ask the same.
fn asking_the_same(cx: &mut Analysis<'_>, rules: &[RuleRef], same: &[(usize, RuleRef, &RuleModel)]) {
    let mut known: HashMap<String, (usize, RuleRef)> = HashMap::new();
    for (at, rule, model) in same.iter().copied() {
        let does = (&model.action, &model.otherwise, model.stop, model.shadow, &model.tags, &model.score);
        let key = format!("{does:?}");
        let Some((first_at, first)) = known.get(&key).copied() else {
            known.insert(key, (at, rule));
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
        cx.find(Claim::Duplicate { rule, first }, diagnostic);
        cx.silent.insert(rule);
    }
}
