//! Constants: operands, written values and verdicts.

use crate::model::Constant;
use crate::yaml::{Node, NodeKind};

/// The constant a value of the source is.
pub(crate) fn constant(node: &Node) -> Constant {
    match &node.kind {
        NodeKind::Null => Constant::Null,
        NodeKind::Bool(value) => Constant::Bool(*value),
        NodeKind::Int(text) => Constant::Int(text.clone()),
        NodeKind::Float(value) => Constant::Float(*value),
        NodeKind::Text(text) => Constant::Text(text.clone()),
        NodeKind::Seq(items) => Constant::List(items.iter().map(constant).collect()),
        NodeKind::Map(entries) => {
            Constant::Map(entries.iter().map(|(key, node)| (key.text.clone(), constant(node))).collect())
        }
    }
}
