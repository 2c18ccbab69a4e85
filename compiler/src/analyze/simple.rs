//! Conditions of which nothing can be said by themselves, found without a space of states. Most conditions are like this.
//!
//! Such a condition asks each field once, of fields that do not touch each other, and each of its questions can be answered
//! with yes and with no, whatever the others say. Then each `AND`, `OR` and `NOT` in it can come out both ways as well: nothing
//! holds never or always. And nothing is redundant: let the parts before and after one be true in an `AND` and false in an
//! `OR`, up to the whole, and the outcome is the one of that part.

use super::atom::Points;
use super::decide::decide;
use super::facts::Types;
use super::leaf::{Plain, leaves, plain};
use super::outcome::Outcome;
use super::overlap;
use super::patterns::Patterns;
use super::space::{MOST_OF_A_TEST, test_points};
use super::walk::children;
use crate::model::{Cascade, Condition, ConditionNode, Constant, Operator};
use crate::operators::Family;

/// More questions than this are left to the space: each is compared with each.
const MOST_LEAVES: usize = 16;

/// Whether nothing can be said of a condition by itself.
pub(super) fn simple(cascade: &Cascade, types: &Types<'_>, condition: &Condition, patterns: &mut Patterns) -> bool {
    let mut all = Vec::new();
    leaves(condition, &mut all);
    if all.len() > MOST_LEAVES || !says_something(condition) {
        return false;
    }
    let Some(plain) = all.into_iter().map(plain).collect::<Option<Vec<_>>>() else { return false };
    let apart = |one: &Plain<'_>, other: &Plain<'_>| match (cascade.paths.get(one.path), cascade.paths.get(other.path))
    {
        (Some(one), Some(other)) => !overlap(one, other),
        _ => false,
    };
    let alone = plain.iter().enumerate().all(|(at, one)| plain.iter().take(at).all(|other| apart(one, other)));
    alone && plain.into_iter().all(|leaf| open(cascade, types, leaf, patterns))
}

/// Whether no `AND` and no `OR` is empty.
fn says_something(condition: &Condition) -> bool {
    match &condition.node {
        ConditionNode::Test(_) | ConditionNode::Each(_) => true,
        _ => !children(condition).is_empty() && children(condition).iter().all(says_something),
    }
}

/// Whether a comparison can be true and can be false, and some value that is there makes it something else than true.
fn open(cascade: &Cascade, types: &Types<'_>, leaf: Plain<'_>, patterns: &mut Patterns) -> bool {
    let Plain { test, path, operand } = leaf;
    let fact = cascade.paths.get(path).and_then(|path| types.fact(path));
    if fact.is_none() && plainly_open(test.op, operand) {
        return true;
    }
    if test.op.family() == Family::Statistic {
        return false;
    }
    let mut points = Points::default();
    test_points(test, operand, &mut points, patterns);
    if let Some(fact) = fact {
        fact.add_to(&mut points, MOST_OF_A_TEST);
    }
    let facts = test.regex.as_ref().map(|pattern| patterns.get(pattern));
    let (mut yes, mut no, mut not_true) = (false, false, false);
    for atom in points.atoms().iter().filter(|atom| fact.is_none_or(|fact| fact.allows(atom))) {
        let outcomes = decide(test.op, operand, facts.as_deref(), atom);
        yes |= outcomes.has(Outcome::True);
        no |= outcomes.has(Outcome::False);
        not_true |= !atom.is_nil() && (outcomes.has(Outcome::False) || outcomes.has(Outcome::Error));
    }
    let asks_presence = !matches!(test.op, Operator::Ne | Operator::NotIn);
    yes && no && (not_true || asks_presence)
}

/// The common ones, of fields of which nothing is known: what is missing makes each false, or true if it asks for that, and
/// there are values on both sides of the constant.
fn plainly_open(op: Operator, operand: &Constant) -> bool {
    match op {
        Operator::Lt | Operator::Le | Operator::Gt | Operator::Ge => matches!(operand, Constant::Int(_)),
        Operator::Eq | Operator::Ne => matches!(operand, Constant::Int(_) | Constant::Text(_) | Constant::Bool(_)),
        Operator::In | Operator::NotIn => match operand {
            Constant::List(list) => list.iter().any(|one| matches!(one, Constant::Int(_) | Constant::Text(_))),
            _ => false,
        },
        Operator::Exists | Operator::IsNull => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Options, Source};

    fn is_simple(condition: &str) -> bool {
        let rule = format!("{{name: r, when: '{condition}', action: {{type: terminate}}}}");
        let text = format!("{{name: c, version: '1', stages: {{S: {{name: S, routing_rules: [{rule}]}}}}}}");
        let (cascade, diagnostics) = crate::check(&Source::new("c.yaml", text), &Options::default());
        let cascade = cascade.unwrap_or_else(|| panic!("{condition}: {diagnostics:?}"));
        let model = cascade.rules.values().next().unwrap();
        let types = Types::new(&cascade, &[], &[]);
        simple(&cascade, &types, &model.condition, &mut Patterns::default())
    }

    #[test]
    fn questions_of_different_fields_that_go_either_way_are_simple() {
        for condition in [
            "a > 5",
            "a > 5 and b in [\"x\", \"y\"]",
            "not (a == 1 or b contains \"x\")",
            "a.b != 3 and a.c exists and d matches \"^x.*y$\"",
        ] {
            assert!(is_simple(condition), "{condition}");
        }
    }

    #[test]
    fn where_something_can_be_said_nothing_is_simple() {
        for condition in [
            "a > 5 and a > 3",
            "a > 5 and a < 3",
            "a == 1 or a == 1",
            "a > 5 and a.b > 3",
            "a < \"\"",
            "a in []",
            "a not in []",
            "a matches \"x^y\"",
            "sum(a) > 3",
            "length(a) > 3",
        ] {
            assert!(!is_simple(condition), "{condition}");
        }
    }
}
