//! What lets a rule be tried before it acts: `mode`, `sample`, and the `score` that ranks it.

use super::Checker;
use super::constant::constant;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::model::{Constant, SampleModel};
use crate::syntax::{SAMPLE, Word, mapping};
use crate::yaml::{Node, NodeKind};

/// Hundredths of a percent in all events.
const WHOLE: f64 = 10_000.0;

impl Checker<'_, '_> {
    /// `mode`: whether the rule takes part, and whether it only watches.
    pub(super) fn mode(&mut self, node: Option<&Node>) -> (bool, bool) {
        // YAML 1.1 reads a plain `off` as false, which is what is meant by it here.
        if let Some(NodeKind::Bool(false)) = node.map(|node| &node.kind)
            && let Some(node) = node
            && node.span.slice(self.text).eq_ignore_ascii_case("off")
        {
            self.pending.accept_boolean(node.span);
            return (false, false);
        }
        match self.choice(node, "mode", &["active", "shadow", "off"]) {
            Some(1) => (true, true),
            Some(2) => (false, false),
            _ => (true, false),
        }
    }

    /// `score`: a finite number.
    pub(super) fn score(&mut self, node: Option<&Node>) -> Option<Constant> {
        let node = node.filter(|node| node.kind != NodeKind::Null)?;
        match &node.kind {
            NodeKind::Int(_) => Some(constant(node)),
            NodeKind::Float(value) if value.is_finite() => Some(constant(node)),
            NodeKind::Float(_) => {
                let raw = node.span.slice(self.text);
                let diagnostic = Diagnostic::new(Code::OutOfRange, format!("`score` is {raw}"))
                    .label(node.span, "expected a finite number");
                self.report(diagnostic);
                None
            }
            _ => {
                self.wrong_type(node, "score", "a number");
                None
            }
        }
    }

    /// `sample`: nothing outside if it is wrong, nothing inside if it takes every event.
    #[expect(clippy::option_option, reason = "wrong and left out are two things")]
    pub(super) fn sample(&mut self, node: &Node) -> Option<Option<SampleModel>> {
        let fields = mapping(self, node, &SAMPLE)?;
        let percent = fields.required(self, "percent");
        let share = percent.and_then(|node| self.share(node));
        let key_node = fields.required(self, "key");
        let key = key_node.and_then(|node| self.sample_key(node));
        let (share, key, key_span) = (share?, key?, key_node?.span);
        let span = node.span;
        Some((f64::from(share) < WHOLE).then_some(SampleModel { key, share, span, key_span }))
    }

    fn sample_key(&mut self, node: &Node) -> Option<crate::model::PathRef> {
        let word = self.text(node, "key")?;
        if word.text.is_empty() {
            self.report(Diagnostic::new(Code::MissingField, "`key` is empty").label(node.span, "expected a path"));
            return None;
        }
        self.path(Word { text: word.text, node })
    }

    /// `percent` in hundredths of a percent.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked")]
    fn share(&mut self, node: &Node) -> Option<u16> {
        let percent = match &node.kind {
            NodeKind::Int(text) => text.parse().unwrap_or(f64::INFINITY),
            NodeKind::Float(value) => *value,
            _ => {
                self.wrong_type(node, "percent", "a number");
                return None;
            }
        };
        let hundredths = percent * 100.0;
        let whole = (hundredths - hundredths.round()).abs() < 1e-6;
        if whole && (0.0..=WHOLE).contains(&hundredths) {
            return Some(hundredths.round() as u16);
        }
        let raw = node.span.slice(self.text);
        let diagnostic = Diagnostic::new(Code::OutOfRange, format!("`percent` is {raw}"))
            .label(node.span, "expected 0 to 100, in steps of 0.01");
        self.report(diagnostic);
        None
    }
}
