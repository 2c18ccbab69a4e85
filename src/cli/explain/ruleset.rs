//! One event against rule sets: every rule that was asked, and what the event matches.

use std::fmt::Write;
use std::sync::Arc;

use cascata_runtime::OwnedValue;
use cascata_runtime::engine::Clock;
use cascata_runtime::matching::{MatchWorker, Matching};
use cascata_vm::RuleId;
use cascata_vm::eval::{Matcher, Select};
use cascata_vm::image::{Action, Program, Rule, Ruleset};
use serde_json::{Value, json};

use super::render::{Rules, short, write_rules};
use crate::cli::exit::{Exit, Failure};
use crate::cli::{Format, load};

/// Explains an event for the rule set of a name, or for all of a program.
pub fn run(
    loaded: load::Loaded,
    clock: Clock,
    name: Option<&str>,
    event: &[u8],
    format: Format,
) -> Result<Exit, Failure> {
    let file = loaded.name;
    let matching = Matching::new(loaded.program, clock)
        .map_err(|error| Failure::new(Exit::Cascade, format_args!("{file}: {error}")))?;
    let matching = Arc::new(matching);
    let mut worker = MatchWorker::new(Arc::clone(&matching));
    worker.begin(event).map_err(|error| Failure::new(Exit::Io, format_args!("{}: {error}", error.code())))?;
    let program = matching.program();
    let mut answers = Vec::new();
    for ruleset in chosen(program, name, &file)? {
        let (matcher, evaluations) = worker.explain(ruleset.list(), Select::All);
        let rules = Rules::new(program, &evaluations);
        let asked: Vec<_> = evaluations.iter().map(|evaluation| evaluation.rule).collect();
        let answer = Answer { program, ruleset, matcher, rules, asked: &asked };
        answers.push(match format {
            Format::Json => format!("{}\n", answer.json()),
            Format::Human => answer.human(&file),
        });
    }
    crate::cli::print(&answers.join(if format == Format::Json { "" } else { "\n" }))
}

fn chosen<'p>(program: &'p Program<'_>, name: Option<&str>, file: &str) -> Result<Vec<Ruleset<'p>>, Failure> {
    let Some(name) = name else { return Ok(program.rulesets().collect()) };
    program.ruleset_named(name).map(|ruleset| vec![ruleset]).ok_or_else(|| {
        let names: Vec<_> = program.rulesets().map(|ruleset| ruleset.name()).collect();
        let there = if names.is_empty() { "it has none".to_owned() } else { format!("they are {}", names.join(", ")) };
        Failure::new(Exit::Usage, format_args!("{file} has no rule set `{name}`; {there}"))
    })
}

/// What one rule set answered.
struct Answer<'a> {
    program: &'a Program<'a>,
    ruleset: Ruleset<'a>,
    matcher: &'a Matcher,
    rules: Rules,
    asked: &'a [RuleId],
}

impl Answer<'_> {
    fn json(&self) -> Value {
        let answers = self.matcher.answers().iter().filter_map(|answer| {
            let rule = self.program.rule(answer.rule)?;
            let mut told = json!({"rule": rule.name(), "else": answer.otherwise, "shadow": answer.shadow});
            if let (Some(Action::Emit(value)), Some(told)) = (acted(&rule, answer.otherwise), told.as_object_mut()) {
                told.insert("value".to_owned(), OwnedValue::from_value(&value).to_serde());
            }
            Some(told)
        });
        json!({
            "ruleset": self.ruleset.name(),
            "answers": answers.collect::<Vec<_>>(),
            "rules": self.rules,
            "not_asked": self.not_asked(),
        })
    }

    fn human(&self, file: &str) -> String {
        let mut out = String::new();
        let (matches, all) = (self.matcher.matches().count(), self.program.list_len(self.ruleset.list()));
        // Writing into a string cannot fail; every result below is dropped for that reason.
        let _ = writeln!(out, "rule set {}: {matches} of {all} rules match", self.ruleset.name());
        write_rules(&mut out, file, &self.rules);
        for answer in self.matcher.answers() {
            let Some(rule) = self.program.rule(answer.rule) else { continue };
            let what = match (answer.shadow, answer.otherwise) {
                (true, _) => "in shadow mode",
                (false, true) => "its else answers",
                (false, false) => "matches",
            };
            let value = match acted(&rule, answer.otherwise) {
                Some(Action::Emit(value)) => format!(": {}", short(&OwnedValue::from_value(&value).to_json())),
                _ => String::new(),
            };
            let score = rule.score().map(|score| format!(", score {}", OwnedValue::from_value(&score).to_json()));
            let _ = writeln!(out, "{} {what}{}{value}", rule.name(), score.unwrap_or_default());
        }
        for name in self.not_asked() {
            let _ = writeln!(out, "{name} was not asked: a rule with stop matched before");
        }
        out
    }

    /// The rules that another one's `stop` kept from being asked.
    fn not_asked(&self) -> Vec<&str> {
        let all = self.program.list_rules(self.ruleset.list());
        all.filter(|rule| !self.asked.contains(&rule.id())).map(|rule| rule.name()).collect()
    }
}

fn acted<'p>(rule: &Rule<'p>, otherwise: bool) -> Option<Action<'p>> {
    if otherwise { rule.otherwise() } else { Some(rule.action()) }
}
