//! Ours beside three others on the real data, at the same precision: `cargo bench -p cascata-learn --bench quality`.
//!
//! - the reference's learner: each number it saw is a threshold (its `learn`), kept by the filter;
//! - a decision tree of depth 6 (Gini), its leaves kept by the filter;
//! - a rule list: one greedy conjunction after the other (the FOIL way), kept by the filter.
//!
//! All learn from the same 60 %, and are told by the same last 20 %. Of the others those rules are kept that together are right for 99 % of
//! the 20 % between, which is as much as can be made of them.

#[path = "../../tests/support/mod.rs"]
mod support;

mod splits;

use std::time::Instant;

use cascata_learn::reference::{Observation, ReferenceLearner, ReferenceOptions};
use cascata_learn::{Backtest, Example, Learned, Learner, Options, Part, Scalar, stats};
use serde_json::Value;
use support::{answer, events, examples};

/// One comparison of a baseline: `field <= number` or its opposite; texts and bools are 0 or 1 by value.
#[derive(Clone)]
struct Test {
    column: usize,
    cut: f64,
    below: bool,
}

struct Rule {
    tests: Vec<Test>,
    answer: bool,
}

/// Examples as numbers: one column a number, one a value of a text, one a word.
struct Matrix {
    names: Vec<String>,
    rows: Vec<Vec<f64>>,
    answers: Vec<bool>,
    parts: Vec<Part>,
}

impl Test {
    fn holds(&self, row: &[f64]) -> bool {
        (row[self.column] <= self.cut) == self.below
    }
}

impl Rule {
    fn holds(&self, row: &[f64]) -> bool {
        self.tests.iter().all(|test| test.holds(row))
    }
}

impl Matrix {
    fn new(examples: &[Example], positive: &Value) -> Self {
        let mut names = std::collections::BTreeMap::new();
        let mut sparse = Vec::new();
        for example in examples {
            let mut row = std::collections::BTreeMap::new();
            for (path, scalar) in &example.fields {
                match scalar {
                    Scalar::Number(number) => {
                        row.insert(path.to_string(), *number);
                    }
                    Scalar::Bool(bool) => {
                        row.insert(path.to_string(), f64::from(u8::from(*bool)));
                    }
                    Scalar::Text(text) if text.len() < 20 && !text.contains(' ') => {
                        row.insert(format!("{path}={text}"), 1.0);
                    }
                    Scalar::Text(text) => text
                        .to_lowercase()
                        .split(|sign: char| !sign.is_alphanumeric())
                        .filter(|word| word.len() > 1)
                        .for_each(|word| {
                            row.insert(format!("{path}~{word}"), 1.0);
                        }),
                    Scalar::List { length, .. } => {
                        row.insert(path.to_string(), *length as f64);
                    }
                }
            }
            row.keys().for_each(|name| *names.entry(name.clone()).or_insert(0_u64) += 1);
            sparse.push(row);
        }
        let names: Vec<String> = names.into_iter().filter(|(_, count)| *count >= 5).map(|(name, _)| name).collect();
        let rows =
            sparse.iter().map(|row| names.iter().map(|name| row.get(name).copied().unwrap_or(0.0)).collect()).collect();
        let answers = examples.iter().map(|example| example.answer.result == *positive).collect();
        let parts = examples.iter().map(|example| Part::of(&example.id)).collect();
        Self { names, rows, answers, parts }
    }

    fn part(&self, part: Part) -> Vec<usize> {
        (0..self.rows.len()).filter(|at| self.parts[*at] == part).collect()
    }

    /// The best cut of each column for these rows, by what `worth` says of (rows below, of them positive, rows, positive).
    fn best(&self, rows: &[usize], worth: impl Fn(f64, f64, f64, f64) -> f64) -> Option<(f64, usize, f64)> {
        let (all, positive) = (rows.len() as f64, rows.iter().filter(|row| self.answers[**row]).count() as f64);
        let mut best: Option<(f64, usize, f64)> = None;
        for column in 0..self.names.len() {
            let mut sorted: Vec<(f64, bool)> =
                rows.iter().map(|row| (self.rows[*row][column], self.answers[*row])).collect();
            sorted.sort_by(|first, second| first.0.total_cmp(&second.0));
            let (mut below, mut right) = (0.0, 0.0);
            for pair in 0..sorted.len().saturating_sub(1) {
                below += 1.0;
                right += f64::from(u8::from(sorted[pair].1));
                if sorted[pair].0 < sorted[pair + 1].0 {
                    let worth = worth(below, right, all, positive);
                    if best.is_none_or(|(best, ..)| worth > best) {
                        best = Some((worth, column, f64::midpoint(sorted[pair].0, sorted[pair + 1].0)));
                    }
                }
            }
        }
        best
    }
}

/// The leaves of a tree of depth 6.
fn tree(matrix: &Matrix, rows: &[usize], depth: usize, tests: &[Test], leaves: &mut Vec<Rule>) {
    let positive = rows.iter().filter(|row| matrix.answers[**row]).count();
    let leaf = || Rule { tests: tests.to_vec(), answer: positive * 2 >= rows.len() };
    let gini = |count: f64, right: f64| if count == 0.0 { 0.0 } else { right * (count - right) / count };
    let split = |below, right, all, positive| -gini(below, right) - gini(all - below, positive - right);
    let best =
        matrix.best(rows, split).filter(|_| depth < 6 && positive > 0 && positive < rows.len() && rows.len() >= 20);
    let Some((_, column, cut)) = best else { return leaves.push(leaf()) };
    for below in [true, false] {
        let test = Test { column, cut, below };
        let side: Vec<usize> = rows.iter().copied().filter(|row| test.holds(&matrix.rows[*row])).collect();
        let tests: Vec<Test> = tests.iter().cloned().chain([test]).collect();
        tree(matrix, &side, depth + 1, &tests, leaves);
    }
}

/// One conjunction after the other, each grown by information gain until it is pure enough.
fn rule_list(matrix: &Matrix, rows: &[usize]) -> Vec<Rule> {
    let mut open = rows.to_vec();
    let mut rules = Vec::new();
    while rules.len() < 50 && open.len() > 50 {
        let positive = open.iter().filter(|row| matrix.answers[**row]).count();
        let answer = positive * 2 >= open.len();
        let mut inside = open.clone();
        let mut tests = Vec::new();
        for _ in 0..6 {
            let wanted = inside.iter().filter(|row| matrix.answers[**row] == answer).count() as f64;
            if wanted >= 0.997 * inside.len() as f64 {
                break;
            }
            let share = |right: f64, count: f64| ((right + 0.1) / (count + 0.2)).log2();
            let foil = |below: f64, right: f64, all: f64, positive: f64| {
                let right = if answer { right } else { below - right };
                let total = if answer { positive } else { all - positive };
                let base = share(total, all);
                (right * (share(right, below) - base)).max((total - right) * (share(total - right, all - below) - base))
            };
            let Some((_, column, cut)) = matrix.best(&inside, foil) else { break };
            let sides = [true, false].map(|below| Test { column, cut, below });
            let worth = |test: &Test| {
                let held: Vec<_> = inside.iter().filter(|row| test.holds(&matrix.rows[**row])).collect();
                let right = held.iter().filter(|row| matrix.answers[***row] == answer).count() as f64;
                right * (share(right, held.len() as f64) - share(wanted, inside.len() as f64))
            };
            let test = if worth(&sides[0]) >= worth(&sides[1]) { sides[0].clone() } else { sides[1].clone() };
            inside.retain(|row| test.holds(&matrix.rows[*row]));
            tests.push(test);
        }
        if inside.is_empty() || inside.len() == open.len() {
            break;
        }
        let rule = Rule { tests, answer };
        open.retain(|row| !rule.holds(&matrix.rows[*row]));
        rules.push(rule);
    }
    rules
}

/// The reference's thresholds, one for each number it saw, most frequent first.
fn reference(matrix: &Matrix, examples: &[Example], rows: &[usize]) -> Vec<Rule> {
    let mut learner = ReferenceLearner::new(ReferenceOptions::default());
    for row in rows {
        for (path, scalar) in &examples[*row].fields {
            let Scalar::Number(number) = scalar else { continue };
            let data = serde_json::json!({&**path: number});
            let stage = if matrix.answers[*row] { "yes" } else { "no" };
            learner.learn(&Observation { data: Some(&data), stage, ..Observation::default() });
        }
    }
    let mut kept: Vec<_> = learner.kept().into_iter().map(|(_, pattern)| pattern).collect();
    kept.sort_by_key(|pattern| std::cmp::Reverse(pattern.sample_count));
    let rule = |pattern: &cascata_learn::reference::ReferencePattern| {
        let column =
            matrix.names.iter().position(|name| Some(name.as_str()) == pattern.features["feature_path"].as_str())?;
        let (cut, below) = (pattern.features["threshold"].as_f64()?, pattern.features["operator"] == "lte");
        let test = Test { column, cut: if below { cut } else { cut - 1e-9 }, below };
        Some(Rule { tests: vec![test], answer: pattern.stage == "yes" })
    };
    kept.into_iter().filter_map(rule).collect()
}

/// The rules that together keep 99 % where rules are chosen, the most precise first: as many as that lets, and no more than 50.
fn filtered(matrix: &Matrix, rules: Vec<Rule>) -> Vec<Rule> {
    let tune = matrix.part(Part::Tune);
    // For each rule and example: whether it answers, and rightly.
    let held: Vec<Vec<Option<bool>>> = rules
        .iter()
        .map(|rule| {
            let answer = |row: &usize| rule.holds(&matrix.rows[*row]).then(|| rule.answer == matrix.answers[*row]);
            tune.iter().map(answer).collect()
        })
        .collect();
    let counted = |answers: &mut dyn Iterator<Item = Option<bool>>| {
        answers.flatten().fold((0_u64, 0_u64), |(right, count), one| (right + u64::from(one), count + 1))
    };
    let alone: Vec<(u64, u64)> = held.iter().map(|held| counted(&mut held.iter().copied())).collect();
    let mut order: Vec<usize> = (0..rules.len()).filter(|at| alone[*at].1 > 0).collect();
    order.sort_by(|first, second| {
        let precision = |at: &usize| alone[*at].0 as f64 / alone[*at].1 as f64;
        precision(second).total_cmp(&precision(first)).then(alone[*second].1.cmp(&alone[*first].1))
    });
    let mut kept: Vec<usize> = Vec::new();
    for at in order {
        if kept.len() == 50 {
            break;
        }
        let place = kept.partition_point(|other| *other < at);
        kept.insert(place, at);
        let first = |row: usize| kept.iter().find_map(|rule| held[*rule][row]);
        let (right, count) = counted(&mut (0..tune.len()).map(first));
        if (right as f64) < 0.99 * count as f64 {
            kept.remove(place);
        }
    }
    rules.into_iter().enumerate().filter(|(at, _)| kept.contains(at)).map(|(_, rule)| rule).collect()
}

/// Tells what the rules that the filter keeps are worth.
fn told(name: &str, matrix: &Matrix, rules: Vec<Rule>, seconds: f64) {
    let kept = filtered(matrix, rules);
    let report = matrix.part(Part::Report);
    let first = |row: &usize| {
        kept.iter().find(|rule| rule.holds(&matrix.rows[*row])).map(|rule| rule.answer == matrix.answers[*row])
    };
    let answers: Vec<bool> = report.iter().filter_map(first).collect();
    let right = answers.iter().filter(|right| **right).count() as u64;
    row(
        name,
        (right, answers.len() as u64, report.len() as u64),
        (kept.len(), kept.iter().map(|rule| rule.tests.len()).sum()),
        seconds,
    );
}

fn row(name: &str, (right, matched, examples): (u64, u64, u64), (rules, conditions): (usize, usize), seconds: f64) {
    let precision = if matched == 0 { 1.0 } else { right as f64 / matched as f64 };
    println!(
        "| {name} | {:.2} % | {:.2} % | {:.2} % | {rules} | {conditions} | {seconds:.1} s |",
        100.0 * matched as f64 / examples as f64,
        100.0 * precision,
        100.0 * stats::lower(right, matched, stats::Z95)
    );
}

fn compare(name: &str, positive: &str) -> Option<()> {
    let events = events(name)?;
    let examples = examples(&events);
    println!(
        "\n{name}\n\n| learner | calls away | precision | at least | rules | conditions | time |\n|---|---|---|---|---|---|---|"
    );
    let started = Instant::now();
    let mut learner = Learner::new(Options::default());
    examples.iter().cloned().for_each(|example| learner.add(example));
    let learned = learner.finish().ok()?;
    let report = learned.together.report;
    let conditions = learned.proposals.iter().map(|one| one.conditions).sum();
    row(
        "Cascata",
        (report.right, report.matched, report.examples),
        (learned.proposals.len(), conditions),
        started.elapsed().as_secs_f64(),
    );

    let matrix = Matrix::new(&examples, &Value::String(positive.to_owned()));
    let fit = matrix.part(Part::Fit);
    let started = Instant::now();
    let mut leaves = Vec::new();
    tree(&matrix, &fit, 0, &[], &mut leaves);
    told("tree of depth 6", &matrix, leaves, started.elapsed().as_secs_f64());
    let started = Instant::now();
    let list = rule_list(&matrix, &fit);
    told("rule list", &matrix, list, started.elapsed().as_secs_f64());
    let started = Instant::now();
    let thresholds = reference(&matrix, &examples, &fit);
    told("reference", &matrix, thresholds, started.elapsed().as_secs_f64());
    speed(&learned, &events);
    Some(())
}

/// Events a second and core through the first ten candidates, events in memory.
fn speed(learned: &Learned, events: &[Value]) {
    let texts: Vec<_> =
        events.iter().map(|event| (event.to_string(), answer(event).as_str().unwrap_or_default().to_owned())).collect();
    let ten = learned.proposals.get(..10).unwrap_or(&learned.proposals);
    let Ok(mut backtest) = Backtest::new(ten) else { return };
    let started = Instant::now();
    let mut count = 0_u64;
    while started.elapsed().as_secs_f64() < 3.0 {
        for (event, answer) in &texts {
            backtest.event(event, cascata_vm::Value::Text(answer));
        }
        count += texts.len() as u64;
    }
    let bytes: usize = texts.iter().map(|(text, _)| text.len()).sum();
    println!(
        "\nbacktest: {:.0} events a second and core, {} candidates, {} bytes an event",
        count as f64 / started.elapsed().as_secs_f64(),
        ten.len(),
        bytes / texts.len()
    );
}

/// The promise over splits; `SPLITS` says how many, `SPLITS_OF` which file.
fn promises() {
    let count = std::env::var("SPLITS").ok().and_then(|count| count.parse().ok()).unwrap_or(0);
    if count == 0 {
        return;
    }
    let of = std::env::var("SPLITS_OF").unwrap_or_default();
    splits::head();
    for name in ["network_flows.ndjson.gz", "sms_messages.ndjson.gz"] {
        let Some(events) = events(name).filter(|_| name.contains(&of)) else { continue };
        let examples = examples(&events);
        splits::over(&format!("{name}, without its last fifth"), &splits::without_report(&examples), count);
        if std::env::var("SPLITS_ALL").is_ok() {
            splits::over(name, &examples, count);
        }
    }
}

fn main() {
    if std::env::var("SPLITS").is_ok() {
        return promises();
    }
    for (name, positive) in [("network_flows.ndjson.gz", "attack"), ("sms_messages.ndjson.gz", "spam")] {
        if compare(name, positive).is_none() {
            println!("{name}: skipped");
        }
    }
}
