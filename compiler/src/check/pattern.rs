//! tmp
use super::Checker;
use crate::model::Operator;
use crate::yaml::Node;

impl Checker<'_, '_> {
    pub(super) fn pattern(&mut self, op: Operator, value: Option<&Node>) -> Option<Option<String>> {
        let (Operator::Matches, Some(node)) = (op, value) else { return Some(None) };
        Some(Some(node.text().unwrap_or_default().to_owned()))
    }
}
