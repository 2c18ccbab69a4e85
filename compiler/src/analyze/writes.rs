//! Fields that one rule writes and a later rule of the list always writes over.

use super::space::Space;
use super::split::{Budget, States, split};
use super::walk::{head, paths};
use super::{Analysis, Claim, overlap, takes_part, writes};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::model::{ActionModel, PathRef, RuleModel, RuleRef, Segment};

/// Pairs of rules of one list that are looked at.
const MOST_PAIRS: usize = 4000;

pub(super) fn run(cx: &mut Analysis<'_>) {
    let cascade = cx.cascade;
    for stage in cascade.stages.values() {
        for rules in [&stage.routing, &stage.postconditions] {
            let writers = rules.iter().enumerate().filter(|(_, rule)| write(cx, **rule).is_some());
            let writers: Vec<usize> = writers.map(|(at, _)| at).collect();
            let pairs = writers.iter().flat_map(|first| {
                writers.iter().filter(move |second| *second > first).map(move |second| (*first, *second))
            });
            for (first, second) in pairs.take(MOST_PAIRS) {
                pair(cx, rules.get(first..=second).unwrap_or_default());
            }
        }
    }
}

fn write(cx: &Analysis<'_>, rule: RuleRef) -> Option<PathRef> {
    match cx.cascade.rules.get(rule)?.action {
        ActionModel::SetField { path, .. } if !cx.silent.contains(&rule) => Some(path),
        _ => None,
    }
}

fn segments<'c>(cx: &Analysis<'c>, path: PathRef) -> &'c [Segment] {
    cx.cascade.paths.get(path).map(Vec::as_slice).unwrap_or_default()
}

/// The first and the last rule of a stretch, if both write the same field.
fn pair(cx: &mut Analysis<'_>, rules: &[RuleRef]) {
    let ([first, between @ .., last], Some(mut budget)) = (rules, cx.budget()) else { return };
    let (Some(model), Some(later)) = (cx.cascade.rules.get(*first), cx.cascade.rules.get(*last)) else { return };
    let (ActionModel::SetField { path, value, .. }, ActionModel::SetField { path: same, value: other, .. }) =
        (&model.action, &later.action)
    else {
        return;
    };
    // The first one has to write at all, and the last one whenever it is asked.
    let both_act = !model.shadow && takes_part(later);
    if path != same || value == other || !both_act || !undisturbed(cx, *path, between, later) {
        return;
    }
    let between: Vec<_> = between.iter().filter_map(|rule| cx.cascade.rules.get(*rule)).collect();
    // A rule that ends the list keeps the last one from being asked.
    if model.stop || between.iter().any(|rule| rule.stop) {
        return;
    }
    let writes = |rule: &&RuleModel| writes(rule).next().is_some();
    // With `stop` an error on the way keeps the last rule from being asked. A write can be one, and can make others.
    if cx.stops_on_error && between.iter().any(writes) {
        return;
    }
    let on_the_way: &[&RuleModel] = if cx.stops_on_error { &between } else { &[] };
    if always_follows(cx, model, on_the_way, later, &mut budget) {
        let message = format!("what rule `{}` writes is always written over by rule `{}`", model.name, later.name);
        let diagnostic = Diagnostic::new(Code::ConflictingSetField, message)
            .label(head(cx.text, model.span), "never seen by anybody")
            .label(head(cx.text, later.span), "holds whenever the other does, and comes later")
            .help("give the rule that should win the lower `priority`, or narrow the later one");
        cx.find(Claim::Overwritten { rule: *first, by: *last }, diagnostic);
    }
}

/// Whether nothing from the first rule to the last reads what the first one writes, or writes what the last one reads.
fn undisturbed(cx: &Analysis<'_>, written: PathRef, between: &[RuleRef], later: &RuleModel) -> bool {
    let written = segments(cx, written);
    let later_reads = paths(&later.condition);
    let reads = |rule: &RuleModel, path: &[Segment]| {
        paths(&rule.condition).iter().any(|read| overlap(segments(cx, *read), path))
    };
    if reads(later, written) {
        return false;
    }
    between.iter().filter_map(|rule| cx.cascade.rules.get(*rule)).all(|rule| {
        let disturbs = writes(rule)
            .map(|path| segments(cx, path))
            .any(|path| overlap(path, written) || later_reads.iter().any(|read| overlap(segments(cx, *read), path)));
        !disturbs && !reads(rule, written)
    })
}

/// Whether the later rule holds, and nothing on the way fails, whenever the first one holds.
fn always_follows(
    cx: &mut Analysis<'_>,
    first: &RuleModel,
    on_the_way: &[&RuleModel],
    later: &RuleModel,
    budget: &mut Budget,
) -> bool {
    let conditions = [first, later].into_iter().chain(on_the_way.iter().copied()).map(|rule| &rule.condition);
    let space = Space::new(cx.cascade, &cx.types, conditions, &mut cx.patterns);
    let all = States::one(space.all());
    let holds = split(&space, &first.condition, &all, &mut Vec::new(), budget).yes;
    let follows = split(&space, &later.condition, &all, &mut Vec::new(), budget);
    let mut certain = holds.apart(&follows.no, &space, budget) && holds.apart(&follows.error, &space, budget);
    for rule in on_the_way {
        let error = split(&space, &rule.condition, &all, &mut Vec::new(), budget).error;
        certain = certain && holds.apart(&error, &space, budget);
    }
    certain && !budget.is_spent()
}
