//! The condition operators, said once.
//!
//! Spelling, meaning, operand and example of every operator stand in one table; parsing, the did-you-mean lists, operand
//! checks and the reference page are made from it.

mod arithmetic;
mod page;
mod table;

pub use arithmetic::{Arithmetic, Level};
pub use page::reference_page;
pub use table::Operator;

/// What an operator looks at, and so how it is lowered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// `==`, `!=`.
    Equality,
    /// `<`, `<=`, `>`, `>=`.
    Ordering,
    /// `AND`, `OR`, `NOT`: over nested conditions.
    Logic,
    /// `IN`, `NOT_IN`: the field in the operand.
    Membership,
    /// `CONTAINS`: the operand in the field.
    Containment,
    /// `MATCHES`: a regular expression.
    Pattern,
    /// `STARTS_WITH`, `ENDS_WITH`, `IEQUALS`: of texts.
    Affix,
    /// `CIDR`: addresses in networks.
    Network,
    /// `BEFORE`, `AFTER`: of moments.
    Moment,
    /// `LENGTH`, `AGE`, `HOUR`, `WEEKDAY`: something measured of the field.
    Measure,
    /// `BETWEEN`: two bounds.
    Range,
    /// `EXISTS`, `IS_NULL`.
    Presence,
    /// `ALL`, `ANY`, `NONE`: over the elements of a list.
    Quantifier,
    /// `SUM`, `AVG`, `MIN`, `MAX`, `COUNT`: of the elements of a list.
    Statistic,
}

/// What `value` may hold for an operator to be able to succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OperandRule {
    /// No operand.
    None,
    /// Anything.
    Any,
    /// What has an order: a number, a boolean, text or a list.
    Ordered,
    /// What can hold the field: a list, text (the field is a substring of it) or a mapping (the field is a key of it).
    Container,
    /// A regular expression as text.
    Pattern,
    /// A list of two that have an order.
    Bounds,
    /// Text.
    Text,
    /// A network of IP addresses as text, or a list of some.
    Networks,
    /// A number.
    Number,
    /// A moment as text.
    Moment,
    /// A span of time as text.
    Duration,
}

impl OperandRule {
    /// The rule in words, for messages and the reference page.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::None => "nothing",
            Self::Any => "any value",
            Self::Ordered => "a number, a boolean, text or a list",
            Self::Container => "a list, text or a mapping",
            Self::Pattern => "a regular expression as text",
            Self::Bounds => "a list of two bounds",
            Self::Text => "text",
            Self::Networks => "a network such as `10.0.0.0/8` as text, or a list of them",
            Self::Number => "a number",
            Self::Moment => "an RFC 3339 time or date as text, `2026-01-31T10:00:00Z`",
            Self::Duration => "a span of time as text, `30d` or `1h30m`",
        }
    }
}

/// How an operator is written in an expression: its words, of which case does not matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Between what it compares or combines.
    Infix(&'static [&'static str]),
    /// Before what it negates.
    Prefix(&'static [&'static str]),
    /// Behind what it looks at.
    Postfix(&'static [&'static str]),
    /// Around what it looks at, in parentheses; where it gives a value, that is compared.
    Call(&'static [&'static str]),
    /// Behind what it looks at, with two bounds that `and` joins.
    Range(&'static [&'static str]),
}

impl Form {
    /// Its words.
    #[must_use]
    pub const fn words(self) -> &'static [&'static str] {
        match self {
            Self::Infix(words)
            | Self::Prefix(words)
            | Self::Postfix(words)
            | Self::Call(words)
            | Self::Range(words) => words,
        }
    }
}

/// An example of an operator that runs as a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Example {
    /// The condition, as JSON.
    pub condition: &'static str,
    /// The same condition, as an expression.
    pub text: &'static str,
    /// The event, as JSON.
    pub event: &'static str,
    /// Whether the condition holds.
    pub holds: bool,
}

impl Operator {
    /// The operator that compares so.
    #[must_use]
    pub const fn of_compare(compare: CompareOp) -> Self {
        match compare {
            CompareOp::Eq => Self::Eq,
            CompareOp::Ne => Self::Ne,
            CompareOp::Lt => Self::Lt,
            CompareOp::Le => Self::Le,
            CompareOp::Gt => Self::Gt,
            CompareOp::Ge => Self::Ge,
        }
    }

    /// Whether it is one of the six comparisons, those that `compare` may name.
    #[must_use]
    pub const fn compares(self) -> bool {
        matches!(self.family(), Family::Equality | Family::Ordering)
    }

    /// Whether `compare` means something for it.
    #[must_use]
    pub const fn takes_compare(self) -> bool {
        matches!(self.family(), Family::Quantifier | Family::Statistic | Family::Measure)
    }

    /// The operator that a wrong spelling most likely means.
    #[must_use]
    pub fn nearest(spelling: &str) -> Option<Self> {
        let listed = Self::ALL_OPERATORS.iter().find(|op| op.also().contains(&spelling));
        listed.copied().or_else(|| {
            let near = crate::names::nearest(spelling, Self::ALL_OPERATORS.iter().map(|op| op.spelling()))?;
            Self::parse(near)
        })
    }
}

/// How `ALL`, `ANY`, `NONE` and the statistics compare; the machine's own six comparisons.
pub use cascata_vm::ops::CompareOp;

/// The comparison of a spelling, for `compare`.
#[must_use]
pub fn parse_compare(spelling: &str) -> Option<CompareOp> {
    CompareOp::ALL.into_iter().find(|op| op.symbol() == spelling)
}

/// The comparison that a wrong spelling most likely means.
#[must_use]
pub fn nearest_compare(spelling: &str) -> Option<CompareOp> {
    Operator::nearest(spelling).and_then(|op| parse_compare(op.spelling()))
}

/// Whether a comparison needs an order.
#[must_use]
pub const fn is_ordering(compare: CompareOp) -> bool {
    !matches!(compare, CompareOp::Eq | CompareOp::Ne)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_parses_to_its_operator() {
        assert_eq!(Operator::ALL_OPERATORS.len(), 34);
        for op in Operator::ALL_OPERATORS {
            assert_eq!(Operator::parse(op.spelling()), Some(*op));
            assert!(op.also().iter().all(|other| Operator::parse(other).is_none()));
        }
    }

    #[test]
    fn wrong_spellings_find_the_operator_meant() {
        for (wrong, meant) in [
            ("=", Operator::Eq),
            ("IS NULL", Operator::IsNull),
            ("CONTANS", Operator::Contains),
            ("not in", Operator::NotIn),
        ] {
            assert_eq!(Operator::nearest(wrong), Some(meant), "{wrong}");
        }
        assert_eq!(Operator::nearest("frobnicate"), None);
    }

    #[test]
    fn examples_are_json() {
        for op in Operator::ALL_OPERATORS {
            let example = op.example();
            for text in [example.condition, example.event] {
                assert!(serde_json::from_str::<serde_json::Value>(text).is_ok(), "{text}");
            }
            assert!(example.condition.contains(op.spelling()));
        }
        assert!(reference_page().contains("## `NOT_IN`"));
    }
}
