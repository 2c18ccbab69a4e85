//! Conditions in their other form: mappings as text, text as mappings.

use std::collections::HashMap;

use super::convert::{Syntax, float};
use super::layout::quote;
use super::{Refusal, build, verify};
use crate::expression;
use crate::model::{Cascade, Condition, Constant};
use crate::options::Options;
use crate::settings::Place;
use crate::source::Source;
use crate::span::Span;
use crate::yaml::{Key, Node, NodeKind, quoted};

/// How often a source is compiled to find the conditions whose other form does not mean the same.
const MAX_TRIES: usize = 400;

/// A form of conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConditionForm {
    /// `when: amount > 1000`
    Text,
    /// `condition: {field: amount, operator: ">", value: 1000}`
    Mapping,
}

/// A source whose conditions have been written anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewritten {
    /// The text in canonical form.
    pub text: String,
    /// Conditions that have the other form now.
    pub rewritten: usize,
    /// Conditions that would have had to change and stay: they have comments inside, belong to a rule that is switched off,
    /// or have no such form.
    pub left: usize,
}

/// Writes every condition in one form, as far as it has one, and the text in canonical form. The program is the same, which
/// is proved for every result.
///
/// # Errors
/// When the text cannot be read, has mistakes or anchors, or the result would not mean the same.
pub fn rewrite(source: &Source, form: ConditionForm, options: &Options) -> Result<Rewritten, Refusal> {
    if source.is_tests() {
        return Err(Refusal::Unusual("a file of tests has no conditions"));
    }
    // Where comments stand in the end decides which conditions have some inside.
    let canonical = source.with_text(super::format(source, options)?);
    let source = &canonical;
    let Some(root) = crate::yaml::read(source, &options.limits).root else { return Err(Refusal::Unreadable) };
    let mut quick = options.clone();
    quick.analysis = false;
    let Some(cascade) = crate::check(source, &quick).0 else { return Err(Refusal::Mistaken) };
    let syntax = if source.is_json() { Syntax::Json } else { Syntax::Yaml };
    if syntax == Syntax::Yaml
        && build::build(&source.text, &options.limits)?.root.is_some_and(|root| root.has_anchors())
    {
        return Err(Refusal::Unusual("what an anchor stands for may be used elsewhere"));
    }
    let mut found = Vec::new();
    find(&root, &Place::root(), &mut found);
    found.retain(|place| place.form != form);
    let conditions: HashMap<Span, &Condition> =
        cascade.rules.values().map(|rule| (rule.condition.span, &rule.condition)).collect();
    let comments = match syntax {
        Syntax::Yaml => super::comments(&source.text, &options.limits).unwrap_or_default(),
        Syntax::Json => Vec::new(),
    };
    let edit = |place: &Found| {
        let inside = |comment: &Span| place.whole.start <= comment.start && comment.end <= place.whole.end;
        let condition = conditions.get(&place.condition).filter(|_| !comments.iter().any(inside))?;
        Some((place.whole, place.text(&cascade, condition, form, syntax)?))
    };
    let edits: Vec<_> = found.iter().filter_map(edit).collect();
    let sound = sound(source, edits, &quick);
    let after = source.with_text(applied(&source.text, &sound));
    let text = super::format(&after, options)?;
    verify::program(source, &source.with_text(text.as_str()), &quick)?;
    Ok(Rewritten { text, rewritten: sound.len(), left: found.len().saturating_sub(sound.len()) })
}

/// A condition in the source.
struct Found {
    form: ConditionForm,
    /// The condition itself.
    condition: Span,
    /// What is replaced: key and value, or the whole element of a list.
    whole: Span,
    /// Whether it is an element of a list, with no key before it.
    element: bool,
}

impl Found {
    /// What stands in its place; nothing if it has no such form.
    fn text(&self, cascade: &Cascade, condition: &Condition, form: ConditionForm, syntax: Syntax) -> Option<String> {
        let key = |key: &str| if syntax == Syntax::Json { quoted(key) } else { key.to_owned() };
        let text = match form {
            ConditionForm::Text => {
                let text = expression::text_of(cascade, condition);
                let text = if syntax == Syntax::Json { quoted(&text) } else { quote(&text) };
                let entry = format!("{}: {text}", key("when"));
                if self.element { format!("{{{entry}}}") } else { entry }
            }
            ConditionForm::Mapping => {
                let mapping = flow(&expression::mapping_of(cascade, condition)?, syntax)?;
                if self.element { mapping } else { format!("{}: {mapping}", key("condition")) }
            }
        };
        Some(text)
    }
}

/// Every condition of rules and of the cascade. Recursion is as deep as the source, which its reader limits.
fn find(node: &Node, place: &Place, found: &mut Vec<Found>) {
    match &node.kind {
        NodeKind::Map(entries) => {
            let rule = place.key("condition").is("ConditionFile");
            for (key, value) in entries {
                let inner = place.key(&key.text);
                let form = match key.text.as_str() {
                    "condition" if rule => ConditionForm::Mapping,
                    "when" if rule => ConditionForm::Text,
                    _ => {
                        find(value, &inner, found);
                        continue;
                    }
                };
                // Text in a mapping of its own is text.
                let text = text_of(value).filter(|_| form == ConditionForm::Mapping);
                let (form, condition) = text.map_or((form, value.span), |text| (ConditionForm::Text, text.span));
                found.push(Found { form, condition, whole: key.span.join(value.span), element: false });
            }
        }
        NodeKind::Seq(items) => {
            let inner = place.item();
            for item in items {
                if !inner.is("ConditionFile") {
                    find(item, &inner, found);
                    continue;
                }
                let text = text_of(item);
                let form = if text.is_some() { ConditionForm::Text } else { ConditionForm::Mapping };
                let condition = text.map_or(item.span, |text| text.span);
                found.push(Found { form, condition, whole: item.span, element: true });
            }
        }
        _ => {}
    }
}

/// The text of `{when: …}`.
fn text_of(node: &Node) -> Option<&Node> {
    match &node.kind {
        NodeKind::Map(entries) => match entries.as_slice() {
            [(Key { text, .. }, value)] if text == "when" => Some(value),
            _ => None,
        },
        _ => None,
    }
}

/// Those edits that leave the program as it is. All at once where they do, else halves of them, and so on.
fn sound(source: &Source, edits: Vec<(Span, String)>, options: &Options) -> Vec<(Span, String)> {
    let before = verify::hash(source, options);
    let mut sound = Vec::new();
    let mut groups = vec![edits];
    let mut tries = 0_usize;
    while let Some(mut group) = groups.pop().filter(|_| tries < MAX_TRIES) {
        tries = tries.saturating_add(1);
        let after = source.with_text(applied(&source.text, &group));
        if verify::hash(&after, options) == before {
            sound.append(&mut group);
        } else if group.len() > 1 {
            let half = group.split_off(group.len().div_ceil(2));
            groups.extend([half, group]);
        }
    }
    sound.sort_by_key(|(span, _)| span.start);
    sound
}

/// The text with edits that do not overlap.
fn applied(text: &str, edits: &[(Span, String)]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (span, new) in edits {
        out.push_str(text.get(at..span.start).unwrap_or_default());
        out.push_str(new);
        at = span.end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

/// A constant on one line, in brackets. Recursion is as deep as the constant, which the reader limits.
fn flow(constant: &Constant, syntax: Syntax) -> Option<String> {
    Some(match constant {
        Constant::Null => "null".to_owned(),
        Constant::Bool(value) => value.to_string(),
        Constant::Int(digits) => digits.clone(),
        Constant::Float(number) => float(*number, syntax)?,
        Constant::Text(text) => quoted(text),
        Constant::List(items) => {
            let items: Option<Vec<_>> = items.iter().map(|item| flow(item, syntax)).collect();
            format!("[{}]", items?.join(", "))
        }
        Constant::Map(entries) => {
            let entry = |(key, value): &(String, Constant)| Some(format!("{}: {}", quoted(key), flow(value, syntax)?));
            let entries: Option<Vec<_>> = entries.iter().map(entry).collect();
            format!("{{{}}}", entries?.join(", "))
        }
    })
}
