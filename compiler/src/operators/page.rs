//! The reference page of the operators.

use std::fmt::Write as _;

use super::Operator;

/// The reference page of the operators, in Markdown.
#[must_use]
pub fn reference_page() -> String {
    let mut page = String::from(
        "# Condition operators\n\nA missing or null field makes every operator false but `IS_NULL`. \
         An operator is true, false or an error.\n",
    );
    for op in Operator::ALL_OPERATORS {
        let example = op.example();
        // Writing to a String cannot fail.
        let _ = write!(
            page,
            "\n## `{}`\n\n{}\n\nValue: {}. Error: {}\n\n```json\n{}\n```\n\nAs an expression: `{}`. {} for `{}`.\n",
            op.spelling(),
            op.doc(),
            op.operand().words(),
            op.errors(),
            example.condition,
            example.text,
            if example.holds { "Holds" } else { "Does not hold" },
            example.event,
        );
    }
    page
}
