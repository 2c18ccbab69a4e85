//! From spans to files, lines and columns.

use crate::line_index::{LineIndex, Position};
use crate::source::Source;
use crate::span::Span;

/// The lines of a source and of all files it names.
#[derive(Clone, Debug)]
pub struct SourceIndex<'s> {
    files: Vec<Indexed<'s>>,
}

#[derive(Clone, Debug)]
struct Indexed<'s> {
    /// As people find it.
    name: String,
    /// From the source's folder.
    relative: &'s str,
    text: &'s str,
    start: usize,
    lines: LineIndex<'s>,
}

impl<'s> SourceIndex<'s> {
    /// Indexes a source; it and its files are read once.
    #[must_use]
    pub fn new(source: &'s Source) -> Self {
        let own = Indexed {
            name: source.name.clone(),
            relative: &source.name,
            text: &source.text,
            start: 0,
            lines: LineIndex::new(&source.text),
        };
        let folder = source.name.rfind(['/', '\\']).and_then(|at| source.name.get(..=at)).unwrap_or_default();
        let others = source.found_files().map(|found| Indexed {
            name: format!("{folder}{}", found.name),
            relative: found.name,
            text: found.text,
            start: found.start,
            lines: LineIndex::new(found.text),
        });
        Self { files: std::iter::once(own).chain(others).collect() }
    }

    /// The number of the file that an offset is in: 0 is the source itself.
    #[must_use]
    pub fn file(&self, offset: usize) -> usize {
        self.files.partition_point(|file| file.start <= offset).saturating_sub(1)
    }

    /// The name of a file: of the source as it was given, of others with the same folder in front.
    #[must_use]
    pub fn name(&self, file: usize) -> &str {
        self.files.get(file).map_or("", |file| file.name.as_str())
    }

    /// The files behind the source itself, in the order of their numbers, by their paths from its folder.
    pub fn others(&self) -> impl Iterator<Item = &'s str> {
        self.files.iter().skip(1).map(|file| file.relative)
    }

    /// The files by number, with their texts.
    pub fn texts(&self) -> impl Iterator<Item = (usize, &'s str)> {
        self.files.iter().map(|file| file.text).enumerate()
    }

    /// Where a file begins in the whole.
    #[must_use]
    pub fn start(&self, file: usize) -> usize {
        self.files.get(file).map_or(0, |file| file.start)
    }

    /// Line and column of an offset in its file.
    #[must_use]
    pub fn position(&self, offset: usize) -> Position {
        match self.files.get(self.file(offset)) {
            Some(file) => file.lines.position(offset.saturating_sub(file.start)),
            None => Position { line: 1, column: 1 },
        }
    }

    /// A span as it is in its file.
    #[must_use]
    pub fn in_file(&self, span: Span) -> Span {
        let start = self.files.get(self.file(span.start)).map_or(0, |file| file.start);
        Span::new(span.start.saturating_sub(start), span.end.saturating_sub(start))
    }
}
