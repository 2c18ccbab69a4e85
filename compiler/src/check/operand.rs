//! Operands: what an operator can never work with is an error, what makes the answer certain is a warning.

use cascata_vm::ops::Network;

use super::Checker;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::model::{CompareOp, Constant, Operator};
use crate::operators::{Family, OperandRule, is_ordering};
use crate::span::Span;

impl Constant {
    /// What it is, in the words of messages.
    pub(super) const fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Int(_) | Self::Float(_) => "a number",
            Self::Text(_) => "text",
            Self::List(_) => "a list",
            Self::Map(_) => "a mapping",
        }
    }

    pub(super) const fn is_number(&self) -> bool {
        matches!(self, Self::Int(_) | Self::Float(_) | Self::Bool(_))
    }

    pub(super) const fn is_ordered(&self) -> bool {
        self.is_number() || matches!(self, Self::Text(_) | Self::List(_))
    }
}

impl Constant {
    /// Whether it is a number or text that is above the other one of its kind.
    pub(super) fn exceeds(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text(one), Self::Text(other)) => one > other,
            (Self::Int(_) | Self::Float(_), Self::Int(_) | Self::Float(_)) => {
                crate::back::compare_numbers(self, other).is_gt()
            }
            _ => false,
        }
    }
}

/// A network as text, or a list of at least one.
fn is_networks(operand: &Constant) -> bool {
    let network = |one: &Constant| matches!(one, Constant::Text(text) if Network::parse(text).is_some());
    match operand {
        Constant::List(all) => !all.is_empty() && all.iter().all(network),
        one => network(one),
    }
}

impl Checker<'_, '_> {
    /// Whether the operator can ever succeed with the operand; what is wrong or odd is reported.
    pub(super) fn operand(
        &mut self,
        op: Operator,
        compare: CompareOp,
        operand: &Constant,
        value: Option<Span>,
        operator: Span,
    ) -> bool {
        let possible = match op.operand() {
            // Moments and durations are numbers by the time they get here.
            OperandRule::None | OperandRule::Any | OperandRule::Moment | OperandRule::Duration => true,
            OperandRule::Ordered => operand.is_ordered(),
            OperandRule::Container => matches!(operand, Constant::List(_) | Constant::Text(_) | Constant::Map(_)),
            OperandRule::Pattern => matches!(operand, Constant::Text(_)),
            OperandRule::Text => matches!(operand, Constant::Text(_)),
            OperandRule::Networks => is_networks(operand),
            OperandRule::Number => operand.is_number(),
            OperandRule::Bounds => matches!(operand, Constant::List(bounds) if bounds.len() == 2),
        };
        if !possible {
            self.impossible(op.spelling(), op.operand().words(), operand, value, operator);
            return false;
        }
        // Quantifiers never fail: an element without an order to the operand just does not satisfy the comparison.
        let ordered = op.family() == Family::Statistic && is_ordering(compare);
        if ordered && !self.ordered_compare(op, compare, operand, value, operator) {
            return false;
        }
        self.certain(op, compare, operand, value, operator);
        true
    }

    fn ordered_compare(
        &mut self,
        op: Operator,
        compare: CompareOp,
        operand: &Constant,
        value: Option<Span>,
        operator: Span,
    ) -> bool {
        let numeric = matches!(op, Operator::Sum | Operator::Avg | Operator::Count);
        let possible = if numeric { operand.is_number() } else { operand.is_ordered() };
        if !possible {
            let wanted = if numeric { "a number" } else { OperandRule::Ordered.words() };
            let owner = format!("{} with `compare: \"{}\"`", op.spelling(), compare.symbol());
            self.impossible(&owner, wanted, operand, value, operator);
        }
        possible
    }

    /// Reports an operand that an operator can never work with.
    pub(super) fn impossible(
        &mut self,
        owner: &str,
        wanted: &str,
        operand: &Constant,
        value: Option<Span>,
        operator: Span,
    ) {
        let diagnostic = match value {
            Some(span) => {
                let message = format!("{owner} never works with {}", operand.type_name());
                Diagnostic::new(Code::ImpossibleOperand, message).label(span, format!("expected {wanted}"))
            }
            None => Diagnostic::new(Code::ImpossibleOperand, format!("{owner} needs a `value`"))
                .label(operator, format!("`value` is missing: {wanted}")),
        };
        self.report(diagnostic);
    }

    /// Warns where the answer does not depend on the field's value.
    fn certain(&mut self, op: Operator, compare: CompareOp, operand: &Constant, value: Option<Span>, operator: Span) {
        let span = value.unwrap_or(operator);
        if op.family() == Family::Membership {
            let (asks, instead) = match operand {
                Constant::Text(_) => {
                    ("whether the field is a part of this text", "for one of several values write a list")
                }
                Constant::Map(_) => {
                    ("whether the field is a key of this mapping", "for one of several values write a list")
                }
                _ => return,
            };
            let message = format!("{} asks {asks}", op.spelling());
            self.report(Diagnostic::new(Code::TextMembership, message).label(span, "not a list").help(instead));
            return;
        }
        let numeric = matches!(op, Operator::Sum | Operator::Avg | Operator::Count);
        let message = match op {
            Operator::Eq if *operand == Constant::Null => {
                "nothing equals null, a missing field makes `==` false".to_owned()
            }
            _ if numeric && compare == CompareOp::Eq && !operand.is_number() => {
                format!("{} is a number and never equals {}", op.spelling(), operand.type_name())
            }
            _ => return,
        };
        let mut diagnostic = Diagnostic::new(Code::ConstantCondition, message).label(span, "never holds");
        if op == Operator::Eq {
            diagnostic = diagnostic.help("to ask whether a field is missing or null use IS_NULL");
        }
        self.report(diagnostic);
    }
}
