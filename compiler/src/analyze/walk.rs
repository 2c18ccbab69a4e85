//! Conditions by their place, and without some of their parts.

use crate::model::{Condition, ConditionNode, Expr, Field, PathRef, Root};
use crate::span::Span;

use super::leaf::Leaf;

/// Every condition of a tree with its place: the whole first, then each child with its own.
pub(super) fn places<'c>(condition: &'c Condition, at: &mut Vec<usize>, all: &mut Vec<(Vec<usize>, &'c Condition)>) {
    all.push((at.clone(), condition));
    for (number, child) in children(condition).iter().enumerate() {
        at.push(number);
        places(child, at, all);
        at.pop();
    }
}

/// The children of a condition.
pub(super) fn children(condition: &Condition) -> &[Condition] {
    match &condition.node {
        ConditionNode::All(children) | ConditionNode::Any(children) => children,
        ConditionNode::Not(child) => std::slice::from_ref(child),
        ConditionNode::Test(_) | ConditionNode::Each(_) => &[],
    }
}

/// The condition without the children at some places; a place never is the last child of its list.
pub(super) fn without(condition: &Condition, at: &mut Vec<usize>, removed: &[Vec<usize>]) -> Condition {
    let mut kept = |children: &[Condition]| -> Vec<Condition> {
        let mut kept = Vec::with_capacity(children.len());
        for (number, child) in children.iter().enumerate() {
            at.push(number);
            if !removed.contains(at) {
                kept.push(without(child, at, removed));
            }
            at.pop();
        }
        kept
    };
    let node = match &condition.node {
        ConditionNode::All(children) => ConditionNode::All(kept(children)),
        ConditionNode::Any(children) => ConditionNode::Any(kept(children)),
        ConditionNode::Not(child) => match kept(std::slice::from_ref(child)).pop() {
            Some(child) => ConditionNode::Not(Box::new(child)),
            None => condition.node.clone(),
        },
        ConditionNode::Test(_) | ConditionNode::Each(_) => condition.node.clone(),
    };
    Condition { span: condition.span, node }
}

/// The fields a condition reads.
pub(super) fn paths(condition: &Condition) -> Vec<PathRef> {
    let mut paths = Vec::new();
    read(condition, &mut paths);
    paths.sort_unstable();
    paths.dedup();
    paths
}

fn read(condition: &Condition, paths: &mut Vec<PathRef>) {
    match &condition.node {
        ConditionNode::Test(test) => {
            value(&test.subject, paths);
            value(&test.operand, paths);
        }
        ConditionNode::Each(each) => {
            field(&each.list, paths);
            read(&each.body, paths);
        }
        _ => children(condition).iter().for_each(|child| read(child, paths)),
    }
}

fn value(expr: &Expr, paths: &mut Vec<PathRef>) {
    let mut all = Vec::new();
    fields(expr, &mut all);
    all.into_iter().for_each(|of| field(of, paths));
}

/// The fields a value is made of.
pub(super) fn fields<'c>(expr: &'c Expr, all: &mut Vec<&'c Field>) {
    match expr {
        Expr::Field(of) => all.push(of),
        Expr::Measure(measure) => all.push(&measure.field),
        Expr::Arithmetic(_, left, right) => {
            fields(left, all);
            fields(right, all);
        }
        Expr::Constant(_) | Expr::Now => {}
    }
}

fn field(field: &Field, paths: &mut Vec<PathRef>) {
    // What belongs to an element is read with its list.
    if let Root::Path(path) = field.root {
        paths.push(path);
    }
}

/// A text that is equal for conditions that ask the same in the same order.
pub(super) fn shape(condition: &Condition) -> String {
    let mut shape = String::new();
    write_shape(condition, &mut shape);
    shape
}

/// Writes that text.
pub(super) fn write_shape(condition: &Condition, shape: &mut String) {
    let name = match &condition.node {
        ConditionNode::All(_) => "all(",
        ConditionNode::Any(_) => "any(",
        ConditionNode::Not(_) => "not(",
        ConditionNode::Test(_) | ConditionNode::Each(_) => {
            if let Some(leaf) = Leaf::of(condition) {
                leaf.write_key(shape);
            }
            return;
        }
    };
    shape.push_str(name);
    for child in children(condition) {
        write_shape(child, shape);
        shape.push(',');
    }
    shape.push(')');
}

/// A short place that stands for a condition: all of it if it is one line, else its first line.
pub(super) fn head(text: &str, span: Span) -> Span {
    let line = span.slice(text).lines().next().unwrap_or_default();
    Span::new(span.start, span.start.saturating_add(line.len()))
}
