//! From examples to proposals.

use std::thread;

use serde_json::Value;

use crate::bits::Bits;
use crate::relations::{ExistingRule, held};
use crate::rule::Refused;
use crate::sample::{Row, Sample};
use crate::search::{Found, Search, Strictness};
use crate::select::{Marks, Pooled, select};
use crate::space::{Space, Table};
use crate::written::Writer;
use crate::{Example, Learned, Options, Part};

/// Takes examples, and then says what it learned. Memory is bounded by `max_sample`.
#[derive(Debug)]
pub struct Learner {
    options: Options,
    sample: Sample,
    existing: Vec<ExistingRule>,
}

/// The examples of one part.
pub(crate) struct PartTable<'r> {
    pub rows: Vec<&'r Row>,
    pub table: Table<'r>,
    /// For each answer the examples that have it.
    pub classes: Vec<Bits>,
}

/// Everything that is known when rules are written.
pub(crate) struct Material<'r> {
    pub options: &'r Options,
    pub answers: Vec<(Value, u64)>,
    pub parts: [PartTable<'r>; 3],
    pub seen: u64,
    pub tried: u64,
    pub found: u64,
    pub mixed: Vec<String>,
    pub existing: Vec<ExistingRule>,
    /// For each of them the reported examples it holds for.
    pub held: Vec<Bits>,
}

impl Learner {
    /// With nothing seen.
    #[must_use]
    pub fn new(options: Options) -> Self {
        let sample = Sample::new(options.max_sample);
        Self { options, sample, existing: Vec::new() }
    }

    /// Says of each proposal how it meets these rules.
    #[must_use]
    pub fn beside(mut self, existing: Vec<ExistingRule>) -> Self {
        self.existing = existing;
        self
    }

    /// Takes one example.
    pub fn add(&mut self, example: Example) {
        self.sample.add(example);
    }

    /// How many it took.
    #[must_use]
    pub const fn seen(&self) -> u64 {
        self.sample.seen
    }

    /// Searches, chooses, measures.
    ///
    /// # Errors
    /// A rule it wrote does not pass the compiler, or a stage has no cost.
    pub fn finish(mut self) -> Result<Learned, LearnError> {
        let rows = self.sample.rows();
        let answers = self.answers();
        let options = &self.options;
        let parts = [Part::Fit, Part::Tune, Part::Report].map(|part| PartTable::new(&rows, part, &answers));
        let [fit, tune, report] = &parts;
        let space = Space::new(&fit.table, &self.sample.kinds, options);
        let (found, tried) = search(&space, fit, options);
        let count = found.len() as u64;
        let pool = found.into_iter().map(|found| pooled(found, fit, tune)).collect();
        let chosen = select(pool, options.precision, options.max_rules);
        let mut mixed: Vec<String> =
            self.sample.kinds.iter().filter(|(_, kinds)| kinds.mixed()).map(|(path, _)| path.to_string()).collect();
        mixed.sort();
        let (existing, held) = (self.existing.clone(), held(&self.existing, &report.rows));
        let seen = self.sample.seen;
        let material = Material { options, answers, parts, seen, tried, found: count, mixed, existing, held };
        Writer::new(&material, chosen.into_iter().map(|pooled| pooled.found).collect()).learned()
    }

    /// The most frequent answers, first those that come most.
    fn answers(&self) -> Vec<(Value, u64)> {
        let mut answers: Vec<_> = self.sample.answers.iter().collect();
        answers.sort_by(|first, second| second.1.cmp(first.1).then_with(|| first.0.cmp(second.0)));
        let value = |text: &str| serde_json::from_str(text).unwrap_or_default();
        answers.into_iter().map(|(text, count)| (value(text), *count)).take(self.options.max_answers).collect()
    }
}

/// Why nothing could be learned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LearnError {
    /// A rule the learner wrote does not pass the compiler.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// A stage has no cost.
    #[error(transparent)]
    Cost(#[from] crate::CostError),
}

impl<'r> PartTable<'r> {
    fn new(rows: &'r [Row], part: Part, answers: &[(Value, u64)]) -> Self {
        let rows: Vec<_> = rows.iter().filter(|row| row.part == part).collect();
        let class = |answer: &Value| {
            Bits::of(rows.len(), |at| rows.get(at).is_some_and(|row| row.example.answer.result == *answer))
        };
        let classes = answers.iter().map(|(answer, _)| class(answer)).collect();
        Self { table: Table::new(&rows), rows, classes }
    }

    /// What a rule answers here, and what of it wrongly.
    pub fn marks(&self, found: &Found) -> Marks {
        let answered = self.table.holding(&found.conditions);
        let wrong = self.classes.get(found.class).map_or_else(|| answered.clone(), |right| answered.minus(right));
        Marks { answered, wrong }
    }
}

fn pooled(found: Found, fit: &PartTable<'_>, tune: &PartTable<'_>) -> Pooled {
    let (fit, tune) = (fit.marks(&found), tune.marks(&found));
    Pooled { found, fit, tune }
}

/// Rules at several degrees of strictness, and how many conjunctions were tried for them.
fn search(space: &Space, fit: &PartTable<'_>, options: &Options) -> (Vec<Found>, u64) {
    let allowed = 1.0 - options.precision;
    let degrees = [(0.5, 2), (0.2, 1), (0.05, 1)]
        .map(|(share, times)| Strictness { precision: 1.0 - allowed * share, support: options.min_samples * times });
    let one = |strictness: Strictness| {
        let mut search = Search::new(space, &fit.table, &fit.classes, options);
        (search.run(strictness), search.tried)
    };
    let results: Vec<_> = if options.threads > 1 {
        thread::scope(|scope| {
            let running: Vec<_> = degrees.iter().map(|&degree| scope.spawn(move || one(degree))).collect();
            running.into_iter().map(|thread| thread.join().unwrap_or_default()).collect()
        })
    } else {
        degrees.into_iter().map(one).collect()
    };
    let mut all: Vec<Found> = Vec::new();
    let mut tried = 0;
    for (found, count) in results {
        tried += count;
        for rule in found {
            if !all.iter().any(|other| other.class == rule.class && other.bits == rule.bits) {
                all.push(rule);
            }
        }
    }
    (all, tried)
}
