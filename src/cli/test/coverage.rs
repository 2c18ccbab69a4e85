//! Which rules fired and how conditions came out, over all tests of a cascade. Every rule that was asked tells the machine's
//! tracer how it and each of its conditions came out; the image knows the line of each.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use cascata_runtime::engine::Evaluation;
use cascata_vm::RuleId;
use cascata_vm::eval::Outcome;
use cascata_vm::image::{LoadOptions, Program};
use cascata_vm::isa::{describe_condition, given};
use serde_json::{Value, json};

use super::suite::Suite;

/// Where coverage goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CoverageForm {
    /// To people.
    Text,
    /// As lcov, to a file or stdout.
    Lcov(Option<PathBuf>),
}

impl FromStr for CoverageForm {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            None if text == "text" => Ok(Self::Text),
            None if text == "lcov" => Ok(Self::Lcov(None)),
            Some(("lcov", file)) if !file.is_empty() => Ok(Self::Lcov(Some(file.into()))),
            _ => Err("expected text, lcov or lcov=FILE".to_owned()),
        }
    }
}

/// Reads a share in percent.
pub fn percent(text: &str) -> Result<f64, String> {
    let percent: Option<f64> = text.trim_end_matches('%').parse().ok();
    percent.filter(|percent| (0.0..=100.0).contains(percent)).ok_or_else(|| "expected 0 to 100".to_owned())
}

/// How often something came out each way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    yes: u64,
    no: u64,
    error: u64,
}

impl Counts {
    fn add(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::True => self.yes += 1,
            Outcome::False => self.no += 1,
            Outcome::Error(_) => self.error += 1,
        }
    }

    const fn asked(self) -> u64 {
        self.yes + self.no + self.error
    }

    /// Of the two outcomes that everything should be seen with: an error is none that has to be.
    fn covered(self) -> u64 {
        u64::from(self.yes > 0) + u64::from(self.no > 0)
    }
}

/// The coverage of every tested cascade, by its file.
#[derive(Default)]
pub struct Coverages(BTreeMap<PathBuf, Coverage>);

struct Coverage {
    name: String,
    rules: Vec<RuleCoverage>,
}

struct RuleCoverage {
    name: String,
    /// The file it stands in.
    file: String,
    line: u32,
    counts: Counts,
    conditions: Vec<ConditionCoverage>,
}

struct ConditionCoverage {
    pc: u32,
    line: u32,
    text: String,
    counts: Counts,
}

/// What share is covered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    covered: u64,
    of: u64,
}

impl Summary {
    /// The share; all of nothing is all.
    pub fn percent(&self) -> f64 {
        if self.of == 0 {
            return 100.0;
        }
        #[expect(clippy::cast_precision_loss, reason = "counts of outcomes are far below 2^53")]
        let share = self.covered as f64 / self.of as f64;
        share * 100.0
    }

    /// For tools.
    pub fn to_json(self) -> Value {
        json!({"covered": self.covered, "outcomes": self.of, "percent": self.percent()})
    }
}

impl Coverages {
    /// Makes a suite's cascade known, so that what no test reaches is told too.
    pub fn add_program(&mut self, suite: &Suite) {
        self.0.entry(key(suite)).or_insert_with(|| Coverage::new(suite));
    }

    /// Takes up what was asked in one decision.
    pub fn add(&mut self, suite: &Suite, evaluations: &[Evaluation]) {
        if let Some(coverage) = self.0.get_mut(&key(suite)) {
            for evaluation in evaluations {
                coverage.add(evaluation);
            }
        }
    }

    /// The share over all cascades.
    pub fn summary(&self) -> Summary {
        self.0
            .values()
            .map(Coverage::summary)
            .fold(Summary::default(), |sum, one| Summary { covered: sum.covered + one.covered, of: sum.of + one.of })
    }

    /// Every rule with its conditions; what was never seen is marked.
    pub fn text(&self) -> String {
        let mut out = String::new();
        for coverage in self.0.values() {
            coverage.write_text(&mut out);
        }
        out
    }

    /// The lcov trace file: rules as functions, conditions as branches (0 true, 1 false).
    pub fn lcov(&self) -> String {
        let mut out = String::new();
        for coverage in self.0.values() {
            coverage.write_lcov(&mut out);
        }
        out
    }
}

fn key(suite: &Suite) -> PathBuf {
    suite.cascade.canonicalize().unwrap_or_else(|_| suite.cascade.clone())
}

impl Coverage {
    fn new(suite: &Suite) -> Self {
        // Verified when the suite was loaded.
        let program = Program::verify(suite.image.as_slice(), &LoadOptions::default()).ok();
        let rules = program.iter().flat_map(|program| {
            let ids = (0_u32..).take(program.rule_count()).map(RuleId::new);
            ids.filter_map(|id| RuleCoverage::new(program, id, &suite.cascade)).collect::<Vec<_>>()
        });
        Self { name: suite.cascade.display().to_string(), rules: rules.collect() }
    }

    fn add(&mut self, evaluation: &Evaluation) {
        let Some(rule) = self.rules.get_mut(evaluation.rule.index()) else { return };
        rule.counts.add(evaluation.outcome);
        for asked in &evaluation.conditions {
            if let Ok(at) = rule.conditions.binary_search_by_key(&asked.pc, |condition| condition.pc)
                && let Some(condition) = rule.conditions.get_mut(at)
            {
                condition.counts.add(asked.outcome);
            }
        }
    }

    fn all(&self) -> impl Iterator<Item = Counts> {
        self.rules.iter().flat_map(|rule| {
            rule.asks()
                .then_some(rule.counts)
                .into_iter()
                .chain(rule.conditions.iter().map(|condition| condition.counts))
        })
    }

    fn summary(&self) -> Summary {
        self.all()
            .fold(Summary::default(), |sum, counts| Summary { covered: sum.covered + counts.covered(), of: sum.of + 2 })
    }

    fn write_text(&self, out: &mut String) {
        let Summary { covered, of } = self.summary();
        // Writing into a string cannot fail; every result below is dropped for that reason.
        let _ = writeln!(out, "{}: {covered} of {of} outcomes covered ({:.1} %)", self.name, self.summary().percent());
        for rule in &self.rules {
            let Counts { yes, no, error } = rule.counts;
            let gap = match rule.asks() {
                true => missing(rule.counts, "never asked", "never fired", "always fired"),
                false => String::new(),
            };
            let _ =
                writeln!(out, "  {}:{} {}: fired {yes}, not {no}, error {error}{gap}", rule.file, rule.line, rule.name);
            for condition in &rule.conditions {
                let Counts { yes, no, error } = condition.counts;
                let gap = missing(condition.counts, "never reached", "never true", "never false");
                let place = condition.line;
                let _ =
                    writeln!(out, "    line {place}: {}: true {yes}, false {no}, error {error}{gap}", condition.text);
            }
        }
    }

    fn write_lcov(&self, out: &mut String) {
        let files: BTreeSet<&str> = self.rules.iter().map(|rule| rule.file.as_str()).collect();
        for file in files {
            let rules: Vec<_> = self.rules.iter().filter(|rule| rule.file == file).collect();
            write_lcov_file(file, &rules, out);
        }
    }
}

/// The record of one file.
fn write_lcov_file(file: &str, rules: &[&RuleCoverage], out: &mut String) {
    // Writing into a string cannot fail; every result below is dropped for that reason.
    let _ = writeln!(out, "TN:cascata\nSF:{file}");
    for rule in rules {
        let _ = writeln!(out, "FN:{},{}\nFNDA:{},{}", rule.line, rule.name, rule.counts.yes, rule.name);
    }
    let fired = rules.iter().filter(|rule| rule.counts.yes > 0).count();
    let _ = writeln!(out, "FNF:{}\nFNH:{fired}", rules.len());
    let mut lines: BTreeMap<u32, u64> = BTreeMap::new();
    let (mut branches, mut hit) = (0, 0);
    for rule in rules {
        let line = lines.entry(rule.line).or_default();
        *line = (*line).max(rule.counts.asked());
        for condition in &rule.conditions {
            let line = lines.entry(condition.line).or_default();
            *line = (*line).max(condition.counts.asked());
            let taken = |count: u64| if condition.counts.asked() == 0 { "-".to_owned() } else { count.to_string() };
            for (branch, count) in [condition.counts.yes, condition.counts.no].into_iter().enumerate() {
                let _ = writeln!(out, "BRDA:{},{},{branch},{}", condition.line, condition.pc, taken(count));
            }
            branches += 2;
            hit += condition.counts.covered();
        }
    }
    let _ = writeln!(out, "BRF:{branches}\nBRH:{hit}");
    for (line, count) in &lines {
        let _ = writeln!(out, "DA:{line},{count}");
    }
    let reached = lines.values().filter(|count| **count > 0).count();
    let _ = writeln!(out, "LF:{}\nLH:{reached}\nend_of_record", lines.len());
}

/// Which of the two outcomes was never seen.
fn missing(counts: Counts, both: &str, yes: &str, no: &str) -> String {
    let what = match (counts.yes, counts.no) {
        (0, 0) => both,
        (0, _) => yes,
        (_, 0) => no,
        _ => return String::new(),
    };
    format!("   <- {what}")
}

impl RuleCoverage {
    fn new(program: &Program<'_>, id: RuleId, cascade: &Path) -> Option<Self> {
        let rule = program.rule(id)?;
        let stage = rule.stage().and_then(|stage| program.stage(stage));
        let span = program.rule_span(id);
        let line = span.map_or(0, |span| span.line);
        let other = span.and_then(|span| program.file(span.file));
        let file = other.map_or_else(|| cascade.to_path_buf(), |other| cascade.with_file_name(other));
        // What a case of the verdict gives is no condition.
        let gives = given(program, id);
        let conditions = rule.code().filter(|pc| Some(*pc) != gives).filter_map(|pc| {
            let text = describe_condition(program, pc)?;
            let line = program.condition_span(pc).map_or(line, |span| span.line);
            Some(ConditionCoverage { pc, line, text, counts: Counts::default() })
        });
        Some(Self {
            name: stage.map_or_else(|| rule.name().to_owned(), |stage| format!("{}.{}", stage.name(), rule.name())),
            file: file.display().to_string(),
            line,
            counts: Counts::default(),
            conditions: conditions.collect(),
        })
    }

    /// Whether it can come out either way: a case of the verdict without a condition cannot.
    fn asks(&self) -> bool {
        !self.conditions.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_and_shares_are_read() {
        assert_eq!("lcov=a=b".parse(), Ok(CoverageForm::Lcov(Some("a=b".into()))));
        assert_eq!("lcov".parse(), Ok(CoverageForm::Lcov(None)));
        assert!("html".parse::<CoverageForm>().is_err());
        assert_eq!(percent("92.5%"), Ok(92.5));
        assert!(percent("101").is_err() && percent("NaN").is_err());
    }
}
