//! The tree as YAML text: two blanks a level, lists indented under their key, comments two blanks behind.

use super::layout::{WIDTH, one_line, scalar_text};
use super::order::inner;
use super::tree::{Collection, Content, Document, Entry, Line, Scalar, Style, Value};
use crate::settings::Place;

const STEP: usize = 2;

/// Writes a document.
pub(super) fn print(document: &Document, place: &Place) -> String {
    let mut printer = Printer::default();
    for directive in &document.directives {
        printer.line(0, directive);
    }
    if document.marked {
        printer.line(0, "---");
    }
    printer.comments(&document.header, 0, true);
    if document.header_gap && !document.header.is_empty() {
        printer.blank();
    }
    if let Some(root) = &document.root {
        match root.collection().filter(|_| one_line(root, place, false).is_none()) {
            Some(collection) => {
                if !root.properties.is_empty() {
                    printer.line(0, &root.properties.join(" "));
                }
                printer.collection(collection, 0, place);
            }
            None => printer.inline_root(root, place),
        }
    }
    printer.comments(&document.footer, 0, false);
    printer.out
}

#[derive(Default)]
struct Printer {
    out: String,
    /// Block text that keeps its last empty lines has just been written: one more would change it.
    kept: bool,
}

impl Printer {
    fn indent(&mut self, columns: usize) {
        self.out.extend(std::iter::repeat_n(' ', columns));
    }

    fn line(&mut self, columns: usize, text: &str) {
        self.indent(columns);
        self.out.push_str(text);
        self.end_line();
    }

    fn end_line(&mut self) {
        let trimmed = self.out.trim_end_matches(' ').len();
        self.out.truncate(trimmed);
        self.out.push('\n');
        self.kept = false;
    }

    fn blank(&mut self) {
        if !self.kept && !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    fn comments(&mut self, lines: &[Line], columns: usize, first: bool) {
        for (at, line) in lines.iter().enumerate() {
            if line.blank && !(first && at == 0) {
                self.blank();
            }
            self.line(columns, &line.text);
        }
    }

    fn inline_root(&mut self, root: &Value, place: &Place) {
        let text = one_line(root, place, false);
        self.out.push_str(&text.unwrap_or_default());
        if let Content::Scalar(scalar @ Scalar { style: Style::Block { .. }, .. }) = &root.content {
            self.block_text(scalar, 0, None);
        } else {
            self.end_line();
        }
    }

    /// The entries, each on lines of its own; the first line is begun by the caller where it stands behind a dash.
    fn collection(&mut self, collection: &Collection, columns: usize, place: &Place) {
        let mut before_has_lines = false;
        for (at, entry) in collection.entries.iter().enumerate() {
            let inner = inner(place, entry.key.as_ref());
            let begun = at == 0 && !self.out.is_empty() && !self.out.ends_with('\n');
            let has_lines = self.has_lines(entry, columns, &inner);
            let parted = at > 0 && (is_parted(place) || (is_root(place) && (has_lines || before_has_lines)));
            self.above(entry, columns, at == 0, parted);
            if !begun {
                self.indent(columns);
            }
            self.entry(entry, columns, &inner);
            before_has_lines = has_lines;
        }
        self.comments(&collection.footer, columns, collection.entries.is_empty());
    }

    /// The empty lines and comments above an entry.
    fn above(&mut self, entry: &Entry, columns: usize, first: bool, parted: bool) {
        if parted {
            self.blank();
        }
        self.comments(&entry.leading, columns, first);
        if entry.blank && (!first || !entry.leading.is_empty()) {
            self.blank();
        }
    }

    fn has_lines(&self, entry: &Entry, columns: usize, place: &Place) -> bool {
        entry.value.collection().is_some() && self.fitting(entry, columns, place).is_none()
            || matches!(&entry.value.content, Content::Scalar(Scalar { style: Style::Block { .. }, .. }))
    }

    /// The value on the line of its key or dash, if it fits there.
    fn fitting(&self, entry: &Entry, columns: usize, place: &Place) -> Option<String> {
        let text = one_line(&entry.value, place, false)?;
        let before = entry.key.as_ref().map_or(STEP, |key| key_text(key).chars().count().saturating_add(2));
        let width = columns.saturating_add(before).saturating_add(text.chars().count());
        let fits = entry.value.collection().is_none_or(|collection| collection.entries.is_empty() || width <= WIDTH);
        fits.then_some(text)
    }

    fn entry(&mut self, entry: &Entry, columns: usize, place: &Place) {
        match &entry.key {
            Some(key) => {
                self.out.push_str(&key_text(key));
                self.out.push(':');
            }
            None => self.out.push('-'),
        }
        let trailing = entry.trailing.as_deref();
        if let Content::Scalar(scalar @ Scalar { style: Style::Block { .. }, .. }) = &entry.value.content {
            self.properties(&entry.value);
            self.out.push(' ');
            self.block_text(scalar, columns.saturating_add(STEP), trailing);
            return;
        }
        if let Some(text) = self.fitting(entry, columns, place) {
            if !text.is_empty() {
                self.out.push(' ');
                self.out.push_str(&text);
            }
            self.behind(trailing);
            self.end_line();
            return;
        }
        self.properties(&entry.value);
        if let Content::Collection(collection) = &entry.value.content {
            let compact = entry.key.is_none() && trailing.is_none() && entry.value.properties.is_empty();
            if compact && !collection.entries.is_empty() {
                self.out.push(' ');
            } else {
                self.behind(trailing);
                self.end_line();
            }
            self.collection(collection, columns.saturating_add(STEP), place);
        }
    }

    fn properties(&mut self, value: &Value) {
        for property in &value.properties {
            self.out.push(' ');
            self.out.push_str(property);
        }
    }

    fn behind(&mut self, comment: Option<&str>) {
        if let Some(comment) = comment {
            self.out.push_str("  ");
            self.out.push_str(comment);
        }
    }

    /// Block text at another depth: every line moves by the same number of blanks.
    fn block_text(&mut self, scalar: &Scalar, columns: usize, trailing: Option<&str>) {
        let Style::Block { header, column } = &scalar.style else { return };
        self.out.push_str(header);
        self.behind(trailing);
        self.end_line();
        let keeps = header.contains('+');
        // The text begins at its first character; the empty lines before it are line ends of the value.
        let empty = scalar.text.bytes().take_while(|byte| *byte == b'\n').count();
        self.out.extend(std::iter::repeat_n('\n', empty));
        self.kept = keeps;
        if empty == scalar.text.len() {
            return;
        }
        // A carriage return alone ends a line as well.
        let raw = scalar.raw.replace("\r\n", "\n").replace('\r', "\n");
        let mut lines: Vec<&str> = raw.lines().collect();
        if !keeps {
            // Blanks up to the margin are no text.
            let text = lines.iter().rposition(|line| blanks(line) < line.len() || line.len() > *column);
            lines.truncate(text.map_or(1, |last| last.saturating_add(1)));
        }
        for (at, line) in lines.into_iter().enumerate() {
            // The first line starts at its text, the others at the margin.
            let line = if at == 0 { line } else { line.get((*column).min(blanks(line))..).unwrap_or_default() };
            if !line.is_empty() {
                self.indent(columns);
                self.out.push_str(line);
            }
            self.out.push('\n');
        }
    }
}

fn blanks(line: &str) -> usize {
    line.bytes().take_while(|byte| *byte == b' ').count()
}

fn key_text(key: &Value) -> String {
    let text = match &key.content {
        Content::Scalar(scalar) => scalar_text(scalar, true, !key.properties.is_empty()),
        Content::Alias(_) | Content::Collection(_) => String::new(),
    };
    key.properties.iter().map(|property| format!("{property} ")).collect::<String>() + &text
}

/// Whether an empty line stands between the entries.
fn is_parted(place: &Place) -> bool {
    place.key("").is("StageFile")
}

fn is_root(place: &Place) -> bool {
    place.is("CascadeFile")
}
