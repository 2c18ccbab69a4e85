//! A field that one rule takes for one type and another rule for another: whenever the one comparison holds, the other is an
//! error.
//!
//! Only comparisons that nothing guards are looked at, the first of their rules, and only rules that are asked of the same
//! events. A field whose type depends on another is told apart by a comparison that stands before.

use std::collections::HashMap;

use super::atom::{Atom, Points};
use super::decide::decide;
use super::outcome::{Outcome, Outcomes};
use super::space::test_points;
use super::walk::children;
use super::{Analysis, Claim};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::model::{Condition, ConditionNode, Constant, PathRef, RuleRef, Test};
use crate::schema::Kind;

/// Rules on one field that later ones are compared with.
const MOST_RULES: usize = 64;

/// Constants of the schema that are told apart.
const MOST_POINTS: usize = 48;

pub(super) fn run(cx: &mut Analysis<'_>) {
    let cascade = cx.cascade;
    let stages = cascade.stages.values().flat_map(|stage| [&stage.routing, &stage.postconditions]);
    let lists: Vec<_> = stages.chain(cascade.rulesets.iter().map(|set| &set.rules)).collect();
    for list in lists {
        let mut by_path: HashMap<PathRef, Vec<First<'_>>> = HashMap::new();
        for rule in list {
            let Some(rule) = First::of(cx, *rule) else { continue };
            let Some(path) = rule.test.path() else { continue };
            let earlier = by_path.entry(path).or_default();
            let other = earlier.iter().find_map(|earlier| {
                if cx.budget.is_spent() || kinds(earlier.operand) == kinds(rule.operand) {
                    return None;
                }
                cx.budget.spend(40);
                clash(cx, path, earlier, &rule)
            });
            match other {
                Some((holds, fails)) => report(cx, &holds, &fails),
                None if earlier.len() < MOST_RULES => earlier.push(rule),
                None => {}
            }
        }
    }
}

/// The first comparison of a rule, which is asked whenever the rule is.
#[derive(Clone)]
struct First<'c> {
    rule: RuleRef,
    at: Vec<usize>,
    test: &'c Test,
    operand: &'c Constant,
}

impl<'c> First<'c> {
    fn of(cx: &Analysis<'c>, rule: RuleRef) -> Option<Self> {
        let model = cx.cascade.rules.get(rule)?;
        // After a rule that stops its list, another is not asked; what is only tried disturbs nobody.
        if model.stop || model.shadow || model.sample.is_some() || cx.silent.contains(&rule) {
            return None;
        }
        let mut at = Vec::new();
        let mut condition: &'c Condition = &model.condition;
        loop {
            match &condition.node {
                ConditionNode::Test(test) => {
                    let operand = test.constant().filter(|_| !cx.typed.contains(&(rule, at.clone())))?;
                    return Some(Self { rule, at, test, operand });
                }
                _ => {
                    condition = children(condition).first()?;
                    at.push(0);
                }
            }
        }
    }

    fn outcomes(&self, cx: &mut Analysis<'_>, atom: &Atom) -> Outcomes {
        let pattern = self.test.regex.as_ref().map(|pattern| cx.patterns.get(pattern));
        decide(self.test.op, self.operand, pattern.as_deref(), atom)
    }
}

/// What a constant is, roughly: what operators tell apart.
fn kinds(constant: &Constant) -> Kind {
    match Kind::of(constant) {
        Kind::Boolean | Kind::Integer => Kind::Number,
        kind => kind,
    }
}

/// Two comparisons of which the second fails whenever the first holds, in either order.
fn clash<'c>(
    cx: &mut Analysis<'c>,
    path: PathRef,
    one: &First<'c>,
    other: &First<'c>,
) -> Option<(First<'c>, First<'c>)> {
    let mut points = Points::default();
    for first in [one, other] {
        test_points(first.test, first.operand, &mut points, &mut cx.patterns);
    }
    let fact = cx.cascade.paths.get(path).and_then(|path| cx.types.fact(path));
    if let Some(fact) = fact {
        fact.add_to(&mut points, MOST_POINTS);
    }
    let possible = points.atoms().into_iter().filter(|atom| fact.is_none_or(|fact| fact.allows(atom)));
    let seen: Vec<_> = possible.map(|atom| (one.outcomes(cx, &atom), other.outcomes(cx, &atom))).collect();
    let fails_when = |pairs: &mut dyn Iterator<Item = (Outcomes, Outcomes)>| {
        let (mut holds, mut only, mut works) = (false, true, false);
        for (first, second) in pairs {
            let may = first.has(Outcome::True);
            holds |= may;
            only &= !may || second == Outcomes::ERROR;
            works |= second.has(Outcome::True);
        }
        holds && only && works
    };
    if fails_when(&mut seen.iter().copied()) {
        return Some((one.clone(), other.clone()));
    }
    fails_when(&mut seen.iter().map(|(one, other)| (*other, *one))).then(|| (other.clone(), one.clone()))
}

fn report(cx: &mut Analysis<'_>, holds: &First<'_>, fails: &First<'_>) {
    // Whoever never comes to its turn has been told so.
    let shadowed = cx.findings.iter().any(
        |finding| matches!(&finding.claim, Claim::Shadowed { rule, .. } if *rule == holds.rule || *rule == fails.rule),
    );
    if shadowed {
        return;
    }
    let field = fails.test.spans.field.slice(cx.text).trim_matches(['"', '\'']);
    let (one, other) = (kinds(holds.operand).words(), kinds(fails.operand).words());
    let message = format!("`{field}` is compared with {one} in one rule and with {other} in another");
    let place = |first: &First<'_>| first.test.spans.value.unwrap_or(first.test.spans.operator);
    let diagnostic = Diagnostic::new(Code::MixedTypes, message)
        .label(place(fails), format!("`{}` is an error", fails.test.op.spelling()))
        .label(place(holds), "whenever this holds")
        .help("write both values in the type that the field has");
    let claim = Claim::Mixed { rule: holds.rule, at: holds.at.clone(), other: fails.rule, other_at: fails.at.clone() };
    cx.find(claim, diagnostic);
}
