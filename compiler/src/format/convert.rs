//! The same cascade in the other syntax: YAML as JSON, JSON as YAML.

use super::tree::{Collection, Content, Document, Entry, Scalar, Style, Value};
use super::{Refusal, json, order, print, verify};
use crate::options::Options;
use crate::settings::Place;
use crate::source::Source;
use crate::yaml::{Node, NodeKind, quoted};

/// A syntax of cascade files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syntax {
    /// `.yaml`, `.yml`
    Yaml,
    /// `.json`
    Json,
}

impl Syntax {
    const fn ending(self) -> &'static str {
        match self {
            Self::Yaml => "yaml",
            Self::Json => "json",
        }
    }
}

/// A source in another syntax.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Converted {
    /// The text in canonical form, under the name that says its syntax.
    pub source: Source,
    /// Comments that are left out, because JSON has none.
    pub comments: usize,
}

/// The source in a syntax, in canonical form: the same values and the same program, which is proved for every result. Aliases
/// become what they stand for; numbers keep their spelling where it means the same.
///
/// # Errors
/// When the text cannot be read, has mistakes or a number that JSON has no way to write, or the result would not mean the same.
pub fn convert(source: &Source, to: Syntax, options: &Options) -> Result<Converted, Refusal> {
    if source.is_json() == (to == Syntax::Json) {
        let text = super::format(source, options)?;
        return Ok(Converted { source: source.with_text(text), comments: 0 });
    }
    let Some(root) = crate::yaml::read(source, &options.limits).root else { return Err(Refusal::Unreadable) };
    // Some texts mean nothing certain in one syntax only.
    let sound = if source.is_tests() {
        crate::check_tests(source, options).0.is_some()
    } else {
        crate::check(source, options).0.is_some()
    };
    if !sound {
        return Err(Refusal::Mistaken);
    }
    let place = Place::of_source(source);
    let mut tree = value(&root, &source.text, to, options)?;
    order::sort(&mut tree, &place);
    let text = match to {
        Syntax::Json => json::print(&tree, &place),
        Syntax::Yaml => print::print(&Document { root: Some(tree), ..Document::default() }, &place),
    };
    let stem = source.name.rsplit_once('.').map_or(source.name.as_str(), |(stem, _)| stem);
    let mut after = source.with_text(text);
    after.name = format!("{stem}.{}", to.ending());
    verify::meaning(source, &after, true, options)?;
    let comments = if source.is_json() { None } else { super::comments(&source.text, &options.limits) };
    Ok(Converted { source: after, comments: comments.map_or(0, |comments| comments.len()) })
}

/// The tree that is printed. Recursion is as deep as the source, which its reader limits.
fn value(node: &Node, text: &str, to: Syntax, options: &Options) -> Result<Value, Refusal> {
    let flow = !node.span.slice(text).contains('\n');
    let collection = |mapping, entries| Content::Collection(Collection { mapping, flow, entries, footer: Vec::new() });
    let content = match &node.kind {
        NodeKind::Seq(items) => {
            let entries =
                items.iter().map(|item| Ok(entry(None, value(item, text, to, options)?))).collect::<Result<_, _>>()?;
            collection(false, entries)
        }
        NodeKind::Map(members) => {
            let member = |(key, node): &(_, Node)| {
                let key: &crate::yaml::Key = key;
                Ok(entry(Some(scalar(quoted(&key.text), &key.text, Style::Quoted)), value(node, text, to, options)?))
            };
            collection(true, members.iter().map(member).collect::<Result<_, _>>()?)
        }
        _ => return written(node, text, to, options),
    };
    Ok(Value::new(content))
}

const fn entry(key: Option<Value>, value: Value) -> Entry {
    Entry { leading: Vec::new(), blank: false, key, value, trailing: None }
}

fn scalar(raw: String, text: &str, style: Style) -> Value {
    Value::new(Content::Scalar(Scalar { raw, text: text.to_owned(), style }))
}

fn written(node: &Node, text: &str, to: Syntax, options: &Options) -> Result<Value, Refusal> {
    let raw = match &node.kind {
        // A name may be a number and keeps its spelling: `version: 1.10`.
        NodeKind::Int(_) | NodeKind::Float(_) if reads_alike(node, text, to, options) => {
            node.span.slice(text).to_owned()
        }
        NodeKind::Text(text) => return Ok(scalar(quoted(text), text, Style::Quoted)),
        NodeKind::Bool(value) => value.to_string(),
        NodeKind::Int(digits) => digits.clone(),
        NodeKind::Float(number) => float(*number, to).ok_or(Refusal::Unusual("JSON has no NaN"))?,
        NodeKind::Null | NodeKind::Seq(_) | NodeKind::Map(_) => "null".to_owned(),
    };
    let text = raw.clone();
    Ok(scalar(raw, &text, Style::Plain))
}

/// Whether the other syntax reads the number's own spelling as the same.
fn reads_alike(node: &Node, text: &str, to: Syntax, options: &Options) -> bool {
    let read =
        crate::yaml::read(&Source::new(format!("number.{}", to.ending()), node.span.slice(text)), &options.limits);
    read.diagnostics.is_empty() && read.root.is_some_and(|other| other.kind == node.kind)
}

/// A double that every reader of the syntax reads as this one.
pub(super) fn float(number: f64, to: Syntax) -> Option<String> {
    match (number.is_infinite(), to) {
        _ if number.is_nan() && to == Syntax::Json => return None,
        _ if number.is_nan() => return Some(".nan".to_owned()),
        // JSON has no word for it; what is too large for a double is read as it.
        (true, Syntax::Json) => return Some(if number > 0.0 { "1e999" } else { "-1e999" }.to_owned()),
        (true, Syntax::Yaml) => return Some(if number > 0.0 { ".inf" } else { "-.inf" }.to_owned()),
        (false, _) => {}
    }
    let text = format!("{number:?}");
    let Some((digits, exponent)) = text.split_once('e') else { return Some(text) };
    // For YAML 1.1 a number has a point, and its exponent a sign.
    let point = if digits.contains('.') { "" } else { ".0" };
    let sign = if exponent.starts_with('-') { "" } else { "+" };
    Some(format!("{digits}{point}e{sign}{exponent}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_are_read_alike() {
        for (number, yaml, json) in [
            (1.0, "1.0", "1.0"),
            (1e16, "1.0e+16", "1.0e+16"),
            (1.5e-9, "1.5e-9", "1.5e-9"),
            (-0.0, "-0.0", "-0.0"),
            (f64::INFINITY, ".inf", "1e999"),
        ] {
            assert_eq!(float(number, Syntax::Yaml).as_deref(), Some(yaml));
            assert_eq!(float(number, Syntax::Json).as_deref(), Some(json));
        }
        assert_eq!(float(f64::NAN, Syntax::Json), None);
    }
}
