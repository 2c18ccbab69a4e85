//! The open texts and their changes.

use std::collections::HashMap;

use cascata_compiler::{Compiled, Options, Source, compile};
use lsp_types::{TextDocumentContentChangeEvent, Uri};

use super::position::Lines;

/// An open text.
pub struct Document {
    pub uri: Uri,
    pub version: i32,
    pub source: Source,
    /// What the compiler says about this version.
    compiled: Option<Compiled>,
}

impl Document {
    pub fn new(uri: Uri, version: i32, text: String) -> Self {
        let path = uri.path().as_str();
        let name = path.rsplit('/').next().unwrap_or(path).to_owned();
        Self { uri, version, source: Source::new(name, text), compiled: None }
    }

    pub fn text(&self) -> &str {
        &self.source.text
    }

    /// Compiles the text if that has not been done since it changed.
    pub fn compiled(&mut self) -> &Compiled {
        self.compiled.get_or_insert_with(|| compile(&self.source, &Options::default()))
    }

    fn change(&mut self, change: TextDocumentContentChangeEvent) {
        self.compiled = None;
        let Some(range) = change.range else {
            self.source.text = change.text;
            return;
        };
        let lines = Lines::new(&self.source.text);
        let (start, end) = (lines.offset(range.start), lines.offset(range.end));
        self.source.text.replace_range(start.min(end)..end.max(start), &change.text);
    }
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
