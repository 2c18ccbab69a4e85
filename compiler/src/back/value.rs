//! From fields and computed values of the model to the values of the program, each once.

use cascata_vm::ops::Stat;

use super::build::Builder;
use super::ir::{ValueExpr, ValueRef};
use super::key;
use crate::model::{Expr, Field, Measure, MeasureKind, Root, Test};

impl Builder {
    pub(super) fn value(&mut self, value: ValueExpr) -> ValueRef {
        let key = key::of_value(&value);
        let values = &mut self.program.values;
        *self.known_values.entry(key).or_insert_with(|| values.push(value))
    }

    /// What a test looks at.
    pub(super) fn subject(&mut self, test: &Test) -> ValueRef {
        self.expr(&test.subject)
    }

    /// Recursion is as deep as the expression, which its reader limits.
    pub(super) fn expr(&mut self, expr: &Expr) -> ValueRef {
        match expr {
            Expr::Constant(constant) => self.value(ValueExpr::Constant(constant.clone())),
            Expr::Field(field) => self.field(field),
            Expr::Now => self.value(ValueExpr::Now),
            Expr::Measure(measure) => self.measure(measure),
            Expr::Arithmetic(op, left, right) => {
                let (left, right) = (self.expr(left), self.expr(right));
                self.value(ValueExpr::Arithmetic(*op, left, right))
            }
        }
    }

    /// A field; one with lists is a selection, which quantifiers and statistics take.
    pub(super) fn field(&mut self, field: &Field) -> ValueRef {
        let base = self.base(field);
        if field.each.is_empty() { base } else { self.value(ValueExpr::Selected(base, field.each.clone())) }
    }

    /// Where a field begins, before its lists.
    fn base(&mut self, field: &Field) -> ValueRef {
        let root = match field.root {
            Root::Path(path) => self.value(ValueExpr::Field(path)),
            Root::Element(level) => match self.elements.get(level as usize) {
                Some(element) => *element,
                // No such loop: the model never says so, and a constant null is what nothing holds for.
                None => self.value(ValueExpr::Constant(crate::model::Constant::Null)),
            },
        };
        if field.tail.is_empty() { root } else { self.value(ValueExpr::Member(root, field.tail.clone())) }
    }

    fn measure(&mut self, measure: &Measure) -> ValueRef {
        let field = &measure.field;
        let stat = match measure.kind {
            MeasureKind::Sum => Stat::Sum,
            MeasureKind::Avg => Stat::Avg,
            MeasureKind::Min => Stat::Min,
            MeasureKind::Max => Stat::Max,
            MeasureKind::Count => Stat::Count,
            MeasureKind::Length => {
                let of = self.field(field);
                return self.value(ValueExpr::Length(of));
            }
            MeasureKind::Time => return self.time(field),
            MeasureKind::Hour(east) => {
                let time = self.time(field);
                return self.value(ValueExpr::Hour(time, east));
            }
            MeasureKind::Weekday(east) => {
                let time = self.time(field);
                return self.value(ValueExpr::Weekday(time, east));
            }
        };
        self.statistic(stat, field)
    }

    fn time(&mut self, field: &Field) -> ValueRef {
        let of = self.field(field);
        self.value(ValueExpr::Time(of))
    }

    /// A statistic as a value; of a plain list the elements themselves.
    pub(super) fn statistic(&mut self, stat: Stat, field: &Field) -> ValueRef {
        let base = self.base(field);
        self.value(ValueExpr::Statistic(stat, base, field.each.clone()))
    }
}
