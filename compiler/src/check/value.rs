//! Values: what conditions compare, constants folded, fields resolved.

use super::Checker;
use crate::field_path::FieldPath;
use crate::model::{Arithmetic, Constant, Expr, Measure, MeasureKind, Operator};
use crate::span::Span;

/// A value as it is written, from a mapping or an expression.
#[derive(Clone, Debug)]
pub(super) struct Value {
    pub(super) span: Span,
    pub(super) kind: ValueKind,
}

#[derive(Clone, Debug)]
pub(super) enum ValueKind {
    Constant(Constant),
    Path(FieldPath),
    Measure(MeasureKind, FieldPath),
    /// The time since a moment.
    Age(FieldPath),
    Arithmetic(Arithmetic, Box<Value>, Box<Value>),
    Now,
    /// The two bounds of BETWEEN; the operand of nothing else.
    Bounds(Box<Value>, Box<Value>),
}

impl Value {
    pub(super) const fn constant(&self) -> Option<&Constant> {
        match &self.kind {
            ValueKind::Constant(constant) => Some(constant),
            _ => None,
        }
    }

    /// The paths that read one value, from left to right; those that statistics take apart are not among them.
    pub(super) fn paths<'v>(&'v self, found: &mut Vec<&'v FieldPath>) {
        match &self.kind {
            ValueKind::Path(path) | ValueKind::Age(path) => found.push(path),
            ValueKind::Measure(kind, path) if !kind.takes_lists() => found.push(path),
            ValueKind::Arithmetic(_, left, right) | ValueKind::Bounds(left, right) => {
                left.paths(found);
                right.paths(found);
            }
            ValueKind::Measure(..) | ValueKind::Constant(_) | ValueKind::Now => {}
        }
    }
}

impl MeasureKind {
    /// Whether it is a statistic, which takes the list that `[]` makes as a whole.
    pub(super) const fn takes_lists(self) -> bool {
        matches!(self, Self::Sum | Self::Avg | Self::Min | Self::Max | Self::Count)
    }

    /// The operator that measures so, where the measure is a number whatever the field is.
    pub(super) const fn number_of(self) -> Option<Operator> {
        match self {
            Self::Length => Some(Operator::Length),
            Self::Hour(_) => Some(Operator::Hour),
            Self::Weekday(_) => Some(Operator::Weekday),
            _ => None,
        }
    }
}

impl Checker<'_, '_> {
    /// The value with its fields resolved.
    pub(super) fn expr(&mut self, value: &Value) -> Option<Expr> {
        Some(match &value.kind {
            ValueKind::Constant(constant) => Expr::Constant(constant.clone()),
            ValueKind::Path(path) => Expr::Field(self.resolve(path)?),
            ValueKind::Measure(kind, path) => {
                Expr::Measure(Box::new(Measure { kind: *kind, field: self.resolve(path)? }))
            }
            ValueKind::Age(path) => {
                let time = Expr::Measure(Box::new(Measure { kind: MeasureKind::Time, field: self.resolve(path)? }));
                Expr::Arithmetic(Arithmetic::Sub, Box::new(Expr::Now), Box::new(time))
            }
            ValueKind::Arithmetic(operator, left, right) => {
                let (left, right) = (self.expr(left)?, self.expr(right)?);
                Expr::Arithmetic(*operator, Box::new(left), Box::new(right))
            }
            ValueKind::Now => Expr::Now,
            // Taken apart before anybody asks for its value.
            ValueKind::Bounds(..) => return None,
        })
    }
}
