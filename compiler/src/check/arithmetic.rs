//! Arithmetic: constants are computed here, and what can never be computed is reported.

use cascata_vm::ops::OpError;

use super::Checker;
use super::value::{Value, ValueKind};
use crate::back::MOST_VALUES;
use crate::back::constant::with_value;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::model::{Arithmetic, Constant};
use crate::span::Span;

impl Checker<'_, '_> {
    /// Two values combined; a constant where both are.
    pub(super) fn arithmetic(&mut self, op: Arithmetic, left: Value, right: Value, span: Span) -> Option<ValueKind> {
        let (mut left, mut right) = (left, right);
        if matches!(op, Arithmetic::Add | Arithmetic::Sub) {
            self.duration_beside(&mut right, &left);
            self.duration_beside(&mut left, &right);
        }
        let mut possible = true;
        for side in [&left, &right] {
            if let Some(constant) = side.constant()
                && !constant.is_number()
            {
                let message = format!("`{}` never works with {}", op.symbol(), constant.type_name());
                self.report(Diagnostic::new(Code::ImpossibleOperand, message).label(side.span, "expected a number"));
                possible = false;
            }
        }
        if !possible {
            return None;
        }
        if let (Some(left), Some(right)) = (left.constant(), right.constant()) {
            let folded = computed(op, left, right);
            if folded.is_none() {
                let message = format!("`{}` cannot be computed", span.slice(self.text));
                let diagnostic = Diagnostic::new(Code::ImpossibleOperand, message)
                    .label(span, "a division by zero, or a result that does not fit");
                self.report(diagnostic);
            }
            return folded.map(ValueKind::Constant);
        }
        let kind = ValueKind::Arithmetic(op, Box::new(left), Box::new(right));
        if kind.width() > MOST_VALUES {
            let message = format!("the arithmetic holds more than {MOST_VALUES} values at a time");
            let diagnostic = Diagnostic::new(Code::TooDeep, message)
                .label(span, "too many parentheses on the right")
                .help("what stands in parentheses takes less when it comes first");
            self.report(diagnostic);
            return None;
        }
        Some(kind)
    }
}

impl ValueKind {
    /// How many registers computing it takes, from left to right. Recursion is as deep as the expression.
    fn width(&self) -> usize {
        match self {
            // The moment it began, and the one it is taken from.
            Self::Age(_) => 2,
            Self::Arithmetic(_, left, right) => left.kind.width().max(right.kind.width().saturating_add(1)),
            _ => 1,
        }
    }
}

/// What two constants come to.
fn computed(op: Arithmetic, left: &Constant, right: &Constant) -> Option<Constant> {
    let apply = |left: cascata_vm::Value<'_>, right: cascata_vm::Value<'_>| -> Result<Option<Constant>, OpError> {
        Ok(match op.machine().apply(left, right)? {
            cascata_vm::Value::Int(int) => Some(Constant::Int(int.to_string())),
            cascata_vm::Value::Float(float) => Some(Constant::Float(float)),
            _ => None,
        })
    };
    with_value(left, |left| with_value(right, |right| apply(left, right))).ok().flatten()
}
