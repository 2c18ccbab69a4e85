//! The Pratt parser: operands from [`super::prefix`], operators from [`super::infix`], and the order between them.

use std::ops::Range;

use super::ast::{Expression, ExpressionKind, TestExpression};
use super::infix::Infix;
use super::token::{Token, tokens};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::limits::Limits;
use crate::operators::{Form, Level, Operator};
use crate::span::Span;
use crate::yaml::Offsets;

/// A token with its bytes in the text.
pub(super) type Placed = (Token, Range<usize>);

pub(super) struct Parser<'t> {
    pub(super) text: &'t str,
    pub(super) limits: &'t Limits,
    offsets: &'t Offsets,
    tokens: Vec<Placed>,
    at: usize,
    depth: usize,
    /// Reading has been given up because of the nesting, which has been reported.
    too_deep: bool,
    diagnostics: Vec<Diagnostic>,
}

impl<'t> Parser<'t> {
    pub(super) fn new(text: &'t str, offsets: &'t Offsets, limits: &'t Limits) -> Self {
        let tokens = tokens(text);
        Self { text, limits, offsets, tokens, at: 0, depth: 0, too_deep: false, diagnostics: Vec::new() }
    }

    /// The whole text as one expression.
    pub(super) fn whole(mut self) -> (Expression, Vec<Diagnostic>) {
        let mut expression = self.expression(Level::Whole);
        while let (Some(_), false) = (self.peek(), self.too_deep) {
            self.leftover();
            // Mistakes behind the first are worth reporting as well.
            if self.peek().is_some() {
                let more = self.expression(Level::Whole);
                let span = expression.span.join(more.span);
                expression = self.node(span, ExpressionKind::And(vec![expression, more]));
            }
        }
        (expression, self.diagnostics)
    }

    /// Something stands where an operator or the end belongs.
    fn leftover(&mut self) {
        let Some((token, range)) = self.next() else { return };
        let span = self.span(&range);
        if self.diagnostics.last().is_some_and(|last| last.span() == span) {
            return;
        }
        let shown = self.shown(&range);
        let diagnostic = match token {
            Token::Close | Token::CloseBracket | Token::CloseBrace => {
                Diagnostic::new(Code::InvalidExpression, format!("`{shown}` closes nothing")).label(span, "not open")
            }
            _ => Diagnostic::new(Code::InvalidExpression, format!("`{shown}` follows where an operator belongs"))
                .label(span, "expected an operator, `and`, `or` or the end"),
        };
        self.report(diagnostic);
        self.recover();
        if self.next_is_joint() {
            self.next();
        }
    }

    /// An expression of operators that bind at least as tightly as `level`.
    pub(super) fn expression(&mut self, level: Level) -> Expression {
        self.depth = self.depth.saturating_add(1);
        let result = if self.depth > self.limits.nesting() { self.give_up() } else { self.operators(level) };
        self.depth = self.depth.saturating_sub(1);
        result
    }

    fn operators(&mut self, level: Level) -> Expression {
        let mut left = self.operand();
        let mut compared = false;
        while !self.too_deep
            && let Some(infix) = self.infix()
        {
            let binding = infix.level();
            if binding < level || (compared && binding > Level::Comparison) {
                self.at = infix.start();
                break;
            }
            if binding == Level::Comparison {
                if compared {
                    self.two_comparisons(&infix);
                    // What is wrong has been said; the first comparison is no value of the second.
                    left.kind = ExpressionKind::Wrong;
                }
                compared = true;
            }
            left = match infix {
                Infix::Logic { operator, .. } => self.joined(left, operator),
                Infix::Arithmetic { operator, .. } => {
                    let right = self.expression(operator.level().tighter());
                    let span = left.span.join(right.span);
                    self.node(span, ExpressionKind::Arithmetic(operator, Box::new(left), Box::new(right)))
                }
                Infix::Test { operator, span, .. } => self.test(left, operator, span),
            };
        }
        left
    }

    /// `and` and `or` take all they join into one list.
    fn joined(&mut self, left: Expression, operator: Operator) -> Expression {
        let right = self.expression(operator.level().tighter());
        let span = left.span.join(right.span);
        // What is joined is not looked through again, so that a long row takes no longer than its length.
        let height = left.height.max(right.height.saturating_add(1));
        let height = if operator.level() == left.level() { height } else { height.max(left.height.saturating_add(1)) };
        let both = |mut parts: Vec<Expression>| {
            parts.push(right);
            parts
        };
        let kind = match (operator, left.kind) {
            (Operator::And, ExpressionKind::And(parts)) => ExpressionKind::And(both(parts)),
            (Operator::Or, ExpressionKind::Or(parts)) => ExpressionKind::Or(both(parts)),
            (operator, kind) => {
                let parts = both(vec![Expression { kind, ..left }]);
                if operator == Operator::And { ExpressionKind::And(parts) } else { ExpressionKind::Or(parts) }
            }
        };
        if height > self.limits.nesting() { self.give_up() } else { Expression { span, kind, height } }
    }

    fn test(&mut self, left: Expression, operator: Operator, operator_span: Span) -> Expression {
        let right = match operator.form() {
            Form::Postfix(_) => Vec::new(),
            Form::Range(_) => {
                let low = self.expression(Level::Sum);
                if self.word_is("and") {
                    self.next();
                    vec![low, self.expression(Level::Sum)]
                } else {
                    let message = "`between` takes two bounds with `and` between them";
                    let end = Span::at(low.span.end);
                    self.report(Diagnostic::new(Code::InvalidExpression, message).label(end, "expected `and`"));
                    let wrong = self.wrong();
                    vec![low, wrong]
                }
            }
            _ => vec![self.expression(Level::Sum)],
        };
        let span = right.last().map_or(operator_span, |last| last.span.join(operator_span)).join(left.span);
        self.node(span, ExpressionKind::Test(Box::new(TestExpression { operator, operator_span, left, right })))
    }

    fn two_comparisons(&mut self, infix: &Infix) {
        let message = "two comparisons stand in a row";
        let diagnostic = Diagnostic::new(Code::InvalidExpression, message)
            .label(infix.span(), "the second")
            .help("join them with `and`; `a between 1 and 5` asks for a range");
        self.report(diagnostic);
    }

    /// A node; one that is nested too deeply is reported and replaced.
    pub(super) fn node(&mut self, span: Span, kind: ExpressionKind) -> Expression {
        let height = kind.height();
        if height > self.limits.nesting() {
            return self.give_up();
        }
        Expression { span, kind, height }
    }

    fn give_up(&mut self) -> Expression {
        if !self.too_deep {
            let limit = self.limits.nesting();
            let message = format!("the expression is nested deeper than {limit} levels");
            let here = self.here();
            self.report(Diagnostic::new(Code::TooDeep, message).label(here, "the limit is crossed here"));
        }
        self.too_deep = true;
        self.at = self.tokens.len();
        self.wrong()
    }

    pub(super) fn wrong(&self) -> Expression {
        Expression { span: self.here(), kind: ExpressionKind::Wrong, height: 1 }
    }

    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Reports what cannot be read at a place, leaves out what belongs to it, and stands something in for it.
    pub(super) fn fail(&mut self, message: impl Into<String>, span: Span, label: impl Into<String>) -> Expression {
        self.report(Diagnostic::new(Code::InvalidExpression, message).label(span, label));
        let wrong = self.wrong();
        self.recover();
        wrong
    }

    /// Leaves out tokens up to the next place where an operand may have ended. What is open is left out as a whole.
    pub(super) fn recover(&mut self) {
        let mut open = 0_usize;
        while let Some((token, _)) = self.peek() {
            match token {
                Token::Open | Token::OpenBracket | Token::OpenBrace => open = open.saturating_add(1),
                Token::Close | Token::CloseBracket | Token::CloseBrace if open > 0 => open = open.saturating_sub(1),
                Token::Close | Token::CloseBracket | Token::CloseBrace | Token::Comma if open == 0 => return,
                _ if open == 0 && self.next_is_joint() => return,
                _ => {}
            }
            self.next();
        }
    }

    fn next_is_joint(&self) -> bool {
        self.word_is("and") || self.word_is("or")
    }

    pub(super) fn peek(&self) -> Option<&Placed> {
        self.tokens.get(self.at)
    }

    pub(super) fn peek_second(&self) -> Option<&Placed> {
        self.tokens.get(self.at.saturating_add(1))
    }

    pub(super) fn peek_is(&self, token: Token) -> bool {
        self.peek().is_some_and(|(next, _)| *next == token)
    }

    pub(super) fn next(&mut self) -> Option<Placed> {
        let next = self.tokens.get(self.at).cloned();
        self.at = self.at.saturating_add(usize::from(next.is_some()));
        next
    }

    /// Whether reading has been given up.
    pub(super) const fn gave_up(&self) -> bool {
        self.too_deep
    }

    pub(super) const fn position(&self) -> usize {
        self.at
    }

    pub(super) const fn go_to(&mut self, position: usize) {
        self.at = position;
    }

    /// The token so many behind the next.
    pub(super) fn ahead(&self, by: usize) -> Option<&Placed> {
        self.tokens.get(self.at.saturating_add(by))
    }

    /// Whether the next token is this word, in any case.
    pub(super) fn word_is(&self, word: &str) -> bool {
        self.peek().is_some_and(|(token, range)| *token == Token::Word && self.raw(range).eq_ignore_ascii_case(word))
    }

    pub(super) fn raw(&self, range: &Range<usize>) -> &'t str {
        self.text.get(range.clone()).unwrap_or_default()
    }

    /// A token's text for messages.
    pub(super) fn shown(&self, range: &Range<usize>) -> String {
        self.raw(range).chars().take(40).collect()
    }

    pub(super) fn span(&self, range: &Range<usize>) -> Span {
        self.offsets.span(range)
    }

    /// The place of the next token, or the end.
    pub(super) fn here(&self) -> Span {
        let end = self.text.trim_end().len();
        self.peek().map_or_else(|| self.offsets.span(&(end..end)), |(_, range)| self.offsets.span(range))
    }
}
