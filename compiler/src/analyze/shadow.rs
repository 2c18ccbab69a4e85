//! Rules that an earlier one always keeps from firing.
//!
//! The first precondition that holds blocks its stage, a global condition that holds ends the cascade, and an error ends
//! a list of routing rules or postconditions. What such a rule decided still stands for fields that no rule writes and no
//! stage gives.

use std::collections::HashMap;
use std::rc::Rc;

use cranelift_entity::SecondaryMap;

use super::kinds::{ByOutcome, Coarse};
use super::space::Space;
use super::split::{Budget, Split, States, split};
use super::walk::{head, paths};
use super::{Analysis, Claim, is_stage_path, overlap, takes_part};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::model::{Condition, PathRef, RuleRef, StageModel};

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
}

/// What is said about rules one by one, each found once.
#[derive(Default)]
struct Shadows {
    coarse: Coarse,
    by_outcome: SecondaryMap<RuleRef, Option<Rc<ByOutcome>>>,
    /// Whether some rule writes a field or what it is part of.
    written: HashMap<PathRef, bool>,
}

/// The rules before the one that is looked at, as far as they say something.
#[derive(Clone, Default)]
struct Before {
    all: Vec<Earlier>,
    /// Those that read a field, in order.
    reading: HashMap<PathRef, Vec<usize>>,
}

pub(super) fn run(cx: &mut Analysis<'_>) {
    let cascade = cx.cascade;
    let mut shadows = Shadows::default();
    let globals = shadows.before(cx, &[&cascade.globals], Lasting::Every);
    shadows.sequence(cx, &cascade.globals, Before::default(), Known::DidNotHold, Lasting::Every);
    for stage in cascade.stages.values() {
        shadows.sequence(cx, &stage.preconditions, globals.clone(), Known::DidNotHold, Lasting::Every);
        shadows.after_handler(cx, stage);
    }
}

impl Shadows {
    /// Routing rules and postconditions: the stage was not blocked, and no earlier rule of the list has failed.
    fn after_handler(&mut self, cx: &mut Analysis<'_>, stage: &StageModel) {
        let before = self.before(cx, &[&cx.cascade.globals, &stage.preconditions], Lasting::EventOnly);
        for rules in [&stage.routing, &stage.postconditions] {
            if cx.stops_on_error {
                self.sequence(cx, rules, before.clone(), Known::DidNotFail, Lasting::Unwritten);
            } else {
                rules.iter().for_each(|rule| self.one(cx, *rule, &before));
            }
        }
    }

    /// Lists of rules that did not hold.
    fn before(&mut self, cx: &Analysis<'_>, lists: &[&Vec<RuleRef>], lasting: Lasting) -> Before {
        let mut before = Before::default();
        for rule in lists.iter().copied().flatten() {
            self.push(cx, &mut before, Earlier { rule: *rule, known: Known::DidNotHold }, lasting);
        }
        before
    }

    fn sequence(
        &mut self,
        cx: &mut Analysis<'_>,
        rules: &[RuleRef],
        mut before: Before,
        known: Known,
        lasting: Lasting,
    ) {
        for rule in rules {
            self.one(cx, *rule, &before);
            self.push(cx, &mut before, Earlier { rule: *rule, known }, lasting);
        }
    }

    /// Adds a rule to those before, if what it reads is the same later.
    fn push(&mut self, cx: &Analysis<'_>, before: &mut Before, earlier: Earlier, lasting: Lasting) {
        let Some(model) = cx.cascade.rules.get(earlier.rule) else { return };
        let read = paths(&model.condition);
        // One that only watches, or looks at a part of the events, keeps nobody from being asked.
        if !takes_part(model) || !read.iter().all(|path| self.lasts(cx, *path, lasting)) {
            return;
        }
        for path in read {
            before.reading.entry(path).or_default().push(before.all.len());
        }
        before.all.push(earlier);
    }

    fn lasts(&mut self, cx: &Analysis<'_>, path: PathRef, lasting: Lasting) -> bool {
        let Some(segments) = cx.cascade.paths.get(path) else { return false };
        if lasting == Lasting::Every {
            return true;
        }
        if lasting == Lasting::EventOnly && is_stage_path(segments) {
            return false;
        }
        !*self.written.entry(path).or_insert_with(|| cx.written.iter().any(|written| overlap(written, segments)))
    }

    /// Holds one rule against those before it.
    fn one(&mut self, cx: &mut Analysis<'_>, rule: RuleRef, before: &Before) {
        let Some(model) = cx.cascade.rules.get(rule) else { return };
        if cx.silent.contains(&rule) {
            return;
        }
        let earlier = before.nearest(&paths(&model.condition));
        let earlier: Vec<_> = earlier.into_iter().filter(|earlier| self.may_matter(cx, *earlier, rule)).collect();
        if earlier.is_empty() {
            return;
        }
        let Some(mut budget) = cx.budget() else { return };
        if let Some(used) = never_asked(cx, &model.condition, &earlier, &mut budget) {
            report(cx, rule, &used);
        }
    }

    /// Whether an earlier rule may say something about what is left for a later one, going by kinds.
    fn may_matter(&mut self, cx: &Analysis<'_>, earlier: Earlier, later: RuleRef) -> bool {
        let (before, after) = (self.by_outcome(cx, earlier.rule), self.by_outcome(cx, later));
        let Some(holds) = &after.yes else { return true };
        let excluded: &[_] = match earlier.known {
            Known::DidNotHold => before.yes.as_slice(),
            Known::DidNotFail => &before.errors,
        };
        excluded.iter().any(|excluded| !excluded.excludes(holds))
    }

    fn by_outcome(&mut self, cx: &Analysis<'_>, rule: RuleRef) -> Rc<ByOutcome> {
        let run = || cx.cascade.rules.get(rule).map(|model| self.coarse.run(&model.condition)).unwrap_or_default();
        #[expect(clippy::indexing_slicing, reason = "the map makes the entries that it lacks")]
        Rc::clone(self.by_outcome[rule].get_or_insert_with(|| Rc::new(run())))
    }
}

impl Before {
    /// The rules that read one of some fields, the nearest if there are too many; in order.
    fn nearest(&self, read: &[PathRef]) -> Vec<Earlier> {
        let mut lists: Vec<&[usize]> =
            read.iter().filter_map(|path| self.reading.get(path)).map(Vec::as_slice).collect();
        let mut kept = Vec::new();
        while let Some(last) = lists.iter().filter_map(|list| list.last()).max().copied()
            && kept.len() < MOST_EARLIER
        {
            kept.extend(self.all.get(last).copied());
            for list in &mut lists {
                if let Some((end, rest)) = list.split_last()
                    && *end == last
                {
                    *list = rest;
                }
            }
        }
        kept.reverse();
        kept
    }
}

/// The earlier rules that leave nothing for which a condition holds, if they do.
fn never_asked(
    cx: &mut Analysis<'_>,
    condition: &Condition,
    earlier: &[Earlier],
    budget: &mut Budget,
) -> Option<Vec<Earlier>> {
    let conditions = earlier.iter().filter_map(|earlier| cx.cascade.rules.get(earlier.rule));
    let conditions = conditions.map(|rule| &rule.condition).chain([condition]);
    let space = Space::new(cx.cascade, &cx.types, conditions, &mut cx.patterns);
    let all = States::one(space.all());
    let holds = split(&space, condition, &all, &mut Vec::new(), budget).yes;
    let mut left = holds.clone();
    let mut used = Vec::new();
    for earlier in earlier {
        let Some(other) = cx.cascade.rules.get(earlier.rule) else { continue };
        let Split { yes, no, error } = split(&space, &other.condition, &all, &mut Vec::new(), budget);
        let allowed = match earlier.known {
            Known::DidNotHold => no.or(error),
            Known::DidNotFail => yes.or(no),
        };
        let alone = holds.apart(&allowed, &space, budget);
        if alone {
            used.clear();
        }
        used.push(*earlier);
        left = left.and(&allowed, &space, budget);
        if budget.is_spent() {
            return None;
        }
        if alone || left.is_empty() {
            return Some(used);
        }
    }
    None
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
