//! The evaluations of one run, with names, lines and texts from the program, for people and for tools.

use std::fmt::Write;

use cascata_record::{DecisionRecord, OutcomeSource, StageRecord, StageStatus, Termination, WhySkipped};
use cascata_runtime::OwnedValue;
use cascata_runtime::engine::{EvaluatedCondition, Evaluation, StagePlugins};
use cascata_vm::eval::Outcome;
use cascata_vm::image::{Action, Program, RuleKind};
use cascata_vm::isa::{condition_quantity, describe_condition, given, is_sample};
use serde::Serialize;
use serde_json::Value;

use crate::cli::terminal::{duration_us, thousands};

/// The longest value that is shown whole to people, in characters.
const MAX_VALUE_CHARS: usize = 72;

/// Every rule that was asked, in order.
#[derive(Serialize)]
#[serde(transparent)]
pub struct Rules(Vec<Rule>);

/// One rule that was asked.
#[derive(Serialize)]
struct Rule {
    /// Its stage; none for a global condition.
    stage: Option<String>,
    rule: String,
    #[serde(rename = "type")]
    kind: &'static str,
    /// `true`, `false`, or the code of an error.
    outcome: &'static str,
    /// What it does if it holds.
    action: String,
    /// What it does if it does not.
    #[serde(rename = "else", skip_serializing_if = "Option::is_none")]
    otherwise: Option<&'static str>,
    /// Whether it only watches.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    shadow: bool,
    /// Whether the event is in its sample, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    sampled: Option<bool>,
    line: Option<u32>,
    /// The file, where it is not the cascade's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    conditions: Vec<Condition>,
}

/// One condition that was decided. Conditions that a short circuit left out are absent.
#[derive(Serialize)]
struct Condition {
    line: Option<u32>,
    text: String,
    /// The kind of the value: missing and null are told apart.
    kind: &'static str,
    value: Value,
    /// What it was compared or computed with, where that was read as well.
    #[serde(skip_serializing_if = "Option::is_none")]
    operand: Option<Value>,
    /// The value and what it was compared with as people read them, where they are moments or spans of time.
    #[serde(skip)]
    read: [Option<String>; 2],
    outcome: &'static str,
    /// What is wrong, if the outcome is an error.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'static str>,
}

impl Rules {
    pub fn new(program: &Program<'_>, evaluations: &[Evaluation]) -> Self {
        Self(evaluations.iter().filter_map(|evaluation| Rule::new(program, evaluation)).collect())
    }
}

impl Rule {
    fn new(program: &Program<'_>, evaluation: &Evaluation) -> Option<Self> {
        let rule = program.rule(evaluation.rule)?;
        let stage = rule.stage().and_then(|stage| program.stage(stage));
        let conditions = evaluation.conditions.iter().map(|condition| Condition {
            line: program.condition_span(condition.pc).map(|span| span.line),
            text: describe_condition(program, condition.pc).unwrap_or_default(),
            kind: condition.kind.name(),
            value: condition.value.to_serde(),
            operand: condition.operand.as_ref().map(cascata_runtime::OwnedValue::to_serde),
            read: times(program, condition),
            outcome: outcome(condition.outcome),
            error: match condition.outcome {
                Outcome::Error(kind) => Some(kind.text()),
                Outcome::True | Outcome::False => None,
            },
        });
        Some(Self {
            stage: stage.map(|stage| stage.name().to_owned()),
            rule: rule.name().to_owned(),
            kind: kind(rule.kind()),
            outcome: outcome(evaluation.outcome),
            action: action(program, &rule),
            otherwise: rule.otherwise().map(|action| action.name()),
            shadow: rule.is_shadow(),
            sampled: evaluation.conditions.first().filter(|first| is_sample(program, first.pc)).map(|first| {
                // A sample is asked before anything else.
                first.outcome == Outcome::True
            }),
            line: program.rule_span(evaluation.rule).map(|span| span.line),
            file: program.rule_span(evaluation.rule).and_then(|span| program.file(span.file)).map(str::to_owned),
            conditions: conditions.collect(),
        })
    }
}

/// What a rule does. A case of the verdict gives a constant, or what the last instruction of its way computes.
fn action(program: &Program<'_>, rule: &cascata_vm::image::Rule<'_>) -> String {
    match rule.action() {
        Action::Emit(value) if rule.kind() == RuleKind::Outcome => {
            OwnedValue::from_value(&value).to_json().into_owned()
        }
        Action::Nothing if rule.kind() == RuleKind::Outcome => {
            given(program, rule.id()).and_then(|pc| describe_condition(program, pc)).unwrap_or_default()
        }
        action => action.name().to_owned(),
    }
}

/// Moments and spans of time that a condition saw. One that failed saw a field.
fn times(program: &Program<'_>, condition: &EvaluatedCondition) -> [Option<String>; 2] {
    let quantity = condition_quantity(program, condition.pc);
    let text = |value: &Value| quantity.text(cascata_vm::Value::Int(value.as_i64()?));
    match condition.outcome {
        Outcome::Error(_) => [None, None],
        _ => [
            text(&condition.value.to_serde()),
            condition.operand.as_ref().and_then(|operand| text(&operand.to_serde())),
        ],
    }
}

const fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::True => "true",
        Outcome::False => "false",
        Outcome::Error(kind) => kind.code(),
    }
}

/// The kind of the cases of the verdict.
const OUTCOME: &str = "outcome";

const fn kind(kind: RuleKind) -> &'static str {
    match kind {
        RuleKind::Global => "global",
        RuleKind::Precondition => "precondition",
        RuleKind::Routing => "routing",
        RuleKind::Postcondition => "postcondition",
        RuleKind::Match => "match",
        RuleKind::Outcome => OUTCOME,
    }
}

/// The explanation people read; `file` is the name of the cascade's file.
pub fn human(file: &str, record: &DecisionRecord, rules: &Rules, plugins: &[StagePlugins]) -> String {
    let mut out = String::new();
    // Writing into a string cannot fail; every result below is dropped for that reason.
    let _ = writeln!(out, "{} {}: {}", record.cascade, record.version, verdict(record));
    let mut shown = 0;
    let mut heading = None;
    for rule in &rules.0 {
        // A stage's result stands between its preconditions and the rules that look at it.
        let ran = !matches!(rule.kind, "global" | "precondition");
        if rule.kind == OUTCOME {
            for at in shown..record.stages.len() {
                stage(&mut out, record, plugins, at);
            }
            if shown <= record.stages.len() {
                out.push_str("\nthe verdict\n");
            }
            // All are shown, and the heading stands.
            shown = record.stages.len() + 1;
        } else if ran && let Some(at) = rule.stage.as_ref().and_then(|name| position(record, name)) {
            while shown <= at {
                stage(&mut out, record, plugins, shown);
                heading = record.stages.get(shown).map(|stage| stage.name.clone());
                shown += 1;
            }
        } else if heading != rule.stage {
            // Everything recorded up to the next stage's turn came before this.
            let _ = match &rule.stage {
                Some(name) => writeln!(out, "\nbefore {name}"),
                None => writeln!(out, "\nglobal termination conditions"),
            };
            heading.clone_from(&rule.stage);
        }
        write_rule(&mut out, file, rule);
    }
    for at in shown..record.stages.len() {
        stage(&mut out, record, plugins, at);
    }
    ending(&mut out, record);
    out
}

fn position(record: &DecisionRecord, stage: &str) -> Option<usize> {
    record.stages.iter().position(|recorded| recorded.name == stage)
}

fn verdict(record: &DecisionRecord) -> String {
    let source = match record.outcome_source {
        OutcomeSource::OnError => "on_error, because something went wrong",
        OutcomeSource::Terminate => "the rule that ended it",
        OutcomeSource::Outcome => "the cascade's `outcome`",
        OutcomeSource::LastResult => "the result of the last stage",
        OutcomeSource::None => "nothing gave a verdict",
    };
    format!("{} ({source})", record.outcome)
}

fn stage(out: &mut String, record: &DecisionRecord, plugins: &[StagePlugins], at: usize) {
    let Some(stage) = record.stages.get(at) else { return };
    let _ = writeln!(out, "\nstage {}: {}", stage.name, stage_result(stage));
    if let Some(composed) = plugins.iter().find(|composed| composed.stage == stage.name) {
        super::plugins::write(out, composed);
    }
    for log in &stage.logs {
        let _ = writeln!(out, "    log {}: {}", log.level, log.message);
    }
    if let Some(data) = &stage.data {
        let _ = writeln!(out, "    data {}", short(&data.to_string()));
    }
}

fn stage_result(stage: &StageRecord) -> String {
    let mut text = match stage.status {
        StageStatus::Rules => return "rules only".to_owned(),
        StageStatus::Ok => short(&stage.result.to_string()),
        StageStatus::Cancelled => "cancelled by the cascade's timeout".to_owned(),
        StageStatus::Error => stage.error.as_ref().map_or_else(
            || "failed".to_owned(),
            |error| format!("failed, {} {}: {}", error.code, error.kind, error.message),
        ),
    };
    if let Some(confidence) = &stage.confidence {
        let _ = write!(text, ", confidence {confidence}");
    }
    if let Some(cached) = stage.cached {
        let _ = write!(text, ", kept from {} ms ago", thousands(cached.age_ms));
    } else {
        let _ = write!(text, ", {}", duration_us(stage.time_us));
    }
    if stage.attempts > 1 {
        let _ = write!(text, ", {} attempts", stage.attempts);
    }
    let resilience = stage.data.as_ref().and_then(|data| data.get("resilience"));
    if let Some(breaker) = resilience.and_then(|did| did.get("breaker")?.as_str()) {
        let _ = write!(text, ", breaker {breaker}");
    }
    for mark in ["degraded", "stale", "hedged", "coalesced", "idempotent_replay"] {
        if resilience.is_some_and(|did| did.get(mark).is_some_and(|set| *set == Value::Bool(true))) {
            let _ = write!(text, ", {mark}");
        }
    }
    if let Some(fuel) = stage.fuel {
        let _ = write!(text, ", fuel {}", thousands(fuel));
    }
    if let Some(module) = &stage.module {
        let _ = write!(text, ", {module}");
    }
    text
}

/// Every rule that was asked, with its conditions.
pub(super) fn write_rules(out: &mut String, file: &str, rules: &Rules) {
    for rule in &rules.0 {
        write_rule(out, file, rule);
    }
}

fn write_rule(out: &mut String, file: &str, rule: &Rule) {
    let mark = match rule.outcome {
        "true" => "✓",
        "false" => "·",
        _ => "!",
    };
    let then = match (rule.outcome, rule.otherwise) {
        ("true", _) => format!(" → {}", rule.action),
        ("false", _) if rule.sampled == Some(false) => " (not in its sample)".to_owned(),
        ("false", Some(action)) => format!(", else → {action}"),
        ("false", None) => String::new(),
        (code, _) => format!(" failed, {code}"),
    };
    let mode = if rule.shadow { " (shadow: only watches)" } else { "" };
    let _ = writeln!(out, "  {mark} {} {}{mode}{then}", rule.kind, rule.rule);
    for condition in &rule.conditions {
        // The conditions of a rule stand in its file.
        let file = rule.file.as_ref().map_or_else(|| file.to_owned(), |other| beside(file, other));
        let place = condition.line.map_or_else(|| file.clone(), |line| format!("{file}:{line}"));
        let [value, operand] = &condition.read;
        let saw = match condition.kind {
            "missing" => "missing".to_owned(),
            _ => value.clone().unwrap_or_else(|| short(&condition.value.to_string())),
        };
        let with = condition
            .operand
            .as_ref()
            .map(|seen| format!(" and {}", operand.clone().unwrap_or_else(|| short(&seen.to_string()))))
            .unwrap_or_default();
        let result = condition
            .error
            .map_or_else(|| condition.outcome.to_owned(), |error| format!("{}: {error}", condition.outcome));
        let _ = writeln!(out, "      {}  saw {saw}{with}: {result}  ({place})", condition.text);
    }
}

/// The name of a file that is found from another one's folder.
fn beside(file: &str, other: &str) -> String {
    std::path::Path::new(file).with_file_name(other).display().to_string()
}

fn ending(out: &mut String, record: &DecisionRecord) {
    out.push('\n');
    for write in &record.writes {
        let _ = writeln!(out, "wrote {} = {} ({})", write.path, short(&write.value.to_string()), write.stage);
    }
    for skipped in &record.skipped {
        let why = match skipped.why {
            WhySkipped::Disabled => "it is not enabled",
            WhySkipped::SkippedTo => "a skip_to went past it",
            WhySkipped::Blocked => "a precondition held",
            WhySkipped::UnmetDependency => "a stage it depends on can no longer run",
            WhySkipped::NoHandler => "it has no handler",
            WhySkipped::Terminated => "the cascade ended before its turn",
        };
        let rule = skipped.rule.as_ref().map(|rule| format!(" ({rule})")).unwrap_or_default();
        let _ = writeln!(out, "{} did not run: {why}{rule}", skipped.stage);
    }
    for error in &record.errors {
        let rule = error.rule.as_ref().map(|rule| format!(", rule {rule}")).unwrap_or_default();
        let _ = writeln!(out, "error {} in {}{rule}: {}", error.code, error.stage, error.message);
    }
    let why = match record.termination {
        Some(Termination::Action) => "a rule's terminate",
        Some(Termination::Global) => "a global termination condition",
        Some(Termination::StageError) => "a failed stage with on_error: fail",
        None if record.errors.iter().any(|error| error.kind == "global_timeout") => "the cascade's timeout",
        None => "every stage had its turn",
    };
    let reason = record.reason.as_ref().map(|reason| format!(", reason: {reason}")).unwrap_or_default();
    let _ = writeln!(out, "ended by {why}{reason}; {}", duration_us(record.time_us));
}

/// A text that fits a line.
pub(super) fn short(text: &str) -> String {
    if text.chars().nth(MAX_VALUE_CHARS).is_none() {
        return text.to_owned();
    }
    text.chars().take(MAX_VALUE_CHARS - 1).chain(['…']).collect()
}
