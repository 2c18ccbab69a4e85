//! Every comparison that is tried, with the examples it holds for.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::bits::Bits;
use crate::condition::{Check, Condition, shortest_between};
use crate::markers::{Marker, markers};
use crate::sample::{Kinds, Row};
use crate::{Options, Scalar};

/// A text field is a set of values up to so many; beyond, it is prose.
const MAX_VALUES: usize = 256;

/// The words and signs of one field that are tried.
const MAX_MARKERS: usize = 400;

/// One comparison and where it holds.
pub(crate) struct Candidate {
    pub condition: Arc<Condition>,
    pub bits: Bits,
}

/// Values or markers of a field, to make sets of.
pub(crate) struct Choices<T> {
    pub path: Arc<str>,
    pub each: Vec<(T, Bits)>,
}

/// What rules are made of.
#[derive(Default)]
pub(crate) struct Space {
    pub fixed: Vec<Candidate>,
    pub values: Vec<Choices<String>>,
    pub words: Vec<Choices<Marker>>,
}

/// The values of one path, by example.
type Column<'a> = Vec<Option<&'a Scalar>>;

/// Examples of one part, by path.
pub(crate) struct Table<'a> {
    /// How many examples.
    pub len: usize,
    columns: BTreeMap<Arc<str>, Column<'a>>,
}

impl<'a> Table<'a> {
    pub fn new(rows: &[&'a Row]) -> Self {
        let mut columns: HashMap<Arc<str>, Column<'a>> = HashMap::new();
        for (at, row) in rows.iter().enumerate() {
            for (path, scalar) in &row.example.fields {
                let column = columns.entry(Arc::clone(path)).or_insert_with(|| vec![None; rows.len()]);
                // Of several values under one path the last counts, as it does for the machine.
                if let Some(slot) = column.get_mut(at) {
                    *slot = Some(scalar);
                }
            }
        }
        Self { len: rows.len(), columns: columns.into_iter().collect() }
    }

    /// The examples that satisfy all conditions.
    pub fn holding(&self, conditions: &[Arc<Condition>]) -> Bits {
        let mut held = Bits::all(self.len);
        // Words are looked for where everything else holds.
        let (slow, quick): (Vec<_>, Vec<_>) =
            conditions.iter().partition(|one| matches!(one.check, Check::Marked { .. }));
        quick.into_iter().chain(slow).for_each(|condition| self.narrow(&mut held, condition));
        held
    }

    /// Keeps the examples that satisfy a condition too.
    fn narrow(&self, held: &mut Bits, condition: &Condition) {
        let column = self.columns.get(&condition.path);
        let value = |at: usize| column.and_then(|column| column.get(at).copied().flatten());
        match condition.check {
            Check::AtMost(most) => held.retain(|at| matches!(value(at), Some(Scalar::Number(one)) if *one <= most)),
            Check::AtLeast(least) => held.retain(|at| matches!(value(at), Some(Scalar::Number(one)) if *one >= least)),
            _ => held.retain(|at| condition.holds(value(at))),
        }
    }

    /// The values of a path.
    pub fn column(&self, path: &str) -> Option<&Column<'a>> {
        self.columns.get(path)
    }
}

impl Space {
    /// What the fields of these examples offer.
    pub fn new(table: &Table<'_>, kinds: &HashMap<Arc<str>, Kinds>, options: &Options) -> Self {
        let mut space = Self::default();
        for (path, column) in &table.columns {
            let kinds = kinds.get(path).copied().unwrap_or_default();
            if kinds.mixed() {
                continue;
            }
            let missing = column.iter().filter(|value| value.is_none()).count();
            if missing > 0 {
                space.push(path, Check::Exists, column);
                space.push(path, Check::IsNull, column);
            }
            if kinds.bools > 0 {
                space.push(path, Check::Is(true), column);
                space.push(path, Check::Is(false), column);
            } else if kinds.numbers > 0 {
                space.numbers(path, column, options);
            } else if kinds.times() {
                space.times(path, column);
            } else if kinds.texts > 0 {
                space.texts(path, column, options);
            } else {
                space.lists(path, column, options);
            }
        }
        space
    }

    fn push(&mut self, path: &Arc<str>, check: Check, column: &Column<'_>) {
        let condition = Condition { path: Arc::clone(path), check };
        let bits = Bits::of(column.len(), |at| condition.holds(column.get(at).copied().flatten()));
        let held = bits.count();
        if held > 0 && (held as usize) < column.len() {
            self.fixed.push(Candidate { condition: Arc::new(condition), bits });
        }
    }

    fn numbers(&mut self, path: &Arc<str>, column: &Column<'_>, options: &Options) {
        let number =
            |value: &Option<&Scalar>| if let Some(Scalar::Number(number)) = value { Some(*number) } else { None };
        for (below, above) in cuts(column.iter().filter_map(number).collect(), options.cuts) {
            self.push(path, Check::AtMost(shortest_between(below, above, true)), column);
            self.push(path, Check::AtLeast(shortest_between(below, above, false)), column);
        }
    }

    fn lengths(&mut self, path: &Arc<str>, column: &Column<'_>, options: &Options) {
        let length = |value: &Option<&Scalar>| match value {
            Some(Scalar::Text(text)) => Some(text.chars().count() as f64),
            Some(Scalar::List { length, .. }) => Some(*length as f64),
            _ => None,
        };
        for (below, above) in cuts(column.iter().filter_map(length).collect(), options.cuts) {
            self.push(path, Check::LengthAtMost(shortest_between(below, above, true) as usize), column);
            self.push(path, Check::LengthAtLeast(shortest_between(below, above, false).ceil() as usize), column);
        }
    }

    fn times(&mut self, path: &Arc<str>, column: &Column<'_>) {
        for hour in 1..=23 {
            self.push(path, Check::HourAtMost(hour - 1), column);
            self.push(path, Check::HourAtLeast(hour), column);
        }
        for day in 2..=7 {
            self.push(path, Check::WeekdayAtMost(day - 1), column);
            self.push(path, Check::WeekdayAtLeast(day), column);
        }
    }

    fn texts(&mut self, path: &Arc<str>, column: &Column<'_>, options: &Options) {
        let mut places: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (at, value) in column.iter().enumerate() {
            if let Some(Scalar::Text(text)) = value {
                places.entry(text).or_default().push(at);
            }
        }
        if places.len() <= MAX_VALUES && places.len() * 2 < column.len() {
            let each = places.into_iter().filter(|(_, at)| at.len() as u64 >= options.min_value_count);
            let each = each.map(|(value, at)| (value.to_owned(), marked(column.len(), &at))).collect();
            self.values.push(Choices { path: Arc::clone(path), each });
            return;
        }
        self.lengths(path, column, options);
        let mut places: BTreeMap<Marker, Vec<usize>> = BTreeMap::new();
        for (at, value) in column.iter().enumerate() {
            let Some(Scalar::Text(text)) = value else { continue };
            markers(text).into_iter().for_each(|marker| places.entry(marker).or_default().push(at));
        }
        let mut often: Vec<_> =
            places.into_iter().filter(|(_, at)| at.len() as u64 >= options.min_value_count).collect();
        often.sort_by(|first, second| second.1.len().cmp(&first.1.len()).then_with(|| first.0.cmp(&second.0)));
        often.truncate(MAX_MARKERS);
        for (marker, _) in &often {
            for any in [true, false] {
                self.push(path, Check::Marked { any, markers: vec![marker.clone()] }, column);
            }
        }
        let each = often.into_iter().map(|(marker, at)| (marker, marked(column.len(), &at))).collect();
        self.words.push(Choices { path: Arc::clone(path), each });
    }

    fn lists(&mut self, path: &Arc<str>, column: &Column<'_>, options: &Options) {
        self.lengths(path, column, options);
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        for value in column.iter().flatten() {
            let Scalar::List { texts, .. } = value else { continue };
            texts.iter().for_each(|text| *counts.entry(text).or_default() += 1);
        }
        let mut often: Vec<_> = counts.into_iter().filter(|(_, count)| *count >= options.min_value_count).collect();
        often.sort_by(|first, second| second.1.cmp(&first.1).then(first.0.cmp(second.0)));
        for (element, _) in often.into_iter().take(MAX_VALUES) {
            self.push(path, Check::Has(element.to_owned()), column);
        }
    }
}

/// Where to cut: between neighbours of the values, at most `count` of them, at equal shares of the examples.
fn cuts(mut values: Vec<f64>, count: usize) -> Vec<(f64, f64)> {
    values.retain(|value| value.is_finite());
    values.sort_by(f64::total_cmp);
    let mut distinct = values.clone();
    distinct.dedup();
    let between = |at: usize| Some((*distinct.get(at)?, *distinct.get(at + 1)?));
    if distinct.len() <= count {
        return (0..distinct.len()).filter_map(between).collect();
    }
    let mut places = std::collections::BTreeSet::new();
    for share in 1..count {
        let Some(value) = values.get(values.len() * share / count) else { continue };
        let at = distinct.partition_point(|other| other < value);
        places.extend([Some(at), at.checked_sub(1)].into_iter().flatten());
    }
    places.into_iter().filter_map(between).collect()
}

fn marked(len: usize, at: &[usize]) -> Bits {
    let mut next = at.iter().peekable();
    Bits::of(len, |number| next.next_if(|&&at| at == number).is_some())
}
