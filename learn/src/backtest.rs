//! Backtest: recorded events through the compiled candidates, at the speed of the machine that would run them.
//!
//! ```text
//! proposals ─▶ one rule set ─▶ image ─▶ Program ─┐
//! recorded event, answer ────────────────────────┴▶ which rules hold ─▶ counts, disagreements ─▶ recommendation
//! ```

use cascata_compiler::{Options as CompilerOptions, Source, compile};
use cascata_vm::eval::{Matcher, NoTrace, Select};
use cascata_vm::image::{LoadOptions, Program};
use cascata_vm::json::{Extraction, JsonFacts, PathTrie, ReadOptions, Validate, write_value};
use cascata_vm::{ListId, PathId, RuleId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::verdict::{halves, judge};
use crate::{Counts, Options, Proposal, Recommendation, VERSION};

/// The name of the rule set the candidates make.
const LIST: &str = "CANDIDATES";

/// Disagreements that are kept one by one; the others are counted.
const MAX_DISAGREEMENTS: usize = 100;

/// Candidates made ready, and what was counted so far.
pub struct Backtest {
    program: Program<'static>,
    trie: PathTrie,
    list: ListId,
    candidates: Vec<Candidate>,
    /// The candidate each rule of the program is.
    of_rule: Vec<usize>,
    extraction: Extraction,
    matcher: Matcher,
    counts: Vec<Counts>,
    together: Counts,
    errors: u64,
    bad: u64,
    disagreements: Vec<Disagreement>,
}

struct Candidate {
    id: String,
    answer: Value,
    /// What was counted when it was learned.
    learned: Counts,
    roi: crate::Roi,
}

/// Why candidates cannot be replayed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the candidates do not compile: {0}")]
pub struct BacktestError(pub String);

/// What a backtest says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BacktestReport {
    /// The version of this format.
    pub v: u32,
    /// Events with an answer that were replayed.
    pub events: u64,
    /// Events that could not be read.
    pub bad: u64,
    /// Conditions that ended in an error; such a rule does not match.
    pub errors: u64,
    /// Each candidate on its own.
    pub rules: Vec<BacktestRule>,
    /// All as a list, the first that holds answering; `positives` are all events.
    pub together: Counts,
    /// What the events cost less, in the unit of the costs.
    pub saved: f64,
    /// Wrong answers of the list.
    pub disagreements: u64,
    /// The first of them.
    pub first_disagreements: Vec<Disagreement>,
    /// What to do with the list.
    pub recommendation: Recommendation,
    /// Why.
    pub reasons: Vec<String>,
}

/// One candidate in a backtest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BacktestRule {
    /// The proposal.
    pub id: String,
    /// What was counted.
    pub counts: Counts,
    /// The share of right answers.
    pub precision: f64,
    /// Its lower bound, one-sided at 95 %.
    pub precision_lower: f64,
    /// The share it finds of the events with its answer.
    pub recall: f64,
    /// What to do with it.
    pub recommendation: Recommendation,
    /// Why.
    pub reasons: Vec<String>,
}

/// An event the list would have answered otherwise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Disagreement {
    /// The event's place among those replayed, from 1.
    pub event: u64,
    /// The proposal.
    pub id: String,
    /// What the stage answered.
    pub stage: Value,
    /// What the rule would have.
    pub rule: Value,
}

impl Backtest {
    /// Compiles the candidates, in the order they are asked in.
    ///
    /// # Errors
    /// They do not compile.
    pub fn new(proposals: &[Proposal]) -> Result<Self, BacktestError> {
        let rules: Vec<_> = proposals.iter().map(matching).collect();
        let mut text = String::from("name: backtest\nversion: \"1\"\nstages: {}\nrulesets:\n");
        text.push_str(&format!("  {LIST}: {}\n", Value::Array(rules)));
        let mut options = CompilerOptions::default();
        // Two candidates may well overlap: that is measured here, not reported.
        options.analysis = false;
        let compiled = compile(&Source::new("backtest.yaml", text), &options);
        let refused = || compiled.diagnostics.iter().map(|one| one.message.as_str()).collect::<Vec<_>>().join("; ");
        let image = compiled.image.ok_or_else(|| BacktestError(refused()))?;
        let program =
            Program::verify(image, &LoadOptions::default()).map_err(|error| BacktestError(error.to_string()))?;
        let list = program.ruleset_named(LIST).map(|ruleset| ruleset.list());
        let list = list.ok_or_else(|| BacktestError("there are none".to_owned()))?;
        let paths: Vec<_> = (0_u32..).take(program.path_count()).map(|id| program.path(PathId::new(id))).collect();
        let name = |rule: u32| program.rule(RuleId::new(rule)).map(|rule| rule.name().to_owned());
        let place = |name: String| proposals.iter().position(|one| one.name == name).unwrap_or(usize::MAX);
        let of_rule = (0_u32..).take(program.rule_count()).map(|rule| name(rule).map_or(usize::MAX, place)).collect();
        Ok(Self {
            trie: PathTrie::new(&paths),
            list,
            candidates: proposals.iter().map(Candidate::new).collect(),
            of_rule,
            extraction: Extraction::new(),
            matcher: Matcher::new(),
            counts: vec![Counts::default(); proposals.len()],
            together: Counts::default(),
            errors: 0,
            bad: 0,
            disagreements: Vec::new(),
            program,
        })
    }

    /// Replays one event that the stage answered so. Recorded events were read once already and are not validated again.
    pub fn event(&mut self, event: &str, answer: cascata_vm::Value<'_>) {
        let options = ReadOptions { validate: Validate::Trusted, ..ReadOptions::default() };
        if self.extraction.read_str(&self.trie, event, &options).is_err() {
            self.bad += 1;
            return;
        }
        let facts = JsonFacts::new(event, &self.extraction);
        self.matcher.run(&self.program, self.list, Select::All, &facts, &mut NoTrace);
        self.errors += self.matcher.errors().len() as u64;
        self.together.examples += 1;
        self.together.positives += 1;
        let mut first = None;
        for (candidate, counts) in self.candidates.iter().zip(&mut self.counts) {
            counts.examples += 1;
            counts.positives += u64::from(same(&candidate.answer, answer));
        }
        for rule in self.matcher.matches() {
            let Some(at) = self.of_rule.get(rule.index()).copied() else { continue };
            let (Some(candidate), Some(counts)) = (self.candidates.get(at), self.counts.get_mut(at)) else { continue };
            let right = same(&candidate.answer, answer);
            counts.matched += 1;
            counts.right += u64::from(right);
            first = first.or(Some((at, right)));
        }
        let Some((at, right)) = first else { return };
        self.together.matched += 1;
        self.together.right += u64::from(right);
        if !right && self.disagreements.len() < MAX_DISAGREEMENTS {
            self.disagree(at, answer);
        }
    }

    fn disagree(&mut self, at: usize, answer: cascata_vm::Value<'_>) {
        let Some(candidate) = self.candidates.get(at) else { return };
        let mut text = String::new();
        write_value(&answer, &mut text);
        self.disagreements.push(Disagreement {
            event: self.together.examples,
            id: candidate.id.clone(),
            stage: serde_json::from_str(&text).unwrap_or_default(),
            rule: candidate.answer.clone(),
        });
    }

    /// What was counted, and what follows. `learned` is what the list counted when it was learned, where that is known.
    #[must_use]
    pub fn report(&self, options: &Options, learned: Option<Counts>) -> BacktestReport {
        let count = self.candidates.len() as u64;
        let rules = self.candidates.iter().zip(&self.counts).map(|(candidate, counts)| {
            let drift = halves(candidate.learned, *counts, count);
            let verdict = judge(counts, &drift, options, Some(&candidate.roi));
            BacktestRule {
                id: candidate.id.clone(),
                counts: *counts,
                precision: counts.precision(),
                precision_lower: counts.precision_lower(),
                recall: counts.recall(),
                recommendation: verdict.recommendation,
                reasons: verdict.reasons,
            }
        });
        let drift = halves(learned.unwrap_or(self.together), self.together, 1);
        let verdict = judge(&self.together, &drift, options, None);
        let saving = self
            .candidates
            .first()
            .map_or(0.0, |candidate| candidate.roi.current_cost_per_item - candidate.roi.projected_cost_per_item);
        BacktestReport {
            v: VERSION,
            events: self.together.examples,
            bad: self.bad,
            errors: self.errors,
            rules: rules.collect(),
            together: self.together,
            saved: saving * self.together.matched as f64,
            disagreements: self.together.matched - self.together.right,
            first_disagreements: self.disagreements.clone(),
            recommendation: verdict.recommendation,
            reasons: verdict.reasons,
        }
    }
}

impl Candidate {
    fn new(proposal: &Proposal) -> Self {
        Self {
            id: proposal.id.clone(),
            answer: proposal.answer.clone(),
            learned: proposal.measured.report,
            roi: proposal.roi.clone(),
        }
    }
}

/// A rule as a member of a rule set.
fn matching(proposal: &Proposal) -> Value {
    let part = |key: &str| proposal.rule.get(key).cloned().unwrap_or_default();
    json!({"name": proposal.name, "priority": part("priority"), "condition": part("condition")})
}

/// Whether a recorded answer is the rule's.
fn same(rule: &Value, seen: cascata_vm::Value<'_>) -> bool {
    match (rule, seen) {
        (Value::String(rule), cascata_vm::Value::Text(seen)) => rule == seen,
        (Value::Bool(rule), cascata_vm::Value::Bool(seen)) => *rule == seen,
        (Value::Null, seen) => seen.is_nil(),
        (rule, seen) => {
            let mut text = String::new();
            write_value(&seen, &mut text);
            serde_json::from_str::<Value>(&text).is_ok_and(|seen| seen == *rule)
        }
    }
}
