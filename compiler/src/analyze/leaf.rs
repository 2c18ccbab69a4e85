//! The questions that conditions are made of.

use std::fmt::Write as _;

use super::walk::write_shape;
use crate::model::{Condition, ConditionNode, Constant, Each, PathRef, Test};

/// A question that a condition asks and no other condition stands in.
#[derive(Clone, Copy, Debug)]
pub(super) enum Leaf<'c> {
    /// A comparison.
    Test(&'c Test),
    /// A question about the elements of a list, taken as a whole.
    Each(&'c Each),
}

impl<'c> Leaf<'c> {
    /// The leaf that a condition is, if it is one.
    pub(super) const fn of(condition: &'c Condition) -> Option<Self> {
        match &condition.node {
            ConditionNode::Test(test) => Some(Self::Test(test)),
            ConditionNode::Each(each) => Some(Self::Each(each)),
            _ => None,
        }
    }

    /// A text that is equal for leaves that ask the same.
    pub(super) fn key(self) -> String {
        let mut key = String::new();
        self.write_key(&mut key);
        key
    }

    /// Writes that text.
    pub(super) fn write_key(self, key: &mut String) {
        // Writing into a string cannot fail.
        let _ = match self {
            Self::Test(test) => match plain(self) {
                Some(Plain { path, operand, .. }) => {
                    let written = write!(key, "{} {} {} ", path.as_u32(), test.op as u32, test.compare as u32);
                    operand.write_key(key);
                    written
                }
                None => write!(key, "{:?} {:?} {:?} {:?}", test.subject, test.op, test.compare, test.operand),
            },
            Self::Each(each) => {
                let written = write!(key, "each {} {:?} ", each.level, each.list);
                write_shape(&each.body, key);
                written
            }
        };
    }
}

/// The leaves of a condition, in order.
pub(super) fn leaves<'c>(condition: &'c Condition, all: &mut Vec<Leaf<'c>>) {
    match &condition.node {
        ConditionNode::All(children) | ConditionNode::Any(children) => {
            children.iter().for_each(|child| leaves(child, all));
        }
        ConditionNode::Not(child) => leaves(child, all),
        ConditionNode::Test(_) | ConditionNode::Each(_) => all.extend(Leaf::of(condition)),
    }
}

/// A comparison of one field with one constant, which is what pieces are made for.
#[derive(Clone, Copy)]
pub(super) struct Plain<'c> {
    pub(super) test: &'c Test,
    pub(super) path: PathRef,
    pub(super) operand: &'c Constant,
}

pub(super) fn plain(leaf: Leaf<'_>) -> Option<Plain<'_>> {
    let Leaf::Test(test) = leaf else { return None };
    Some(Plain { test, path: test.path()?, operand: test.constant()? })
}
