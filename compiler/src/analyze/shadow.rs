//! Rules that an earlier one always keeps from firing.
//!
//! The first precondition that holds blocks its stage, a global condition that holds ends the cascade, and an error ends
//! a list of routing rules or postconditions. What such a rule decided still stands for fields that no rule writes and no
//! stage gives.

use super::space::Space;
use super::split::{Split, States, split};
use super::walk::{head, paths};
use super::{Analysis, Claim, is_stage_path, overlap, takes_part};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::model::{PathRef, RuleRef, StageModel};

/// Earlier rules that one rule is held against.
const MOST_EARLIER: usize = 24;

/// What is known of an earlier rule when a later one is asked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Known {
    /// It did not hold: it was false or an error.
    DidNotHold,
    /// It was no error.
    DidNotFail,
}

/// Whether a field has the same value when both rules are asked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lasting {
    /// Any: nothing happens between the two.
    Every,
    /// Those of the event that no rule writes.
    EventOnly,
    /// Those that no rule writes.
    Unwritten,
}

#[derive(Clone, Copy)]
struct Earlier {
    rule: RuleRef,
    known: Known,
    lasting: Lasting,
}

pub(super) fn run(cx: &mut Analysis<'_>) {
    let cascade = cx.cascade;
    let not_held = |lasting: Lasting| move |rule: &RuleRef| Earlier { rule: *rule, known: Known::DidNotHold, lasting };
    let globals = &cascade.globals;
    sequence(cx, globals, &[], not_held(Lasting::Every));
    for stage in cascade.stages.values() {
        let before: Vec<_> = globals.iter().map(not_held(Lasting::Every)).collect();
        sequence(cx, &stage.preconditions, &before, not_held(Lasting::Every));
        after_handler(cx, stage);
    }
}

/// Routing rules and postconditions: the stage was not blocked, and no earlier rule of the list has failed.
fn after_handler(cx: &mut Analysis<'_>, stage: &StageModel) {
    let blocking = cx.cascade.globals.iter().chain(&stage.preconditions);
    let before: Vec<_> =
        blocking.map(|rule| Earlier { rule: *rule, known: Known::DidNotHold, lasting: Lasting::EventOnly }).collect();
    for rules in [&stage.routing, &stage.postconditions] {
        if cx.stops_on_error {
            let not_failed =
                |rule: &RuleRef| Earlier { rule: *rule, known: Known::DidNotFail, lasting: Lasting::Unwritten };
            sequence(cx, rules, &before, not_failed);
        } else {
            rules.iter().for_each(|rule| one(cx, *rule, &before));
        }
    }
}

fn sequence(cx: &mut Analysis<'_>, rules: &[RuleRef], before: &[Earlier], known: impl Fn(&RuleRef) -> Earlier) {
    let mut earlier = before.to_vec();
    for rule in rules {
        one(cx, *rule, &earlier);
        earlier.push(known(rule));
    }
}

/// Holds one rule against those before it.
fn one(cx: &mut Analysis<'_>, rule: RuleRef, earlier: &[Earlier]) {
    let Some(mut budget) = cx.budget() else { return };
    let Some(model) = cx.cascade.rules.get(rule) else { return };
    if cx.silent.contains(&rule) {
        return;
    }
    let read = paths(&model.condition);
    let earlier = relevant(cx, &read, earlier);
    if earlier.is_empty() {
        return;
    }
    let conditions = earlier.iter().filter_map(|earlier| cx.cascade.rules.get(earlier.rule));
    let space = Space::new(
        cx.cascade,
        &cx.types,
        conditions.map(|rule| &rule.condition).chain([&model.condition]),
        &mut cx.patterns,
    );
    let all = States::one(space.all());
    let holds = split(&space, &model.condition, &all, &mut Vec::new(), &mut budget).yes;
    let mut left = holds.clone();
    let mut used = Vec::new();
    for earlier in earlier {
        let Some(other) = cx.cascade.rules.get(earlier.rule) else { continue };
        let Split { yes, no, error } = split(&space, &other.condition, &all, &mut Vec::new(), &mut budget);
        let allowed = match earlier.known {
            Known::DidNotHold => no.or(error),
            Known::DidNotFail => yes.or(no),
        };
        let alone = holds.apart(&allowed, &space, &mut budget);
        if alone {
            used.clear();
        }
        used.push(earlier);
        left = left.and(&allowed, &space, &mut budget);
        if budget.is_spent() {
            return;
        }
        if alone || left.is_empty() {
            report(cx, rule, &used);
            return;
        }
    }
}

/// The earlier rules that say something of a field the rule reads, the nearest if there are too many.
fn relevant(cx: &Analysis<'_>, read: &[PathRef], earlier: &[Earlier]) -> Vec<Earlier> {
    let lasts = |path: &PathRef, lasting: Lasting| {
        let Some(path) = cx.cascade.paths.get(*path) else { return false };
        let written = || cx.written.iter().any(|written| overlap(written, path));
        match lasting {
            Lasting::Every => true,
            Lasting::EventOnly => !is_stage_path(path) && !written(),
            Lasting::Unwritten => !written(),
        }
    };
    let mut kept: Vec<_> = earlier
        .iter()
        .rev()
        .filter(|earlier| {
            let Some(model) = cx.cascade.rules.get(earlier.rule) else { return false };
            let other = paths(&model.condition);
            // One that only watches, or looks at a part of the events, keeps nobody from being asked.
            takes_part(model)
                && other.iter().any(|path| read.contains(path))
                && other.iter().all(|path| lasts(path, earlier.lasting))
        })
        .take(MOST_EARLIER)
        .copied()
        .collect();
    kept.reverse();
    kept
}

fn report(cx: &mut Analysis<'_>, rule: RuleRef, used: &[Earlier]) {
    let Some(model) = cx.cascade.rules.get(rule) else { return };
    let of =
        |known: Known| used.iter().filter(move |earlier| earlier.known == known).map(|earlier| earlier.rule).collect();
    let (holding, failing): (Vec<RuleRef>, Vec<RuleRef>) = (of(Known::DidNotHold), of(Known::DidNotFail));
    let reason = match (holding.is_empty(), failing.is_empty()) {
        (true, _) => "an earlier rule ends the list with an error whenever its condition would hold",
        (_, true) => "an earlier condition holds whenever its own would",
        _ => "earlier rules hold, or end the list with an error, whenever its condition would hold",
    };
    let message = format!("rule `{}` never fires: {reason}", model.name);
    let mut diagnostic = Diagnostic::new(Code::ShadowedRule, message).label(head(cx.text, model.span), "never fires");
    for earlier in used.iter().take(3) {
        let Some(other) = cx.cascade.rules.get(earlier.rule) else { continue };
        let text = match earlier.known {
            Known::DidNotHold => "holds first",
            Known::DidNotFail => "fails first",
        };
        diagnostic = diagnostic.label(head(cx.text, other.condition.span), text);
    }
    cx.find(
        Claim::Shadowed { rule, holding, failing },
        diagnostic.help("put it first (by `priority`), or narrow what comes before it"),
    );
    cx.silent.insert(rule);
}
