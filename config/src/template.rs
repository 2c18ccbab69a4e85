//! Texts with `{{path}}` in them: read once, by the compiler to check them and by the runtime to fill them.

use std::ops::Range;

/// A text with places that are filled for every event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template {
    /// What it is made of, in order.
    pub parts: Vec<TemplatePart>,
}

/// One part of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TemplatePart {
    /// Stays as it is.
    Text(String),
    /// `{{path}}`: the value at a path of the event, or of a stage's result.
    Path {
        /// The path as it is written.
        path: String,
        /// Where it is in the template, in bytes.
        at: Range<usize>,
    },
    /// `{{secret:NAME}}`: what the host knows under that name.
    Secret {
        /// The name.
        name: String,
        /// Where `secret:NAME` is in the template, in bytes.
        at: Range<usize>,
    },
}

/// A template that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TemplateError {
    /// What is wrong.
    pub message: &'static str,
    /// Where, in bytes.
    pub at: Range<usize>,
}

impl Template {
    /// Reads a template. `\{{` stands for the two braces themselves.
    ///
    /// # Errors
    /// A `{{` without its `}}`, nothing between them, or a secret whose name is not made of letters, digits, `_`, `-` and `.`.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut at = 0_usize;
        while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
            let Some(open) = rest.find("{{") else {
                literal.push_str(rest);
                break;
            };
            let before = rest.get(..open).unwrap_or_default();
            if let Some(before) = before.strip_suffix('\\') {
                literal.push_str(before);
                literal.push_str("{{");
                at = at.saturating_add(open).saturating_add(2);
                continue;
            }
            literal.push_str(before);
            let start = at.saturating_add(open).saturating_add(2);
            let inner = text.get(start..).unwrap_or_default();
            let length = inner.find("}}").ok_or(TemplateError {
                message: "`{{` needs a `}}`; `\\{{` stands for the braces themselves",
                at: start.saturating_sub(2)..text.len(),
            })?;
            if !literal.is_empty() {
                parts.push(TemplatePart::Text(std::mem::take(&mut literal)));
            }
            parts.push(place(inner.get(..length).unwrap_or_default(), start)?);
            at = start.saturating_add(length).saturating_add(2);
        }
        if !literal.is_empty() {
            parts.push(TemplatePart::Text(literal));
        }
        Ok(Self { parts })
    }

    /// The path, if the template is one place and nothing else: its value keeps its type.
    #[must_use]
    pub fn as_path(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [TemplatePart::Path { path, .. }] => Some(path),
            _ => None,
        }
    }
}

/// What stands between the braces, which begins at `start`.
fn place(inner: &str, start: usize) -> Result<TemplatePart, TemplateError> {
    let trimmed = inner.trim();
    let from = start.saturating_add(inner.len().saturating_sub(inner.trim_start().len()));
    let at = from..from.saturating_add(trimmed.len());
    if let Some(name) = trimmed.strip_prefix("secret:") {
        if !is_secret_name(name) {
            let message = "the name of a secret is made of letters, digits, `_`, `-` and `.`, at most 128";
            return Err(TemplateError { message, at });
        }
        return Ok(TemplatePart::Secret { name: name.to_owned(), at });
    }
    if trimmed.is_empty() {
        let at = start.saturating_sub(2)..start.saturating_add(inner.len()).saturating_add(2);
        return Err(TemplateError { message: "a path of the event belongs between the braces", at });
    }
    Ok(TemplatePart::Path { path: trimmed.to_owned(), at })
}

/// Whether a text can name a secret.
#[must_use]
pub fn is_secret_name(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    (1..=128).contains(&name.len()) && name.bytes().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> TemplatePart {
        TemplatePart::Text(text.to_owned())
    }

    #[test]
    fn text_paths_and_secrets_are_told_apart_with_their_places() {
        let template = Template::parse("a {{ user.id }}/{{secret:KEY}} \\{{x}}").unwrap();
        let path = TemplatePart::Path { path: "user.id".to_owned(), at: 5..12 };
        let secret = TemplatePart::Secret { name: "KEY".to_owned(), at: 18..28 };
        assert_eq!(template.parts, vec![text("a "), path, text("/"), secret, text(" {{x}}")]);
        assert_eq!(Template::parse("").unwrap().parts, vec![]);
        assert_eq!(Template::parse("{{a}}").unwrap().as_path(), Some("a"));
        assert_eq!(Template::parse("{{a}} ").unwrap().as_path(), None);
    }

    #[test]
    fn what_cannot_be_read_says_where() {
        let at = |text: &str| Template::parse(text).unwrap_err().at;
        assert_eq!(at("ab {{c"), 3..6);
        assert_eq!(at("{{ }}"), 0..5);
        assert_eq!(at("{{secret:a b}}"), 2..12);
        assert_eq!(at("{{secret:}}"), 2..9);
    }
}
