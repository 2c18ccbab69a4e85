//! How proposals meet rules that exist: what the compiler proves, and what the examples show.

use std::sync::Arc;

use cascata_compiler::format::{Syntax, convert};
use cascata_compiler::{Options as CompilerOptions, Source, check, compile};
use cascata_vm::eval::{Matcher, NoTrace, Select};
use cascata_vm::image::{LoadOptions, Program};
use cascata_vm::{Facts, PathId, Segment};
use serde_json::{Value, json};

use crate::bits::Bits;
use crate::sample::Row;
use crate::{Relation, RelationKind, Scalar};

/// The most rules of a stage that are looked at.
const MAX_RULES: usize = 200;

/// A rule that stands in the target stage.
#[derive(Clone, Debug, PartialEq)]
pub struct ExistingRule {
    /// Its name.
    pub name: String,
    /// What it answers, where it ends the cascade with an outcome.
    pub answer: Option<Value>,
    /// Its condition under `condition` or `when`, as in the file.
    pub condition: Value,
}

/// The routing rules of a stage in a cascade file; none where the file cannot be read or has no such stage.
#[must_use]
pub fn existing_rules(cascade: &str, name: &str, target: &str) -> Vec<ExistingRule> {
    let source = Source::new(name, cascade);
    let Ok(json) = convert(&source, Syntax::Json, &CompilerOptions::default()) else { return Vec::new() };
    let Ok(file) = serde_json::from_str::<Value>(&json.source.text) else { return Vec::new() };
    let rules = file.pointer(&format!("/stages/{}/routing_rules", target.replace('~', "~0").replace('/', "~1")));
    let rules = rules.and_then(Value::as_array).into_iter().flatten();
    rules.take(MAX_RULES).filter_map(existing).collect()
}

fn existing(rule: &Value) -> Option<ExistingRule> {
    let active = rule.get("enabled") != Some(&json!(false)) && rule.get("mode").is_none_or(|mode| mode == "active");
    let kind = ["condition", "when"].into_iter().find(|key| rule.get(*key).is_some()).filter(|_| active)?;
    Some(ExistingRule {
        name: rule.get("name")?.as_str()?.to_owned(),
        answer: rule.pointer("/action/outcome").cloned(),
        condition: json!({kind: rule.get(kind)?}),
    })
}

/// The relations of one proposal; `held` tells for each existing rule the examples it holds for.
pub(crate) fn relations(
    (rule, answer, answered): (&Value, &Value, &Bits),
    existing: &[ExistingRule],
    held: &[Bits],
) -> Vec<Relation> {
    let mut met = Vec::new();
    for (one, held) in existing.iter().zip(held) {
        let both = held.both(answered);
        let alike = one.answer.as_ref().is_none_or(|other| other == answer);
        let condition = json!({"condition": rule.get("condition")});
        let (kind, certain) = if implies(&condition, &one.condition) {
            (if alike { RelationKind::SubsumedBy } else { RelationKind::Conflicts }, true)
        } else if implies(&one.condition, &condition) {
            (if alike { RelationKind::Subsumes } else { RelationKind::Conflicts }, true)
        } else if both > 0 {
            (if alike { RelationKind::Overlaps } else { RelationKind::Conflicts }, false)
        } else {
            continue;
        };
        met.push(Relation { rule: one.name.clone(), kind, both, certain });
    }
    met
}

/// Whether the compiler proves that the first condition holds only where the second does: behind it, its rule never fires.
fn implies(first: &Value, second: &Value) -> bool {
    let rule = |name: &str, priority: i64, condition: &Value| {
        let mut rule = json!({"name": name, "priority": priority, "action": {"type": "terminate"}, "stop": true});
        if let (Some(rule), Some(condition)) = (rule.as_object_mut(), condition.as_object()) {
            rule.extend(condition.clone());
        }
        rule
    };
    let text = crate::rule::cascade("BOTH", &[rule("wide", 2, second), rule("narrow", 1, first)]);
    let (_, diagnostics) = check(&Source::new("both.yaml", text), &CompilerOptions::default());
    diagnostics.iter().any(|one| one.code == cascata_compiler::Code::ShadowedRule)
}

/// For each existing rule the rows it holds for, as far as their fields tell.
pub(crate) fn held(existing: &[ExistingRule], rows: &[&Row]) -> Vec<Bits> {
    let none = || existing.iter().map(|_| Bits::of(rows.len(), |_| false)).collect();
    let rules: Vec<_> = existing.iter().enumerate().map(|(at, one)| named(at, one)).collect();
    let text = format!("name: existing\nversion: \"1\"\nstages: {{}}\nrulesets:\n  ALL: {}\n", Value::Array(rules));
    let mut options = CompilerOptions::default();
    options.analysis = false;
    let Some(image) = compile(&Source::new("existing.yaml", text), &options).image else { return none() };
    let Ok(program) = Program::verify(image, &LoadOptions::default()) else { return none() };
    let Some(list) = program.ruleset_named("ALL").map(|ruleset| ruleset.list()) else { return none() };
    let paths: Vec<_> =
        (0_u32..).take(program.path_count()).map(|id| written(&program.path(PathId::new(id)))).collect();
    let mut matcher = Matcher::new();
    let mut matched = vec![Vec::new(); existing.len()];
    for (number, row) in rows.iter().enumerate() {
        let facts = RowFacts::new(row, &paths);
        matcher.run(&program, list, Select::All, &facts, &mut NoTrace);
        for rule in matcher.matches() {
            let name = program.rule(rule).and_then(|rule| rule.name().parse::<usize>().ok());
            name.and_then(|at| matched.get_mut(at)).into_iter().for_each(|rows| rows.push(number));
        }
    }
    matched
        .iter()
        .map(|at| {
            let mut next = at.iter().peekable();
            Bits::of(rows.len(), |number| next.next_if(|&&at| at == number).is_some())
        })
        .collect()
}

/// A member of a rule set that is called by its number.
fn named(at: usize, one: &ExistingRule) -> Value {
    let mut rule = one.condition.clone();
    rule["name"] = json!(at.to_string());
    rule
}

/// A path as fields of examples are called.
fn written(path: &[Segment]) -> String {
    let step = |segment: &Segment| match segment {
        Segment::Key(key) => cascata_compiler::Step::Key(key.clone()),
        Segment::Index(index) => cascata_compiler::Step::Index(*index),
    };
    cascata_compiler::FieldPath { steps: path.iter().map(step).collect(), places: Vec::new() }.to_string()
}

/// The fields of an example as the machine reads them. Of lists only the texts are known.
struct RowFacts<'r> {
    values: Vec<Option<&'r Scalar>>,
}

impl<'r> RowFacts<'r> {
    fn new(row: &'r Row, paths: &[String]) -> Self {
        let find =
            |path: &String| row.example.fields.iter().rev().find(|(name, _): &&(Arc<str>, Scalar)| **name == **path);
        Self { values: paths.iter().map(|path| find(path).map(|(_, value)| value)).collect() }
    }
}

impl Facts for RowFacts<'_> {
    fn get(&self, path: PathId) -> cascata_vm::Value<'_> {
        match self.values.get(path.index()).copied().flatten() {
            Some(Scalar::Bool(bool)) => cascata_vm::Value::Bool(*bool),
            Some(Scalar::Number(number)) => cascata_vm::Value::Float(*number),
            Some(Scalar::Text(text)) => cascata_vm::Value::Text(text),
            Some(Scalar::List { .. }) | None => cascata_vm::Value::Missing,
        }
    }
}
