//! A set of one member is no search: the comparison with it gives the same answer to every value.

use cascata_vm::ops::CompareOp;

use super::TestKind;
use crate::model::Constant;

pub(super) fn run(kind: TestKind) -> TestKind {
    let TestKind::InSet { member, texts, numbers } = &kind else { return kind };
    let only = match (texts.as_slice(), numbers.as_slice()) {
        ([text], []) => Constant::Text(text.clone()),
        ([], [number]) => number.clone(),
        _ => return kind,
    };
    TestKind::Compare(if *member { CompareOp::Eq } else { CompareOp::Ne }, only)
}
