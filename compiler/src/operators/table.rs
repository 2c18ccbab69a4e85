//! The table of the operators: a row is
//!
//! ```text
//! Name "YAML SPELLING" Family OperandRule also [spellings of other languages]
//!     text Form ["words"] as "the example as text"
//!     "when it holds" errors "when it is an error"
//!     example condition on event is outcome;
//! ```

use super::{Example, Family, Form, OperandRule};

macro_rules! operators {
    ($($name:ident $spelling:literal $family:ident $operand:ident also $also:tt
        text $form:ident $words:tt as $text:literal
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

            /// How expressions write it; the first of its words is the usual one.
            #[must_use]
            pub const fn form(self) -> Form {
                match self { $(Self::$name => Form::$form(&$words),)* }
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
                match self { $(Self::$name => Example { condition: $condition, text: $text, event: $event, holds: $holds },)* }
            }
        }
    };
}

operators! {
    Eq "==" Equality Any also ["=", "===", "eq", "equals", "is"]
        text Infix ["=="] as r#"amount == 100"#
        "The field equals the value, lists and mappings deeply; numbers by mathematical value." errors "Never."
        example r#"{"field": "amount", "operator": "==", "value": 100}"# on r#"{"amount": 100.0}"# is true;
    Ne "!=" Equality Any also ["<>", "!==", "ne", "neq", "not_equals", "is_not"]
        text Infix ["!="] as r#"country != "CH""#
        "The field is present and does not equal the value." errors "Never."
        example r#"{"field": "country", "operator": "!=", "value": "CH"}"# on r#"{"country": "US"}"# is true;
    Lt "<" Ordering Ordered also ["lt", "less_than"]
        text Infix ["<"] as r#"score < 0.5"#
        "The field is less than the value: numbers by value, text by code point, lists element by element."
        errors "Field and value have no common order."
        example r#"{"field": "score", "operator": "<", "value": 0.5}"# on r#"{"score": 0.25}"# is true;
    Le "<=" Ordering Ordered also ["=<", "lte", "le"]
        text Infix ["<="] as r#"score <= 0.5"#
        "The field is less than the value or equal to it." errors "Field and value have no common order."
        example r#"{"field": "score", "operator": "<=", "value": 0.5}"# on r#"{"score": 0.5}"# is true;
    Gt ">" Ordering Ordered also ["gt", "greater_than"]
        text Infix [">"] as r#"amount > 1000"#
        "The field is greater than the value." errors "Field and value have no common order."
        example r#"{"field": "amount", "operator": ">", "value": 1000}"# on r#"{"amount": 1000}"# is false;
    Ge ">=" Ordering Ordered also ["=>", "gte", "ge"]
        text Infix [">="] as r#"amount >= 1000"#
        "The field is greater than the value or equal to it." errors "Field and value have no common order."
        example r#"{"field": "amount", "operator": ">=", "value": 1000}"# on r#"{"amount": 1000}"# is true;
    Between "BETWEEN" Range Bounds also ["between", "RANGE", "IN_RANGE"]
        text Range ["between"] as r#"amount between 10 and 20"#
        "The field is at least the first of the two values and at most the second."
        errors "Field and value have no common order."
        example r#"{"field": "amount", "operator": "BETWEEN", "value": [10, 20]}"# on r#"{"amount": 20}"# is true;
    And "AND" Logic None also ["and", "&&", "all_of"]
        text Infix ["and"] as r#"a exists and b is null"#
        "Every nested condition holds; they are asked left to right up to the first that does not."
        errors "A nested condition that was reached is an error."
        example r#"{"operator": "AND", "conditions": [{"field": "a", "operator": "EXISTS"}, {"field": "b", "operator": "IS_NULL"}]}"# on r#"{"a": 1}"# is true;
    Or "OR" Logic None also ["or", "||", "any_of"]
        text Infix ["or"] as r#"a exists or b exists"#
        "Some nested condition holds; they are asked left to right up to the first that does."
        errors "A nested condition that was reached is an error."
        example r#"{"operator": "OR", "conditions": [{"field": "a", "operator": "EXISTS"}, {"field": "b", "operator": "EXISTS"}]}"# on r#"{"b": 1}"# is true;
    Not "NOT" Logic None also ["not", "!"]
        text Prefix ["not"] as r#"not a == 1"#
        "The one nested condition does not hold." errors "The nested condition is an error."
        example r#"{"operator": "NOT", "conditions": [{"field": "a", "operator": "==", "value": 1}]}"# on r#"{"a": 2}"# is true;
    In "IN" Membership Container also ["in", "one_of"]
        text Infix ["in"] as r#"country in ["US", "CA"]"#
        "The field equals some element of the value; of a text value it is a substring, of a mapping a key."
        errors "The value is text and the field is not."
        example r#"{"field": "country", "operator": "IN", "value": ["US", "CA"]}"# on r#"{"country": "CA"}"# is true;
    NotIn "NOT_IN" Membership Container also ["not_in", "not in", "NOT IN", "NIN"]
        text Infix ["not in"] as r#"country not in ["US", "CA"]"#
        "The field is present and equals no element of the value; of a text value it is no substring, of a mapping no key."
        errors "The value is text and the field is not."
        example r#"{"field": "country", "operator": "NOT_IN", "value": ["US", "CA"]}"# on r#"{"country": "CH"}"# is true;
    Contains "CONTAINS" Containment Any also ["contains", "includes", "has"]
        text Infix ["contains"] as r#"tags contains "vip""#
        "The field, text, a list or a mapping, holds the value as a substring, an element or a key."
        errors "The field is a number or a boolean, or is text while the value is not."
        example r#"{"field": "tags", "operator": "CONTAINS", "value": "vip"}"# on r#"{"tags": ["new", "vip"]}"# is true;
    Matches "MATCHES" Pattern Pattern also ["matches", "=~", "~", "REGEX", "regex", "LIKE"]
        text Infix ["matches"] as r#"email matches ".*@corp\\.com$""#
        "The regular expression matches at the start of the field's text; numbers and booleans match as `5.0`, `True`."
        errors "The field is a list or a mapping."
        example r#"{"field": "email", "operator": "MATCHES", "value": ".*@corp\\.com$"}"# on r#"{"email": "ann@corp.com"}"# is true;
    StartsWith "STARTS_WITH" Affix Text also ["starts_with", "startswith", "startsWith", "BEGINS_WITH", "HAS_PREFIX", "PREFIX"]
        text Infix ["starts with"] as r#"path starts with "/api/""#
        "The field is text that begins with the value, case counts." errors "The field or the value is not text."
        example r#"{"field": "path", "operator": "STARTS_WITH", "value": "/api/"}"# on r#"{"path": "/api/v1"}"# is true;
    EndsWith "ENDS_WITH" Affix Text also ["ends_with", "endswith", "endsWith", "HAS_SUFFIX", "SUFFIX"]
        text Infix ["ends with"] as r#"email ends with "@corp.com""#
        "The field is text that ends with the value, case counts." errors "The field or the value is not text."
        example r#"{"field": "email", "operator": "ENDS_WITH", "value": "@corp.com"}"# on r#"{"email": "ann@corp.org"}"# is false;
    EqualFolded "IEQUALS" Affix Text also ["iequals", "EQUALS_IGNORE_CASE", "equalsIgnoreCase", "EQ_IGNORE_CASE"]
        text Infix ["iequals"] as r#"country iequals "ch""#
        "The field is text that equals the value but for case, by the simple case folding of Unicode." errors "Never."
        example r#"{"field": "country", "operator": "IEQUALS", "value": "ch"}"# on r#"{"country": "CH"}"# is true;
    InNetwork "CIDR" Network Networks also ["cidr", "IN_CIDR", "IP_IN", "IN_NETWORK", "cidrmatch"]
        text Infix ["cidr"] as r#"ip cidr ["10.0.0.0/8", "2001:db8::/32"]"#
        "The field is an IP address as text in the network, or in one of the networks of a list; one without `/` is a single address. `::ffff:10.0.0.1` is the address `10.0.0.1`."
        errors "Never: what is no address is in no network."
        example r#"{"field": "ip", "operator": "CIDR", "value": ["10.0.0.0/8", "2001:db8::/32"]}"# on r#"{"ip": "10.1.2.3"}"# is true;
    Exists "EXISTS" Presence None also ["exists", "is_not_null", "IS NOT NULL", "IS_NOT_NULL", "NOT_NULL"]
        text Postfix ["exists", "is not null"] as r#"user.id exists"#
        "The field is present and not null." errors "Never."
        example r#"{"field": "user.id", "operator": "EXISTS"}"# on r#"{"user": {"id": 0}}"# is true;
    IsNull "IS_NULL" Presence None also ["is_null", "IS NULL", "is null", "isnull", "NULL", "MISSING"]
        text Postfix ["is null"] as r#"user.id is null"#
        "The field is absent or null." errors "Never."
        example r#"{"field": "user.id", "operator": "IS_NULL"}"# on r#"{"user": {}}"# is true;
    All "ALL" Quantifier Any also ["all", "every"]
        text Call ["all"] as r#"all(scores) > 3"#
        "Every element of the list compares with the value by `compare` (`==`); an empty list does, what is no list does not."
        errors "Never: an element without an order to the value does not satisfy the comparison."
        example r#"{"field": "scores", "operator": "ALL", "compare": ">", "value": 3}"# on r#"{"scores": [4, 5]}"# is true;
    Any "ANY" Quantifier Any also ["any", "some"]
        text Call ["any"] as r#"any(scores) == 5"#
        "Some element of the list compares with the value by `compare` (`==`)."
        errors "Never: an element without an order to the value does not satisfy the comparison."
        example r#"{"field": "scores", "operator": "ANY", "value": 5}"# on r#"{"scores": [4, 5]}"# is true;
    NoneOf "NONE" Quantifier Any also ["none", "no"]
        text Call ["none"] as r#"none(scores) == 3"#
        "No element of the list compares with the value by `compare` (`==`); what is no list does not count as such."
        errors "Never: an element without an order to the value does not satisfy the comparison."
        example r#"{"field": "scores", "operator": "NONE", "value": 3}"# on r#"{"scores": [4, 5]}"# is true;
    Sum "SUM" Statistic Any also ["sum", "total"]
        text Call ["sum"] as r#"sum(amounts) >= 100"#
        "The sum of the list compares with the value by `compare` (`==`); the sum of an empty list is 0."
        errors "Some element is not a number."
        example r#"{"field": "amounts", "operator": "SUM", "compare": ">=", "value": 100}"# on r#"{"amounts": [60, 50]}"# is true;
    Avg "AVG" Statistic Any also ["avg", "mean", "average"]
        text Call ["avg"] as r#"avg(amounts) == 55"#
        "The mean of the list compares with the value by `compare` (`==`); an empty list has none, which is false."
        errors "Some element is not a number."
        example r#"{"field": "amounts", "operator": "AVG", "value": 55}"# on r#"{"amounts": [60, 50]}"# is true;
    Min "MIN" Statistic Any also ["min", "minimum"]
        text Call ["min"] as r#"min(amounts) == 50"#
        "The least element of the list compares with the value by `compare` (`==`)."
        errors "The list is empty, or its elements have no common order."
        example r#"{"field": "amounts", "operator": "MIN", "value": 50}"# on r#"{"amounts": [60, 50]}"# is true;
    Max "MAX" Statistic Any also ["max", "maximum"]
        text Call ["max"] as r#"max(amounts) < 60"#
        "The greatest element of the list compares with the value by `compare` (`==`)."
        errors "The list is empty, or its elements have no common order."
        example r#"{"field": "amounts", "operator": "MAX", "compare": "<", "value": 60}"# on r#"{"amounts": [60, 50]}"# is false;
    Count "COUNT" Statistic Any also ["count", "len", "size"]
        text Call ["count"] as r#"count(amounts) > 1"#
        "The length of the list compares with the value by `compare` (`==`)." errors "Never."
        example r#"{"field": "amounts", "operator": "COUNT", "compare": ">", "value": 1}"# on r#"{"amounts": [60, 50]}"# is true;
    Length "LENGTH" Measure Number also ["length", "strlen", "LEN", "SIZE"]
        text Call ["length"] as r#"length(name) > 2"#
        "The length of the field, characters of text, elements of a list or keys of a mapping, compares with the value by `compare` (`==`)."
        errors "The field is a number or a boolean, or `compare` needs an order that the value does not have."
        example r#"{"field": "name", "operator": "LENGTH", "compare": ">", "value": 2}"# on r#"{"name": "Zoë"}"# is true;
    Before "BEFORE" Moment Moment also ["before", "EARLIER_THAN", "OLDER_THAN"]
        text Infix ["before"] as r#"created before "2026-01-31T10:00:00Z""#
        "The field, an RFC 3339 time or a date (its midnight in UTC) as text, is an earlier moment than the value."
        errors "The field is no such text."
        example r#"{"field": "created", "operator": "BEFORE", "value": "2026-01-31T10:00:00Z"}"# on r#"{"created": "2026-01-31T10:30:00+02:00"}"# is true;
    After "AFTER" Moment Moment also ["after", "LATER_THAN", "NEWER_THAN"]
        text Infix ["after"] as r#"created after "2026-01-31""#
        "The field, an RFC 3339 time or a date (its midnight in UTC) as text, is a later moment than the value."
        errors "The field is no such text."
        example r#"{"field": "created", "operator": "AFTER", "value": "2026-01-31"}"# on r#"{"created": "2026-01-31"}"# is false;
    Age "AGE" Measure Duration also ["SINCE", "OLDER"]
        text Call ["age"] as r#"age(created) > "30d""#
        "The time from the field, a moment as text, to when the cascade began compares by `compare` (`==`) with the value: `500ms`, `45s`, `90m`, `1h30m`, `30d`, `2w`."
        errors "The field is no moment, or the host gives no time."
        example r#"{"field": "created", "operator": "AGE", "compare": ">", "value": "30d"}"# on r#"{"created": "1999-12-31"}"# is true;
    Hour "HOUR" Measure Number also ["HOUR_OF_DAY"]
        text Call ["hour"] as r#"hour(at) >= 22"#
        "The hour of the day, 0 to 23, of the field, a moment as text, compares by `compare` (`==`) with the value; in UTC, or east of it as `zone` says (`+02:00`)."
        errors "The field is no moment."
        example r#"{"field": "at", "operator": "HOUR", "compare": ">=", "value": 22}"# on r#"{"at": "2026-01-31T22:15:00Z"}"# is true;
    Weekday "WEEKDAY" Measure Number also ["DAY_OF_WEEK", "DOW"]
        text Call ["weekday"] as r#"weekday(at, "+02:00") >= 6"#
        "The day of the week, Monday 1 to Sunday 7, of the field, a moment as text, compares by `compare` (`==`) with the value; in UTC, or as `zone` says."
        errors "The field is no moment."
        example r#"{"field": "at", "operator": "WEEKDAY", "compare": ">=", "value": 6, "zone": "+02:00"}"# on r#"{"at": "2026-01-30T22:15:00Z"}"# is true;
}
