//! Children of an `AND` or `OR` without which the rule comes out the same, errors included.

use super::remove;
use super::space::Space;
use super::split::{Budget, Split, States, split};
use super::walk::{children, head, places, without};
use super::{Analysis, Claim};
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Fix};
use crate::model::{Condition, ConditionNode, RuleRef};

/// Conditions with more parts than this are not looked at: each part costs a look at all.
const MOST_PARTS: usize = 64;

pub(super) fn run(cx: &mut Analysis<'_>) {
    let cascade = cx.cascade;
    for (rule, model) in &cascade.rules {
        if cx.simple.contains(&rule) {
            continue;
        }
        let Some(budget) = cx.budget() else { return };
        let mut all = Vec::new();
        places(&model.condition, &mut Vec::new(), &mut all);
        let always = cx.findings.iter().any(|finding| finding.claim == Claim::AlwaysTrue { rule, at: Vec::new() });
        if always || cx.silent.contains(&rule) || !(2..=MOST_PARTS).contains(&all.len()) {
            continue;
        }
        let mut search = Search::new(cx, rule, &model.condition, budget);
        // Of two that make each other redundant the later one goes.
        for (at, part) in all.iter().rev() {
            search.part(cx, at, part, &all);
        }
    }
}

struct Search<'c> {
    rule: RuleRef,
    condition: &'c Condition,
    space: Space,
    whole: Split,
    removed: Vec<Vec<usize>>,
    budget: Budget,
}

impl<'c> Search<'c> {
    fn new(cx: &mut Analysis<'_>, rule: RuleRef, condition: &'c Condition, mut budget: Budget) -> Self {
        let space = Space::new(cx.cascade, &cx.types, [condition], &mut cx.patterns);
        let all = States::one(space.all());
        let whole = split(&space, condition, &all, &mut Vec::new(), &mut budget);
        Self { rule, condition, space, whole, removed: Vec::new(), budget }
    }

    fn part(&mut self, cx: &mut Analysis<'_>, at: &[usize], part: &Condition, all: &[(Vec<usize>, &Condition)]) {
        let Some((_, above)) = at.split_last() else { return };
        let Some((_, parent)) = all.iter().find(|(place, _)| place == above) else { return };
        let listed = matches!(parent.node, ConditionNode::All(_) | ConditionNode::Any(_));
        let gone =
            self.removed.iter().filter(|place| place.split_last().is_some_and(|(_, rest)| rest == above)).count();
        if !listed || children(parent).len().saturating_sub(gone) < 2 {
            return;
        }
        // Several comparisons can stand for one that is written, such as a BETWEEN: none of them can go alone.
        let alone =
            part.span != parent.span && children(parent).iter().filter(|other| other.span == part.span).count() == 1;
        if !alone {
            return;
        }
        // A part of what is gone already is no news.
        let inside = self.removed.iter().any(|place| place.starts_with(at));
        let together: Vec<_> = self.removed.iter().cloned().chain([at.to_vec()]).collect();
        if inside || !self.same_without(&[at.to_vec()]) || (together.len() > 1 && !self.same_without(&together)) {
            return;
        }
        self.removed = together;
        cx.budget.spend(self.whole.yes.len());
        // What never holds has been reported; here it only learns that it can go.
        let fix = remove::element(cx.text, part.span);
        if let Some(known) = self.known_never(cx, at) {
            known.fix = known.fix.take().or(fix);
            return;
        }
        let sibling = self.sibling(at, parent);
        cx.find(Claim::Redundant { rule: self.rule, at: at.to_vec() }, report(cx, part, parent, sibling, fix));
    }

    /// The report that the part, or something in it, never holds.
    fn known_never<'d>(&self, cx: &'d mut Analysis<'_>, part: &[usize]) -> Option<&'d mut Diagnostic> {
        let known = cx.findings.iter_mut().find(|finding| match &finding.claim {
            Claim::NeverTrue { rule, at } => *rule == self.rule && (at.starts_with(part) || part.starts_with(at)),
            _ => false,
        });
        known.map(|finding| &mut finding.diagnostic)
    }

    /// Whether the condition comes out the same for every state without some of its parts.
    fn same_without(&mut self, removed: &[Vec<usize>]) -> bool {
        let reduced = without(self.condition, &mut Vec::new(), removed);
        self.same(&reduced)
    }

    fn same(&mut self, reduced: &Condition) -> bool {
        let all = States::one(self.space.all());
        let (space, budget) = (&self.space, &mut self.budget);
        let other = split(space, reduced, &all, &mut Vec::new(), budget);
        let (left, right) = (&self.whole, &other);
        let same = left.yes.apart(&right.no, space, budget)
            && left.yes.apart(&right.error, space, budget)
            && left.no.apart(&right.yes, space, budget)
            && left.no.apart(&right.error, space, budget)
            && left.error.apart(&right.yes, space, budget)
            && left.error.apart(&right.no, space, budget);
        same && !budget.is_spent()
    }

    /// The sibling that says what the part says, if one alone does.
    fn sibling<'p>(&mut self, at: &[usize], parent: &'p Condition) -> Option<&'p Condition> {
        let (number, _) = at.split_last()?;
        let part = children(parent).get(*number)?;
        let rebuilt = |children: Vec<Condition>| {
            let node = match parent.node {
                ConditionNode::Any(_) => ConditionNode::Any(children),
                _ => ConditionNode::All(children),
            };
            Condition { span: parent.span, node }
        };
        let all = States::one(self.space.all());
        let others = children(parent).iter().enumerate().filter(|(other, _)| other != number);
        for (other, sibling) in others {
            let pair = if other < *number { [sibling, part] } else { [part, sibling] };
            let pair = rebuilt(pair.map(Clone::clone).to_vec());
            let whole = split(&self.space, &pair, &all, &mut Vec::new(), &mut self.budget);
            let before = std::mem::replace(&mut self.whole, whole);
            let same = self.same(sibling);
            self.whole = before;
            if same {
                return Some(sibling);
            }
        }
        None
    }
}

fn report(
    cx: &Analysis<'_>,
    part: &Condition,
    parent: &Condition,
    sibling: Option<&Condition>,
    fix: Option<Fix>,
) -> Diagnostic {
    let word = if matches!(parent.node, ConditionNode::Any(_)) { "OR" } else { "AND" };
    let message = format!("this part of the {word} changes nothing");
    let mut diagnostic = Diagnostic::new(Code::RedundantCondition, message)
        .label(head(cx.text, part.span), "the rule decides the same without it");
    if let Some(sibling) = sibling {
        diagnostic = diagnostic.label(head(cx.text, sibling.span), "this already says it");
    }
    diagnostic.fix = fix;
    diagnostic.help("remove it, or correct it if it was meant to say something else")
}
