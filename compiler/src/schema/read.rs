//! Reads a schema: the keywords of JSON Schema that mean something here, and a refusal of all others, because a keyword that
//! is ignored says less than its author thinks.

use super::{Bound, Kind, Kinds, Others, Property, Schema, Shape, ShapeSpans};
use crate::back::compare_numbers;
use crate::check::constant;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::model::Constant;
use crate::names::nearest;
use crate::span::Span;
use crate::syntax::{Reader, SCHEMA, replacement};
use crate::yaml::{Key, Node, NodeKind};

/// How many of the known keywords mean something; the others are for people.
const MEANING: usize = 11;

/// `schema` of a cascade.
pub(crate) fn root(reader: &mut Reader<'_>, key: Span, node: &Node) -> Option<Schema> {
    if let NodeKind::Map(entries) = &node.kind
        && let Some((place, file)) = entries.iter().find(|(key, _)| key.text == "file")
    {
        return super::file::in_file(reader, place, file, entries.len());
    }
    match &node.kind {
        NodeKind::Null => return None,
        NodeKind::Map(_) => {}
        _ => {
            let diagnostic =
                Diagnostic::new(Code::InvalidSchema, format!("`schema` is a mapping, not {}", node.type_name()))
                    .label(reader.head(node), "expected a schema")
                    .help("`schema: {properties: {amount: {type: number}}}`, or `schema: {file: event.schema.json}`");
            reader.report(diagnostic);
            return None;
        }
    }
    let mut event = shape(reader, key, node)?;
    if !event.kinds.has(Kind::Object) {
        let diagnostic = Diagnostic::new(Code::InvalidSchema, "an event is an object")
            .label(event.spans.kinds.unwrap_or(key), "expected `type: object`");
        reader.report(diagnostic);
        return None;
    }
    event.kinds = Kinds::one(Kind::Object);
    Some(Schema { event })
}

/// One schema. `head` is the place that stands for it. Recursion is bounded by the nesting of the source.
fn shape(reader: &mut Reader<'_>, head: Span, node: &Node) -> Option<Shape> {
    let entries = match &node.kind {
        NodeKind::Map(entries) => entries,
        NodeKind::Bool(true) => return Some(Shape::any(head)),
        NodeKind::Bool(false) => {
            let diagnostic = Diagnostic::new(Code::InvalidSchema, "`false` lets no value through")
                .label(node.span, "no value fits")
                .help("leave the key out; `additionalProperties: false` lets no other keys through");
            reader.report(diagnostic);
            return None;
        }
        _ => {
            let message = format!("a schema is a mapping, not {}", node.type_name());
            let diagnostic = Diagnostic::new(Code::InvalidSchema, message)
                .label(reader.head(node), "expected a schema")
                .help("`{type: number}` is one; `{}` lets every value through");
            reader.report(diagnostic);
            return None;
        }
    };
    let known = keywords(reader, entries);
    let words = Words(entries);
    let (kinds, values) = (types(reader, &words), values(reader, &words));
    let (low, high) = (bounds(reader, &words, Side::Low), bounds(reader, &words, Side::High));
    let (properties, required) = (properties(reader, &words), required(reader, &words));
    let (others, items) = (others(reader, &words), items(reader, &words));
    let mut shape = Shape {
        kinds: kinds?,
        values: values?,
        low: low?,
        high: high?,
        properties: properties?,
        required: required?,
        others: others?,
        items: items?,
        description: words.text("description").or_else(|| words.text("title")),
        spans: ShapeSpans {
            head,
            kinds: words.span(reader, "type"),
            values: words.span(reader, "enum").or_else(|| words.span(reader, "const")),
            properties: words.entry("properties").map(|(key, _)| key.span),
            required: words.span(reader, "required"),
            others: words.span(reader, "additionalProperties"),
        },
    };
    (known && agrees(reader, &mut shape)).then_some(shape)
}

/// The entries of a schema, by keyword.
struct Words<'n>(&'n [(Key, Node)]);

impl<'n> Words<'n> {
    fn entry(&self, keyword: &str) -> Option<&'n (Key, Node)> {
        self.0.iter().find(|(key, _)| key.text == keyword)
    }

    fn get(&self, keyword: &str) -> Option<&'n Node> {
        self.entry(keyword).map(|(_, node)| node)
    }

    fn text(&self, keyword: &str) -> Option<String> {
        self.get(keyword).and_then(Node::text).map(str::to_owned)
    }

    fn span(&self, reader: &Reader<'_>, keyword: &str) -> Option<Span> {
        self.entry(keyword).map(|(key, node)| said(reader, key.span, node.span))
    }
}

/// A keyword with what it says; the keyword alone if that takes more than one line or stands elsewhere, as aliases do.
fn said(reader: &Reader<'_>, key: Span, value: Span) -> Span {
    let whole = key.join(value);
    let apart = value.start < key.end || whole.slice(reader.text).contains('\n');
    if apart { key } else { whole }
}

/// Whether all keywords are known; others are reported.
fn keywords(reader: &mut Reader<'_>, entries: &[(Key, Node)]) -> bool {
    let mut known = true;
    for (key, _) in entries {
        let text = key.text.as_str();
        // A key that is a list or a mapping has been reported.
        if SCHEMA.known.contains(&text) || text.starts_with("x-") || text.starts_with('\0') {
            continue;
        }
        known = false;
        let near = nearest(text, SCHEMA.known.iter().copied());
        let near = near.filter(|near| !entries.iter().any(|(other, _)| other.text == *near));
        let diagnostic = Diagnostic::new(Code::InvalidSchema, format!("`{text}` is no keyword of a schema here"));
        reader.report(match near {
            Some(near) => diagnostic.label(key.span, format!("did you mean `{near}`?")).fix(key.span, near),
            None => {
                let listed = |words: &[&str]| words.join(", ");
                let (meaning, people) = SCHEMA.known.split_at_checked(MEANING).unwrap_or_default();
                diagnostic.label(key.span, "outside the part of JSON Schema that is read").help(format!(
                    "the keywords are {}; {} and x-… are for people",
                    listed(meaning),
                    listed(people)
                ))
            }
        });
    }
    known
}

/// `type`: one word or several.
fn types(reader: &mut Reader<'_>, words: &Words<'_>) -> Option<Kinds> {
    let Some(node) = words.get("type") else { return Some(Kinds::ALL) };
    let listed = match &node.kind {
        NodeKind::Seq(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    };
    let mut kinds = Kinds::NONE;
    for item in listed {
        let word = match &item.kind {
            // `[string, null]` is what people write.
            NodeKind::Null => Kind::Null.name(),
            _ => item.text().unwrap_or_default(),
        };
        match Kind::ALL.into_iter().find(|kind| kind.name() == word) {
            Some(kind) => kinds = kinds.with(kind),
            None => {
                unknown_type(reader, item, word);
                return None;
            }
        }
    }
    if kinds.is_empty() {
        invalid(reader, node, "`type` names no type", "expected a type or a list of types");
        return None;
    }
    Some(kinds)
}

fn unknown_type(reader: &mut Reader<'_>, node: &Node, word: &str) {
    // What the types are called elsewhere.
    let elsewhere = [
        ("text", "string"),
        ("str", "string"),
        ("int", "integer"),
        ("float", "number"),
        ("double", "number"),
        ("decimal", "number"),
        ("bool", "boolean"),
        ("list", "array"),
        ("dict", "object"),
        ("map", "object"),
        ("mapping", "object"),
        ("none", "null"),
    ];
    let names = Kind::ALL.map(Kind::name);
    let meant = elsewhere.iter().find(|(other, _)| word.eq_ignore_ascii_case(other)).map(|(_, meant)| *meant);
    let meant = meant.or_else(|| nearest(word, names));
    let said = if word.is_empty() { "a type is a word".to_owned() } else { format!("no type is called `{word}`") };
    let diagnostic = Diagnostic::new(Code::InvalidSchema, said).help(format!("the types are {}", names.join(", ")));
    reader.report(match meant {
        Some(meant) => diagnostic
            .label(node.span, format!("did you mean `{meant}`?"))
            .fix(node.span, replacement(node, reader.text, meant)),
        None => diagnostic.label(reader.head(node), "expected a type"),
    });
}

/// `enum` and `const`.
#[expect(clippy::option_option, reason = "wrong and left out are two things")]
fn values(reader: &mut Reader<'_>, words: &Words<'_>) -> Option<Option<Vec<Constant>>> {
    if let (Some((key, _)), Some(_)) = (words.entry("const"), words.entry("enum")) {
        let diagnostic = Diagnostic::new(Code::InvalidSchema, "a schema has both `enum` and `const`")
            .label(key.span, "remove one of the two");
        reader.report(diagnostic);
        return None;
    }
    if let Some(node) = words.get("const") {
        return Some(Some(vec![constant(node)]));
    }
    let Some(node) = words.get("enum") else { return Some(None) };
    match &node.kind {
        NodeKind::Seq(items) if !items.is_empty() => Some(Some(items.iter().map(constant).collect())),
        NodeKind::Seq(_) => {
            invalid(reader, node, "`enum` lists no value, so none fits", "expected values");
            None
        }
        _ => {
            let message = format!("`enum` is a list of values, not {}", node.type_name());
            invalid(reader, node, &message, "expected a list");
            None
        }
    }
}

#[derive(Clone, Copy)]
enum Side {
    Low,
    High,
}

/// The tighter of a bound and its exclusive twin.
#[expect(clippy::option_option, reason = "wrong and left out are two things")]
fn bounds(reader: &mut Reader<'_>, words: &Words<'_>, side: Side) -> Option<Option<Bound>> {
    let (plain, exclusive) = match side {
        Side::Low => ("minimum", "exclusiveMinimum"),
        Side::High => ("maximum", "exclusiveMaximum"),
    };
    let (plain, exclusive) = (bound(reader, words, plain, false)?, bound(reader, words, exclusive, true)?);
    let (Some(one), Some(other)) = (&plain, &exclusive) else { return Some(plain.or(exclusive)) };
    let order = compare_numbers(&one.value, &other.value);
    let plain_is_tighter = match side {
        Side::Low => order.is_gt(),
        Side::High => order.is_lt(),
    };
    Some(if plain_is_tighter { plain } else { exclusive })
}

#[expect(clippy::option_option, reason = "wrong and left out are two things")]
fn bound(reader: &mut Reader<'_>, words: &Words<'_>, keyword: &str, exclusive: bool) -> Option<Option<Bound>> {
    let Some((key, node)) = words.entry(keyword) else { return Some(None) };
    match &node.kind {
        NodeKind::Int(_) | NodeKind::Float(_) => {
            Some(Some(Bound { value: constant(node), exclusive, span: said(reader, key.span, node.span) }))
        }
        _ => {
            let message = format!("`{keyword}` is a number, not {}", node.type_name());
            invalid(reader, node, &message, "expected a number");
            None
        }
    }
}

fn properties(reader: &mut Reader<'_>, words: &Words<'_>) -> Option<Vec<Property>> {
    let Some(node) = words.get("properties") else { return Some(Vec::new()) };
    let NodeKind::Map(entries) = &node.kind else {
        let message = format!("`properties` is a mapping from keys to schemas, not {}", node.type_name());
        invalid(reader, node, &message, "expected a mapping");
        return None;
    };
    let read = entries.iter().map(|(key, node)| {
        let shape = shape(reader, key.span, node)?;
        Some(Property { name: key.text.clone(), shape })
    });
    // All of them, so that all mistakes are found.
    let read: Vec<_> = read.collect();
    read.into_iter().collect()
}

fn required(reader: &mut Reader<'_>, words: &Words<'_>) -> Option<Vec<String>> {
    let Some(node) = words.get("required") else { return Some(Vec::new()) };
    let NodeKind::Seq(items) = &node.kind else {
        let message = format!("`required` is a list of keys, not {}", node.type_name());
        invalid(reader, node, &message, "it stands beside `properties`, not in them: `required: [amount]`");
        return None;
    };
    let mut names = Vec::with_capacity(items.len());
    for item in items {
        match item.text() {
            Some(text) => names.push(text.to_owned()),
            None => {
                let message = format!("a key under `required` is text, not {}", item.type_name());
                invalid(reader, item, &message, "expected a key");
                return None;
            }
        }
    }
    Some(names)
}

fn others(reader: &mut Reader<'_>, words: &Words<'_>) -> Option<Others> {
    let Some((key, node)) = words.entry("additionalProperties") else { return Some(Others::Unsaid) };
    if let NodeKind::Bool(value) = node.kind {
        reader.boolean(Some(node), "additionalProperties", value);
        return Some(if value { Others::Any } else { Others::None });
    }
    shape(reader, key.span, node).map(|shape| Others::Like(Box::new(shape)))
}

#[expect(clippy::option_option, reason = "wrong and left out are two things")]
fn items(reader: &mut Reader<'_>, words: &Words<'_>) -> Option<Option<Box<Shape>>> {
    let Some((key, node)) = words.entry("items") else { return Some(None) };
    shape(reader, key.span, node).map(|shape| Some(Box::new(shape)))
}

/// Whether the keywords leave any value; narrows the types to those of the values.
fn agrees(reader: &mut Reader<'_>, shape: &mut Shape) -> bool {
    if let (Some(low), Some(high)) = (&shape.low, &shape.high) {
        let order = compare_numbers(&low.value, &high.value);
        if order.is_gt() || (order.is_eq() && (low.exclusive || high.exclusive)) {
            let diagnostic = Diagnostic::new(Code::InvalidSchema, "no number is within both bounds")
                .label(high.span, "the upper bound")
                .label(low.span, "the lower bound");
            reader.report(diagnostic);
            return false;
        }
    }
    let unlisted = shape.required.iter().find(|key| !shape.properties.iter().any(|property| property.name == **key));
    if let (Some(key), Others::None) = (unlisted, &shape.others) {
        let message = format!("`{key}` is required, but no key of the object");
        let known = shape.properties.iter().map(|property| property.name.as_str());
        let mut diagnostic = Diagnostic::new(Code::InvalidSchema, message)
            .label(shape.spans.required.unwrap_or(shape.spans.head), "no object has it")
            .label(shape.spans.others.unwrap_or(shape.spans.head), "lets no other keys through");
        if let Some(near) = nearest(key, known) {
            diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
        }
        reader.report(diagnostic);
        return false;
    }
    let Some(values) = &shape.values else { return true };
    let mut kinds = Kinds::NONE;
    for value in values {
        let kind = Kind::of(value);
        if !shape.kinds.has(kind) {
            let message = format!("the value {} is {}, which the type is not", value.in_words(), kind.words());
            let mut diagnostic = Diagnostic::new(Code::InvalidSchema, message)
                .label(shape.spans.values.unwrap_or(shape.spans.head), "never fits");
            if let Some(span) = shape.spans.kinds {
                diagnostic = diagnostic.label(span, format!("the type: {}", shape.kinds.words()));
            }
            reader.report(diagnostic);
            return false;
        }
        kinds = kinds.with(kind);
    }
    shape.kinds = kinds;
    true
}

fn invalid(reader: &mut Reader<'_>, node: &Node, message: &str, label: &str) {
    let head = reader.head(node);
    reader.report(Diagnostic::new(Code::InvalidSchema, message).label(head, label));
}
