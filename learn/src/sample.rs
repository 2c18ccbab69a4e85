//! What is kept of a stream: counts of everything, and a uniform sample of bounded size.
//!
//! The sample is the examples with the smallest hashes of their ids (a bottom-k sketch), so it depends on neither order nor
//! chance: thresholds are its quantiles, values and words that come often its heavy hitters.

use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;

use crate::condition::moment;
use crate::split::rank;
use crate::{Example, Part, Scalar};

/// The most different answers that are counted apart.
const MAX_ANSWERS: usize = 256;

/// An example and when it came.
#[derive(Debug)]
pub(crate) struct Row {
    rank: u64,
    /// Its place in time: what it says, else its place in the stream.
    pub order: i64,
    pub part: Part,
    pub example: Example,
}

impl PartialEq for Row {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Row {}

impl PartialOrd for Row {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Row {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

impl Row {
    const fn key(&self) -> (u64, i64) {
        (self.rank, self.order)
    }
}

/// The kinds of values a path had, over the whole stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Kinds {
    pub bools: u64,
    pub numbers: u64,
    pub texts: u64,
    /// Of the texts, those that are moments.
    pub moments: u64,
    pub lists: u64,
}

impl Kinds {
    fn add(&mut self, scalar: &Scalar) {
        match scalar {
            Scalar::Bool(_) => self.bools += 1,
            Scalar::Number(_) => self.numbers += 1,
            Scalar::Text(_) => {
                // One text that is no moment settles it.
                self.moments += u64::from(self.moments == self.texts && moment(scalar).is_some());
                self.texts += 1;
            }
            Scalar::List { .. } => self.lists += 1,
        }
    }

    const fn and(&mut self, other: Self) {
        self.bools += other.bools;
        self.numbers += other.numbers;
        self.texts += other.texts;
        self.moments += other.moments;
        self.lists += other.lists;
    }

    /// Texts that are moments, all of them: the hour of any other would be an error of the rule.
    pub const fn times(&self) -> bool {
        self.texts > 0 && self.moments == self.texts
    }

    /// Several kinds: an ordering of the field would be an error of the rule for some events.
    pub fn mixed(&self) -> bool {
        [self.bools, self.numbers, self.texts, self.lists].iter().filter(|&&count| count > 0).count() > 1
    }
}

/// What is kept.
#[derive(Debug)]
pub(crate) struct Sample {
    capacity: usize,
    heap: BinaryHeap<Row>,
    pub seen: u64,
    pub kinds: HashMap<Arc<str>, Kinds>,
    pub answers: HashMap<String, u64>,
}

impl Sample {
    pub fn new(capacity: usize) -> Self {
        Self { capacity, heap: BinaryHeap::new(), seen: 0, kinds: HashMap::new(), answers: HashMap::new() }
    }

    /// Takes an example that is the `number`th of all.
    pub fn add(&mut self, number: u64, example: Example) {
        let order = example.at_us.unwrap_or(i64::try_from(number).unwrap_or(i64::MAX));
        self.seen += 1;
        for (path, scalar) in &example.fields {
            match self.kinds.get_mut(path) {
                Some(kinds) => kinds.add(scalar),
                None => self.kinds.entry(Arc::clone(path)).or_default().add(scalar),
            }
        }
        self.answered(example.answer.result.to_string(), 1);
        let row = Row { rank: rank(&example.id), order, part: Part::of(&example.id), example };
        self.keep(row);
    }

    fn keep(&mut self, mut row: Row) {
        if self.heap.len() >= self.capacity {
            if self.heap.peek().is_none_or(|last| row >= *last) {
                return;
            }
            self.heap.pop();
        }
        row.example.fields.shrink_to_fit();
        self.heap.push(row);
    }

    fn answered(&mut self, answer: String, times: u64) {
        if self.answers.contains_key(&answer) || self.answers.len() < MAX_ANSWERS {
            *self.answers.entry(answer).or_default() += times;
        }
    }

    /// Takes what another one took: the same as if all had come here.
    pub fn absorb(&mut self, other: Self) {
        self.seen += other.seen;
        for (path, kinds) in other.kinds {
            self.kinds.entry(path).or_default().and(kinds);
        }
        other.answers.into_iter().for_each(|(answer, times)| self.answered(answer, times));
        other.heap.into_iter().for_each(|row| self.keep(row));
    }

    /// The examples, in the order of time.
    pub fn rows(&mut self) -> Vec<Row> {
        let mut rows = std::mem::take(&mut self.heap).into_vec();
        rows.sort_by_key(|row| (row.order, row.rank));
        rows
    }
}
