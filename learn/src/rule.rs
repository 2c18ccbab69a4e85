//! Rules as text: the mapping, the YAML and the expression of a conjunction, through the compiler.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use cascata_compiler::expression::text_of;
use cascata_compiler::format::format;
use cascata_compiler::{Options, Severity, Source, check};
use serde_json::{Value, json};

use crate::Pattern;
use crate::condition::{Condition, conjunction};

/// A rule in all its forms.
pub(crate) struct Written {
    pub rule: Value,
    pub yaml: String,
    pub when: String,
}

/// A learned rule that the compiler does not take. That is a fault of the learner, and is told rather than hidden.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("rule `{name}` does not pass the compiler: {message}")]
pub struct Refused {
    /// The rule.
    pub name: String,
    /// What the compiler says.
    pub message: String,
}

/// The rule as a mapping of a list of `routing_rules`. It ends its list, so that the first of several that hold decides.
pub(crate) fn mapping(name: &str, conditions: &[Arc<Condition>], answer: &Value, priority: i64, reason: &str) -> Value {
    let conditions: Vec<_> = conditions.iter().map(|one| (**one).clone()).collect();
    json!({
        "name": name,
        "priority": priority,
        "condition": conjunction(&conditions),
        "action": {"type": "terminate", "outcome": answer, "reason": reason},
        "stop": true,
    })
}

/// All forms of a rule.
///
/// # Errors
/// The compiler reports something about it, be it only a warning.
pub(crate) fn written(rule: Value, target: &str) -> Result<Written, Refused> {
    let name = rule.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    let refuse = |message: String| Refused { name: name.clone(), message };
    let source = Source::new("learned.yaml", cascade(target, std::slice::from_ref(&rule)));
    let options = Options::default();
    let (model, diagnostics) = check(&source, &options);
    if let Some(first) = diagnostics.first() {
        return Err(refuse(first.message.clone()));
    }
    let when = model.and_then(|model| Some(text_of(&model, &model.rules.values().next()?.condition)));
    let canonical = format(&source, &options).map_err(|error| refuse(error.to_string()))?;
    Ok(Written { yaml: item(&canonical), when: when.unwrap_or_default(), rule })
}

/// A cascade of one stage with these rules, as text. The stages that the rules look at stand before it.
#[must_use]
pub fn cascade(target: &str, rules: &[Value]) -> String {
    let mut text = String::from("name: learned\nversion: \"1\"\nstages:\n");
    let mut stages = BTreeSet::new();
    for rule in rules {
        stages_of(rule, &mut stages);
    }
    stages.remove(target);
    let target = json!(target);
    // Writing to a String cannot fail; JSON is YAML.
    for stage in stages {
        let stage = json!(stage);
        let _ = writeln!(text, "  {stage}: {{name: {stage}, handler: {{kind: native}}}}");
    }
    let _ = writeln!(text, "  {target}:\n    name: {target}\n    handler: none\n    routing_rules:");
    for rule in rules {
        let _ = writeln!(text, "      - {rule}");
    }
    text
}

/// The names behind `stages.` in every text of a rule: in paths, and in conditions that are written as text. A text that only
/// looks like a path adds a stage that nobody asks.
fn stages_of<'r>(rule: &'r Value, found: &mut BTreeSet<&'r str>) {
    let mut open = vec![rule];
    while let Some(value) = open.pop() {
        match value {
            Value::Array(items) => open.extend(items),
            Value::Object(entries) => open.extend(entries.values()),
            Value::String(text) => found.extend(text.match_indices("stages").filter_map(|(at, word)| {
                let rest = text.get(at.saturating_add(word.len())..)?;
                let name = match rest.strip_prefix("[\"") {
                    Some(quoted) => quoted.split_once("\"]")?.0,
                    None => rest
                        .strip_prefix('.')?
                        .split(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '-'))
                        .next()?,
                };
                (!name.is_empty()).then_some(name)
            })),
            _ => {}
        }
    }
}

/// Whether a cascade's text passes the compiler, and what it says beyond that.
#[must_use]
pub fn complaints(text: &str) -> Vec<(Severity, String)> {
    let (_, diagnostics) = check(&Source::new("learned.yaml", text), &Options::default());
    diagnostics.into_iter().map(|one| (one.severity, one.message)).collect()
}

/// The lines of the only rule of a canonical cascade, moved to the left.
fn item(canonical: &str) -> String {
    let lines: Vec<_> = canonical.lines().skip_while(|line| line.trim() != "routing_rules:").skip(1).collect();
    let indent = lines.first().map_or(0, |line| line.len() - line.trim_start().len());
    lines.iter().fold(String::new(), |text, line| text + line.get(indent..).unwrap_or_default() + "\n")
}

/// What kind of regularity a rule is: of one field that of its condition, of several fields a correlation.
pub(crate) fn pattern(conditions: &[Arc<Condition>]) -> Pattern {
    let first = conditions.first();
    let path = |one: &Arc<Condition>| Arc::clone(&one.path);
    let one_field = conditions.iter().all(|one| Some(path(one)) == first.map(path));
    let of_stages = conditions.iter().all(|one| one.path.starts_with("stages."));
    match first {
        Some(_) if of_stages => Pattern::Behavioral,
        Some(first) if one_field => first.check.pattern(),
        _ => Pattern::Correlation,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_may_look_at_what_other_stages_said() {
        for condition in [
            json!({"field": "stages.FAST.result", "operator": "==", "value": "spam"}),
            json!({"field": "stages[\"my stage\"].data.score", "operator": ">", "value": 3}),
        ] {
            let rule = json!({
                "name": "r", "condition": condition, "stop": true,
                "action": {"type": "terminate", "outcome": "spam", "reason": "learned"},
            });
            let written = written(rule, "SLOW").unwrap_or_else(|refused| panic!("{refused}"));
            assert!(written.yaml.starts_with("- name: r\n"), "{}", written.yaml);
            assert!(written.when.contains("stages"), "{}", written.when);
        }
    }
}
