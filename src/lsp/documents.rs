//! The open texts and their changes.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use cascata_compiler::schema::Schema;
use cascata_compiler::{Compiled, Limits, Options, Source, compile};
use lsp_types::{TextDocumentContentChangeEvent, Uri};

use super::position::Lines;
use crate::files::Folder;

/// An open text.
pub struct Document {
    pub uri: Uri,
    pub version: i32,
    pub source: Source,
    /// What the compiler says about this version.
    compiled: Option<Compiled>,
    /// The schema of the last version that had a readable one, and whether that is this version.
    schema: (Option<Arc<Schema>>, bool),
}

impl Document {
    pub fn new(uri: Uri, version: i32, text: String) -> Self {
        let path = uri.path().as_str();
        let name = path.rsplit('/').next().unwrap_or(path).to_owned();
        Self { uri, version, source: Source::new(name, text), compiled: None, schema: (None, false) }
    }

    pub fn text(&self) -> &str {
        &self.source.text
    }

    /// Compiles the text if that has not been done since it changed.
    pub fn compiled(&mut self) -> &Compiled {
        if self.compiled.is_none()
            && let Some(file) = file_of(&self.uri)
        {
            // Files that the text names are read from the disk each time: they may have changed.
            self.source = self.source.clone().with_files(&Folder::of(&file), &Limits::default());
        }
        self.compiled.get_or_insert_with(|| compile(&self.source, &Options::default()))
    }

    /// The types of the event's fields. While a text is typed it can hardly ever be read, so the last ones count.
    pub fn schema(&mut self) -> Option<Arc<Schema>> {
        let (known, fresh) = &mut self.schema;
        if !*fresh {
            *fresh = true;
            let options = Options::default();
            let found = Schema::of(&self.source, &options).or_else(|| {
                let block = Source::new(self.source.name.clone(), block(&self.source.text)?);
                Schema::of(&block, &options)
            });
            match found {
                Some(schema) => *known = Some(Arc::new(schema)),
                None if !self.source.text.contains("schema") => *known = None,
                None => {}
            }
        }
        known.clone()
    }

    fn change(&mut self, change: TextDocumentContentChangeEvent) {
        self.compiled = None;
        self.schema.1 = false;
        let Some(range) = change.range else {
            self.source.text = change.text;
            return;
        };
        let lines = Lines::new(&self.source.text);
        let (start, end) = (lines.offset(range.start), lines.offset(range.end));
        self.source.text.replace_range(start.min(end)..end.max(start), &change.text);
    }
}

/// The file of an address; nothing for a text that is none.
fn file_of(uri: &Uri) -> Option<PathBuf> {
    if uri.scheme().is_none_or(|scheme| !scheme.as_str().eq_ignore_ascii_case("file")) {
        return None;
    }
    let mut bytes = Vec::new();
    let mut rest = uri.path().as_str().bytes();
    while let Some(byte) = rest.next() {
        let decoded = match byte {
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            other => other,
        };
        bytes.push(decoded);
    }
    String::from_utf8(bytes).ok().map(PathBuf::from)
}

/// The block of YAML under `schema`, which can be read when something else cannot.
fn block(text: &str) -> Option<&str> {
    let start = if text.starts_with("schema:") { 0 } else { text.find("\nschema:")? + 1 };
    let from = text.get(start..)?;
    let inside = |line: &&str| line.starts_with([' ', '\t', '#', '\n', '\r']);
    let rest: usize = from.split_inclusive('\n').skip(1).take_while(inside).map(str::len).sum();
    let first = from.split_inclusive('\n').next().map_or(0, str::len);
    from.get(..first + rest)
}

/// All open texts, by address.
#[derive(Default)]
pub struct Documents(HashMap<String, Document>);

impl Documents {
    pub fn open(&mut self, document: Document) {
        self.0.insert(document.uri.as_str().to_owned(), document);
    }

    pub fn close(&mut self, uri: &Uri) {
        self.0.remove(uri.as_str());
    }

    pub fn get(&mut self, uri: &Uri) -> Option<&mut Document> {
        self.0.get_mut(uri.as_str())
    }

    pub fn change(&mut self, uri: &Uri, version: i32, changes: Vec<TextDocumentContentChangeEvent>) {
        let Some(document) = self.get(uri) else { return };
        for change in changes {
            document.change(change);
        }
        document.version = version;
    }
}
