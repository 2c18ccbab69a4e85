//! The tree that is printed: every value as it was written, and every comment with what it is about.

/// A whole text.
#[derive(Clone, Debug, Default)]
pub(super) struct Document {
    /// `%YAML` and `%TAG` lines.
    pub(super) directives: Vec<String>,
    /// Whether `---` starts it.
    pub(super) marked: bool,
    /// Comments at the top; they are about the file and stay there.
    pub(super) header: Vec<Line>,
    /// Whether an empty line parts them from what follows.
    pub(super) header_gap: bool,
    pub(super) root: Option<Value>,
    /// Comments at the end that are less indented than everything.
    pub(super) footer: Vec<Line>,
}

/// A comment on a line of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// From `#` to the end of the line.
    pub(super) text: String,
    /// Whether an empty line stands above it.
    pub(super) blank: bool,
}

/// A value with its anchor and tag.
#[derive(Clone, Debug)]
pub(super) struct Value {
    /// `&anchor`, `!tag`.
    pub(super) properties: Vec<String>,
    pub(super) content: Content,
}

#[derive(Clone, Debug)]
pub(super) enum Content {
    /// `*anchor`.
    Alias(String),
    Scalar(Scalar),
    Collection(Collection),
}

#[derive(Clone, Debug)]
pub(super) struct Scalar {
    /// As it stands in the text, without the header of block text.
    pub(super) raw: String,
    /// What it says.
    pub(super) text: String,
    pub(super) style: Style,
}

/// How a scalar was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Quoted,
    /// Block text with its header, like `>-`, and the column its lines start at.
    Block {
        header: String,
        column: usize,
    },
}

/// A list or a mapping.
#[derive(Clone, Debug)]
pub(super) struct Collection {
    /// Whether it is a mapping.
    pub(super) mapping: bool,
    /// Whether it was written in brackets.
    pub(super) flow: bool,
    pub(super) entries: Vec<Entry>,
    /// Comments after the last entry.
    pub(super) footer: Vec<Line>,
}

/// An element of a list, or a key with its value.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// The comments above it.
    pub(super) leading: Vec<Line>,
    /// Whether an empty line stands directly above it.
    pub(super) blank: bool,
    /// None in a list.
    pub(super) key: Option<Value>,
    pub(super) value: Value,
    /// The comment on its line.
    pub(super) trailing: Option<String>,
}

impl Value {
    pub(super) const fn new(content: Content) -> Self {
        Self { properties: Vec::new(), content }
    }

    pub(super) const fn collection(&self) -> Option<&Collection> {
        match &self.content {
            Content::Collection(collection) => Some(collection),
            Content::Alias(_) | Content::Scalar(_) => None,
        }
    }

    /// Its text, if it is a scalar.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Scalar(scalar) => Some(&scalar.text),
            Content::Alias(_) | Content::Collection(_) => None,
        }
    }

    /// Whether something in it needs lines of its own: a comment or block text.
    pub(super) fn needs_lines(&self) -> bool {
        match &self.content {
            Content::Alias(_) => false,
            Content::Scalar(scalar) => matches!(scalar.style, Style::Block { .. }),
            Content::Collection(collection) => {
                !collection.footer.is_empty() || collection.entries.iter().any(Entry::needs_lines)
            }
        }
    }

    /// Whether it or something in it has an anchor or is an alias.
    pub(super) fn has_anchors(&self) -> bool {
        let own = self.properties.iter().any(|property| property.starts_with('&'));
        own || match &self.content {
            Content::Alias(_) => true,
            Content::Scalar(_) => false,
            Content::Collection(collection) => collection
                .entries
                .iter()
                .any(|entry| entry.value.has_anchors() || entry.key.as_ref().is_some_and(Self::has_anchors)),
        }
    }
}

impl Entry {
    fn needs_lines(&self) -> bool {
        !self.leading.is_empty() || self.trailing.is_some() || self.value.needs_lines()
    }

    /// The key's text; empty in a list.
    pub(super) fn name(&self) -> &str {
        self.key.as_ref().and_then(Value::text).unwrap_or_default()
    }
}
