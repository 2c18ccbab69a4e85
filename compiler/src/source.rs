//! What is compiled.

use std::borrow::Cow;

use crate::files::{File, Found, Loader, Missing, gather};
use crate::limits::Limits;
use crate::span::Span;

/// One text and what it is called, with the files that it names if somebody gave them.
///
/// Spans are offsets into the text, and behind its end into those of the files; [`crate::SourceIndex`] tells them apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its name, shown in diagnostics. A name that ends in `.json` asks for the rules of JSON instead of YAML's.
    pub name: String,
    /// The text.
    pub text: String,
    files: Vec<File>,
}

impl Source {
    /// A source from its name and text.
    #[must_use]
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), text: text.into(), files: Vec::new() }
    }

    /// The source with the files that it names: what it includes, its lists and its schema. Without this call a cascade that
    /// names any is refused. `limits` are those it is compiled with.
    #[must_use]
    pub fn with_files(mut self, loader: &dyn Loader, limits: &Limits) -> Self {
        self.files = gather(&self, loader, limits);
        self
    }

    /// Another text of the same name with the same files, as an edit leaves it.
    #[must_use]
    pub fn with_text(&self, text: impl Into<String>) -> Self {
        Self { name: self.name.clone(), text: text.into(), files: self.files.clone() }
    }

    /// The text followed by those of the files, as spans count.
    #[must_use]
    pub fn whole(&self) -> Cow<'_, str> {
        if self.files.is_empty() {
            return Cow::Borrowed(&self.text);
        }
        let mut whole = self.text.clone();
        for file in &self.files {
            whole.push('\n');
            whole.push_str(file.text());
        }
        Cow::Owned(whole)
    }

    /// What a span covers, in whichever file it is.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        match self.file_at(span.start) {
            None => span.slice(&self.text),
            Some(found) => {
                let local = |offset: usize| offset.saturating_sub(found.start);
                Span::new(local(span.start), local(span.end)).slice(found.text)
            }
        }
    }

    pub(crate) fn has_files(&self) -> bool {
        !self.files.is_empty()
    }

    /// Every file with its place, those without text too.
    pub(crate) fn found_files(&self) -> impl Iterator<Item = Found<'_>> {
        // One byte, a line end, stands before each.
        let mut end = self.text.len();
        self.files.iter().map(move |file| {
            let start = end.saturating_add(1);
            end = start.saturating_add(file.text().len());
            Found { name: &file.name, text: file.text(), start }
        })
    }

    /// The file that an offset is in; nothing for the text itself.
    pub(crate) fn file_at(&self, offset: usize) -> Option<Found<'_>> {
        if offset <= self.text.len() {
            return None;
        }
        self.found_files().take_while(|found| found.start <= offset).last()
    }

    /// The file of a name, or why it has no text; nothing if nobody gave it.
    pub(crate) fn file_named(&self, name: &str) -> Option<Result<Found<'_>, &Missing>> {
        let at = self.files.iter().position(|file| file.name == name)?;
        let found = self.found_files().nth(at)?;
        match self.files.get(at).map(|file| &file.found) {
            Some(Err(missing)) => Some(Err(missing)),
            _ => Some(Ok(found)),
        }
    }

    /// Whether the name is that of a file of tests: `NAME.test.yaml`.
    #[must_use]
    pub fn is_tests(&self) -> bool {
        self.name.rsplit_once('.').is_some_and(|(name, _)| name.ends_with(".test"))
    }

    /// Whether it is rules as JSON lines rather than a cascade: the name ends in `.jsonl` or `.ndjson`, or the first line is
    /// a JSON object with `id` and `all`.
    #[must_use]
    pub fn is_rule_lines(&self) -> bool {
        let ending = self.name.rsplit_once('.').map(|(_, ending)| ending);
        ending.is_some_and(|ending| ["jsonl", "ndjson"].iter().any(|lines| ending.eq_ignore_ascii_case(lines)))
            || (!self.is_json() && crate::check::are_rules(&self.text))
    }

    pub(crate) fn is_json(&self) -> bool {
        self.name.rsplit_once('.').is_some_and(|(_, ending)| ending.eq_ignore_ascii_case("json"))
    }
}
