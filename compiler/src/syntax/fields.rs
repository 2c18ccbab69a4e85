//! Mappings with known keys.

use super::{Reader, Shape};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::names::nearest;
use crate::span::Span;
use crate::yaml::{Key, Node, NodeKind};

/// The entries of a mapping whose keys have been looked at.
#[derive(Clone, Debug)]
pub(crate) struct Fields<'n> {
    /// A short place that stands for the mapping.
    pub(crate) head: Span,
    pub(crate) span: Span,
    entries: &'n [(Key, Node)],
    /// Misspelt keys, reported, under the name that was meant, so that nothing is said to be missing.
    meant: Vec<(&'static str, &'n (Key, Node))>,
    what: &'static str,
}

/// The entries of `node`, with every wrong key reported; nothing if it is no mapping, which is reported too.
pub(crate) fn mapping<'n>(reader: &mut Reader<'_>, node: &'n Node, shape: &Shape) -> Option<Fields<'n>> {
    let NodeKind::Map(entries) = &node.kind else {
        let message = format!("{} is a mapping, not {}", shape.what, node.type_name());
        reader.report(Diagnostic::new(Code::WrongType, message).label(reader.head(node), "expected a mapping"));
        return None;
    };
    let mut meant = Vec::new();
    for entry in entries {
        meant.extend(check_key(reader, &entry.0, entries, shape).map(|key| (key, entry)));
    }
    Some(Fields { head: reader.head(node), span: node.span, entries, meant, what: shape.what })
}

/// Reports a key that is not known; answers which known one was meant, if that one is not there.
fn check_key(reader: &mut Reader<'_>, key: &Key, entries: &[(Key, Node)], shape: &Shape) -> Option<&'static str> {
    let text = key.text.as_str();
    if shape.known.contains(&text) || (shape.extensible && text.starts_with("x-")) {
        return None;
    }
    // A key that is a list or a mapping has been reported.
    if text.starts_with('\0') {
        return None;
    }
    match nearest(text, shape.known.iter().copied()) {
        Some(near) => {
            let diagnostic = Diagnostic::new(Code::MisspeltKey, format!("{} has no key `{text}`", shape.what))
                .label(key.span, format!("did you mean `{near}`?"))
                .help("a key for somebody else starts with `x-`");
            // The right key may be there as well; a fix would then make a duplicate.
            let taken = entries.iter().any(|(other, _)| other.text == near);
            reader.report(if taken { diagnostic } else { diagnostic.fix(key.span, near) });
            (!taken).then_some(near)
        }
        None => {
            let diagnostic = Diagnostic::new(Code::UnknownKey, format!("{} has no key `{text}`", shape.what))
                .label(key.span, "ignored")
                .help(format!("the keys of {} are {}", shape.what, shape.known.join(", ")));
            reader.report(diagnostic);
            None
        }
    }
}

impl<'n> Fields<'n> {
    /// The value of a key, if it is there.
    pub(crate) fn get(&self, key: &str) -> Option<&'n Node> {
        self.entry(key).map(|(_, node)| node)
    }

    /// The place of a key, if it is there.
    pub(crate) fn key_span(&self, key: &str) -> Option<Span> {
        self.entry(key).map(|(other, _)| other.span)
    }

    fn entry(&self, key: &str) -> Option<&'n (Key, Node)> {
        let found = self.entries.iter().find(|(other, _)| other.text == key);
        found.or_else(|| self.meant.iter().find(|(meant, _)| *meant == key).map(|(_, entry)| *entry))
    }

    /// The value of a key that has to be there.
    pub(crate) fn required(&self, reader: &mut Reader<'_>, key: &str) -> Option<&'n Node> {
        let found = self.get(key);
        if found.is_none() {
            let message = format!("{} needs `{key}`", self.what);
            reader.report(Diagnostic::new(Code::MissingKey, message).label(self.head, format!("`{key}` is missing")));
        }
        found
    }

    /// Warns of keys that have no effect.
    pub(crate) fn ignored(&self, reader: &mut Reader<'_>, keys: &[&str], owner: &str) {
        for key in keys {
            if let Some(span) = self.key_span(key) {
                let message = format!("{owner} does not look at `{key}`");
                reader.report(Diagnostic::new(Code::IgnoredKey, message).label(span, "has no effect"));
            }
        }
    }

    /// The entries whose keys start with `x-`.
    pub(crate) fn extensions(&self) -> impl Iterator<Item = &'n (Key, Node)> {
        self.entries.iter().filter(|(key, _)| key.text.starts_with("x-"))
    }
}
