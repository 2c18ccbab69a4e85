//! What stands behind an operand: the words and signs of the operator table, and those that others have for them.

use super::parser::Parser;
use super::token::Token;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::operators::{Arithmetic, Form, Level, Operator};
use crate::span::Span;

/// An operator behind an operand; `start` is where it began, to go back to.
pub(super) enum Infix {
    Logic { operator: Operator, span: Span, start: usize },
    Arithmetic { operator: Arithmetic, span: Span, start: usize },
    Test { operator: Operator, span: Span, start: usize },
}

impl Infix {
    pub(super) const fn level(&self) -> Level {
        match self {
            Self::Logic { operator, .. } | Self::Test { operator, .. } => operator.level(),
            Self::Arithmetic { operator, .. } => operator.level(),
        }
    }

    pub(super) const fn start(&self) -> usize {
        match self {
            Self::Logic { start, .. } | Self::Arithmetic { start, .. } | Self::Test { start, .. } => *start,
        }
    }

    pub(super) const fn span(&self) -> Span {
        match self {
            Self::Logic { span, .. } | Self::Arithmetic { span, .. } | Self::Test { span, .. } => *span,
        }
    }

    fn of(operator: Operator, span: Span, start: usize) -> Self {
        if operator.level() == Level::Comparison {
            Self::Test { operator, span, start }
        } else {
            Self::Logic { operator, span, start }
        }
    }
}

impl Parser<'_> {
    /// Takes the operator that stands here, if one does. A wrong one that has an evident meaning is reported and taken for
    /// what it means.
    pub(super) fn infix(&mut self) -> Option<Infix> {
        let start = self.position();
        let (token, range) = self.peek()?.clone();
        let raw = self.raw(&range);
        match token {
            Token::Compare => {
                self.next();
                Operator::parse(raw).map(|operator| Infix::of(operator, self.span(&range), start))
            }
            Token::Arithmetic => {
                self.next();
                let operator = Arithmetic::ALL.iter().copied().find(|operator| operator.symbol() == raw)?;
                Some(Infix::Arithmetic { operator, span: self.span(&range), start })
            }
            Token::Foreign => {
                let operator = Operator::nearest(raw).filter(|operator| *operator != Operator::Not)?;
                self.next();
                let span = self.span(&range);
                self.foreign(raw, operator, span);
                Some(Infix::of(operator, span, start))
            }
            Token::Word => self.word_operator(start).or_else(|| self.wrong_word(start)),
            _ => None,
        }
    }

    /// The operator whose words stand here; of several the longest.
    fn word_operator(&mut self, start: usize) -> Option<Infix> {
        let mut best: Option<(Operator, usize)> = None;
        for operator in Operator::ALL_OPERATORS {
            if matches!(operator.form(), Form::Prefix(_) | Form::Call(_)) {
                continue;
            }
            for words in operator.form().words() {
                if let Some(count) = self.words_ahead(words)
                    && best.is_none_or(|(_, most)| count > most)
                {
                    best = Some((*operator, count));
                }
            }
        }
        let (operator, count) = best?;
        let span = self.take(count);
        Some(Infix::of(operator, span, start))
    }

    /// How many tokens the words are, if they stand here.
    fn words_ahead(&self, words: &str) -> Option<usize> {
        let mut count = 0_usize;
        for word in words.split(' ') {
            let (token, range) = self.ahead(count)?;
            if *token != Token::Word || !self.raw(range).eq_ignore_ascii_case(word) {
                return None;
            }
            count = count.saturating_add(1);
        }
        Some(count)
    }

    /// Takes some tokens; the place of them all.
    fn take(&mut self, count: usize) -> Span {
        let mut span: Option<Span> = None;
        for _ in 0..count {
            if let Some((_, range)) = self.next() {
                let next = self.span(&range);
                span = Some(span.map_or(next, |span| span.join(next)));
            }
        }
        span.unwrap_or_default()
    }

    /// Words that mean an operator elsewhere: `is`, `equals`, `is not`, `startswith`, `not contains`.
    fn wrong_word(&mut self, start: usize) -> Option<Infix> {
        if self.word_is("not") {
            let span = self.take(1);
            let inner = self.word_operator(start)?;
            let Infix::Test { operator, span: word, .. } = inner else {
                self.go_to(start);
                return None;
            };
            let spelling = operator.form().words().first().copied().unwrap_or_default();
            let diagnostic = Diagnostic::new(Code::ForeignOperator, format!("`not {spelling}` is no operator"))
                .label(span.join(word), "`not` stands before the whole comparison")
                .help(format!("write `not (… {spelling} …)`; it also holds where the field is missing"));
            self.report(diagnostic);
            return Some(Infix::of(operator, word, start));
        }
        let (count, operator) = match () {
            () if self.words_ahead("is not").is_some() => (2, Operator::Ne),
            () => {
                let (_, range) = self.peek()?;
                (1, Operator::nearest(self.raw(range)).filter(|operator| is_infix(*operator))?)
            }
        };
        let raw = self.take_raw(count);
        let span = raw.1;
        self.foreign(&raw.0, operator, span);
        Some(Infix::of(operator, span, start))
    }

    fn take_raw(&mut self, count: usize) -> (String, Span) {
        let words: Vec<_> = (0..count).filter_map(|by| self.ahead(by)).map(|(_, range)| self.raw(range)).collect();
        (words.join(" "), self.take(count))
    }

    /// Reports another language's operator with the one it means here.
    pub(super) fn foreign(&mut self, raw: &str, operator: Operator, span: Span) {
        let word = operator.form().words().first().copied().unwrap_or_default();
        let diagnostic = Diagnostic::new(Code::ForeignOperator, format!("`{raw}` is no operator here"))
            .label(span, format!("did you mean `{word}`?"))
            .fix(span, word);
        self.report(diagnostic);
    }
}

const fn is_infix(operator: Operator) -> bool {
    matches!(operator.form(), Form::Infix(_) | Form::Postfix(_) | Form::Range(_))
}
