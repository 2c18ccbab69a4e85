//! Settings of one type: text, boolean, whole number, list of names, one of a few words.

use super::Reader;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::names::nearest;
use crate::span::Span;
use crate::yaml::{Node, NodeKind};

/// A text of the source with its place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Word<'n> {
    pub(crate) text: &'n str,
    pub(crate) node: &'n Node,
}

impl Word<'_> {
    pub(crate) const fn span(&self) -> Span {
        self.node.span
    }
}

impl Reader<'_> {
    pub(crate) fn wrong_type(&mut self, node: &Node, key: &str, wanted: &str) {
        let message = format!("`{key}` is {wanted}, not {}", node.type_name());
        self.report(Diagnostic::new(Code::WrongType, message).label(self.head(node), format!("expected {wanted}")));
    }

    /// A text setting.
    pub(crate) fn text<'n>(&mut self, node: &'n Node, key: &str) -> Option<Word<'n>> {
        let text = node.text();
        if text.is_none() {
            self.wrong_type(node, key, "text");
        }
        text.map(|text| Word { text, node })
    }

    /// A text setting that may be left out or null.
    pub(crate) fn optional_text(&mut self, node: Option<&Node>, key: &str) -> Option<String> {
        let node = node.filter(|node| node.kind != NodeKind::Null)?;
        self.text(node, key).map(|word| word.text.to_owned())
    }

    /// A name: text, a number as it is written, or null for an empty one.
    pub(crate) fn name(&mut self, node: &Node, key: &str) -> Option<String> {
        let (name, quiet) = match &node.kind {
            NodeKind::Text(text) => (text.clone(), true),
            // `version: 1.0` is what people write.
            NodeKind::Int(_) | NodeKind::Float(_) => (node.span.slice(self.text).to_owned(), key == "version"),
            NodeKind::Null => (String::new(), false),
            _ => {
                self.wrong_type(node, key, "text");
                return None;
            }
        };
        if !quiet {
            let message = format!("`{key}` is {}, not text", node.type_name());
            self.report(Diagnostic::new(Code::NameNotText, message).label(node.span, format!("taken as \"{name}\"")));
        }
        Some(name)
    }

    /// A boolean setting; what else stands there counts as true or false as it would in Python.
    pub(crate) fn boolean(&mut self, node: Option<&Node>, key: &str, default: bool) -> bool {
        let Some(node) = node else { return default };
        let word = self.pending.accept_boolean(node.span);
        let value = match &node.kind {
            NodeKind::Bool(value) if word => {
                let raw = node.span.slice(self.text);
                let diagnostic = Diagnostic::new(Code::BooleanWord, format!("`{raw}` is read as {value}"))
                    .label(node.span, "text to YAML 1.2")
                    .fix(node.span, value.to_string());
                self.report(diagnostic);
                return *value;
            }
            NodeKind::Bool(value) => return *value,
            NodeKind::Null => false,
            NodeKind::Int(text) => text != "0",
            NodeKind::Float(value) => *value != 0.0,
            NodeKind::Text(text) => !text.is_empty(),
            NodeKind::Seq(items) => !items.is_empty(),
            NodeKind::Map(entries) => !entries.is_empty(),
        };
        if node.plain && matches!(node.text(), Some("y" | "Y" | "n" | "N")) {
            let raw = node.text().unwrap_or_default();
            let meant = raw.eq_ignore_ascii_case("y");
            let diagnostic = Diagnostic::new(
                Code::AmbiguousScalar,
                format!("`{raw}` is a boolean to YAML 1.1 and text to YAML 1.2 and PyYAML"),
            )
            .label(node.span, "readers disagree")
            .help(format!("to have a boolean write {meant}"))
            .fix(node.span, meant.to_string());
            self.report(diagnostic);
            return meant;
        }
        let message = format!("`{key}` is a boolean, not {}", node.type_name());
        let diagnostic = Diagnostic::new(Code::NotABoolean, message)
            .label(self.head(node), format!("counts as {value}"))
            .fix(node.span, value.to_string());
        self.report(diagnostic);
        value
    }

    /// A whole number of at least `least`. A double without fraction is one as well.
    pub(crate) fn whole(&mut self, node: Option<&Node>, key: &str, default: u64, least: u64) -> u64 {
        let Some(node) = node else { return default };
        let (text, fraction) = match &node.kind {
            NodeKind::Int(text) => (text.clone(), false),
            NodeKind::Float(value) => (format!("{value:.0}"), value.fract() != 0.0 || !value.is_finite()),
            _ => {
                self.wrong_type(node, key, "a whole number");
                return default;
            }
        };
        let problem = if fraction {
            Some("not a whole number")
        } else if text.starts_with('-') && text != "-0" {
            Some("negative")
        } else {
            None
        };
        let value = text.trim_start_matches('-').parse::<u64>().ok();
        match (problem, value) {
            (None, Some(value)) if value >= least => value,
            (problem, value) => {
                let raw = node.span.slice(self.text);
                let problem = problem.unwrap_or(if value.is_some() { "too small" } else { "too large" });
                let diagnostic = Diagnostic::new(Code::OutOfRange, format!("`{key}` is {raw}, which is {problem}"))
                    .label(node.span, problem)
                    .help(format!("`{key}` is a whole number of at least {least}; left out it is {default}"));
                self.report(diagnostic);
                default
            }
        }
    }

    /// The elements of a list; an empty mapping is taken for an empty list, as Python's loops do.
    pub(crate) fn list<'n>(&mut self, node: Option<&'n Node>, key: &str, of: &str) -> Option<&'n [Node]> {
        let node = node?;
        match &node.kind {
            NodeKind::Seq(items) => Some(items),
            NodeKind::Map(entries) if entries.is_empty() => {
                let diagnostic = Diagnostic::new(Code::MappingForList, format!("`{key}` is a list, not a mapping"))
                    .label(node.span, "taken as an empty list")
                    .fix(node.span, "[]");
                self.report(diagnostic);
                None
            }
            kind => {
                let message = format!("`{key}` is a list of {of}, not {}", node.type_name());
                let mut diagnostic =
                    Diagnostic::new(Code::WrongType, message).label(self.head(node), "expected a list");
                if matches!(kind, NodeKind::Text(_)) && !node.span.slice(self.text).contains('\n') {
                    diagnostic = diagnostic.fix(node.span, format!("[{}]", node.span.slice(self.text)));
                } else if matches!(kind, NodeKind::Null) {
                    diagnostic = diagnostic.help("write `[]`, or leave the key out");
                }
                self.report(diagnostic);
                None
            }
        }
    }

    /// A list of texts.
    pub(crate) fn words<'n>(&mut self, node: Option<&'n Node>, key: &str, of: &str) -> Vec<Word<'n>> {
        let items = self.list(node, key, of).unwrap_or_default();
        let mut words = Vec::with_capacity(items.len());
        for item in items {
            match item.text() {
                Some(text) => words.push(Word { text, node: item }),
                None => self.wrong_type(item, key, &format!("a list of {of}")),
            }
        }
        words
    }

    /// One of a few words; the index into `words`.
    pub(crate) fn choice(&mut self, node: Option<&Node>, key: &str, words: &[&'static str]) -> Option<usize> {
        let word = self.text(node?, key)?;
        let found = words.iter().position(|other| *other == word.text);
        if found.is_none() {
            let message = format!("`{key}` is one of {}, not `{}`", words.join(", "), word.text);
            let diagnostic = Diagnostic::new(Code::InvalidWord, message);
            let diagnostic = match nearest(word.text, words.iter().copied()) {
                Some(near) => diagnostic
                    .label(word.span(), format!("did you mean `{near}`?"))
                    .fix(word.span(), replacement(word.node, self.text, near)),
                None => diagnostic.label(word.span(), "no such word"),
            };
            self.report(diagnostic);
        }
        found
    }
}

/// `word` written as the value it replaces is written.
pub(crate) fn replacement(node: &Node, source: &str, word: &str) -> String {
    let raw = node.span.slice(source);
    if raw.starts_with('"') || raw.starts_with('\'') || word.starts_with(['>', '!', '=', '<', '[', '{']) {
        crate::yaml::quoted(word)
    } else {
        word.to_owned()
    }
}
