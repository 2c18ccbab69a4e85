//! Patterns of `MATCHES`: translated while checking, so that a wrong one is reported with its place.

use std::collections::HashMap;

use super::Checker;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::model::Operator;
use crate::regex::{PatternError, PatternErrorKind, translate};
use crate::yaml::Node;

/// The patterns met so far; cascades use the same one again and again, and translating measures what it compiles to.
#[derive(Debug, Default)]
pub(super) struct Patterns<'n>(HashMap<&'n str, Result<String, PatternError>>);

/// A pattern that has been reported.
pub(super) struct Refused;

impl<'n> Checker<'_, 'n> {
    /// The translated pattern of a MATCHES, nothing for other operators. What cannot be translated is reported.
    pub(super) fn pattern(&mut self, op: Operator, value: Option<&'n Node>) -> Result<Option<String>, Refused> {
        let (Operator::Matches, Some(node)) = (op, value) else {
            return Ok(None);
        };
        let text = node.text().unwrap_or_default();
        if !self.patterns.0.contains_key(text) {
            let limit = self.options.limits.patterns;
            if self.patterns.0.len() >= limit {
                let message = format!("there are more than {limit} different patterns");
                let head = self.head(node);
                self.report(Diagnostic::new(Code::TooManyPatterns, message).label(head, "the limit is crossed here"));
                return Err(Refused);
            }
            self.patterns.0.insert(text, translate(text).map(|translated| translated.pattern));
        }
        match self.patterns.0.get(text) {
            None => Err(Refused),
            Some(Ok(pattern)) => Ok(Some(pattern.clone())),
            Some(Err(error)) => {
                let error = error.clone();
                self.wrong_pattern(node, error);
                Err(Refused)
            }
        }
    }

    fn wrong_pattern(&mut self, node: &Node, error: PatternError) {
        let code = match error.kind {
            PatternErrorKind::TooLarge => Code::PatternTooLarge,
            kind if kind.is_unsupported() => Code::UnsupportedPattern,
            _ => Code::InvalidPattern,
        };
        let span = self.inside(node, error.offset, error.len);
        let diagnostic = Diagnostic::new(code, error.message).label(span, "in this pattern");
        self.report(match error.help {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        });
    }
}
