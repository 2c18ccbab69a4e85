//! `!= null` holds for every value that is there, which is what `EXISTS` asks.

use cascata_vm::ops::CompareOp;

use super::TestKind;
use crate::model::Constant;

pub(super) fn run(kind: TestKind) -> TestKind {
    match kind {
        TestKind::Compare(CompareOp::Ne, Constant::Null) => TestKind::Exists,
        other => other,
    }
}
