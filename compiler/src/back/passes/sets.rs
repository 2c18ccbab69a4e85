//! A list of scalars becomes a set that is searched; any other list is looked through in order.

use super::TestKind;
use crate::back::constant::compare_numbers;
use crate::model::Constant;

pub(super) fn run(kind: TestKind) -> TestKind {
    let TestKind::InConstant { member, container: Constant::List(list) } = &kind else { return kind };
    let mut texts = Vec::new();
    let mut numbers = Vec::new();
    for element in list {
        match element {
            Constant::Text(text) => texts.push(text.clone()),
            Constant::Int(_) | Constant::Float(_) => numbers.push(element.clone()),
            Constant::Bool(b) => numbers.push(Constant::Int(u8::from(*b).to_string())),
            // A field that is there is never equal to null.
            Constant::Null => {}
            Constant::List(_) | Constant::Map(_) => return kind,
        }
    }
    texts.sort();
    texts.dedup();
    numbers.sort_by(compare_numbers);
    numbers.dedup_by(|l, r| compare_numbers(l, r).is_eq());
    TestKind::InSet { member: *member, texts, numbers }
}
