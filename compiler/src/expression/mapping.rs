//! Checked conditions as the mappings that ask the same.

use cascata_vm::ops::offset_text;

use super::model::{Writer, between, goes_through, path_text};
use crate::field_path::Step;
use crate::model::{
    Cascade, CompareOp, Condition, ConditionNode, Constant, Each, Expr, Field, MeasureKind, Operator, Test,
};
use crate::operators::{OperandRule, parse_compare};

/// A condition of a cascade as a mapping, with its keys in canonical order; nothing for what only text can say: computed values.
#[must_use]
pub fn mapping_of(cascade: &Cascade, condition: &Condition) -> Option<Constant> {
    Writer::new(cascade).mapping(condition)
}

fn text(text: impl Into<String>) -> Constant {
    Constant::Text(text.into())
}

fn entry(key: &str, value: Constant) -> (String, Constant) {
    (key.to_owned(), value)
}

/// What a mapping can look at: a field, or what an operator measures of one.
struct Measured<'e> {
    field: &'e Field,
    op: Option<Operator>,
    /// Minutes east of UTC.
    zone: i16,
}

impl<'e> Measured<'e> {
    fn of(subject: &'e Expr) -> Option<Self> {
        if let Some(field) = subject.age_of() {
            return Some(Self { field, op: Some(Operator::Age), zone: 0 });
        }
        let measure = match subject {
            Expr::Field(field) => return Some(Self { field, op: None, zone: 0 }),
            Expr::Measure(measure) => measure,
            _ => return None,
        };
        let (op, zone) = match measure.kind {
            MeasureKind::Sum => (Operator::Sum, 0),
            MeasureKind::Avg => (Operator::Avg, 0),
            MeasureKind::Min => (Operator::Min, 0),
            MeasureKind::Max => (Operator::Max, 0),
            MeasureKind::Count => (Operator::Count, 0),
            MeasureKind::Length => (Operator::Length, 0),
            MeasureKind::Hour(zone) => (Operator::Hour, zone),
            MeasureKind::Weekday(zone) => (Operator::Weekday, zone),
            MeasureKind::Time => return None,
        };
        Some(Self { field: &measure.field, op: Some(op), zone })
    }
}

impl Writer<'_> {
    /// Recursion is as deep as the condition, which its reader limits.
    fn mapping(&mut self, condition: &Condition) -> Option<Constant> {
        match &condition.node {
            ConditionNode::All(parts) => match between(parts) {
                Some((test, high)) => self.range_mapping(test, high),
                None => self.logic(Operator::And, parts, None),
            },
            ConditionNode::Any(parts) => self.logic(Operator::Or, parts, None),
            ConditionNode::Not(part) => self.logic(Operator::Not, std::slice::from_ref(part), None),
            ConditionNode::Test(test) => self.test_mapping(test),
            ConditionNode::Each(each) => self.each_mapping(each),
        }
    }

    fn logic(&mut self, operator: Operator, parts: &[Condition], list: Option<String>) -> Option<Constant> {
        if let ([only], true, None) = (parts, operator != Operator::Not, &list) {
            return self.mapping(only);
        }
        let parts: Option<Vec<_>> = parts.iter().map(|part| self.mapping(part)).collect();
        let mut entries =
            vec![entry("operator", text(operator.spelling())), entry("conditions", Constant::List(parts?))];
        if let Some(list) = list {
            entries.push(entry("with", text(list)));
        }
        Some(Constant::Map(entries))
    }

    fn range_mapping(&self, test: &Test, high: &Expr) -> Option<Constant> {
        match (&test.subject, &test.operand, high) {
            (Expr::Field(field), Expr::Constant(low), Expr::Constant(high)) => {
                let bounds = Constant::List(vec![low.clone(), high.clone()]);
                Some(self.leaf(field, Operator::Between, vec![entry("value", bounds)]))
            }
            // BETWEEN takes no measure, but its two bounds are comparisons of one.
            _ => {
                let high = Test { op: Operator::Le, operand: high.clone(), ..test.clone() };
                let bounds = vec![self.test_mapping(test)?, self.test_mapping(&high)?];
                let operator = entry("operator", text(Operator::And.spelling()));
                Some(Constant::Map(vec![operator, entry("conditions", Constant::List(bounds))]))
            }
        }
    }

    fn test_mapping(&self, test: &Test) -> Option<Constant> {
        if let Some((op, field, operand)) = test.of_moments() {
            let operand = match operand {
                Expr::Constant(constant) => entry("value", text(constant.as_moment()?)),
                Expr::Measure(other) => entry("value_field", text(self.path(&other.field))),
                _ => return None,
            };
            return Some(self.leaf(field, op, vec![operand]));
        }
        let measured = Measured::of(&test.subject)?;
        let (op, compare) = match measured.op {
            Some(op) => (op, parse_compare(test.op.spelling())?),
            None => (test.op, test.compare),
        };
        let mut rest = Vec::new();
        match &test.operand {
            Expr::Constant(_) if op.operand() == OperandRule::None => {}
            Expr::Constant(constant) if op == Operator::Age => rest.push(entry("value", text(constant.as_duration()?))),
            Expr::Constant(constant) => rest.push(match &test.list {
                Some(list) => entry("value_list", text(list.as_str())),
                None => entry("value", constant.clone()),
            }),
            Expr::Field(field) if op != Operator::Age => rest.push(entry("value_field", text(self.path(field)))),
            _ => return None,
        }
        if op.takes_compare() && compare != CompareOp::Eq {
            rest.push(entry("compare", text(compare.symbol())));
        }
        if measured.zone != 0 {
            rest.push(entry("zone", text(offset_text(measured.zone))));
        }
        Some(self.leaf(measured.field, op, rest))
    }

    fn leaf(&self, field: &Field, operator: Operator, rest: Vec<(String, Constant)>) -> Constant {
        let mut entries = vec![entry("field", text(self.path(field))), entry("operator", text(operator.spelling()))];
        entries.extend(rest);
        Constant::Map(entries)
    }

    fn each_mapping(&mut self, each: &Each) -> Option<Constant> {
        let mut list = self.steps(&each.list);
        list.push(Step::Each);
        let shown = path_text(&list);
        self.lists.push(list);
        let mapping = if goes_through(&each.body, each.level) {
            self.mapping(&each.body)
        } else {
            match &each.body.node {
                ConditionNode::All(parts) if between(parts).is_none() => self.logic(Operator::And, parts, Some(shown)),
                ConditionNode::Any(parts) => self.logic(Operator::Or, parts, Some(shown)),
                _ => self.logic(Operator::And, std::slice::from_ref(&each.body), Some(shown)),
            }
        };
        self.lists.pop();
        mapping
    }
}
