//! What is to be known about a place: what a key is for, what an operator does, what is known of a field, what rules cost.

use std::fmt::Write as _;

use cascata_compiler::operators::Operator;
use cascata_compiler::schema::Shape;
use cascata_compiler::settings::Place;
use cascata_vm::image::{LoadOptions, Program, RuleKind};
use lsp_types::{Hover, HoverContents, MarkupContent, MarkupKind};

use super::documents::Document;
use super::outline::Outline;
use super::places::{self, Meaning};
use super::position::Lines;

/// The most uses of a field that are listed.
const MOST_USES: usize = 12;

/// What to show at an offset.
pub fn hover(document: &mut Document, offset: usize) -> Option<Hover> {
    let text = document.text().to_owned();
    let outline = Outline::new(&text);
    let (entry, is_key) = outline.at(offset)?;
    let path = outline.path(Some(entry));
    let shown = if is_key {
        about_key(document, &outline, entry, &path)
    } else if path.last() == Some(&"when") {
        let name = field_at(&text, offset)?;
        (document.schema()?.at(name)).map(|_| field(document, &outline, name))
    } else {
        about_value(document, &outline, entry, &path)
    };
    let found = outline.entries.get(entry)?;
    let span = if is_key { found.key.clone() } else { found.value.clone() }?;
    let markdown = shown.filter(|shown| !shown.is_empty())?;
    Some(Hover {
        contents: HoverContents::Markup(MarkupContent { kind: MarkupKind::Markdown, value: markdown }),
        range: Some(Lines::new(&text).range(span)),
    })
}

fn about_key(document: &mut Document, outline: &Outline<'_>, entry: usize, path: &[&str]) -> Option<String> {
    if let ["stages", name] = path {
        return stage(document, outline, name);
    }
    let place = Place::of(path.iter().copied());
    let mut shown = format!("`{}`: {}", outline.key(entry)?, place.doc());
    let words: String = place.words().iter().map(|(word, doc)| format!("\n- `{word}` {doc}")).collect();
    if !words.is_empty() {
        shown.push('\n');
        shown.push_str(&words);
    }
    if let ["stages", name, "routing_rules"] = path {
        shown.push_str(&costs(document, name).unwrap_or_default());
    }
    (!place.doc().is_empty()).then_some(shown)
}

fn about_value(document: &mut Document, outline: &Outline<'_>, entry: usize, path: &[&str]) -> Option<String> {
    let value = outline.value(entry)?;
    match (places::meaning(path), path) {
        (Meaning::Operator, _) => Operator::parse(value).map(operator),
        (Meaning::Compare, _) => Operator::parse(value).map(|found| format!("`{value}`: {}", found.doc())),
        (Meaning::Stage, _) => stage(document, outline, value),
        (Meaning::Field, _) => Some(field(document, outline, value)),
        (Meaning::Other, ["stages", stage, "routing_rules", "", "name"]) => rule(document, stage, value),
        _ => {
            let place = Place::of(path.iter().copied());
            let (word, doc) = place.words().into_iter().find(|(word, _)| *word == value)?;
            Some(if doc.is_empty() { place.doc().to_owned() } else { format!("`{word}`: {doc}") })
        }
    }
}

/// The path of a field around an offset of an expression, as far as it is made of words, dots and brackets.
fn field_at(text: &str, offset: usize) -> Option<&str> {
    let part = |character: char| character.is_alphanumeric() || matches!(character, '_' | '.' | '[' | ']');
    let (before, behind) = (text.get(..offset)?, text.get(offset..)?);
    let start = before.trim_end_matches(part).len();
    let end = offset + (behind.len() - behind.trim_start_matches(part).len());
    text.get(start..end).filter(|word| !word.is_empty())
}

/// What an operator does, with its example.
pub fn operator(operator: Operator) -> String {
    let example = operator.example();
    let holds = if example.holds { "holds" } else { "does not hold" };
    format!(
        "`{}`: {}\n\nTakes: {}. Error: {}\n\n```json\n{}\n```\n{holds} for `{}`",
        operator.spelling(),
        operator.doc(),
        operator.operand().words(),
        operator.errors(),
        example.condition,
        example.event,
    )
}

/// What the schema says of a field.
pub fn typed(shape: &Shape, always: bool) -> String {
    let mut shown = shape.words();
    if always {
        shown.push_str(", always there");
    }
    if let Some(description) = &shape.description {
        let _ = write!(shown, "\n\n{description}");
    }
    shown
}

/// How a field is used: with which operators and values, and which rules write it.
fn field(document: &mut Document, outline: &Outline<'_>, name: &str) -> String {
    let mut shown = format!("`{name}`");
    if let Some((shape, always)) = document.schema().as_deref().and_then(|schema| schema.at(name)) {
        shown.push_str(": ");
        shown.push_str(&typed(shape, always));
    }
    if let Some(stage) = name.strip_prefix("stages.").and_then(|rest| rest.split(['.', '[']).next()) {
        let _ = write!(shown, ": of the latest result of stage `{stage}`");
    }
    let lines = Lines::new(document.text());
    let all = places::fields(outline);
    let uses = all.iter().find(|(field, _)| *field == name).map(|(_, uses)| uses.as_slice()).unwrap_or_default();
    let mut listed = String::new();
    for entry in uses.iter().take(MOST_USES) {
        let Some(owner) = outline.entries.get(*entry).and_then(|entry| entry.parent) else { continue };
        let line = outline.entries.get(*entry).map_or(0, |entry| lines.position(entry.start).line) + 1;
        let operator = outline.child(Some(owner), "operator").and_then(|at| outline.value(at));
        let value = outline.child(Some(owner), "value");
        let operand = value.map(|at| constant(document, outline, at)).unwrap_or_default();
        let _ = match operator {
            Some(operator) => write!(listed, "\n- line {line}: `{}`", format!("{operator} {operand}").trim_end()),
            None if value.is_some() => write!(listed, "\n- line {line}: set to `{operand}`"),
            None => write!(listed, "\n- line {line}"),
        };
    }
    if uses.len() > MOST_USES {
        let _ = write!(listed, "\n- and {} more", uses.len() - MOST_USES);
    }
    if let Some(kind) = kind(document, outline, uses) {
        let _ = write!(shown, "\n\nCompared as {kind}.");
    }
    if !listed.is_empty() {
        let _ = write!(shown, "\n\nUsed:\n{listed}");
    }
    shown
}

/// The text of a constant, as it is written; a list or mapping by its ends.
fn constant(document: &Document, outline: &Outline<'_>, entry: usize) -> String {
    match outline.entries.get(entry).and_then(|entry| entry.value.clone()) {
        Some(span) => document.text().get(span).unwrap_or_default().replace('`', "'"),
        None => {
            let items: Vec<_> = outline.children(Some(entry)).filter_map(|at| outline.value(at)).take(5).collect();
            format!("[{}{}]", items.join(", "), if items.len() == 5 { ", …" } else { "" })
        }
    }
}

/// What the values a field is compared with have in common.
fn kind(document: &Document, outline: &Outline<'_>, uses: &[usize]) -> Option<&'static str> {
    let mut kinds = uses.iter().filter_map(|entry| {
        let owner = outline.entries.get(*entry)?.parent;
        let value = outline.entries.get(outline.child(owner, "value")?)?.value.clone()?;
        let raw = document.text().get(value)?;
        Some(if raw.parse::<f64>().is_ok() {
            "a number"
        } else if matches!(raw, "true" | "false") {
            "a boolean"
        } else {
            "text"
        })
    });
    let first = kinds.next()?;
    kinds.all(|kind| kind == first).then_some(first)
}

fn stage(document: &mut Document, outline: &Outline<'_>, name: &str) -> Option<String> {
    let entry = places::stage(outline, name)?;
    let mut shown = format!("stage `{name}`");
    let child = |key: &str| outline.child(Some(entry), key);
    if let Some(handler) = child("handler") {
        let kind = outline.child(Some(handler), "kind").or(Some(handler)).and_then(|at| outline.value(at));
        let _ = write!(shown, "\n- handler: `{}`", kind.unwrap_or("?"));
    }
    if child("enabled").and_then(|at| outline.value(at)) == Some("false") {
        shown.push_str("\n- runs only when a rule enables it");
    }
    let needs: Vec<_> = child("depends_on").into_iter().flat_map(|at| outline.children(Some(at))).collect();
    let needs: Vec<_> = needs.into_iter().filter_map(|at| outline.value(at)).collect();
    if !needs.is_empty() {
        let _ = write!(shown, "\n- after: `{}`", needs.join("`, `"));
    }
    shown.push_str(&costs(document, name).unwrap_or_default());
    Some(shown)
}

/// The program of a sound text.
fn program(document: &mut Document) -> Option<Program<'_>> {
    let image = document.compiled().image.as_deref()?;
    Program::verify(image, &LoadOptions::default()).ok()
}

/// The worst case of each rule list of a stage; nothing while the text has mistakes.
fn costs(document: &mut Document, stage: &str) -> Option<String> {
    let program = program(document)?;
    let stage = program.stage(program.stage_named(stage)?)?;
    let lists = [
        ("preconditions", RuleKind::Precondition),
        ("routing rules", RuleKind::Routing),
        ("postconditions", RuleKind::Postcondition),
    ];
    let mut shown = String::new();
    for (name, kind) in lists {
        let list = stage.list(kind);
        let rules = program.list_len(list);
        if rules > 0 {
            let _ = write!(shown, "\n- {rules} {name}, worst-case cost {}", program.list_cost(list));
        }
    }
    Some(shown)
}

fn rule(document: &mut Document, stage: &str, name: &str) -> Option<String> {
    let program = program(document)?;
    let stage = program.stage(program.stage_named(stage)?)?;
    let lists = [RuleKind::Precondition, RuleKind::Routing, RuleKind::Postcondition].map(|kind| stage.list(kind));
    let rule = lists.into_iter().flat_map(|list| program.list_rules(list)).find(|rule| rule.name() == name)?;
    let action = rule.action().name();
    Some(format!("rule `{name}`: worst-case cost {}, then `{action}`", rule.cost()))
}
