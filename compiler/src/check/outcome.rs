//! `outcome` of a cascade: the verdict where no `terminate` carries one, as rules of which the first that holds gives it.

use super::Checker;
use super::constant::constant;
use super::value::{Value, ValueKind};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::expression::{Expression, ExpressionKind};
use crate::field_path::Step;
use crate::model::{ActionModel, Condition, ConditionNode, Constant, RuleKind, RuleModel, RuleRef};
use crate::span::Span;
use crate::syntax::{Fields, OUTCOME_CASE, Word, mapping};
use crate::yaml::{Node, NodeKind};

/// What the rule of an outcome that is one expression is called; cases are called `outcome_N`, counted from 0.
const NAME: &str = "outcome";

/// Signs that no path has outside its brackets.
const NO_PATH: [char; 14] = [' ', '(', ')', '{', '"', '\'', '<', '>', '=', '!', '+', '*', '/', '%'];

/// What an expression comes to.
enum Said {
    /// True or false.
    Condition(Condition),
    Value(ActionModel),
}

impl<'n> Checker<'_, 'n> {
    /// `outcome` of a cascade: an expression, or a list of cases.
    pub(super) fn outcome(&mut self, node: Option<&'n Node>) -> Vec<RuleRef> {
        let Some(node) = node.filter(|node| node.kind != NodeKind::Null) else { return Vec::new() };
        let models = match &node.kind {
            NodeKind::Seq(cases) => self.cases(cases),
            NodeKind::Map(_) => {
                let diagnostic = Diagnostic::new(Code::WrongType, "`outcome` is an expression or a list of cases")
                    .label(self.head(node), "a mapping")
                    .help("outcome:\n  - {when: amount > 1000, value: review}\n  - {value: allow}");
                self.report(diagnostic);
                Vec::new()
            }
            _ => self.said(node, "outcome").map(|said| one(said, node.span)).into_iter().collect(),
        };
        models.into_iter().map(|model| self.rules.push(model)).collect()
    }

    fn cases(&mut self, cases: &'n [Node]) -> Vec<RuleModel> {
        let mut models = Vec::with_capacity(cases.len());
        let mut last: Option<Span> = None;
        for (order, node) in (0_u32..).zip(cases) {
            let Some(fields) = mapping(self, node, &OUTCOME_CASE) else { continue };
            if let Some(last) = last {
                let diagnostic = Diagnostic::new(Code::ShadowedRule, "a case that is never asked")
                    .label(self.head(node), "the one before always gives its value")
                    .label(last, "no condition");
                self.report(diagnostic);
            }
            let always = fields.get("when").is_none() && fields.get("condition").is_none();
            if always {
                last = Some(fields.head);
            }
            let condition = if always { Some(always_at(node.span)) } else { self.rule_condition(&fields) };
            let (condition, action) = (condition, self.given(&fields));
            let (Some(condition), Some(action)) = (condition, action) else { continue };
            let plain = RuleModel::plain(format!("{NAME}_{order}"), RuleKind::Outcome, order, condition, action);
            models.push(RuleModel { span: node.span, ..plain });
        }
        models
    }

    /// What a case gives: a constant under `value`, or an expression.
    fn given(&mut self, fields: &Fields<'n>) -> Option<ActionModel> {
        let (value, text) = (fields.get("value"), fields.get("expression"));
        if let (Some(_), Some(span)) = (value, fields.key_span("expression")) {
            let message = "a case has both `value` and `expression`";
            self.report(Diagnostic::new(Code::TwoOperands, message).label(span, "remove one of the two"));
            return None;
        }
        if let Some(value) = value {
            return Some(ActionModel::Emit(constant(value)));
        }
        let node = text.or_else(|| fields.required(self, "value"))?;
        match self.said(node, "expression")? {
            Said::Value(action) => Some(action),
            Said::Condition(condition) => {
                let diagnostic = Diagnostic::new(Code::NotACondition, "a case gives a value, this is a condition")
                    .label(condition.span, "true or false")
                    .help("`{when: …, value: true}`, then `{value: false}`");
                self.report(diagnostic);
                None
            }
        }
    }

    /// What a text says: a path as `field` has it, or an expression.
    fn said(&mut self, node: &'n Node, key: &str) -> Option<Said> {
        if matches!(node.kind, NodeKind::Int(_) | NodeKind::Float(_) | NodeKind::Bool(_)) {
            return Some(Said::Value(ActionModel::Emit(constant(node))));
        }
        let word = self.text(node, key)?;
        if is_path(word.text) {
            let path = self.written_path(word)?;
            return self.value_said(&Value { span: node.span, kind: ValueKind::Path(path) });
        }
        self.expression_said(word)
    }

    fn expression_said(&mut self, word: Word<'_>) -> Option<Said> {
        let (expression, whole) = self.read_expression(word);
        let said = if is_condition(&expression) {
            Said::Condition(Condition { span: word.span(), ..self.asked(&expression)? })
        } else {
            let value = self.value(&expression, true)?;
            self.value_said(&value)?
        };
        whole.then_some(said)
    }

    /// A value as an outcome: one, and no list of what elements have.
    fn value_said(&mut self, value: &Value) -> Option<Said> {
        if let Some(constant) = value.constant() {
            return Some(Said::Value(ActionModel::Emit(constant.clone())));
        }
        let mut paths = Vec::new();
        value.paths(&mut paths);
        for path in paths {
            if let Some(at) = path.steps.iter().position(|step| *step == Step::Each) {
                let message = format!("the path `{path}` has many values where one belongs");
                let diagnostic = Diagnostic::new(Code::ElementPath, message);
                self.report(diagnostic.label(path.place(at), "every element of the list"));
                return None;
            }
        }
        let expr = self.expr(value)?;
        Some(Said::Value(ActionModel::Give { value: expr, span: value.span }))
    }
}

/// Whether a text is a path as `field` has it: no sign of an operator stands outside of its brackets.
fn is_path(text: &str) -> bool {
    let (mut inside, mut quoted) = (false, false);
    !text.starts_with('[')
        && text.chars().all(|character| {
            match character {
                '"' if inside => quoted = !quoted,
                '[' if !quoted => inside = true,
                ']' if !quoted => inside = false,
                other if !inside => return !NO_PATH.contains(&other),
                _ => {}
            }
            true
        })
}

/// The rule of an outcome that is one expression: a condition gives true or false.
fn one(said: Said, span: Span) -> RuleModel {
    let rule = |condition, action| {
        let plain = RuleModel::plain(NAME.to_owned(), RuleKind::Outcome, 0, condition, action);
        RuleModel { span, ..plain }
    };
    match said {
        Said::Value(action) => rule(always_at(span), action),
        Said::Condition(condition) => RuleModel {
            otherwise: Some(ActionModel::Emit(Constant::Bool(false))),
            ..rule(condition, ActionModel::Emit(Constant::Bool(true)))
        },
    }
}

/// What asks nothing and holds.
const fn always_at(span: Span) -> Condition {
    Condition { span, node: ConditionNode::All(Vec::new()) }
}

const fn is_condition(expression: &Expression) -> bool {
    matches!(
        expression.kind,
        ExpressionKind::And(_)
            | ExpressionKind::Or(_)
            | ExpressionKind::Not(_)
            | ExpressionKind::Test(_)
            | ExpressionKind::Each(..)
    )
}
