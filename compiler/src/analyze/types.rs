//! Comparisons held against the schema: fields it does not have, operators that fail for everything a field can be, and
//! comparisons that none of it satisfies.

use super::atom::{Atom, Points};
use super::decide::decide;
use super::facts::Fact;
use super::outcome::{Outcome, Outcomes};
use super::space::test_points;
use super::typed::{Reason, Typed, blocked, kinds_of, unlisted};
use super::walk::children;
use super::{Analysis, Claim, OfElement};
use crate::model::{Condition, ConditionNode, Constant, Each, Expr, Field, Operator, Root, RuleRef, Test};
use crate::operators::Family;
use crate::schema::{Found, Kind, Kinds, Shape};
use crate::span::Span;

/// Constants of one field that are told apart.
const MOST_POINTS: usize = 48;

pub(super) fn run(cx: &mut Analysis<'_>) {
    if cx.types.is_empty() {
        return;
    }
    let cascade = cx.cascade;
    for (rule, model) in &cascade.rules {
        Walk { cx, rule, at: Vec::new(), below: Vec::new(), elements: Vec::new() }.condition(&model.condition);
    }
}

/// One rule's condition, and where in it we are.
struct Walk<'a, 'c> {
    cx: &'a mut Analysis<'c>,
    rule: RuleRef,
    at: Vec<usize>,
    /// The way on in a condition on elements.
    below: Vec<usize>,
    /// What is known of the elements that conditions around this one have taken, outermost first.
    elements: Vec<Option<&'c Shape>>,
}

/// How a comparison comes out for what the schema lets through.
#[derive(Clone, Copy, Default)]
struct Seen {
    holds: bool,
    fails: bool,
    not: bool,
}

impl Seen {
    const fn add(&mut self, outcomes: Outcomes) {
        self.holds |= outcomes.has(Outcome::True);
        self.not |= outcomes.has(Outcome::False);
        self.fails |= outcomes.has(Outcome::Error);
    }
}

impl<'c> Walk<'_, 'c> {
    fn condition(&mut self, condition: &'c Condition) {
        match &condition.node {
            ConditionNode::Test(test) => self.test(test),
            ConditionNode::Each(each) => self.each(each),
            _ => {
                for (number, child) in children(condition).iter().enumerate() {
                    self.at.push(number);
                    self.condition(child);
                    self.at.pop();
                }
            }
        }
    }

    fn each(&mut self, each: &'c Each) {
        let found = self.find(&each.list);
        let mut body = &each.body;
        let place = loop {
            match &body.node {
                ConditionNode::Test(test) => break test.spans.field,
                ConditionNode::Each(inner) => body = &inner.body,
                _ => match children(body).first() {
                    Some(first) => body = first,
                    None => break each.body.span,
                },
            }
        };
        let element = match found {
            Found::Known { shape, .. } if shape.kinds.has(Kind::Array) => shape.items.as_deref(),
            Found::Known { shape, .. } => {
                let typed = Typed { place, reason: Reason::kinds(shape) };
                let diagnostic = typed.no_list(self.cx.text, shape);
                self.report(Claim::NeverTrue { rule: self.rule, at: self.at.clone() }, diagnostic);
                return;
            }
            found => {
                self.unknown(&each.list, found, place);
                None
            }
        };
        self.elements.truncate(usize::try_from(each.level).unwrap_or(usize::MAX));
        self.elements.push(element);
        self.inside(&each.body);
        self.elements.pop();
    }

    fn inside(&mut self, condition: &'c Condition) {
        match &condition.node {
            ConditionNode::Test(test) => self.test(test),
            ConditionNode::Each(each) => self.each(each),
            _ => {
                for (number, child) in children(condition).iter().enumerate() {
                    self.below.push(number);
                    self.inside(child);
                    self.below.pop();
                }
            }
        }
    }

    /// What the schema says of a field; of one with `[]` that a statistic or quantifier takes: of what is in its list.
    fn find(&self, field: &Field) -> Found<'c> {
        let mut found = match field.root {
            Root::Path(path) => self.cx.cascade.paths.get(path).map_or(Found::Open, |path| self.cx.types.find(path)),
            Root::Element(level) => {
                let element = usize::try_from(level).ok().and_then(|level| self.elements.get(level));
                element.copied().flatten().map_or(Found::Open, |shape| shape.find(&field.tail))
            }
        };
        for tail in &field.each {
            let Found::Known { shape, .. } = found else { return found };
            found = match &shape.items {
                Some(items) => items.find(tail),
                None => Found::Open,
            };
        }
        found
    }

    fn test(&mut self, test: &'c Test) {
        let mut unknown = false;
        for (expr, place) in [(&test.subject, Some(test.spans.field)), (&test.operand, test.spans.value)] {
            let mut fields = Vec::new();
            super::walk::fields(expr, &mut fields);
            for field in fields {
                let found = self.find(field);
                unknown |= self.unknown(field, found, place.unwrap_or(test.spans.field));
            }
        }
        if unknown || test.op.family() == Family::Presence {
            return;
        }
        match (&test.subject, test.constant()) {
            (Expr::Field(field), Some(operand)) => {
                let Found::Known { shape, .. } = self.find(field) else { return };
                if field.each.is_empty() {
                    self.against_constant(test, operand, shape);
                } else {
                    self.quantified(test, operand, shape);
                }
            }
            _ => self.against_value(test),
        }
    }

    /// Reports a field that the schema does not have; whether it has not.
    fn unknown(&mut self, field: &Field, found: Found<'c>, place: Span) -> bool {
        // Steps are counted from where the schema's shape begins; those before it stand in the same text.
        let (text, segments) = (self.cx.text, self.segments(field));
        let (diagnostic, closed) = match found {
            Found::Unlisted { parent, step, closed } => {
                (unlisted(text, place, parent, segments.get(step), closed), closed)
            }
            Found::Blocked { shape, step } => (blocked(text, place, shape, segments.get(step)), true),
            Found::Known { .. } | Found::Open => return false,
        };
        self.report(Claim::Unknown { rule: self.rule, at: self.at.clone(), closed }, diagnostic);
        true
    }

    fn segments(&self, field: &Field) -> Vec<crate::model::Segment> {
        match (field.each.last(), field.root) {
            (Some(tail), _) => tail.clone(),
            (None, Root::Path(path)) => self.cx.cascade.paths.get(path).cloned().unwrap_or_default(),
            (None, Root::Element(_)) => field.tail.clone(),
        }
    }

    /// A field against a constant, over the pieces of everything the field can be.
    fn against_constant(&mut self, test: &'c Test, operand: &Constant, shape: &'c Shape) {
        let fact = Fact::Like { shape, always: true };
        let mut points = Points::default();
        test_points(test, operand, &mut points, &mut self.cx.patterns);
        fact.add_to(&mut points, MOST_POINTS);
        let pattern = test.regex.as_ref().map(|pattern| self.cx.patterns.get(pattern));
        let (mut all, mut seen) = (Seen::default(), Seen::default());
        for atom in points.atoms().iter().filter(|atom| !atom.is_nil()) {
            let outcomes = decide(test.op, operand, pattern.as_deref(), atom);
            all.add(outcomes);
            if fact.allows(atom) {
                seen.add(outcomes);
            }
        }
        let family = test.op.family();
        let elements = shape.items.as_deref().filter(|_| family == Family::Quantifier && shape.kinds.has(Kind::Array));
        if let (Some(items), true) = (elements, seen.holds) {
            self.quantified(test, operand, items);
            return;
        }
        let typed = Typed { place: test.spans.value.unwrap_or(test.spans.field), reason: Reason::of(shape, operand) };
        if seen.fails && !seen.holds && !seen.not {
            let diagnostic = typed.mismatch(self.cx.text, test, shape);
            self.report(Claim::Fails { rule: self.rule, at: self.at.clone() }, diagnostic);
        } else if all.holds && !seen.holds {
            let diagnostic = typed.impossible(self.cx.text, test, operand, shape);
            self.report(Claim::NeverTrue { rule: self.rule, at: self.at.clone() }, diagnostic);
        } else if seen.holds && !seen.not && !seen.fails && (all.not || all.fails) {
            let diagnostic = typed.certain(self.cx.text, test);
            self.report(Claim::TrueWhenPresent { rule: self.rule, at: self.at.clone() }, diagnostic);
        }
    }

    /// `ANY` of elements that never satisfy the comparison. `ALL` and `NONE` hold for an empty list.
    fn quantified(&mut self, test: &'c Test, operand: &Constant, items: &'c Shape) {
        let Some(op) = Operator::parse(test.compare.symbol()).filter(|_| test.op == Operator::Any) else { return };
        let one = Test { op, compare: crate::model::CompareOp::Eq, ..test.clone() };
        let fact = Fact::Like { shape: items, always: true };
        let mut points = Points::default();
        test_points(&one, operand, &mut points, &mut self.cx.patterns);
        fact.add_to(&mut points, MOST_POINTS);
        let atoms = points.atoms();
        let holds = |atom: &&Atom| decide(op, operand, None, atom).has(Outcome::True);
        let mut holding = atoms.iter().filter(|atom| !atom.is_nil()).filter(holds).peekable();
        if holding.peek().is_some() && !holding.any(|atom| fact.allows(atom)) {
            let reason = Reason::of(items, operand);
            let typed = Typed { place: test.spans.value.unwrap_or(test.spans.field), reason };
            let diagnostic = typed.impossible(self.cx.text, test, operand, items);
            self.report(Claim::NeverTrue { rule: self.rule, at: self.at.clone() }, diagnostic);
        }
    }

    /// Two values that are read or computed, by their types.
    fn against_value(&mut self, test: &'c Test) {
        let of = |expr: &'c Expr| -> (Kinds, Option<&'c Shape>) {
            match expr {
                Expr::Field(field) => match self.find(field) {
                    Found::Known { shape, .. } if field.each.is_empty() => (shape.kinds.present(), Some(shape)),
                    _ => (Kinds::ALL.present(), None),
                },
                other => (kinds_of(other), None),
            }
        };
        let ((left, subject), (right, operand)) = (of(&test.subject), of(&test.operand));
        if left.is_empty() || right.is_empty() {
            return;
        }
        let both = |kinds: Kinds| !left.and(kinds).is_empty() && !right.and(kinds).is_empty();
        let [text, list, map] = [Kind::String, Kind::Array, Kind::Object].map(Kinds::one);
        let ordered = both(Kinds::NUMERIC) || both(text) || both(list);
        let works = match test.op.family() {
            Family::Ordering => ordered,
            Family::Membership => !right.and(text.or(list).or(map)).is_empty(),
            Family::Containment => !left.and(text.or(list).or(map)).is_empty(),
            _ => true,
        };
        let shapes = [subject, operand];
        if !works {
            let diagnostic = super::typed::between(self.cx.text, test, shapes, true);
            self.report(Claim::Fails { rule: self.rule, at: self.at.clone() }, diagnostic);
        } else if test.op == Operator::Eq && !ordered && !both(map) {
            let diagnostic = super::typed::between(self.cx.text, test, shapes, false);
            self.report(Claim::NeverTrue { rule: self.rule, at: self.at.clone() }, diagnostic);
        }
    }

    fn report(&mut self, claim: Claim, diagnostic: crate::diagnostic::Diagnostic) {
        self.cx.typed.insert((self.rule, self.at.clone()));
        // What stands in a condition on elements is said of each element, not of events.
        let says = match claim {
            _ if self.elements.is_empty() => None,
            Claim::NeverTrue { .. } => Some(OfElement::NeverTrue),
            Claim::TrueWhenPresent { .. } => Some(OfElement::TrueWhenPresent),
            Claim::Fails { .. } => Some(OfElement::Fails),
            Claim::Unknown { closed, .. } => Some(OfElement::Unknown { closed }),
            _ => None,
        };
        let of_elements = says.map(|says| {
            let (at, inside) = (self.at.clone(), self.below.clone());
            Claim::OfElements { rule: self.rule, at, inside, says }
        });
        self.cx.find(of_elements.unwrap_or(claim), diagnostic);
    }
}
