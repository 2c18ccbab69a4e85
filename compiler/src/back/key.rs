//! Tests and values as texts by which equal ones are known.
//!
//! Those that most rules are made of have a short form that begins with a small letter. The derived form does for all, takes many times
//! as long, and begins with a capital; `{:?}` of a double tells `-0.0` from `0.0` and prints enough digits.

use std::fmt::Write as _;

use super::ir::{TestKind, TypedTest, ValueExpr};
use crate::model::write_text;

/// A text that is equal for equal tests only.
pub(super) fn of_test(test: &TypedTest) -> String {
    let mut key = String::new();
    let subject = test.subject.as_u32();
    // Writing into a string cannot fail.
    let _ = match &test.kind {
        TestKind::Compare(op, constant) => {
            let written = write!(key, "c{subject} {} ", *op as u32);
            constant.write_key(&mut key);
            written
        }
        TestKind::InSet { member, texts, numbers } => {
            let written = write!(key, "s{subject} {} {} ", u32::from(*member), texts.len());
            texts.iter().for_each(|text| write_text(text, &mut key));
            numbers.iter().for_each(|number| number.write_key(&mut key));
            written
        }
        _ => write!(key, "{test:?}"),
    };
    key
}

/// A text that is equal for equal values only.
pub(super) fn of_value(value: &ValueExpr) -> String {
    match value {
        ValueExpr::Field(path) => format!("f{}", path.as_u32()),
        _ => format!("{value:?}"),
    }
}
