//! Adding a rule to a file and taking it out again: the rest of the file keeps its values and comments, in canonical form.

use super::tree::{Collection, Content, Entry, Line, Scalar, Style, Value};
use super::{Refusal, build, json, order, print, verify};
use crate::options::Options;
use crate::settings::Place;
use crate::source::Source;
use crate::yaml::quoted;

/// The list that a rule stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleList<'n> {
    /// `routing_rules` of a stage.
    Stage(&'n str),
    /// A rule set.
    Ruleset(&'n str),
}

/// A file in one of the two syntaxes, as a tree.
enum File {
    Yaml(super::tree::Document),
    Json(Value),
}

/// The text of a source with one rule more, at the end of a list. `rule` is YAML or JSON of one rule, a mapping; a comment goes
/// above it where the file can have any.
///
/// # Errors
/// The file or the rule cannot be read, the list is not there or used in several places, or a rule of that name stands in it.
pub fn add_rule(
    source: &Source,
    list: RuleList<'_>,
    rule: &str,
    comment: Option<&str>,
    options: &Options,
) -> Result<String, Refusal> {
    let before = super::format(source, options)?;
    let mut file = File::read(source, options)?;
    let value = file.rule(rule, options)?;
    let name = name_of(&value).ok_or(Refusal::Unusual("the rule has no name"))?.to_owned();
    let rules = rules(file.root()?, list, true, source.is_json())?;
    if rules.entries.iter().any(|entry| name_of(&entry.value) == Some(&name)) {
        return Err(Refusal::Unusual("a rule of that name stands in the list"));
    }
    let line = |text: &str| Line { text: format!("# {}", text.replace(['\n', '\r'], " ")), blank: false };
    let leading = if source.is_json() { Vec::new() } else { comment.map(line).into_iter().collect() };
    rules.entries.push(Entry { leading, blank: false, key: None, value, trailing: None });
    let after = source.with_text(file.print(source));
    let text = super::format(&after, options)?;
    // Nothing else was changed: without the rule it is what it was.
    let added = source.with_text(text.clone());
    let back = source.with_text(remove_rule(&added, list, &name, options)?);
    let before = source.with_text(before);
    if !source.is_json() && verify::comments(&before, options) != verify::comments(&back, options) {
        return Err(Refusal::Changed("comments"));
    }
    let mut quick = options.clone();
    quick.analysis = false;
    verify::program(&before, &back, &quick)?;
    Ok(text)
}

/// The text of a source without a rule and the comments above it. A list that has no rule left goes, too.
///
/// # Errors
/// The file cannot be read, or no rule of that name, or several, stand in the list.
pub fn remove_rule(source: &Source, list: RuleList<'_>, name: &str, options: &Options) -> Result<String, Refusal> {
    let mut file = File::read(source, options)?;
    let rules = rules(file.root()?, list, false, source.is_json())?;
    match rules.entries.iter().filter(|entry| name_of(&entry.value) == Some(name)).count() {
        1 => {}
        0 => return Err(Refusal::Unusual("no rule of that name stands in the list")),
        _ => return Err(Refusal::Unusual("several rules of that name stand in the list")),
    }
    rules.entries.retain(|entry| name_of(&entry.value) != Some(name));
    if rules.entries.is_empty()
        && rules.footer.is_empty()
        && let RuleList::Stage(stage) = list
        && let Some(stage) = member(file.root()?, "stages").and_then(|stages| member(stages, stage))
    {
        mapping(stage)?.entries.retain(|entry| entry.name() != RULES);
    }
    super::format(&source.with_text(file.print(source)), options)
}

/// The key of a stage's rules.
const RULES: &str = "routing_rules";

impl File {
    fn read(source: &Source, options: &Options) -> Result<Self, Refusal> {
        let Some(root) = crate::yaml::read(source, &options.limits).root else { return Err(Refusal::Unreadable) };
        if source.is_json() {
            return Ok(Self::Json(json::build(&root, &source.text)));
        }
        build::build(&source.text, &options.limits).map(Self::Yaml)
    }

    fn root(&mut self) -> Result<&mut Value, Refusal> {
        match self {
            Self::Yaml(document) => document.root.as_mut().ok_or(Refusal::Unreadable),
            Self::Json(root) => Ok(root),
        }
    }

    /// A rule in the syntax of the file.
    fn rule(&self, text: &str, options: &Options) -> Result<Value, Refusal> {
        let name = if matches!(self, Self::Json(_)) { "rule.json" } else { "rule.yaml" };
        let mut value = match Self::read(&Source::new(name, text), options)? {
            Self::Yaml(document) => document.root.ok_or(Refusal::Unreadable)?,
            Self::Json(root) => root,
        };
        // Also as the one element of a list, as it would stand in a file.
        if let Content::Collection(Collection { mapping: false, entries, .. }) = &mut value.content
            && entries.len() == 1
            && let Some(entry) = entries.pop()
        {
            value = entry.value;
        }
        mapping(&mut value)?;
        Ok(value)
    }

    fn print(mut self, source: &Source) -> String {
        let place = Place::of_source(source);
        if let Ok(root) = self.root() {
            order::sort(root, &place);
        }
        match &self {
            Self::Yaml(document) => print::print(document, &place),
            Self::Json(root) => json::print(root, &place),
        }
    }
}

/// A list of rules; made where a stage has none and it is wanted.
fn rules<'v>(root: &'v mut Value, list: RuleList<'_>, make: bool, json: bool) -> Result<&'v mut Collection, Refusal> {
    let absent = Refusal::Unusual("the file has no such stage or rule set");
    let (part, name) = match list {
        RuleList::Stage(name) => ("stages", name),
        RuleList::Ruleset(name) => ("rulesets", name),
    };
    let holder = member(root, part).and_then(|part| member(part, name)).ok_or(absent)?;
    let found = match list {
        RuleList::Ruleset(_) => Some(holder),
        RuleList::Stage(_) => {
            let stage = mapping(holder)?;
            if make && !stage.entries.iter().any(|entry| entry.name() == RULES) {
                stage.entries.push(empty_list(json));
            }
            member(holder, RULES)
        }
    };
    match found.map(|value| (value.properties.is_empty(), &mut value.content)) {
        Some((true, Content::Collection(collection))) if !collection.mapping => {
            collection.flow = false;
            Ok(collection)
        }
        Some(_) => Err(Refusal::Unusual("the list of rules has an anchor or is an alias")),
        None => Err(Refusal::Unusual("no rule of that name stands in the list")),
    }
}

fn empty_list(json: bool) -> Entry {
    let raw = if json { quoted(RULES) } else { RULES.to_owned() };
    let key = Scalar { raw, text: RULES.to_owned(), style: Style::Plain };
    let list = Collection { mapping: false, flow: false, entries: Vec::new(), footer: Vec::new() };
    Entry {
        leading: Vec::new(),
        blank: false,
        key: Some(Value::new(Content::Scalar(key))),
        value: Value::new(Content::Collection(list)),
        trailing: None,
    }
}

fn mapping(value: &mut Value) -> Result<&mut Collection, Refusal> {
    match &mut value.content {
        Content::Collection(collection) if collection.mapping => Ok(collection),
        _ => Err(Refusal::Unusual("a mapping is needed here")),
    }
}

fn member<'v>(value: &'v mut Value, key: &str) -> Option<&'v mut Value> {
    let entries = &mut mapping(value).ok()?.entries;
    entries.iter_mut().find(|entry| entry.name() == key).map(|entry| &mut entry.value)
}

/// What a rule is called.
fn name_of(rule: &Value) -> Option<&str> {
    let collection = rule.collection().filter(|collection| collection.mapping)?;
    collection.entries.iter().find(|entry| entry.name() == "name")?.value.text()
}
