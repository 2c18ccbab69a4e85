//! Rules as text: the mapping, the YAML and the expression of a conjunction, through the compiler.

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

/// A cascade of one stage with these rules, as text.
#[must_use]
pub fn cascade(target: &str, rules: &[Value]) -> String {
    let mut text = String::from("name: learned\nversion: \"1\"\nstages:\n");
    // Writing to a String cannot fail; JSON is YAML.
    let _ = writeln!(text, "  {target}:\n    name: {target}\n    handler: none\n    routing_rules:");
    for rule in rules {
        let _ = writeln!(text, "      - {rule}");
    }
    text
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
