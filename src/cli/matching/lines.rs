//! Matches as NDJSON.

use std::fmt::Write as _;

use cascata_runtime::matching::Matching;
use cascata_vm::eval::{Matched, RuleError};
use cascata_vm::image::{Action, Rule};
use cascata_vm::json::write_value;
use cascata_vm::{ListId, RuleId};
use serde_json::Value;

/// What every line of a rule says, written once.
pub struct Lines {
    /// By rule number: from `"ruleset"` on; empty for rules of other lists.
    rules: Vec<Texts>,
    /// How lines name the inputs, where there are several.
    inputs: Vec<String>,
}

#[derive(Clone, Default)]
struct Texts {
    head: String,
    /// `score`, `tags` and the value when it matches.
    matched: String,
    /// The same for its `else`; `None` if that has nothing to say.
    otherwise: Option<String>,
}

impl Lines {
    /// Writes what does not depend on events.
    pub fn new(matching: &Matching, lists: &[ListId], inputs: &[String]) -> Self {
        let program = matching.program();
        let mut rules = vec![Texts::default(); program.rule_count()];
        for ruleset in program.rulesets().filter(|ruleset| lists.contains(&ruleset.list())) {
            for rule in program.list_rules(ruleset.list()) {
                if let Some(texts) = rules.get_mut(rule.id().index()) {
                    *texts = Texts::new(ruleset.name(), &rule);
                }
            }
        }
        let inputs = if inputs.len() > 1 { inputs.iter().map(|name| text(name)).collect() } else { Vec::new() };
        Self { rules, inputs }
    }

    fn begin(&self, rule: RuleId, line: u64, input: usize, out: &mut Vec<u8>) -> Option<&Texts> {
        let texts = self.rules.get(rule.index())?;
        let mut start = format!("{{\"line\":{line}");
        if let Some(name) = self.inputs.get(input) {
            // Writing into a string cannot fail.
            let _ = write!(start, ",\"input\":{name}");
        }
        out.extend_from_slice(start.as_bytes());
        out.extend_from_slice(texts.head.as_bytes());
        Some(texts)
    }

    /// A rule that answered; nothing for an `else` without a value.
    pub fn answer(&self, answer: &Matched, line: u64, input: usize, out: &mut Vec<u8>) {
        let silent = self.rules.get(answer.rule.index()).is_none_or(|texts| texts.otherwise.is_none());
        if answer.otherwise && silent {
            return;
        }
        let Some(texts) = self.begin(answer.rule, line, input, out) else { return };
        match &texts.otherwise {
            Some(value) if answer.otherwise => {
                out.extend_from_slice(b",\"else\":true");
                out.extend_from_slice(value.as_bytes());
            }
            _ => out.extend_from_slice(texts.matched.as_bytes()),
        }
        out.extend_from_slice(if answer.shadow { b",\"shadow\":true}\n" } else { b"}\n" });
    }

    /// A rule that could not be decided.
    pub fn error(&self, error: &RuleError, line: u64, input: usize, out: &mut Vec<u8>) {
        if self.begin(error.rule, line, input, out).is_none() {
            return;
        }
        let (code, message) = (error.trap.kind.code(), text(error.trap.kind.text()));
        let shadow = if error.shadow { ",\"shadow\":true" } else { "" };
        let end = format!("{shadow},\"error\":{{\"code\":\"{code}\",\"message\":{message}}}}}\n");
        out.extend_from_slice(end.as_bytes());
    }
}

impl Texts {
    fn new(ruleset: &str, rule: &Rule<'_>) -> Self {
        let head = format!(",\"ruleset\":{},\"rule\":{}", text(ruleset), text(rule.name()));
        let mut matched = String::new();
        if let Some(score) = rule.score() {
            matched.push_str(",\"score\":");
            write_value(&score, &mut matched);
        }
        let tags: Vec<&str> = rule.tags().collect();
        if !tags.is_empty() {
            matched.push_str(",\"tags\":");
            matched.push_str(&Value::from(tags).to_string());
        }
        if let Some(value) = emitted(&rule.action()) {
            matched.push_str(&value);
        }
        Self { head, matched, otherwise: rule.otherwise().as_ref().and_then(emitted) }
    }
}

/// The value an action answers with.
fn emitted(action: &Action<'_>) -> Option<String> {
    let Action::Emit(value) = action else { return None };
    let mut out = ",\"value\":".to_owned();
    write_value(value, &mut out);
    Some(out)
}

fn text(text: &str) -> String {
    Value::from(text).to_string()
}
