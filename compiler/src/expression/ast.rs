//! Expressions as they are written, with places in the source.

use crate::field_path::FieldPath;
use crate::model::Constant;
use crate::operators::{Arithmetic, Form, Operator};
use crate::span::Span;

/// An expression: a condition or a value, which only checking tells apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    /// Where it stands in the source.
    pub span: Span,
    /// What it is.
    pub kind: ExpressionKind,
    /// How deep it is nested: 1 for what has no parts.
    pub(super) height: usize,
}

/// What an expression is.
#[derive(Clone, Debug, PartialEq)]
pub enum ExpressionKind {
    /// `a and b and c`: at least two.
    And(Vec<Expression>),
    /// `a or b or c`: at least two.
    Or(Vec<Expression>),
    /// `not a`.
    Not(Box<Expression>),
    /// Two values compared, or one tested.
    Test(Box<TestExpression>),
    /// `any items[] (…)`: the list with its `[]`, and what one element has to satisfy.
    Each(FieldPath, Box<Expression>),
    /// A word with arguments in parentheses.
    Call(Call),
    /// Two values computed with.
    Arithmetic(Arithmetic, Box<Expression>, Box<Expression>),
    /// A constant.
    Constant(Constant),
    /// A field.
    Path(FieldPath),
    /// What could not be read and has been reported.
    Wrong,
}

/// A comparison.
#[derive(Clone, Debug, PartialEq)]
pub struct TestExpression {
    /// How.
    pub operator: Operator,
    /// The operator's words.
    pub operator_span: Span,
    /// What stands before it.
    pub left: Expression,
    /// What stands behind it: nothing, a value, or two bounds.
    pub right: Vec<Expression>,
}

/// What can be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// What an operator looks at, or its value.
    Operator(Operator),
    /// When the cascade began.
    Now,
    /// The moment that a text means.
    Time,
}

impl Function {
    /// What a word calls, in any case.
    pub(super) fn of(word: &str) -> Option<Self> {
        let is = |other: &&str| other.eq_ignore_ascii_case(word);
        let called = |op: &&Operator| matches!(op.form(), Form::Call(words) if words.iter().any(is));
        match word {
            _ if is(&"now") => Some(Self::Now),
            _ if is(&"time") => Some(Self::Time),
            _ => Operator::ALL_OPERATORS.iter().find(called).copied().map(Self::Operator),
        }
    }

    /// The usual word.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Now => "now",
            Self::Time => "time",
            Self::Operator(operator) => operator.form().words().first().copied().unwrap_or_default(),
        }
    }

    /// The operator, if it is one.
    pub(crate) const fn operator(self) -> Option<Operator> {
        match self {
            Self::Operator(operator) => Some(operator),
            Self::Now | Self::Time => None,
        }
    }
}

/// A word with arguments.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// What is called.
    pub function: Function,
    /// The word.
    pub word: Span,
    /// The arguments.
    pub arguments: Vec<Expression>,
}

impl ExpressionKind {
    /// The height of an expression of this kind.
    pub(super) fn height(&self) -> usize {
        let tallest = |parts: &[Expression]| parts.iter().map(|part| part.height).max().unwrap_or(0);
        let below = match self {
            Self::And(parts) | Self::Or(parts) => tallest(parts),
            Self::Not(part) | Self::Each(_, part) => part.height,
            Self::Test(test) => test.left.height.max(tallest(&test.right)),
            Self::Call(call) => tallest(&call.arguments),
            Self::Arithmetic(_, left, right) => left.height.max(right.height),
            Self::Constant(_) | Self::Path(_) | Self::Wrong => 0,
        };
        below.saturating_add(1)
    }
}
