//! Operands: constants, fields, what is called, and what stands in parentheses.

use std::ops::Range;

use super::ast::{Call, Expression, ExpressionKind, Function};
use super::literal;
use super::parser::Parser;
use super::token::Token;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::field_path::Step;
use crate::model::Constant;
use crate::operators::{Arithmetic, Form, Level, Operator};
use crate::span::Span;

/// Words that are no fields where an operand belongs.
const JOINTS: [&str; 3] = ["and", "or", "in"];

impl Parser<'_> {
    pub(super) fn operand(&mut self) -> Expression {
        let Some((token, range)) = self.peek().cloned() else {
            let here = self.here();
            return self.fail("the expression ends too early", here, "expected a field, a value or `(`");
        };
        let span = self.span(&range);
        match token {
            Token::Word => self.word(&range, span),
            Token::Number | Token::Text | Token::RawText => {
                self.next();
                self.literal(token, &range, span, false)
            }
            Token::BadNumber => self.bad_number(&range, span),
            Token::Unclosed => {
                self.next();
                let message = "a text in quotes does not end";
                self.report(Diagnostic::new(Code::InvalidLiteral, message).label(span, "the quote is not closed"));
                self.wrong()
            }
            Token::Open => self.group(span),
            Token::OpenBracket => self.list(span),
            Token::OpenBrace => self.mapping(span),
            Token::Arithmetic if self.raw(&range) == "-" => self.negative(span),
            Token::Foreign if self.raw(&range) == "!" => {
                self.next();
                self.foreign_not(span);
                self.negated(span)
            }
            _ => {
                let shown = self.shown(&range);
                // What closes is left to whoever opened.
                if !matches!(token, Token::Close | Token::CloseBracket | Token::CloseBrace | Token::Comma) {
                    self.next();
                }
                self.fail(format!("`{shown}` stands where a value belongs"), span, "expected a field, a value or `(`")
            }
        }
    }

    fn foreign_not(&mut self, span: Span) {
        let diagnostic = Diagnostic::new(Code::ForeignOperator, "`!` is no operator here")
            .label(span, "did you mean `not`?")
            .fix(span, "not ");
        self.report(diagnostic);
    }

    fn negated(&mut self, span: Span) -> Expression {
        let inner = self.expression(Level::Not);
        let span = span.join(inner.span);
        self.node(span, ExpressionKind::Not(Box::new(inner)))
    }

    fn word(&mut self, range: &Range<usize>, span: Span) -> Expression {
        let raw = self.raw(range);
        let second = self.peek_second().map(|(token, _)| *token);
        let called = second == Some(Token::Open);
        let is = |word: &str| raw.eq_ignore_ascii_case(word);
        if is("not") {
            self.next();
            return self.negated(span);
        }
        if called && !JOINTS.iter().any(|word| is(word)) {
            return self.call(range, span);
        }
        if is("any") && second == Some(Token::Word) && !self.second_is_operator() {
            return self.each(span);
        }
        let follows_on = matches!(second, Some(Token::Dot | Token::OpenBracket));
        let constant = match () {
            () if follows_on => None,
            () if is("true") => Some(Constant::Bool(true)),
            () if is("false") => Some(Constant::Bool(false)),
            () if is("null") => Some(Constant::Null),
            () => None,
        };
        if let Some(constant) = constant {
            self.next();
            return self.node(span, ExpressionKind::Constant(constant));
        }
        if JOINTS.iter().any(|word| is(word)) && !follows_on {
            let message = format!("`{raw}` stands where a value belongs");
            self.report(
                Diagnostic::new(Code::InvalidExpression, message).label(span, "nothing stands before it to compare"),
            );
            return self.wrong();
        }
        self.field()
    }

    /// Whether the word behind this one is an operator: `any == 5` is about a field called `any`.
    fn second_is_operator(&self) -> bool {
        let Some((_, range)) = self.peek_second() else { return false };
        let raw = self.raw(range);
        let first = |words: &str| words.split(' ').next().is_some_and(|word| word.eq_ignore_ascii_case(raw));
        let mut infix = Operator::ALL_OPERATORS.iter().filter(|op| !matches!(op.form(), Form::Call(_)));
        infix.any(|op| op.form().words().iter().any(|words| first(words)))
    }

    /// `any items[] (…)`.
    fn each(&mut self, span: Span) -> Expression {
        self.next();
        let Some(path) = self.path() else { return self.wrong() };
        let end = path.places.last().copied().unwrap_or(span);
        if path.steps.last() != Some(&Step::Each) {
            let message = "`any` before parentheses takes a list with `[]`";
            return self.fail(message, end, "expected `[]`: `any items[] (items[].price > 10)`");
        }
        if !self.peek_is(Token::Open) {
            let here = self.here();
            return self.fail("what one element has to satisfy is missing", here, "expected `(`");
        }
        let open = self.here();
        let body = self.group(open);
        let span = span.join(body.span);
        self.node(span, ExpressionKind::Each(path, Box::new(body)))
    }

    /// A parenthesis and what it holds.
    fn group(&mut self, open: Span) -> Expression {
        self.next();
        let mut inner = self.expression(Level::Whole);
        let close = self.close(Token::Close, open, "`)`");
        inner.span = open.join(inner.span).join(close);
        inner
    }

    /// Takes what closes, and says so if it is not there.
    fn close(&mut self, token: Token, open: Span, sign: &str) -> Span {
        let here = self.here();
        if self.peek_is(token) {
            self.next();
            return here;
        }
        if self.gave_up() {
            return here;
        }
        if self.peek().is_some() {
            let message = format!("something else stands where {sign} belongs");
            self.report(Diagnostic::new(Code::InvalidExpression, message).label(here, format!("expected {sign}")));
            self.recover();
            if self.peek_is(token) {
                self.next();
            }
        } else {
            let message = format!("{sign} is missing at the end");
            self.report(
                Diagnostic::new(Code::InvalidExpression, message).label(open, "opened here").label(here, "not closed"),
            );
        }
        here
    }

    fn call(&mut self, word: &Range<usize>, span: Span) -> Expression {
        let raw = self.raw(word);
        let function = Function::of(raw);
        self.next();
        let open = self.here();
        self.next();
        let arguments = self.parts(Token::Close, |parser| parser.expression(Level::Whole));
        let close = self.close(Token::Close, open, "`)`");
        let whole = span.join(close);
        let Some(function) = function else {
            self.unknown_call(raw, span);
            return Expression { span: whole, ..self.wrong() };
        };
        self.node(whole, ExpressionKind::Call(Call { function, word: span, arguments }))
    }

    fn unknown_call(&mut self, raw: &str, span: Span) {
        let mut diagnostic = Diagnostic::new(Code::UnknownFunction, format!("nothing is called `{raw}`"));
        let near = if raw == "size" || raw == "len" { None } else { Operator::nearest(raw) };
        diagnostic = match near.map(|near| (near, near.form())) {
            Some((_, Form::Call([word, ..]))) => {
                diagnostic.label(span, format!("did you mean `{word}`?")).fix(span, *word)
            }
            Some((_, form)) => {
                let word = form.words().first().copied().unwrap_or_default();
                diagnostic.label(span, format!("write it as `… {word} …`"))
            }
            None => {
                let calls: Vec<_> = Operator::ALL_OPERATORS.iter().filter_map(|op| call_word(*op)).collect();
                diagnostic
                    .label(span, "no such word")
                    .help(format!("what takes parentheses: {}, time, now", calls.join(", ")))
            }
        };
        self.report(diagnostic);
    }

    /// Parts with commas between them, up to what closes.
    fn parts<T>(&mut self, close: Token, mut part: impl FnMut(&mut Self) -> T) -> Vec<T> {
        let mut parts = Vec::new();
        while !self.peek_is(close) && self.peek().is_some() {
            let before = self.position();
            parts.push(part(self));
            if !self.peek_is(Token::Comma) || self.position() == before {
                break;
            }
            self.next();
        }
        parts
    }

    /// A list of constants. One with a single text may be a key in quotes: `["a.b"].c`.
    fn list(&mut self, open: Span) -> Expression {
        if self.is_quoted_key() {
            return self.field();
        }
        self.next();
        let parts = self.parts(Token::CloseBracket, Self::constant);
        let close = self.close(Token::CloseBracket, open, "`]`");
        let constants: Option<Vec<_>> = parts.into_iter().collect();
        let span = open.join(close);
        match constants {
            Some(constants) => self.node(span, ExpressionKind::Constant(Constant::List(constants))),
            None => Expression { span, ..self.wrong() },
        }
    }

    fn is_quoted_key(&self) -> bool {
        let is = |by, token| self.ahead(by).is_some_and(|(next, _)| *next == token);
        is(1, Token::Text) && is(2, Token::CloseBracket) && (is(3, Token::Dot) || is(3, Token::OpenBracket))
    }

    fn mapping(&mut self, open: Span) -> Expression {
        self.next();
        let parts = self.parts(Token::CloseBrace, |parser| {
            let key = parser.constant()?;
            if !parser.peek_is(Token::Colon) {
                let here = parser.here();
                parser.fail("a key of a mapping has no value", here, "expected `:`");
                return None;
            }
            parser.next();
            Some((key, parser.constant()?))
        });
        let close = self.close(Token::CloseBrace, open, "`}`");
        let span = open.join(close);
        let mut entries: Vec<(String, Constant)> = Vec::new();
        for part in parts {
            match part {
                Some((Constant::Text(key), value)) if entries.iter().all(|(other, _)| *other != key) => {
                    entries.push((key, value));
                }
                Some(_) => {
                    let message = "keys of a mapping are texts, each once";
                    self.report(Diagnostic::new(Code::InvalidLiteral, message).label(span, "in this mapping"));
                    return Expression { span, ..self.wrong() };
                }
                None => return Expression { span, ..self.wrong() },
            }
        }
        self.node(span, ExpressionKind::Constant(Constant::Map(entries)))
    }

    /// A constant inside a list or mapping.
    fn constant(&mut self) -> Option<Constant> {
        let part = self.expression(Level::Sum);
        match part.kind {
            ExpressionKind::Constant(constant) => Some(constant),
            ExpressionKind::Wrong => None,
            // `["a.b"]` reads as a list where a list stands in a list.
            _ => {
                let message = "lists and mappings hold constants";
                let diagnostic = Diagnostic::new(Code::InvalidLiteral, message)
                    .label(part.span, "not a constant")
                    .help("put quotes around text");
                self.report(diagnostic);
                None
            }
        }
    }

    /// `-` before a number is part of it; before anything else it takes it from 0.
    fn negative(&mut self, span: Span) -> Expression {
        self.next();
        if let Some((Token::Number, range)) = self.peek().cloned() {
            self.next();
            let whole = span.join(self.span(&range));
            return self.literal(Token::Number, &range, whole, true);
        }
        let inner = self.expression(Level::Negation);
        let whole = span.join(inner.span);
        let zero = self.node(Span::at(span.start), ExpressionKind::Constant(Constant::Int("0".to_owned())));
        self.node(whole, ExpressionKind::Arithmetic(Arithmetic::Sub, Box::new(zero), Box::new(inner)))
    }

    fn literal(&mut self, token: Token, range: &Range<usize>, span: Span, negative: bool) -> Expression {
        let raw = self.raw(range);
        let decoded = match token {
            Token::Number if raw.len() > self.limits.number_digits => {
                let message = format!("a number has more than {} digits", self.limits.number_digits);
                self.report(Diagnostic::new(Code::NumberTooLong, message).label(span, "this number"));
                return self.wrong();
            }
            Token::Number => literal::number(raw, negative),
            Token::RawText => {
                let inner = raw.get(2..raw.len().saturating_sub(1)).unwrap_or_default();
                Ok(Constant::Text(inner.to_owned()))
            }
            _ => literal::text(raw).map(Constant::Text),
        };
        match decoded {
            Ok(constant) => self.node(span, ExpressionKind::Constant(constant)),
            Err(fault) => {
                let start = range.start.saturating_add(fault.offset);
                let place = self.span(&(start..start.saturating_add(fault.length)));
                let shown = self.shown(range);
                let mut diagnostic = Diagnostic::new(Code::InvalidLiteral, format!("`{shown}` cannot be read"))
                    .label(place, fault.label);
                diagnostic.help = fault.help.map(str::to_owned);
                self.report(diagnostic);
                Expression { span, ..self.wrong() }
            }
        }
    }

    fn bad_number(&mut self, range: &Range<usize>, span: Span) -> Expression {
        self.next();
        let shown = self.shown(range);
        let diagnostic = Diagnostic::new(Code::InvalidLiteral, format!("`{shown}` is no number"))
            .label(span, "digits and letters together")
            .help("numbers are decimal: 1000, 0.5, 1e3; a duration is text: \"30d\"");
        self.report(diagnostic);
        Expression { span, ..self.wrong() }
    }
}

fn call_word(operator: Operator) -> Option<&'static str> {
    match operator.form() {
        Form::Call(words) => words.first().copied(),
        _ => None,
    }
}
