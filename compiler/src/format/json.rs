//! JSON files: the same order and layout, in the syntax of JSON.

use super::layout::{WIDTH, one_line};
use super::order::inner;
use super::tree::{Collection, Content, Entry, Scalar, Style, Value};
use crate::settings::Place;
use crate::yaml::{Node, NodeKind, quoted};

const STEP: usize = 2;

/// The tree of a JSON source.
pub(super) fn build(node: &Node, text: &str) -> Value {
    let collection = |mapping, entries| {
        let flow = !node.span.slice(text).contains('\n');
        Value::new(Content::Collection(Collection { mapping, flow, entries, footer: Vec::new() }))
    };
    let entry =
        |key, value: &Node| Entry { leading: Vec::new(), blank: false, key, value: build(value, text), trailing: None };
    match &node.kind {
        NodeKind::Seq(items) => collection(false, items.iter().map(|item| entry(None, item)).collect()),
        NodeKind::Map(entries) => {
            let key = |text: &str| scalar(quoted(text), text);
            collection(true, entries.iter().map(|(name, value)| entry(Some(key(&name.text)), value)).collect())
        }
        _ => scalar(node.span.slice(text).to_owned(), node.text().unwrap_or_default()),
    }
}

fn scalar(raw: String, text: &str) -> Value {
    Value::new(Content::Scalar(Scalar { raw, text: text.to_owned(), style: Style::Quoted }))
}

/// Writes it.
pub(super) fn print(root: &Value, place: &Place) -> String {
    let mut out = String::new();
    value(&mut out, root, 0, 0, place);
    out.push('\n');
    out
}

/// `before`: what stands on the line already, in characters.
fn value(out: &mut String, node: &Value, columns: usize, before: usize, place: &Place) {
    let text = one_line(node, place, true);
    let collection = node.collection().filter(|collection| !collection.entries.is_empty());
    let Some(collection) = collection else {
        out.push_str(&text.unwrap_or_default());
        return;
    };
    if let Some(text) = text
        && before.saturating_add(text.chars().count()) < WIDTH
    {
        out.push_str(&text);
        return;
    }
    let deeper = columns.saturating_add(STEP);
    out.push_str(if collection.mapping { "{\n" } else { "[\n" });
    for (at, entry) in collection.entries.iter().enumerate() {
        if at > 0 {
            out.push_str(",\n");
        }
        out.extend(std::iter::repeat_n(' ', deeper));
        let mut before = deeper;
        if let Some(Content::Scalar(key)) = entry.key.as_ref().map(|key| &key.content) {
            out.push_str(&key.raw);
            out.push_str(": ");
            before = before.saturating_add(key.raw.chars().count()).saturating_add(2);
        }
        value(out, &entry.value, deeper, before, &inner(place, entry.key.as_ref()));
    }
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', columns));
    out.push(if collection.mapping { '}' } else { ']' });
}
