//! The condition operators, said once.
//!
//! Spelling, meaning, operand and example of every operator stand in one table; parsing, the did-you-mean lists, operand
//! checks and the reference page are made from it.

use std::fmt::Write as _;

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
        }
    }
}

/// An example of an operator that runs as a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Example {
    /// The condition, as JSON.
    pub condition: &'static str,
    /// The event, as JSON.
    pub event: &'static str,
    /// Whether the condition holds.
    pub holds: bool,
}

macro_rules! operators {
    ($($name:ident $spelling:literal $family:ident $operand:ident also $also:tt
        $doc:literal errors $errors:literal
        example $condition:literal on $event:literal is $holds:literal;)*) => {
        /// A condition operator.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Operator {
            $(#[doc = concat!("`", $spelling, "`: ", $doc)] $name,)*
        }

        impl Operator {
            /// Every operator, in the order of the reference page.
            pub const ALL_OPERATORS: &'static [Self] = &[$(Self::$name),*];

            /// The operator of a spelling; spelling is exact.
            #[must_use]
            pub fn parse(spelling: &str) -> Option<Self> {
                match spelling { $($spelling => Some(Self::$name),)* _ => None }
            }

            /// How it is written.
            #[must_use]
            pub const fn spelling(self) -> &'static str {
                match self { $(Self::$name => $spelling,)* }
            }

            /// What it looks at.
            #[must_use]
            pub const fn family(self) -> Family {
                match self { $(Self::$name => Family::$family,)* }
            }

            /// What `value` may hold.
            #[must_use]
            pub const fn operand(self) -> OperandRule {
                match self { $(Self::$name => OperandRule::$operand,)* }
            }

            /// How other languages write it; offered as a correction, never accepted.
            #[must_use]
            pub const fn also(self) -> &'static [&'static str] {
                match self { $(Self::$name => &$also,)* }
            }

            /// When it holds, one sentence.
            #[must_use]
            pub const fn doc(self) -> &'static str {
                match self { $(Self::$name => $doc,)* }
            }

            /// When it is an error, one sentence.
            #[must_use]
            pub const fn errors(self) -> &'static str {
                match self { $(Self::$name => $errors,)* }
            }

            /// An example.
            #[must_use]
            pub const fn example(self) -> Example {
                match self { $(Self::$name => Example { condition: $condition, event: $event, holds: $holds },)* }
            }
        }
    };
}

operators! {
    Eq "==" Equality Any also ["=", "===", "eq", "equals", "is"]
        "The field equals the value, lists and mappings deeply; numbers by mathematical value." errors "Never."
        example r#"{"field": "amount", "operator": "==", "value": 100}"# on r#"{"amount": 100.0}"# is true;
    Ne "!=" Equality Any also ["<>", "!==", "ne", "neq", "not_equals", "is_not"]
        "The field is present and does not equal the value." errors "Never."
        example r#"{"field": "country", "operator": "!=", "value": "CH"}"# on r#"{"country": "US"}"# is true;
    Lt "<" Ordering Ordered also ["lt", "less_than"]
        "The field is less than the value: numbers by value, text by code point, lists element by element."
        errors "Field and value have no common order."
        example r#"{"field": "score", "operator": "<", "value": 0.5}"# on r#"{"score": 0.25}"# is true;
    Le "<=" Ordering Ordered also ["=<", "lte", "le"]
        "The field is less than the value or equal to it." errors "Field and value have no common order."
        example r#"{"field": "score", "operator": "<=", "value": 0.5}"# on r#"{"score": 0.5}"# is true;
    Gt ">" Ordering Ordered also ["gt", "greater_than"]
        "The field is greater than the value." errors "Field and value have no common order."
        example r#"{"field": "amount", "operator": ">", "value": 1000}"# on r#"{"amount": 1000}"# is false;
    Ge ">=" Ordering Ordered also ["=>", "gte", "ge"]
        "The field is greater than the value or equal to it." errors "Field and value have no common order."
        example r#"{"field": "amount", "operator": ">=", "value": 1000}"# on r#"{"amount": 1000}"# is true;
    And "AND" Logic None also ["and", "&&", "all_of"]
        "Every nested condition holds; they are asked left to right up to the first that does not."
        errors "A nested condition that was reached is an error."
        example r#"{"operator": "AND", "conditions": [{"field": "a", "operator": "EXISTS"}, {"field": "b", "operator": "IS_NULL"}]}"# on r#"{"a": 1}"# is true;
    Or "OR" Logic None also ["or", "||", "any_of"]
        "Some nested condition holds; they are asked left to right up to the first that does."
        errors "A nested condition that was reached is an error."
        example r#"{"operator": "OR", "conditions": [{"field": "a", "operator": "EXISTS"}, {"field": "b", "operator": "EXISTS"}]}"# on r#"{"b": 1}"# is true;
    Not "NOT" Logic None also ["not", "!"]
        "The one nested condition does not hold." errors "The nested condition is an error."
        example r#"{"operator": "NOT", "conditions": [{"field": "a", "operator": "==", "value": 1}]}"# on r#"{"a": 2}"# is true;
    In "IN" Membership Container also ["in", "one_of"]
        "The field equals some element of the value; of a text value it is a substring, of a mapping a key."
        errors "The value is text and the field is not."
        example r#"{"field": "country", "operator": "IN", "value": ["US", "CA"]}"# on r#"{"country": "CA"}"# is true;
    NotIn "NOT_IN" Membership Container also ["not_in", "not in", "NOT IN", "NIN"]
        "The field is present and equals no element of the value; of a text value it is no substring, of a mapping no key."
        errors "The value is text and the field is not."
        example r#"{"field": "country", "operator": "NOT_IN", "value": ["US", "CA"]}"# on r#"{"country": "CH"}"# is true;
    Contains "CONTAINS" Containment Any also ["contains", "includes", "has"]
        "The field, text, a list or a mapping, holds the value as a substring, an element or a key."
        errors "The field is a number or a boolean, or is text while the value is not."
        example r#"{"field": "tags", "operator": "CONTAINS", "value": "vip"}"# on r#"{"tags": ["new", "vip"]}"# is true;
    Matches "MATCHES" Pattern Pattern also ["matches", "=~", "~", "REGEX", "regex", "LIKE"]
        "The regular expression matches at the start of the field's text; numbers and booleans match as `5.0`, `True`."
        errors "The field is a list or a mapping."
        example r#"{"field": "email", "operator": "MATCHES", "value": ".*@corp\\.com$"}"# on r#"{"email": "ann@corp.com"}"# is true;
    Exists "EXISTS" Presence None also ["exists", "is_not_null", "IS NOT NULL", "IS_NOT_NULL", "NOT_NULL"]
        "The field is present and not null." errors "Never."
        example r#"{"field": "user.id", "operator": "EXISTS"}"# on r#"{"user": {"id": 0}}"# is true;
    IsNull "IS_NULL" Presence None also ["is_null", "IS NULL", "is null", "isnull", "NULL", "MISSING"]
        "The field is absent or null." errors "Never."
        example r#"{"field": "user.id", "operator": "IS_NULL"}"# on r#"{"user": {}}"# is true;
    All "ALL" Quantifier Any also ["all", "every"]
        "Every element of the list compares with the value by `compare` (`==`); an empty list does, what is no list does not."
        errors "Never: an element without an order to the value does not satisfy the comparison."
        example r#"{"field": "scores", "operator": "ALL", "compare": ">", "value": 3}"# on r#"{"scores": [4, 5]}"# is true;
    Any "ANY" Quantifier Any also ["any", "some"]
        "Some element of the list compares with the value by `compare` (`==`)."
        errors "Never: an element without an order to the value does not satisfy the comparison."
        example r#"{"field": "scores", "operator": "ANY", "value": 5}"# on r#"{"scores": [4, 5]}"# is true;
    NoneOf "NONE" Quantifier Any also ["none", "no"]
        "No element of the list compares with the value by `compare` (`==`); what is no list does not count as such."
        errors "Never: an element without an order to the value does not satisfy the comparison."
        example r#"{"field": "scores", "operator": "NONE", "value": 3}"# on r#"{"scores": [4, 5]}"# is true;
    Sum "SUM" Statistic Any also ["sum", "total"]
        "The sum of the list compares with the value by `compare` (`==`); the sum of an empty list is 0."
        errors "Some element is not a number."
        example r#"{"field": "amounts", "operator": "SUM", "compare": ">=", "value": 100}"# on r#"{"amounts": [60, 50]}"# is true;
    Avg "AVG" Statistic Any also ["avg", "mean", "average"]
        "The mean of the list compares with the value by `compare` (`==`); an empty list has none, which is false."
        errors "Some element is not a number."
        example r#"{"field": "amounts", "operator": "AVG", "value": 55}"# on r#"{"amounts": [60, 50]}"# is true;
    Min "MIN" Statistic Any also ["min", "minimum"]
        "The least element of the list compares with the value by `compare` (`==`)."
        errors "The list is empty, or its elements have no common order."
        example r#"{"field": "amounts", "operator": "MIN", "value": 50}"# on r#"{"amounts": [60, 50]}"# is true;
    Max "MAX" Statistic Any also ["max", "maximum"]
        "The greatest element of the list compares with the value by `compare` (`==`)."
        errors "The list is empty, or its elements have no common order."
        example r#"{"field": "amounts", "operator": "MAX", "compare": "<", "value": 60}"# on r#"{"amounts": [60, 50]}"# is false;
    Count "COUNT" Statistic Any also ["count", "len", "length", "size"]
        "The length of the list compares with the value by `compare` (`==`)." errors "Never."
        example r#"{"field": "amounts", "operator": "COUNT", "compare": ">", "value": 1}"# on r#"{"amounts": [60, 50]}"# is true;
}

impl Operator {
    /// Whether `compare` means something for it.
    #[must_use]
    pub const fn takes_compare(self) -> bool {
        matches!(self.family(), Family::Quantifier | Family::Statistic)
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

/// Operators of the language that this version cannot run yet.
pub const LATER: &[&str] =
    &["STARTS_WITH", "ENDS_WITH", "IEQUALS", "BETWEEN", "CIDR", "LENGTH", "BEFORE", "AFTER", "AGE", "HOUR", "WEEKDAY"];

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
            "\n## `{}`\n\n{}\n\nValue: {}. Error: {}\n\n```json\n{}\n```\n\n{} for `{}`.\n",
            op.spelling(),
            op.doc(),
            op.operand().words(),
            op.errors(),
            example.condition,
            if example.holds { "Holds" } else { "Does not hold" },
            example.event,
        );
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_parses_to_its_operator() {
        assert_eq!(Operator::ALL_OPERATORS.len(), 23);
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
