//! `handler: {kind: http}`: the places in its templates. The configuration types have checked its keys; what a URL or a
//! header may hold besides is checked where the handler is made.

use cascata_config::{Template, TemplatePart};
use cascata_vm::ops::Network;

use super::Checker;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::field_path::{FieldPath, Step};
use crate::span::Span;
use crate::syntax::Word;
use crate::yaml::{Node, NodeKind};

/// Whether `{{secret:NAME}}` may stand in a text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Secrets {
    Allowed,
    Refused,
}

impl Checker<'_, '_> {
    /// Checks what stands in the texts of a handler.
    pub(super) fn http_handler(&mut self, node: &Node) {
        let NodeKind::Map(entries) = &node.kind else { return };
        for (key, value) in entries {
            match key.text.as_str() {
                "url" => self.http_url(value),
                "headers" => self.templates(value, Secrets::Allowed),
                "body" => self.templates(value, Secrets::Refused),
                "networks" => self.networks(value),
                "response" => self.response(value),
                _ => {}
            }
        }
    }

    fn unusable(&mut self, span: Span, message: &str, label: &str) {
        self.report(Diagnostic::new(Code::InvalidHandler, message.to_owned()).label(span, label.to_owned()));
    }

    /// Scheme, host and port stand in the URL themselves: an event must not choose where a request goes.
    fn http_url(&mut self, node: &Node) {
        let Some(template) = self.template(node, Secrets::Refused) else { return };
        let first = match template.parts.first() {
            Some(TemplatePart::Text(first)) => first.as_str(),
            _ => "",
        };
        let lower = first.to_ascii_lowercase();
        let Some(rest) = lower.strip_prefix("https://").or_else(|| lower.strip_prefix("http://")) else {
            let message = "the URL of a request begins with `https://` or `http://`";
            return self.unusable(node.span, message, "does not say how and where to");
        };
        if template.parts.len() > 1 && !rest.contains(['/', '?']) {
            let at =
                template.parts.iter().find_map(place).map_or(node.span, |at| self.inside(node, at.start, at.len()));
            let message = "the host of a request stands in its URL as it is";
            self.unusable(at, message, "an event would choose where the request goes");
        }
    }

    /// Every text in a value.
    fn templates(&mut self, node: &Node, secrets: Secrets) {
        match &node.kind {
            NodeKind::Text(_) => drop(self.template(node, secrets)),
            NodeKind::Seq(items) => items.iter().for_each(|item| self.templates(item, secrets)),
            NodeKind::Map(entries) => entries.iter().for_each(|(_, value)| self.templates(value, secrets)),
            _ => {}
        }
    }

    fn template(&mut self, node: &Node, secrets: Secrets) -> Option<Template> {
        let template = match Template::parse(node.text()?) {
            Ok(template) => template,
            Err(error) => {
                let span = self.inside(node, error.at.start, error.at.len());
                self.unusable(span, error.message, "cannot be read");
                return None;
            }
        };
        for part in &template.parts {
            match part {
                TemplatePart::Path { path, at } => {
                    let word = Word { text: path, node };
                    if let Some(path) = self.path_within(word, at.start) {
                        self.check_stage_path(&path);
                        self.plain(&path);
                    }
                }
                TemplatePart::Secret { at, .. } if secrets == Secrets::Refused => {
                    let span = self.inside(node, at.start, at.len());
                    self.unusable(span, "a secret belongs in a header", "would end up in logs on the way");
                }
                _ => {}
            }
        }
        Some(template)
    }

    /// A path of one value, without empty keys.
    fn plain(&mut self, path: &FieldPath) {
        if self.one_value(path).is_none() {
            return;
        }
        if let Some(at) = path.steps.iter().position(|step| matches!(step, Step::Key(key) if key.is_empty())) {
            let message = format!("the path `{path}` has an empty key");
            self.unusable(path.place(at), &message, "a key belongs here");
        }
    }

    fn networks(&mut self, node: &Node) {
        let NodeKind::Seq(items) = &node.kind else { return };
        for item in items {
            if item.text().is_some_and(|text| Network::parse(text).is_none()) {
                self.unusable(item.span, "a network is written as `10.0.0.0/8`", "is none");
            }
        }
    }

    /// Paths of the answer.
    fn response(&mut self, node: &Node) {
        match &node.kind {
            NodeKind::Text(text) => {
                if let Some(path) = self.path_within(Word { text, node }, 0) {
                    self.plain(&path);
                }
            }
            NodeKind::Map(entries) => entries.iter().for_each(|(_, value)| self.response(value)),
            _ => {}
        }
    }
}

fn place(part: &TemplatePart) -> Option<&std::ops::Range<usize>> {
    match part {
        TemplatePart::Path { at, .. } | TemplatePart::Secret { at, .. } => Some(at),
        _ => None,
    }
}
