//! Expressions as text: the usual spelling, and no parenthesis that the order of operators makes needless.

use std::fmt;

use super::ast::{Call, Expression, ExpressionKind, TestExpression};
use crate::model::Constant;
use crate::operators::{Arithmetic, Level, Operator};

/// As it would be written; what could not be read is `…`.
impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ExpressionKind::And(parts) => joined(parts, Operator::And, f),
            ExpressionKind::Or(parts) => joined(parts, Operator::Or, f),
            ExpressionKind::Not(part) => {
                f.write_str("not ")?;
                part.inside(Level::Not, f)
            }
            ExpressionKind::Test(test) => test.print(f),
            ExpressionKind::Each(list, body) => write!(f, "any {list} ({body})"),
            ExpressionKind::Call(call) => call.print(f),
            ExpressionKind::Arithmetic(operator, left, right) => {
                left.inside(operator.level(), f)?;
                write!(f, " {} ", operator.symbol())?;
                right.inside(operator.level().tighter(), f)
            }
            ExpressionKind::Constant(constant) => constant.print(f),
            ExpressionKind::Path(path) => write!(f, "{path}"),
            ExpressionKind::Wrong => f.write_str("…"),
        }
    }
}

fn joined(parts: &[Expression], operator: Operator, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            write!(f, " {} ", word(operator))?;
        }
        part.inside(operator.level().tighter(), f)?;
    }
    Ok(())
}

/// The usual word of an operator.
pub(super) fn word(operator: Operator) -> &'static str {
    operator.form().words().first().copied().unwrap_or_default()
}

impl Expression {
    pub(super) fn level(&self) -> Level {
        match &self.kind {
            ExpressionKind::And(_) => Level::And,
            ExpressionKind::Or(_) => Level::Or,
            ExpressionKind::Not(_) => Level::Not,
            ExpressionKind::Test(_) => Level::Comparison,
            ExpressionKind::Arithmetic(operator, ..) => operator.level(),
            _ => Level::Negation,
        }
    }

    /// As part of something that binds so tightly.
    fn inside(&self, level: Level, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.level() >= level {
            return write!(f, "{self}");
        }
        // In parentheses, each minus of several would take two levels of the nesting that a reader allows, instead of one.
        match self.negated() {
            Some(part) => {
                f.write_str("-")?;
                part.inside(Level::Negation, f)
            }
            None => write!(f, "({self})"),
        }
    }

    /// What a minus stands before, unless it would be read as the sign of a number.
    fn negated(&self) -> Option<&Self> {
        match &self.kind {
            ExpressionKind::Arithmetic(Arithmetic::Sub, zero, part) => {
                let is_zero = matches!(&zero.kind, ExpressionKind::Constant(Constant::Int(digits)) if digits == "0");
                (is_zero && !matches!(part.kind, ExpressionKind::Constant(_))).then_some(part)
            }
            _ => None,
        }
    }
}

impl TestExpression {
    fn print(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.left.inside(Level::Sum, f)?;
        write!(f, " {}", word(self.operator))?;
        for (at, part) in self.right.iter().enumerate() {
            f.write_str(if at > 0 { " and " } else { " " })?;
            part.inside(Level::Sum, f)?;
        }
        Ok(())
    }
}

impl Call {
    fn print(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}(", self.function.word())?;
        for (at, argument) in self.arguments.iter().enumerate() {
            write!(f, "{}{argument}", if at > 0 { ", " } else { "" })?;
        }
        f.write_str(")")
    }
}

impl Constant {
    /// As expressions write it.
    pub fn to_expression(&self) -> String {
        struct Shown<'c>(&'c Constant);
        impl fmt::Display for Shown<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.print(f)
            }
        }
        Shown(self).to_string()
    }

    /// As expressions write it. Recursion is as deep as the constant, which the reader limits.
    fn print(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(digits) => f.write_str(digits),
            Self::Float(value) if value.is_infinite() => f.write_str(if *value > 0.0 { "1e999" } else { "-1e999" }),
            Self::Float(value) => write!(f, "{value:?}"),
            Self::Text(text) => write!(f, "{}", serde_json::Value::from(text.as_str())),
            Self::List(items) => {
                f.write_str("[")?;
                for (at, item) in items.iter().enumerate() {
                    f.write_str(if at > 0 { ", " } else { "" })?;
                    item.print(f)?;
                }
                f.write_str("]")
            }
            Self::Map(entries) => {
                f.write_str("{")?;
                for (at, (key, value)) in entries.iter().enumerate() {
                    write!(f, "{}{}: ", if at > 0 { ", " } else { "" }, serde_json::Value::from(key.as_str()))?;
                    value.print(f)?;
                }
                f.write_str("}")
            }
        }
    }
}
