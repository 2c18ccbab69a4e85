//! What may be written at a place: keys, operators, stages, fields, words.

use std::collections::HashMap;

use cascata_compiler::model::Constant;
use cascata_compiler::operators::Operator;
use cascata_compiler::schema::Schema;
use cascata_compiler::settings::Place;
use lsp_types::{
    CompletionItem, CompletionItemKind, CompletionTextEdit, Documentation, MarkupContent, MarkupKind, Range, TextEdit,
};

use super::documents::Document;
use super::hover;
use super::outline::{Outline, Slot};
use super::places::{self, Meaning};
use super::position::Lines;

/// Everything that fits at an offset; editors filter by what is typed.
pub fn completion(document: &mut Document, offset: usize) -> Vec<CompletionItem> {
    let schema = document.schema();
    let schema = schema.as_deref();
    let text = document.text();
    let Some(before) = text.get(..offset) else { return Vec::new() };
    let (prefix, whole) = (Outline::new(before), Outline::new(text));
    let tail = prefix.tail;
    let path = prefix.path(tail.entry);
    let quoted = before.get(tail.from..).is_some_and(|word| word.starts_with(['"', '\'']));
    let from = if quoted { tail.from + 1 } else { tail.from };
    let range = Lines::new(text).range(from.min(offset)..offset);
    let mut list = List { range, offset, quoted, items: Vec::new() };
    if tail.slot != Slot::Value {
        let present: Vec<_> = prefix.children(tail.entry).filter_map(|at| prefix.key(at)).collect();
        list.keys(&path, &present);
    }
    if tail.slot != Slot::Key {
        // In a list's brackets the element is not there yet.
        let mut element = path.clone();
        if tail.slot == Slot::Either && element.last() != Some(&"") {
            element.push("");
        }
        list.values(&element, &whole, schema);
        if let Some(field) = compared(&prefix, tail.entry, &path) {
            list.listed(schema, field);
        }
    }
    list.items
}

/// The field that the value at an entry is compared with.
fn compared<'t>(outline: &Outline<'t>, entry: Option<usize>, path: &[&str]) -> Option<&'t str> {
    let above = match path {
        [.., "value"] => 1,
        // In a list of values.
        [.., "value", ""] => 2,
        _ => return None,
    };
    let owner = (0..above).try_fold(entry?, |at, _| outline.entries.get(at)?.parent)?;
    outline.child(Some(owner), "field").and_then(|at| outline.value(at))
}

struct List {
    range: Range,
    /// Where the cursor is.
    offset: usize,
    /// A quote stands before the word: what is written goes inside.
    quoted: bool,
    items: Vec<CompletionItem>,
}

impl List {
    fn add(&mut self, label: &str, text: String, kind: CompletionItemKind, doc: &str) {
        let documentation = (!doc.is_empty())
            .then(|| Documentation::MarkupContent(MarkupContent { kind: MarkupKind::Markdown, value: doc.to_owned() }));
        self.items.push(CompletionItem {
            label: label.to_owned(),
            kind: Some(kind),
            documentation,
            // The order in which they are offered is that of files.
            sort_text: Some(format!("{:04}", self.items.len())),
            filter_text: Some(label.to_owned()),
            text_edit: Some(CompletionTextEdit::Edit(TextEdit::new(self.range, text))),
            ..CompletionItem::default()
        });
    }

    fn keys(&mut self, path: &[&str], present: &[&str]) {
        for setting in Place::of(path.iter().copied()).settings() {
            if !present.contains(&setting.name) {
                let text = if self.quoted { setting.name.to_owned() } else { format!("{}: ", setting.name) };
                let doc = if setting.required { format!("{} Required.", setting.doc) } else { setting.doc.to_owned() };
                self.add(setting.name, text, CompletionItemKind::PROPERTY, &doc);
            }
        }
    }

    fn values(&mut self, path: &[&str], outline: &Outline<'_>, schema: Option<&Schema>) {
        match places::meaning(path) {
            Meaning::Operator => {
                for operator in Operator::ALL_OPERATORS {
                    self.operator(operator.spelling(), &hover::operator(*operator));
                }
            }
            Meaning::Compare => {
                for spelling in ["==", "!=", "<", "<=", ">", ">="] {
                    let doc = Operator::parse(spelling).map(Operator::doc).unwrap_or_default();
                    self.operator(spelling, doc);
                }
            }
            Meaning::Stage => {
                for name in places::stages(outline).into_iter().filter_map(|at| outline.key(at)) {
                    self.add(name, name.to_owned(), CompletionItemKind::CLASS, "");
                }
            }
            Meaning::Field => self.fields(outline, schema),
            Meaning::Other => {
                for (word, doc) in Place::of(path.iter().copied()).words() {
                    self.add(word, word.to_owned(), CompletionItemKind::ENUM_MEMBER, doc);
                }
            }
        }
    }

    /// `>` and the like need quotes in YAML.
    fn operator(&mut self, spelling: &str, doc: &str) {
        let word = spelling.chars().all(|c| c.is_ascii_alphabetic() || c == '_');
        let text = if word || self.quoted { spelling.to_owned() } else { format!("\"{spelling}\"") };
        self.add(spelling, text, CompletionItemKind::OPERATOR, doc);
    }

    /// The values that the schema lists for a field.
    fn listed(&mut self, schema: Option<&Schema>, field: &str) {
        let Some((shape, _)) = schema.and_then(|schema| schema.at(field)) else { return };
        for value in shape.values.iter().flatten() {
            match value {
                Constant::Text(text) if self.quoted => self.add(text, text.clone(), CompletionItemKind::VALUE, ""),
                Constant::Text(text) => self.add(text, value.in_words(), CompletionItemKind::VALUE, ""),
                Constant::List(_) | Constant::Map(_) => {}
                scalar => self.add(&scalar.in_words(), scalar.in_words(), CompletionItemKind::VALUE, ""),
            }
        }
    }

    /// The fields that the schema lists, those used elsewhere, and the results of stages.
    fn fields(&mut self, outline: &Outline<'_>, schema: Option<&Schema>) {
        let mut known: Vec<String> = Vec::new();
        let mut listed: HashMap<String, String> = HashMap::new();
        for (field, shape) in schema.map(Schema::fields).unwrap_or_default() {
            listed.insert(field.clone(), hover::typed(shape, false));
            known.push(field);
        }
        for (field, uses) in places::fields(outline) {
            // What is being typed right now is no field that is used already.
            let here = uses.len() == 1 && self.is_here(outline, uses.first().copied());
            if !here && !listed.contains_key(field) {
                known.push(field.to_owned());
            }
        }
        for stage in places::stages(outline).into_iter().filter_map(|at| outline.key(at)) {
            for part in ["result", "confidence", "data", "error", "time_ms"] {
                let path = format!("stages.{stage}.{part}");
                if !known.contains(&path) {
                    known.push(path);
                }
            }
        }
        for field in known {
            let needs_quotes = !self.quoted && field.contains(['[', '"', '\'']);
            let text = if needs_quotes { format!("'{}'", field.replace('\'', "''")) } else { field.clone() };
            let doc = listed.get(&field).map(String::as_str).unwrap_or_default();
            self.add(&field, text, CompletionItemKind::FIELD, doc);
        }
    }

    fn is_here(&self, outline: &Outline<'_>, entry: Option<usize>) -> bool {
        let value = entry.and_then(|at| outline.entries.get(at)).and_then(|entry| entry.value.clone());
        value.is_some_and(|span| span.start <= self.offset && self.offset <= span.end)
    }
}
