//! Moments and spans of time: texts that mean one become microseconds while checking.

use cascata_vm::ops::parse_time;

use super::Checker;
use super::leaf::Leaf;
use super::value::{Value, ValueKind};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::model::{Constant, MeasureKind, Operator, Quantity, parse_duration};
use crate::operators::OperandRule;
use crate::span::Span;

impl ValueKind {
    fn quantity(&self) -> Quantity {
        match self {
            Self::Now | Self::Measure(MeasureKind::Time, _) => Quantity::Moment,
            Self::Age(_) => Quantity::Span,
            Self::Arithmetic(op, left, right) => {
                Quantity::combined(op.machine(), left.kind.quantity(), right.kind.quantity())
            }
            _ => Quantity::Plain,
        }
    }
}

/// What is compared with a moment or span.
#[derive(Clone, Copy)]
struct Wanted {
    /// Who asks.
    owner: Operator,
    quantity: Quantity,
    /// Numbers and fields are microseconds to what is computed with; who asks for an age or a date says it as text.
    strict: bool,
}

impl Checker<'_, '_> {
    /// A comparison of times as one of numbers: BEFORE and AFTER compare moments, and texts that are compared with moments or
    /// spans are read.
    pub(super) fn timed<'n>(&mut self, leaf: &Leaf<'n>) -> Option<Leaf<'n>> {
        let mut leaf = leaf.clone();
        let asked = match leaf.op {
            Operator::Before => Some(Operator::Lt),
            Operator::After => Some(Operator::Gt),
            _ => None,
        };
        if asked.is_some() {
            moment_of(&mut leaf.subject);
            if let Some(operand) = &mut leaf.operand {
                moment_of(operand);
            }
        }
        let quantity = leaf.subject.kind.quantity();
        if asked.is_some() && quantity != Quantity::Moment {
            let owner = Wanted { owner: leaf.op, quantity: Quantity::Moment, strict: true };
            self.no_such_time(&leaf.subject, owner);
            return None;
        }
        let is_age = matches!(leaf.subject.kind, ValueKind::Age(_));
        let owner = if is_age { Operator::Age } else { leaf.op };
        let compares = asked.is_some() || leaf.op == Operator::Between || leaf.op.compares();
        if compares && quantity != Quantity::Plain {
            let wanted = Wanted { owner, quantity, strict: asked.is_some() || is_age };
            self.time_operand(&mut leaf, wanted)?;
        }
        leaf.op = asked.unwrap_or(leaf.op);
        Some(leaf)
    }

    /// Reads what a moment or span is compared with; nothing if it is neither, which is reported.
    fn time_operand(&mut self, leaf: &mut Leaf<'_>, wanted: Wanted) -> Option<()> {
        let Some(operand) = &mut leaf.operand else {
            if wanted.strict {
                let words = wanted.owner.operand().words();
                self.impossible(wanted.owner.spelling(), words, &Constant::Null, None, leaf.operator);
                return None;
            }
            return Some(());
        };
        let span = operand.span;
        if let ValueKind::Constant(Constant::List(bounds)) = &operand.kind
            && let (Operator::Between, [low, high]) = (leaf.op, bounds.as_slice())
        {
            let bound = |constant: &Constant| Box::new(Value { span, kind: ValueKind::Constant(constant.clone()) });
            operand.kind = ValueKind::Bounds(bound(low), bound(high));
        }
        match &mut operand.kind {
            ValueKind::Bounds(low, high) => {
                let (low, high) = (self.time_value(low, wanted), self.time_value(high, wanted));
                low.and(high)
            }
            _ => self.time_value(operand, wanted),
        }
    }

    fn time_value(&mut self, value: &mut Value, wanted: Wanted) -> Option<()> {
        let read = match &value.kind {
            ValueKind::Constant(Constant::Text(text)) => match wanted.quantity {
                Quantity::Moment => parse_time(text),
                _ => parse_duration(text),
            },
            ValueKind::Constant(constant) if !wanted.strict && constant.is_number() => return Some(()),
            ValueKind::Constant(_) => None,
            kind if !wanted.strict || kind.quantity() == wanted.quantity => return Some(()),
            _ => None,
        };
        let Some(micros) = read else {
            self.no_such_time(value, wanted);
            return None;
        };
        value.kind = ValueKind::Constant(Constant::Int(micros.to_string()));
        Some(())
    }

    fn no_such_time(&mut self, value: &Value, wanted: Wanted) {
        let what = match &value.kind {
            ValueKind::Constant(Constant::Text(_)) => "this text",
            ValueKind::Constant(constant) => constant.type_name(),
            ValueKind::Path(_) => "a field",
            _ => "this value",
        };
        let rule = if wanted.quantity == Quantity::Moment { OperandRule::Moment } else { OperandRule::Duration };
        let message = format!("{} never works with {what}", wanted.owner.spelling());
        let label = format!("expected {}", rule.words());
        self.report(Diagnostic::new(Code::ImpossibleOperand, message).label(value.span, label));
    }

    /// A text in arithmetic with a moment or span is a duration.
    pub(super) fn duration_beside(&self, value: &mut Value, other: &Value) {
        if let ValueKind::Constant(Constant::Text(text)) = &value.kind
            && other.kind.quantity() != Quantity::Plain
            && let Some(micros) = parse_duration(text)
        {
            value.kind = ValueKind::Constant(Constant::Int(micros.to_string()));
        }
    }

    /// The minutes east of UTC that a zone is.
    pub(super) fn zone(&mut self, text: &str, place: Span) -> Option<i16> {
        let zone = cascata_vm::ops::parse_offset(text);
        if zone.is_none() {
            let message = format!("`{}` is no offset from UTC", text.chars().take(40).collect::<String>());
            self.report(Diagnostic::new(Code::ImpossibleOperand, message).label(place, "expected `Z` or `+02:00`"));
        }
        zone
    }
}

/// A field where a moment belongs is a text that means one.
fn moment_of(value: &mut Value) {
    if let ValueKind::Path(path) = &value.kind {
        value.kind = ValueKind::Measure(MeasureKind::Time, path.clone());
    }
}
