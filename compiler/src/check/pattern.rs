//! Patterns of `MATCHES`: translated while checking, so that a wrong one is reported with its place.

use std::borrow::Cow;
use std::collections::HashMap;

use super::Checker;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::regex::literal::{self, Literal};
use crate::regex::{PatternError, PatternErrorKind, translate};
use crate::span::Span;
use crate::yaml::Node;

/// The patterns met so far; cascades use the same one again and again, and translating measures what it compiles to.
#[derive(Debug, Default)]
pub(super) struct Patterns(HashMap<String, Result<String, PatternError>>);

/// A pattern that has been reported.
pub(super) struct Refused;

/// Where the characters of a constant text stand.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place<'n> {
    /// In a value of the tree.
    Node(&'n Node),
    /// In a literal of an expression.
    Literal(Span),
}

impl Checker<'_, '_> {
    /// The translated pattern of a MATCHES. What cannot be translated is reported.
    pub(super) fn pattern(&mut self, text: &str, place: Place<'_>) -> Result<String, Refused> {
        // A literal is compared and never compiled: it costs no translation and counts for no limit.
        if matches!(literal::of(text), Some(Literal::Prefix(Cow::Borrowed(literal))) if literal == text) {
            return Ok(text.to_owned());
        }
        if !self.patterns.0.contains_key(text) {
            let limit = self.options.limits.patterns;
            if self.patterns.0.len() >= limit {
                let message = format!("there are more than {limit} different patterns");
                let head = self.place_head(place);
                self.report(Diagnostic::new(Code::TooManyPatterns, message).label(head, "the limit is crossed here"));
                return Err(Refused);
            }
            self.patterns.0.insert(text.to_owned(), translate(text).map(|translated| translated.pattern));
        }
        match self.patterns.0.get(text) {
            None => Err(Refused),
            Some(Ok(pattern)) => Ok(pattern.clone()),
            Some(Err(error)) => {
                let error = error.clone();
                self.wrong_pattern(text, place, error);
                Err(Refused)
            }
        }
    }

    /// A short place that stands for the value.
    pub(super) fn place_head(&self, place: Place<'_>) -> Span {
        match place {
            Place::Node(node) => self.head(node),
            Place::Literal(span) => span,
        }
    }

    /// The place of a part of the text.
    fn part(&self, text: &str, place: Place<'_>, offset: usize, length: usize) -> Span {
        match place {
            Place::Node(node) => self.inside(node, offset, length),
            Place::Literal(span) => {
                let raw = span.slice(self.text);
                // With escapes on the way the literal as a whole is shown.
                let Some(before) = raw.find(text).filter(|before| *before <= 2) else { return span };
                let start = span.start.saturating_add(before).saturating_add(offset);
                Span::new(start, start.saturating_add(length))
            }
        }
    }

    fn wrong_pattern(&mut self, text: &str, place: Place<'_>, error: PatternError) {
        let code = match error.kind {
            PatternErrorKind::TooLarge => Code::PatternTooLarge,
            kind if kind.is_unsupported() => Code::UnsupportedPattern,
            _ => Code::InvalidPattern,
        };
        let span = self.part(text, place, error.offset, error.len);
        let diagnostic = Diagnostic::new(code, error.message).label(span, "in this pattern");
        self.report(match error.help {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        });
    }
}
