//! Conditions that hold never or always.

use super::pattern::Facts;
use super::simple::simple;
use super::space::Space;
use super::split::{Budget, Seen, States, split};
use super::walk::{children, head, places};
use super::{Analysis, Claim};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::model::{Condition, ConditionNode, Constant, Expr, Operator, RuleRef, Test};

pub(super) fn run(cx: &mut Analysis<'_>) {
    let cascade = cx.cascade;
    for (rule, model) in &cascade.rules {
        let condition = &model.condition;
        if simple(cascade, &cx.types, condition, &mut cx.patterns) {
            cx.simple.insert(rule);
            continue;
        }
        let Some(mut budget) = cx.budget() else { return };
        // A case of the verdict that asks nothing is meant so.
        if matches!(&condition.node, ConditionNode::All(parts) if parts.is_empty()) {
            continue;
        }
        let Some(whole) = look(cx, condition, &mut budget) else { continue };
        let mut all = Vec::new();
        places(condition, &mut Vec::new(), &mut all);
        if whole.first().is_some_and(|seen| !seen.yes) {
            cx.silent.insert(rule);
            never(cx, rule, &[], condition, &mut budget);
            continue;
        }
        if whole.first().is_some_and(|seen| !seen.no && !seen.error) {
            always(cx, rule, condition, &mut budget);
            continue;
        }
        parts(cx, rule, &all, &mut budget);
    }
}

/// What is seen of a condition and its parts, asked of all events.
fn look(cx: &mut Analysis<'_>, condition: &Condition, budget: &mut Budget) -> Option<Vec<Seen>> {
    let space = Space::new(cx.cascade, &cx.types, [condition], &mut cx.patterns);
    let mut seen = Vec::new();
    split(&space, condition, &States::one(space.all()), &mut seen, budget);
    cx.budget.spend(seen.len());
    (!budget.is_spent()).then_some(seen)
}

/// Parts that never hold whatever stands around them, the outermost only.
fn parts(cx: &mut Analysis<'_>, rule: RuleRef, all: &[(Vec<usize>, &Condition)], budget: &mut Budget) {
    let mut reported: Vec<&[usize]> = Vec::new();
    for (at, condition) in all {
        if reported.iter().any(|outer| at.starts_with(outer)) {
            continue;
        }
        let Some(seen) = look(cx, condition, budget) else { return };
        if !at.is_empty() && seen.first().is_some_and(|seen| !seen.yes) {
            reported.push(at);
            never(cx, rule, at, condition, budget);
        } else if let ConditionNode::Test(test) = &condition.node {
            present(cx, rule, at, condition, test, budget);
        }
    }
}

/// Reports a condition that never holds, at the part that is to blame.
fn never(cx: &mut Analysis<'_>, rule: RuleRef, at: &[usize], condition: &Condition, budget: &mut Budget) {
    let blamed = blame(cx, at.to_vec(), condition, budget);
    // Two bounds of one BETWEEN stand at one place, and the front half speaks of them.
    if blamed.against.is_some_and(|earlier| earlier.span == blamed.condition.span) {
        return;
    }
    // The schema's reason has been given.
    if cx.typed.contains(&(rule, blamed.at.clone())) {
        return;
    }
    let so = match cx.cascade.rules.get(rule) {
        Some(model) if at.is_empty() && model.otherwise.is_some() => {
            format!(", so only the `else` of rule `{}` acts", model.name)
        }
        Some(model) if at.is_empty() => format!(", so rule `{}` never fires", model.name),
        _ => String::new(),
    };
    let label = |condition: &Condition| head(cx.text, condition.span);
    let (code, diagnostic) = match (&blamed.condition.node, blamed.against) {
        (_, Some(earlier)) => {
            let message = format!("two conditions of one AND never hold together{so}");
            let diagnostic = Diagnostic::new(Code::Contradiction, message)
                .label(label(blamed.condition), "cannot hold")
                .label(label(earlier), "where this holds")
                .help("use OR if either is enough, or correct one of the two");
            (Code::Contradiction, diagnostic)
        }
        (ConditionNode::Test(test), None) if cx.is_dead_pattern(test) => {
            let span = test.spans.value.unwrap_or(test.spans.operator);
            let message = format!("no text matches this regular expression{so}");
            let diagnostic = Diagnostic::new(Code::RegexNeverMatches, message)
                .label(span, "contradicts itself")
                .help("`^` can only stand at the start of a match and `$` at its end");
            (Code::RegexNeverMatches, diagnostic)
        }
        (node, None) => {
            let message = match node {
                ConditionNode::Test(test) => format!("`{}` with this value never holds{so}", test.op.spelling()),
                _ => format!("this condition never holds{so}"),
            };
            (Code::NeverTrue, Diagnostic::new(Code::NeverTrue, message).label(label(blamed.condition), "never holds"))
        }
    };
    let silent = code == Code::NeverTrue && is_plain(blamed.condition);
    if !silent {
        let asked = match blamed.against {
            Some(other) => Condition {
                span: blamed.condition.span,
                node: ConditionNode::All(vec![other.clone(), blamed.condition.clone()]),
            },
            None => blamed.condition.clone(),
        };
        let diagnostic = by_schema(cx, diagnostic, &asked, budget, |seen| !seen.yes);
        cx.find(Claim::NeverTrue { rule, at: blamed.at }, diagnostic);
    }
}

/// Whether the front half says the same with a reason of its own.
fn is_plain(condition: &Condition) -> bool {
    let ConditionNode::Test(test) = &condition.node else { return false };
    let Some(operand) = test.constant() else { return false };
    let number = matches!(operand, Constant::Int(_) | Constant::Float(_) | Constant::Bool(_));
    match test.op {
        Operator::Eq => *operand == Constant::Null,
        Operator::Sum | Operator::Avg | Operator::Count => !number,
        // What stands for a condition whose operator is no text.
        Operator::In => *operand == Constant::List(Vec::new()) && test.spans.value.is_none(),
        _ => false,
    }
}

impl Analysis<'_> {
    fn is_dead_pattern(&mut self, test: &Test) -> bool {
        test.regex.as_ref().is_some_and(|pattern| {
            let facts: &Facts = &self.patterns.get(pattern);
            facts.never
        })
    }
}

/// The part that keeps a condition from holding.
struct Blamed<'c> {
    at: Vec<usize>,
    condition: &'c Condition,
    /// What it cannot hold together with.
    against: Option<&'c Condition>,
}

/// Goes down an `AND` to the first child after which nothing is left.
fn blame<'c>(cx: &mut Analysis<'_>, at: Vec<usize>, condition: &'c Condition, budget: &mut Budget) -> Blamed<'c> {
    let ConditionNode::All(parts) = &condition.node else { return Blamed { at, condition, against: None } };
    for (number, child) in parts.iter().enumerate() {
        let alone = look(cx, child, budget);
        if alone.is_some_and(|seen| seen.first().is_some_and(|seen| !seen.yes)) {
            let mut at = at;
            at.push(number);
            return blame(cx, at, child, budget);
        }
    }
    for (number, child) in parts.iter().enumerate() {
        for earlier in parts.get(..number).unwrap_or_default() {
            let pair =
                Condition { span: condition.span, node: ConditionNode::All(vec![earlier.clone(), child.clone()]) };
            if look(cx, &pair, budget).is_some_and(|seen| seen.first().is_some_and(|seen| !seen.yes)) {
                return Blamed { at, condition: child, against: Some(earlier) };
            }
        }
    }
    Blamed { at, condition, against: None }
}

fn always(cx: &mut Analysis<'_>, rule: RuleRef, condition: &Condition, budget: &mut Budget) {
    // The schema's reason has been given.
    if cx.typed.contains(&(rule, Vec::new())) {
        return;
    }
    let message = format!("the condition of rule `{}` always holds", cx.rule_name(rule));
    let diagnostic = Diagnostic::new(Code::AlwaysTrue, message)
        .label(head(cx.text, condition.span), "holds for every event")
        .help("a rule that is meant to fire always is clearer as one comparison that says so");
    let diagnostic = by_schema(cx, diagnostic, condition, budget, |seen| !seen.no && !seen.error);
    cx.find(Claim::AlwaysTrue { rule, at: Vec::new() }, diagnostic);
}

/// Adds what the schema says of the fields, where it would not be so without it.
fn by_schema(
    cx: &mut Analysis<'_>,
    mut diagnostic: Diagnostic,
    condition: &Condition,
    budget: &mut Budget,
    so: impl Fn(&Seen) -> bool,
) -> Diagnostic {
    if cx.types.is_empty() {
        return diagnostic;
    }
    let types = std::mem::take(&mut cx.types);
    let seen = look(cx, condition, budget);
    cx.types = types;
    if seen.is_some_and(|seen| seen.first().is_some_and(so)) {
        return diagnostic;
    }
    for reason in cx.schema_of(condition) {
        diagnostic = reason.add_to(diagnostic);
    }
    diagnostic
}

/// A comparison that holds for every value that is there.
fn present(
    cx: &mut Analysis<'_>,
    rule: RuleRef,
    at: &[usize],
    condition: &Condition,
    test: &Test,
    budget: &mut Budget,
) {
    // Of what is measured it is not the field that would be asked for.
    if !matches!(test.op, Operator::Ne | Operator::NotIn)
        || test.path().is_none()
        || cx.typed.contains(&(rule, at.to_vec()))
    {
        return;
    }
    let nothing = Expr::Constant(Constant::Null);
    let exists = Test { op: Operator::Exists, operand: nothing, regex: None, ..test.clone() };
    let exists = Condition { span: condition.span, node: ConditionNode::Test(Box::new(exists)) };
    let pair = Condition { span: condition.span, node: ConditionNode::All(vec![exists, condition.clone()]) };
    let Some(seen) = look(cx, &pair, budget) else { return };
    let asked = children(&pair).len();
    if seen.get(asked).is_some_and(|seen| seen.reached && !seen.no && !seen.error) {
        let message = format!("`{}` with this value holds whenever the field is there", test.op.spelling());
        let diagnostic = Diagnostic::new(Code::AlwaysTrue, message)
            .label(head(cx.text, condition.span), "asks nothing of the value")
            .help("to ask whether the field is there use EXISTS");
        cx.find(Claim::TrueWhenPresent { rule, at: at.to_vec() }, diagnostic);
    }
}
