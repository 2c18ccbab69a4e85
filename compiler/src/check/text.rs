//! Conditions as text: what an expression asks, as the mapping would say it.

use super::Checker;
use super::leaf::Leaf;
use super::pattern::Place;
use super::value::{Value, ValueKind};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::expression::{self, Call, Expression, ExpressionKind, Function, TestExpression};
use crate::field_path::{FieldPath, Step};
use crate::model::{CompareOp, Condition, ConditionNode, Constant, MeasureKind, Operator};
use crate::operators::{Family, parse_compare};
use crate::span::Span;
use crate::syntax::Word;

impl Checker<'_, '_> {
    /// The condition of a text under `when`.
    pub(super) fn when(&mut self, word: Word<'_>) -> Option<Condition> {
        let (expression, whole) = self.read_expression(word);
        let condition = self.asked(&expression)?;
        whole.then_some(Condition { span: word.span(), ..condition })
    }

    /// The expression of a text, and whether it could be read as a whole. What could not is reported.
    pub(super) fn read_expression(&mut self, word: Word<'_>) -> (Expression, bool) {
        let offsets = self.offsets(word.node);
        let (expression, diagnostics) = expression::read(word.text, &offsets, &self.options.limits);
        let mut whole = true;
        for diagnostic in diagnostics {
            whole &= !diagnostic.is_error();
            self.report(diagnostic);
        }
        (expression, whole)
    }

    /// The condition that an expression is. Recursion is as deep as the expression, which its reader limits.
    pub(super) fn asked(&mut self, expression: &Expression) -> Option<Condition> {
        let span = expression.span;
        let node = match &expression.kind {
            ExpressionKind::And(parts) => ConditionNode::All(self.all_asked(parts)?),
            ExpressionKind::Or(parts) => ConditionNode::Any(self.all_asked(parts)?),
            ExpressionKind::Not(part) => ConditionNode::Not(Box::new(self.asked(part)?)),
            ExpressionKind::Test(test) => self.compared(test, span)?,
            ExpressionKind::Each(list, body) => return self.over_lists(list, span, &mut |cx| cx.asked(body)),
            ExpressionKind::Path(path) => self.is_true(path, span)?,
            ExpressionKind::Constant(constant) if let Some(key) = quoted_key(constant) => {
                self.is_true(&FieldPath { steps: vec![Step::Key(key)], places: vec![span] }, span)?
            }
            ExpressionKind::Wrong => return None,
            ExpressionKind::Call(_) | ExpressionKind::Arithmetic(..) | ExpressionKind::Constant(_) => {
                let diagnostic = Diagnostic::new(Code::NotACondition, "a value stands where a condition belongs")
                    .label(span, "neither true nor false")
                    .help("compare it with something: `… > 0`");
                self.report(diagnostic);
                return None;
            }
        };
        Some(Condition { span, node })
    }

    fn all_asked(&mut self, parts: &[Expression]) -> Option<Vec<Condition>> {
        let asked: Vec<_> = parts.iter().map(|part| self.asked(part)).collect();
        asked.into_iter().collect()
    }

    /// A field alone asks whether it is true.
    fn is_true(&mut self, path: &FieldPath, span: Span) -> Option<ConditionNode> {
        let operand = Value { span, kind: ValueKind::Constant(Constant::Bool(true)) };
        let subject = Value { span, kind: ValueKind::Path(path.clone()) };
        let (op, compare, operand) = (Operator::Eq, CompareOp::Eq, Some(operand));
        self.leaf(&Leaf { span, subject, op, operator: span, compare, operand, place: Some(Place::Literal(span)) })
    }

    fn compared(&mut self, test: &TestExpression, span: Span) -> Option<ConditionNode> {
        let (op, operator) = (test.operator, test.operator_span);
        if let [right] = test.right.as_slice() {
            if let Some((quantifier, path)) = self.quantifier(&test.left) {
                return self.quantified(quantifier, path?, op, operator, right, span);
            }
            if let Some((quantifier, path)) = self.quantifier(right) {
                return self.quantified(quantifier, path?, flipped(op).unwrap_or(op), operator, &test.left, span);
            }
        }
        // Both sides are looked at, so that both report what is wrong in them.
        let subject = self.value(&test.left, true);
        let (operand, place) = match test.right.as_slice() {
            [] => (None, None),
            [right] => (Some(self.value(right, false)), Some(Place::Literal(right.span))),
            [low, high, ..] => (Some(self.bounds(low, high)), None),
        };
        let (subject, operand) = (subject?, operand.map_or(Some(None), |operand| operand.map(Some))?);
        let place = place.map(|place| match (&operand, place) {
            (Some(operand), Place::Literal(_)) => Place::Literal(operand.span),
            (_, place) => place,
        });
        let (subject, op, operand) = self.field_first(subject, op, operator, operand)?;
        let null = operand.as_ref().and_then(Value::constant) == Some(&Constant::Null);
        if op == Operator::Eq && null && matches!(subject.kind, ValueKind::Path(_)) {
            self.never_null(operator, operand.as_ref());
            return None;
        }
        let (subject, op, compare) = statistic_first(subject, op, operand.as_ref());
        self.leaf(&Leaf { span, subject, op, operator, compare, operand, place })
    }

    fn bounds(&mut self, low: &Expression, high: &Expression) -> Option<Value> {
        let (low, high) = (self.value(low, false), self.value(high, false));
        let (low, high) = (low?, high?);
        Some(Value { span: low.span.join(high.span), kind: ValueKind::Bounds(Box::new(low), Box::new(high)) })
    }

    /// Refuses `x == null`, which as a mapping is only warned about.
    fn never_null(&mut self, operator: Span, operand: Option<&Value>) {
        let span = operand.map_or(operator, |operand| operator.join(operand.span));
        let diagnostic = Diagnostic::new(Code::ForeignOperator, "nothing equals null, so this never holds")
            .label(span, "did you mean `is null`?")
            .fix(span, "is null");
        self.report(diagnostic);
    }

    /// A comparison with its constant behind the operator: `5 < a` is `a > 5`, and `"x" in tags` asks `tags`.
    fn field_first(
        &mut self,
        subject: Value,
        op: Operator,
        operator: Span,
        operand: Option<Value>,
    ) -> Option<(Value, Operator, Option<Value>)> {
        if subject.constant().is_none() {
            return Some((subject, op, operand));
        }
        match (flipped(op), operand) {
            (Some(op), Some(operand)) if operand.constant().is_none() => Some((operand, op, Some(subject))),
            (_, operand) => {
                let both = operand.is_none_or(|operand| operand.constant().is_some());
                let message = if both { "no field is compared" } else { "a constant stands before the operator" };
                let diagnostic = Diagnostic::new(Code::NotACondition, message)
                    .label(subject.span, "a constant")
                    .label(operator, "asks about what stands before it");
                self.report(diagnostic);
                None
            }
        }
    }

    /// The quantifier that an expression is, and the path of its list.
    fn quantifier(&mut self, expression: &Expression) -> Option<(Operator, Option<FieldPath>)> {
        let ExpressionKind::Call(call) = &expression.kind else { return None };
        let operator = call.function.operator().filter(|operator| operator.family() == Family::Quantifier)?;
        Some((operator, self.list_argument(call)))
    }

    fn quantified(
        &mut self,
        op: Operator,
        path: FieldPath,
        by: Operator,
        operator: Span,
        operand: &Expression,
        span: Span,
    ) -> Option<ConditionNode> {
        let Some(compare) = parse_compare(by.spelling()) else {
            let words = by.form().words().first().copied().unwrap_or_default();
            let message = format!("{} compares by == != < <= > >=, not by `{words}`", op.spelling());
            let diagnostic = Diagnostic::new(Code::UnknownCompare, message)
                .label(operator, "not a comparison")
                .help(format!("`any {path}[] ({path}[] {words} …)` asks whether one element does"));
            self.report(diagnostic);
            return None;
        };
        let operand = self.value(operand, false)?;
        let subject = Value { span: place_of(&path), kind: ValueKind::Path(path) };
        let place = Some(Place::Literal(operand.span));
        self.leaf(&Leaf { span, subject, op, operator, compare, operand: Some(operand), place })
    }

    /// The value that an expression is; `first` where it stands before its operator, where `["a.b"]` is a field.
    pub(super) fn value(&mut self, expression: &Expression, first: bool) -> Option<Value> {
        let span = expression.span;
        let kind = match &expression.kind {
            ExpressionKind::Path(path) => match self.list_of(path) {
                None => ValueKind::Path(path.clone()),
                Some(name) if first => {
                    let diagnostic = Diagnostic::new(Code::NotACondition, format!("the list `{name}` is no field"))
                        .label(span, "stands before its operator")
                        .help(format!("`… in lists.{name}`; a field is written `[\"lists\"].{name}`"));
                    self.report(diagnostic);
                    return None;
                }
                Some(name) => ValueKind::Constant(self.listed(name, span)?),
            },
            ExpressionKind::Constant(constant) => match quoted_key(constant).filter(|_| first) {
                Some(key) => ValueKind::Path(FieldPath { steps: vec![Step::Key(key)], places: vec![span] }),
                None => ValueKind::Constant(constant.clone()),
            },
            ExpressionKind::Arithmetic(operator, left, right) => {
                let (left, right) = (self.value(left, true), self.value(right, true));
                self.arithmetic(*operator, left?, right?, span)?
            }
            ExpressionKind::Call(call) => self.called(call)?,
            ExpressionKind::Wrong => return None,
            ExpressionKind::And(_)
            | ExpressionKind::Or(_)
            | ExpressionKind::Not(_)
            | ExpressionKind::Test(_)
            | ExpressionKind::Each(..) => {
                let message = "a condition stands where a value belongs";
                self.report(Diagnostic::new(Code::NotACondition, message).label(span, "true or false, no value"));
                return None;
            }
        };
        Some(Value { span, kind })
    }

    fn called(&mut self, call: &Call) -> Option<ValueKind> {
        let kind = match call.function {
            Function::Now => return self.no_argument(call).then_some(ValueKind::Now),
            Function::Time => MeasureKind::Time,
            Function::Operator(Operator::Age) => return self.list_argument(call).map(ValueKind::Age),
            Function::Operator(Operator::Hour) => MeasureKind::Hour(self.zone_argument(call)?),
            Function::Operator(Operator::Weekday) => MeasureKind::Weekday(self.zone_argument(call)?),
            Function::Operator(Operator::Sum) => MeasureKind::Sum,
            Function::Operator(Operator::Avg) => MeasureKind::Avg,
            Function::Operator(Operator::Min) => MeasureKind::Min,
            Function::Operator(Operator::Max) => MeasureKind::Max,
            Function::Operator(Operator::Count) => MeasureKind::Count,
            Function::Operator(Operator::Length) => MeasureKind::Length,
            Function::Operator(_) => {
                let message = format!("`{}` has no value to compute with", call.function.word());
                let diagnostic = Diagnostic::new(Code::NotACondition, message)
                    .label(call.word, "only a comparison may stand behind it");
                self.report(diagnostic);
                return None;
            }
        };
        Some(ValueKind::Measure(kind, self.list_argument(call)?))
    }

    /// The offset from UTC that may stand behind the field; without one it is UTC.
    fn zone_argument(&mut self, call: &Call) -> Option<i16> {
        if let Some(third) = call.arguments.get(2) {
            let message = format!("`{}` takes a field and an offset", call.function.word());
            self.wrong_arguments(&message, third.span);
            return None;
        }
        match call.arguments.get(1).map(|argument| (&argument.kind, argument.span)) {
            None => Some(0),
            Some((ExpressionKind::Constant(Constant::Text(text)), span)) => self.zone(text, span),
            Some((_, span)) => {
                self.wrong_arguments("an offset from UTC is a text such as \"+02:00\"", span);
                None
            }
        }
    }

    fn no_argument(&mut self, call: &Call) -> bool {
        if let Some(argument) = call.arguments.first() {
            self.wrong_arguments("`now` takes nothing", argument.span);
        }
        call.arguments.is_empty()
    }

    /// The one argument of a call, which is a field.
    fn list_argument(&mut self, call: &Call) -> Option<FieldPath> {
        let word = call.function.word();
        let zoned = matches!(call.function, Function::Operator(Operator::Hour | Operator::Weekday));
        let path = match call.arguments.get(..if zoned { 1 } else { usize::MAX }).unwrap_or(&call.arguments) {
            [argument] if argument.kind == ExpressionKind::Wrong => return None,
            [Expression { kind: ExpressionKind::Path(path), .. }] => Some(path.clone()),
            [Expression { kind: ExpressionKind::Constant(constant), span, .. }] => {
                quoted_key(constant).map(|key| FieldPath { steps: vec![Step::Key(key)], places: vec![*span] })
            }
            _ => None,
        };
        if path.is_none() {
            let place = call.arguments.first().map_or(call.word, |argument| argument.span);
            self.wrong_arguments(&format!("`{word}` takes one field"), place);
        }
        path
    }

    fn wrong_arguments(&mut self, message: &str, place: Span) {
        self.report(Diagnostic::new(Code::InvalidExpression, message).label(place, "expected something else here"));
    }
}

fn place_of(path: &FieldPath) -> Span {
    path.places.iter().copied().reduce(Span::join).unwrap_or_default()
}

/// The key of `["a.b"]`, which reads as a list of one text.
fn quoted_key(constant: &Constant) -> Option<String> {
    match constant {
        Constant::List(items) => match items.as_slice() {
            [Constant::Text(key)] => Some(key.clone()),
            _ => None,
        },
        _ => None,
    }
}

/// A statistic compared with a constant is one test of the machine.
fn statistic_first(subject: Value, op: Operator, operand: Option<&Value>) -> (Value, Operator, CompareOp) {
    let compare = parse_compare(op.spelling());
    match (subject.kind, compare, operand.and_then(Value::constant)) {
        (ValueKind::Measure(kind, path), Some(compare), Some(_)) if let Some(op) = statistic(kind) => {
            (Value { span: subject.span, kind: ValueKind::Path(path) }, op, compare)
        }
        (kind, ..) => (Value { span: subject.span, kind }, op, CompareOp::Eq),
    }
}

const fn statistic(kind: MeasureKind) -> Option<Operator> {
    match kind {
        MeasureKind::Sum => Some(Operator::Sum),
        MeasureKind::Avg => Some(Operator::Avg),
        MeasureKind::Min => Some(Operator::Min),
        MeasureKind::Max => Some(Operator::Max),
        MeasureKind::Count => Some(Operator::Count),
        MeasureKind::Length | MeasureKind::Time | MeasureKind::Hour(_) | MeasureKind::Weekday(_) => None,
    }
}

/// The operator that asks the same with its sides exchanged.
const fn flipped(op: Operator) -> Option<Operator> {
    Some(match op {
        Operator::Eq => Operator::Eq,
        Operator::Ne => Operator::Ne,
        Operator::Lt => Operator::Gt,
        Operator::Le => Operator::Ge,
        Operator::Gt => Operator::Lt,
        Operator::Ge => Operator::Le,
        Operator::In => Operator::Contains,
        Operator::Before => Operator::After,
        Operator::After => Operator::Before,
        _ => return None,
    })
}
