//! From examples to proposals.

use serde_json::Value;

use crate::bits::Bits;
use crate::degrees::{Searched, search};
use crate::forward::forward;
use crate::relations::{ExistingRule, held};
use crate::rule::Refused;
use crate::sample::{Row, Sample};
use crate::search::Found;
use crate::select::{Marks, Pooled, select};
use crate::space::{Space, Table};
use crate::written::Writer;
use crate::{Counts, Drift, Example, Learned, Options, Part, stats};

const HOUR_US: i64 = 3_600_000_000;

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
    /// Rules that nothing came for in a long time.
    pub forgotten: u64,
    /// Rules of the older half on the newer one.
    pub forward: Option<Drift>,
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
        self.add_numbered(self.sample.seen, example);
    }

    /// Takes one example that has its place among all: what counts as its time where it says none.
    pub fn add_numbered(&mut self, number: u64, example: Example) {
        self.sample.add(number, example);
    }

    /// Takes what another learner took, so that several threads may read.
    pub fn absorb(&mut self, other: Self) {
        self.sample.absorb(other.sample);
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
    pub fn finish(self) -> Result<Learned, LearnError> {
        self.finish_unless(&|| false)
    }

    /// The same, as long as `stop` says false; it is asked a few times a second.
    ///
    /// # Errors
    /// As [`finish`](Self::finish), and [`LearnError::Stopped`].
    pub fn finish_unless(mut self, stop: &(dyn Fn() -> bool + Sync)) -> Result<Learned, LearnError> {
        let rows = self.sample.rows();
        let answers = self.answers();
        let options = &self.options;
        let parts = [Part::Fit, Part::Tune, Part::Report].map(|part| PartTable::new(&rows, part, &answers));
        let [fit, _, report] = &parts;
        let space = Space::new(&fit.table, &self.sample.kinds, options);
        let kinds = &self.sample.kinds;
        let looking_forward = || forward(&rows, &answers, kinds, options, stop);
        let Searched { found, tried, forward } = search(&space, fit, options, (stop, &looking_forward));
        let count = found.len() as u64;
        let (pool, forgotten) = pool(found, &parts, options);
        let chosen = select(&pool, options.precision, options.max_rules);
        if stop() {
            return Err(LearnError::Stopped);
        }
        let mut mixed: Vec<String> =
            self.sample.kinds.iter().filter(|(_, kinds)| kinds.mixed()).map(|(path, _)| path.to_string()).collect();
        mixed.sort();
        let (existing, held) = (self.existing.clone(), held(&self.existing, &report.rows));
        let seen = self.sample.seen;
        let material =
            Material { options, answers, parts, seen, tried, found: count, forgotten, forward, mixed, existing, held };
        Writer::new(&material, chosen).learned()
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
    /// Whoever asked wants no answer any more.
    #[error("interrupted; nothing was written")]
    Stopped,
}

impl<'r> PartTable<'r> {
    pub fn new(rows: &'r [Row], part: Part, answers: &[(Value, u64)]) -> Self {
        Self::of(rows.iter().filter(|row| row.part == part).collect(), answers)
    }

    /// The same of these examples, in this order.
    pub fn of(rows: Vec<&'r Row>, answers: &[(Value, u64)]) -> Self {
        let class = |answer: &Value| {
            Bits::of(rows.len(), |at| rows.get(at).is_some_and(|row| row.example.answer.result == *answer))
        };
        let classes = answers.iter().map(|(answer, _)| class(answer)).collect();
        Self { table: Table::new(&rows), rows, classes }
    }

    /// What each of these rules answers here.
    pub fn answered(&self, rules: &[Found]) -> Vec<Bits> {
        rules.iter().map(|found| self.table.holding(&found.conditions)).collect()
    }

    /// When the newest of these examples was decided: they stand in the order of time.
    fn newest(&self, answered: &Bits) -> Option<i64> {
        answered.backwards().find_map(|at| self.rows.get(at)?.example.at_us)
    }

    /// What rules answer here as a list, the first that holds; each is its answer and what it answers.
    pub fn list<'b>(&self, rules: impl IntoIterator<Item = (usize, &'b Bits)>, within: &Bits) -> Counts {
        let mut left = within.clone();
        let mut right = 0;
        for (class, answered) in rules {
            let answered = answered.and(&left);
            right += self.classes.get(class).map_or(0, |class| class.both(&answered));
            left.remove(&answered);
        }
        let examples = within.count();
        Counts { examples, positives: examples, matched: examples - left.count(), right }
    }

    /// What a rule for an answer answers here, and what of it wrongly.
    fn marks(&self, class: usize, answered: Bits) -> Marks {
        let wrong = self.classes.get(class).map_or_else(|| answered.clone(), |right| answered.minus(right));
        Marks { answered, wrong }
    }
}

/// The rules to choose from, with what they answer, and how many were forgotten.
pub(crate) fn pool(found: Vec<Found>, parts: &[PartTable<'_>; 3], options: &Options) -> (Vec<Pooled>, u64) {
    let [fit, tune, report] = parts;
    let oldest = oldest_kept(parts, options);
    let mut forgotten = 0;
    let mut pool = Vec::new();
    for found in found {
        let tuned = tune.table.holding(&found.conditions);
        let seen_since = |oldest: i64| {
            let since = |newest: Option<i64>| newest.is_some_and(|newest| newest >= oldest);
            since(fit.newest(&found.bits))
                || since(tune.newest(&tuned))
                || since(report.newest(&report.table.holding(&found.conditions)))
        };
        if oldest.is_some_and(|oldest| !seen_since(oldest)) {
            forgotten += 1;
            continue;
        }
        let (fit, tune) = (fit.marks(found.class, found.bits.clone()), tune.marks(found.class, tuned));
        let matched = fit.answered.count() + tune.answered.count();
        let wrong = fit.wrong.count() + tune.wrong.count();
        if stats::lower(matched - wrong, matched, stats::Z95) >= options.min_confidence {
            pool.push(Pooled { found, fit, tune });
        }
    }
    pool.truncate(options.max_patterns);
    (pool, forgotten)
}

/// The moment before which a pattern was seen too long ago; none where records do not say when they are from.
fn oldest_kept(parts: &[PartTable<'_>; 3], options: &Options) -> Option<i64> {
    let moments = parts.iter().flat_map(|part| &part.rows).filter_map(|row| row.example.at_us);
    let kept = i64::from(options.pattern_ttl_hours).saturating_mul(HOUR_US);
    moments.max().map(|newest| newest.saturating_sub(kept))
}
