//! Comparisons: one test of the model from what a mapping or an expression says.

use super::Checker;
use super::pattern::Place;
use super::value::{Value, ValueKind};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::model::{CompareOp, Condition, ConditionNode, Constant, Expr, Operator, Test, TestSpans};
use crate::operators::{Family, OperandRule, parse_compare};
use crate::span::Span;

/// A comparison as it is written.
#[derive(Clone, Debug)]
pub(super) struct Leaf<'n> {
    pub(super) span: Span,
    pub(super) subject: Value,
    pub(super) op: Operator,
    pub(super) operator: Span,
    /// How quantifiers and statistics compare.
    pub(super) compare: CompareOp,
    /// What is compared with; nothing where nothing is given.
    pub(super) operand: Option<Value>,
    /// Where the text of a constant operand stands.
    pub(super) place: Option<Place<'n>>,
}

impl Checker<'_, '_> {
    /// The condition of a comparison. Lists that its fields go through are gone through around it, so that all of its
    /// fields read the same element.
    pub(super) fn leaf(&mut self, leaf: &Leaf<'_>) -> Option<ConditionNode> {
        let leaf = self.timed(leaf)?;
        self.decided(&leaf)
    }

    fn decided(&mut self, leaf: &Leaf<'_>) -> Option<ConditionNode> {
        let takes_lists = matches!(leaf.op.family(), Family::Quantifier | Family::Statistic);
        let mut paths = Vec::new();
        if !takes_lists {
            leaf.subject.paths(&mut paths);
        }
        if let Some(operand) = &leaf.operand {
            operand.paths(&mut paths);
        }
        let open = paths.into_iter().find_map(|path| Some((path, self.open_list(&path.steps)?)));
        if let Some((path, at)) = open {
            let body = |cx: &mut Self| Some(Condition { span: leaf.span, node: cx.decided(leaf)? });
            return self.over_list(path, at, leaf.span, body);
        }
        if leaf.op == Operator::Between {
            return self.between(leaf);
        }
        self.one_test(leaf)
    }

    /// A comparison of what an operator like LENGTH measures: the same test that an expression makes of it.
    pub(super) fn measured(&mut self, leaf: Leaf<'_>) -> Option<ConditionNode> {
        self.leaf(&Leaf { op: Operator::of_compare(leaf.compare), compare: CompareOp::Eq, ..leaf })
    }

    /// At least the one bound and at most the other.
    fn between(&mut self, leaf: &Leaf<'_>) -> Option<ConditionNode> {
        let bound = |span, constant: &Constant| Value { span, kind: ValueKind::Constant(constant.clone()) };
        let (low, high) = match leaf.operand.as_ref().map(|operand| (operand.span, &operand.kind)) {
            Some((_, ValueKind::Bounds(low, high))) => (low.as_ref().clone(), high.as_ref().clone()),
            Some((span, ValueKind::Constant(Constant::List(bounds)))) if bounds.len() == 2 => {
                let mut bounds = bounds.iter().map(|constant| bound(span, constant));
                (bounds.next()?, bounds.next()?)
            }
            other => {
                let constant = match other {
                    Some((_, ValueKind::Constant(constant))) => constant.clone(),
                    _ => Constant::Null,
                };
                let span = self.head_of(leaf);
                self.impossible(leaf.op.spelling(), leaf.op.operand().words(), &constant, span, leaf.operator);
                return None;
            }
        };
        self.check_range(&low, &high);
        let mut side = |op, operand: Value| {
            // Bounds have no text that a place could be in.
            let leaf = Leaf { op, operand: Some(operand), place: None, ..leaf.clone() };
            Some(Condition { span: leaf.span, node: self.one_test(&leaf)? })
        };
        let (low, high) = (side(Operator::Ge, low), side(Operator::Le, high));
        Some(ConditionNode::All(vec![low?, high?]))
    }

    /// Warns of bounds that nothing is between.
    fn check_range(&mut self, low: &Value, high: &Value) {
        let (Some(least), Some(most)) = (low.constant(), high.constant()) else { return };
        if least.exceeds(most) {
            let message = "the lower bound is above the upper one";
            let span = low.span.join(high.span);
            self.report(Diagnostic::new(Code::ConstantCondition, message).label(span, "never holds"));
        }
    }

    fn head_of(&self, leaf: &Leaf<'_>) -> Option<Span> {
        leaf.place.map(|place| self.place_head(place)).or(leaf.operand.as_ref().map(|operand| operand.span))
    }

    fn one_test(&mut self, leaf: &Leaf<'_>) -> Option<ConditionNode> {
        let subject = self.expr(&leaf.subject);
        let operand = match &leaf.operand {
            None => self.constant_operand(leaf, &Constant::Null),
            Some(Value { kind: ValueKind::Constant(constant), .. }) => self.constant_operand(leaf, constant),
            Some(value) => self.read_operand(leaf, value).map(|operand| (operand, None)),
        };
        let (subject, (operand, regex)) = (subject?, operand?);
        let value = leaf.operand.as_ref().map(|value| value.span);
        let spans = TestSpans { field: leaf.subject.span, operator: leaf.operator, value };
        let whole = matches!(operand, Expr::Constant(Constant::List(_)));
        let list = value.filter(|_| whole).and_then(|place| self.lists.named_at(place));
        let Leaf { op, compare, .. } = *leaf;
        Some(ConditionNode::Test(Box::new(Test { subject, op, compare, operand, list, regex, spans })))
    }

    fn constant_operand(&mut self, leaf: &Leaf<'_>, constant: &Constant) -> Option<(Expr, Option<String>)> {
        if let ValueKind::Measure(kind, _) = &leaf.subject.kind
            && let Some(owner) = kind.number_of()
            && parse_compare(leaf.op.spelling()).is_some()
            && !constant.is_number()
        {
            let (wanted, head) = (OperandRule::Number.words(), self.head_of(leaf));
            self.impossible(owner.spelling(), wanted, constant, head, leaf.operator);
            return None;
        }
        if !self.operand(leaf.op, leaf.compare, constant, self.head_of(leaf), leaf.operator) {
            return None;
        }
        let regex = match (leaf.op, constant, leaf.place) {
            (Operator::Matches, Constant::Text(text), Some(place)) => Some(self.pattern(text, place).ok()?),
            _ => None,
        };
        Some((Expr::Constant(constant.clone()), regex))
    }

    /// An operand that is read or computed.
    fn read_operand(&mut self, leaf: &Leaf<'_>, value: &Value) -> Option<Expr> {
        let constant_only = matches!(leaf.op.family(), Family::Pattern | Family::Quantifier | Family::Network);
        if constant_only {
            let message = format!("{} takes a constant, no field", leaf.op.spelling());
            let wanted = format!("expected {}", leaf.op.operand().words());
            self.report(Diagnostic::new(Code::ImpossibleOperand, message).label(value.span, wanted));
            return None;
        }
        self.expr(value)
    }
}
