//! Backtest: recorded events through the compiled candidates, at the speed of the machine that would run them.
//!
//! ```text
//! proposals ─▶ one rule set ─▶ image ─▶ Program ─┐
//! record (event, answer of the stage) ───────────┴▶ which rules hold ─▶ counts, disagreements ─▶ recommendation
//! ```
//!
//! Of a record only what candidates ask for is looked at, in one pass over its text: the fields of the event, the results of
//! stages. What rules of the cascade write into the event on the way (`set_field`) is not there: `cascata replay --cascade`
//! decides whole records again.

mod facts;
mod judged;
mod report;
mod seen;

use cascata_compiler::{Options as CompilerOptions, Source, compile};
use cascata_vm::eval::{Matcher, NoTrace, Select};
use cascata_vm::image::{LoadOptions, Program};
use cascata_vm::json::{DuplicateKeys, Extraction, JsonFacts, PathTrie, ReadOptions, Validate, write_value};
use cascata_vm::{Facts, ListId, PathId, RuleId, Segment};
use serde_json::{Value, json};

use crate::{Proposal, RecordError, Roi};

pub use report::{BacktestReport, BacktestRule, Disagreement, Tally};

use facts::{Layout, RecordFacts};
use report::Totals;
use seen::Asked;

/// The name of the rule set the candidates make.
const LIST: &str = "CANDIDATES";

/// Candidates made ready, and what was counted so far.
pub struct Backtest {
    program: Program<'static>,
    list: ListId,
    /// Where the fields of an event on its own are.
    trie: PathTrie,
    /// Where they are in a record.
    layout: Layout,
    /// The stage of rules that all candidates are for.
    target: String,
    /// The candidate each rule of the program is.
    of_rule: Vec<usize>,
    extraction: Extraction,
    matcher: Matcher,
    counted: Counted,
}

struct Candidate {
    proposal: Proposal,
    /// Those that answer the same: what an event says of one it says of all.
    group: usize,
}

/// What candidates answer, and how many events had that answer.
struct Group {
    answer: Value,
    /// Whether the stage's own result is what is answered, or the verdict it led to.
    results: bool,
    examples: u64,
    positives: u64,
    /// Of the event at hand: whether the answer is right, where that is known.
    right: Option<bool>,
}

/// Why candidates cannot be replayed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the candidates do not compile: {0}")]
pub struct BacktestError(pub String);

impl Backtest {
    /// Compiles the candidates, in the order they are asked in.
    ///
    /// # Errors
    /// They do not compile.
    pub fn new(proposals: &[Proposal]) -> Result<Self, BacktestError> {
        let program = compiled(proposals)?;
        let list = program.ruleset_named(LIST).map(|ruleset| ruleset.list());
        let list = list.ok_or_else(|| BacktestError("there are none".to_owned()))?;
        let paths: Vec<Vec<Segment>> =
            (0_u32..).take(program.path_count()).map(|id| program.path(PathId::new(id))).collect();
        let number = |rule: u32| program.rule(RuleId::new(rule)).and_then(|rule| rule.name().parse().ok());
        let of_rule = (0_u32..).take(program.rule_count()).map(|rule| number(rule).unwrap_or(usize::MAX)).collect();
        let mut groups: Vec<Group> = Vec::new();
        let mut candidate = |proposal: &Proposal| {
            let results = proposal.answer_of == crate::AnswerOf::Result;
            let same = |group: &Group| group.results == results && group.answer == proposal.answer;
            let group = groups.iter().position(same).unwrap_or_else(|| {
                groups.push(Group { answer: proposal.answer.clone(), results, examples: 0, positives: 0, right: None });
                groups.len() - 1
            });
            Candidate { proposal: proposal.clone(), group }
        };
        Ok(Self {
            trie: PathTrie::new(&paths),
            layout: Layout::new(&paths, proposals.first().map_or("", |first| &first.stage)),
            target: proposals.first().map_or_else(String::new, |first| first.target.clone()),
            list,
            of_rule,
            extraction: Extraction::new(),
            matcher: Matcher::new(),
            counted: Counted {
                candidates: proposals.iter().map(&mut candidate).collect(),
                groups,
                tallies: vec![Tally::default(); proposals.len()],
                totals: Totals::default(),
            },
            program,
        })
    }

    /// Replays one event that the stage answered so. Recorded events were read once already and are not validated again.
    pub fn event(&mut self, event: &str, answer: cascata_vm::Value<'_>) {
        let options = ReadOptions { validate: Validate::Trusted, ..ReadOptions::default() };
        self.counted.totals.records += 1;
        if self.extraction.read_str(&self.trie, event, &options).is_err() {
            self.counted.totals.bad += 1;
            return;
        }
        let facts = JsonFacts::new(event, &self.extraction);
        run(&mut self.matcher, (&self.program, self.list), &facts);
        self.counted.take(&self.matcher, &self.of_rule, &Asked::answered(answer));
    }

    /// Replays the event of a decision record, which says what the stage had answered; `number` is its place among all records,
    /// from 1. What cannot be replayed is counted, and told by the error.
    ///
    /// # Errors
    /// The text is no record, or has no event, or not the whole of it.
    pub fn record(&mut self, number: u64, record: &[u8]) -> Result<(), RecordError> {
        self.counted(number, record, &ReadOptions::default())
    }

    /// The same for a record of which its recorder's hash says that it is as it was written: what no candidate asks for is stepped over
    /// unchecked, and no key of it comes twice. On a forged one the counts are as forged.
    ///
    /// # Errors
    /// As [`record`](Self::record), as far as it is looked at.
    pub fn recorded(&mut self, number: u64, record: &[u8]) -> Result<(), RecordError> {
        // Texts of recorders are made of values, which have each key once.
        let written =
            ReadOptions { validate: Validate::Trusted, duplicate_keys: DuplicateKeys::First, ..ReadOptions::default() };
        self.counted(number, record, &written)
    }

    fn counted(&mut self, number: u64, record: &[u8], options: &ReadOptions) -> Result<(), RecordError> {
        self.counted.totals.records += 1;
        let replayed = self.replay(number, record, options);
        self.counted.totals.bad += u64::from(replayed.is_err());
        replayed
    }

    fn replay(&mut self, number: u64, record: &[u8], options: &ReadOptions) -> Result<(), RecordError> {
        let read = self.extraction.read(self.layout.trie(), record, options);
        let text = read.map_err(|error| RecordError::Json(error.to_string()))?;
        let seen = self.layout.seen(text, &self.extraction)?;
        let of_stages = self.layout.of_stages(&seen);
        let facts = RecordFacts { text, extraction: &self.extraction, of_stages: &of_stages };
        run(&mut self.matcher, (&self.program, self.list), &facts);
        self.counted.take(&self.matcher, &self.of_rule, &seen.asked(number, &self.target));
        Ok(())
    }

    /// Adds what another one with the same candidates counted.
    pub fn absorb(&mut self, other: Self) {
        self.counted.absorb(other.counted);
    }
}

fn run(matcher: &mut Matcher, (program, list): (&Program<'static>, ListId), facts: &impl Facts) {
    matcher.run(program, list, Select::All, facts, &mut NoTrace);
}

/// What was counted so far, and of what.
struct Counted {
    candidates: Vec<Candidate>,
    groups: Vec<Group>,
    tallies: Vec<Tally>,
    totals: Totals,
}

impl Counted {
    fn absorb(&mut self, other: Self) {
        for (mine, other) in self.tallies.iter_mut().zip(other.tallies) {
            mine.absorb(other);
        }
        for (mine, other) in self.groups.iter_mut().zip(other.groups) {
            mine.examples += other.examples;
            mine.positives += other.positives;
        }
        self.totals.absorb(other.totals);
    }

    /// Counts the rules that held for one event.
    fn take(&mut self, matcher: &Matcher, of_rule: &[usize], asked: &Asked<'_>) {
        self.totals.take(asked);
        self.totals.errors += matcher.errors().len() as u64;
        for group in self.groups.iter_mut() {
            group.right = asked.answer(group.results).map(|answer| same(&group.answer, answer));
            if let Some(right) = group.right {
                group.examples += 1;
                group.positives += u64::from(right);
            }
        }
        let mut first = None;
        for rule in matcher.matches() {
            let Some(at) = of_rule.get(rule.index()).copied() else { continue };
            let (Some(candidate), Some(tally)) = (self.candidates.get(at), self.tallies.get_mut(at)) else { continue };
            let right = self.groups.get(candidate.group).and_then(|group| group.right);
            tally.matched(right, asked, &candidate.proposal);
            first = first.or(Some((at, right)));
        }
        let Some((at, right)) = first else { return };
        self.totals.answered(right, asked);
        if right == Some(false) {
            self.disagree(at, asked);
        }
    }

    fn disagree(&mut self, at: usize, asked: &Asked<'_>) {
        let Some(candidate) = self.candidates.get(at) else { return };
        if !self.totals.wants_disagreement() {
            return;
        }
        let results = self.groups.get(candidate.group).is_some_and(|group| group.results);
        let mut text = String::new();
        write_value(&asked.answer(results).unwrap_or_default(), &mut text);
        self.totals.disagree(Disagreement {
            event: asked.number.unwrap_or(self.totals.together.examples),
            record: asked.id().map(|id| id.into_owned()),
            id: candidate.proposal.id.clone(),
            stage: serde_json::from_str(&text).unwrap_or_default(),
            rule: candidate.proposal.answer.clone(),
        });
    }
}

/// The candidates as a rule set, each called by its number.
fn compiled(proposals: &[Proposal]) -> Result<Program<'static>, BacktestError> {
    let rules: Vec<_> = proposals.iter().enumerate().map(matching).collect();
    let mut text = String::from("name: backtest\nversion: \"1\"\nstages: {}\nrulesets:\n");
    text.push_str(&format!("  {LIST}: {}\n", Value::Array(rules)));
    let mut options = CompilerOptions::default();
    // Two candidates may well overlap: that is measured here, not reported.
    options.analysis = false;
    let compiled = compile(&Source::new("backtest.yaml", text), &options);
    let refused = || compiled.diagnostics.iter().map(|one| one.message.as_str()).collect::<Vec<_>>().join("; ");
    let image = compiled.image.ok_or_else(|| BacktestError(refused()))?;
    Program::verify(image, &LoadOptions::default()).map_err(|error| BacktestError(error.to_string()))
}

/// A rule as a member of a rule set.
fn matching((at, proposal): (usize, &Proposal)) -> Value {
    let mut rule = json!({"name": at.to_string()});
    for key in ["priority", "condition", "when"] {
        if let Some(part) = proposal.rule.get(key) {
            rule[key] = part.clone();
        }
    }
    rule
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

impl Candidate {
    const fn roi(&self) -> &Roi {
        &self.proposal.roi
    }
}
