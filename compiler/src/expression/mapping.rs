//! Checked conditions as the mappings that ask the same.

use super::model::{Writer, between, goes_through, path_text};
use crate::field_path::Step;
use crate::model::{Cascade, CompareOp, Condition, ConditionNode, Constant, Each, Expr, Field, Operator, Test};
use crate::operators::OperandRule;

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
            _ => None,
        }
    }

    fn test_mapping(&self, test: &Test) -> Option<Constant> {
        let Expr::Field(field) = &test.subject else { return None };
        let mut rest = Vec::new();
        match &test.operand {
            Expr::Constant(_) if test.op.operand() == OperandRule::None => {}
            Expr::Constant(constant) => rest.push(entry("value", constant.clone())),
            Expr::Field(field) => rest.push(entry("value_field", text(self.path(field)))),
            _ => return None,
        }
        if test.op.takes_compare() && test.compare != CompareOp::Eq {
            rest.push(entry("compare", text(test.compare.symbol())));
        }
        Some(self.leaf(field, test.op, rest))
    }

    fn leaf(&self, field: &Field, operator: Operator, rest: Vec<(String, Constant)>) -> Constant {
        let mut entries = vec![entry("field", text(self.path(field))), entry("operator", text(operator.spelling()))];
        entries.extend(rest);
        Constant::Map(entries)
    }

    fn path(&self, field: &Field) -> String {
        path_text(&self.steps(field))
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
