//! The capability `metrics`: counters, gauges and histograms of a stage, kept by the host.
//!
//! A guest is told nothing: what it measures can't change what it answers. What can't be taken is counted.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::guest::Guest;
use super::imports::{Answer, Crossing};

/// The most names of one stage.
const MAX_NAMES: usize = 64;
/// The longest name, in bytes.
const MAX_NAME_BYTES: usize = 64;
/// Classes of a histogram.
const CLASSES: usize = 64;

/// One thing that a stage measures.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
#[expect(clippy::large_enum_variant, reason = "a stage has at most 64, half a kilobyte each")]
pub enum Figure {
    /// What was added up.
    Counter(f64),
    /// The last value.
    Gauge(f64),
    /// How values are spread.
    Histogram {
        /// How many there were.
        count: u64,
        /// Their sum.
        sum: f64,
        /// The smallest.
        min: f64,
        /// The largest.
        max: f64,
        /// How many by size: entry `n` counts those below 2^(n - 31) and not below half of that; the first what is smaller, the last
        /// all others.
        classes: [u64; CLASSES],
    },
}

/// What one stage measured.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct StageFigures {
    /// Its cascade; empty for a stage that was loaded without one.
    pub cascade: String,
    /// Its name.
    pub stage: String,
    /// By name.
    pub figures: BTreeMap<String, Figure>,
    /// How often something could not be taken: no name, one name too many, no number, a number below 0 for a counter, the name of
    /// another kind.
    pub dropped: u64,
}

/// Figures under which a value is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Counter,
    Gauge,
    Histogram,
}

/// What one stage measures, its instances together.
#[derive(Debug, Default)]
pub(super) struct Measured {
    inner: Mutex<(BTreeMap<String, Figure>, u64)>,
}

/// What the stages of a host measure.
#[derive(Debug, Default)]
pub(super) struct Figures {
    stages: Mutex<BTreeMap<(String, String), Arc<Measured>>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Figures {
    /// Those of a stage; they go on when it is loaded anew.
    pub fn of(&self, cascade: &str, stage: &str) -> Arc<Measured> {
        Arc::clone(lock(&self.stages).entry((cascade.to_owned(), stage.to_owned())).or_default())
    }

    pub fn all(&self) -> Vec<StageFigures> {
        let stages = lock(&self.stages);
        let figures = |((cascade, stage), measured): (&(String, String), &Arc<Measured>)| {
            let (figures, dropped) = lock(&measured.inner).clone();
            StageFigures { cascade: cascade.clone(), stage: stage.clone(), figures, dropped }
        };
        stages.iter().map(figures).collect()
    }
}

impl Measured {
    /// Takes a value under a name, if it can be.
    fn take(&self, kind: Kind, name: &str, value: f64) {
        let mut inner = lock(&self.inner);
        let (figures, dropped) = &mut *inner;
        let is_new = !figures.contains_key(name);
        let is_number = value.is_finite() && (kind != Kind::Counter || value >= 0.0);
        if is_number && is_name(name) && !(is_new && figures.len() >= MAX_NAMES) {
            let figure = figures.entry(name.to_owned()).or_insert_with(|| Figure::empty(kind));
            if figure.kind() == kind {
                return figure.take(value);
            }
        }
        *dropped = dropped.saturating_add(1);
    }
}

/// A letter, then letters, digits and `_`, so that any system of metrics takes it.
fn is_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    name.len() <= MAX_NAME_BYTES
        && bytes.next().is_some_and(|first| first.is_ascii_lowercase())
        && bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

impl Figure {
    const fn empty(kind: Kind) -> Self {
        match kind {
            Kind::Counter => Self::Counter(0.0),
            Kind::Gauge => Self::Gauge(0.0),
            Kind::Histogram => Self::Histogram {
                count: 0,
                sum: 0.0,
                min: f64::INFINITY,
                max: f64::NEG_INFINITY,
                classes: [0; CLASSES],
            },
        }
    }

    const fn kind(&self) -> Kind {
        match self {
            Self::Counter(_) => Kind::Counter,
            Self::Gauge(_) => Kind::Gauge,
            Self::Histogram { .. } => Kind::Histogram,
        }
    }

    fn take(&mut self, value: f64) {
        match self {
            Self::Counter(total) => *total += value,
            Self::Gauge(last) => *last = value,
            Self::Histogram { count, sum, min, max, classes } => {
                *count = count.saturating_add(1);
                *sum += value;
                (*min, *max) = (min.min(value), max.max(value));
                if let Some(class) = classes.get_mut(class(value)) {
                    *class = class.saturating_add(1);
                }
            }
        }
    }
}

/// The class of a value, by its exponent.
fn class(value: f64) -> usize {
    const BIAS: u64 = 1_023;
    let exponent = (value.to_bits() >> 52) & 0x7FF;
    // 2^-32 and less are the first class; its own power of two is the lower end of a class.
    let above = if value > 0.0 { exponent.saturating_sub(BIAS - 32) } else { 0 };
    usize::try_from(above).unwrap_or(CLASSES).min(CLASSES - 1)
}

impl Guest {
    /// Takes what a stage measured.
    pub fn measure(&mut self, kind: Kind, name: &str, value: f64) {
        // Finding a name among others.
        self.meter.add(name.len().saturating_add(64));
        if let Some(figures) = &self.spec.figures {
            figures.take(kind, name, value);
        }
    }
}

fn measure(
    crossing: &mut Crossing<'_, '_>,
    import: &'static str,
    kind: Kind,
    at: (u32, u32),
    value: f64,
) -> Answer<()> {
    let (name, guest) = crossing.range(import, at.0, at.1)?;
    // One that is too long is none, whatever it says.
    let name = name.get(..name.len().min(MAX_NAME_BYTES.saturating_add(1))).unwrap_or_default();
    let name = String::from_utf8_lossy(name).into_owned();
    guest.measure(kind, &name, value);
    Ok(())
}

pub(super) fn counter(crossing: &mut Crossing<'_, '_>, name_ptr: u32, name_len: u32, by: f64) -> Answer<()> {
    measure(crossing, "counter", Kind::Counter, (name_ptr, name_len), by)
}

pub(super) fn gauge(crossing: &mut Crossing<'_, '_>, name_ptr: u32, name_len: u32, value: f64) -> Answer<()> {
    measure(crossing, "gauge", Kind::Gauge, (name_ptr, name_len), value)
}

pub(super) fn histogram(crossing: &mut Crossing<'_, '_>, name_ptr: u32, name_len: u32, value: f64) -> Answer<()> {
    measure(crossing, "histogram", Kind::Histogram, (name_ptr, name_len), value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_taken_is_counted() {
        let figures = Figures::default();
        let measured = figures.of("c", "s");
        measured.take(Kind::Counter, "asked", 2.0);
        measured.take(Kind::Counter, "asked", 0.5);
        measured.take(Kind::Gauge, "asked", 1.0);
        for name in ["", "Asked", "1st", "a-b", "ä", &"x".repeat(65)] {
            measured.take(Kind::Counter, name, 1.0);
        }
        for value in [f64::NAN, f64::INFINITY, -1.0] {
            measured.take(Kind::Counter, "asked", value);
        }
        for number in 0..MAX_NAMES {
            measured.take(Kind::Gauge, &format!("g{number}"), -1.0);
        }
        let all = figures.all();
        assert_eq!((all[0].cascade.as_str(), all[0].stage.as_str(), all[0].figures.len()), ("c", "s", MAX_NAMES));
        assert_eq!(all[0].figures["asked"], Figure::Counter(2.5));
        assert_eq!(all[0].figures["g0"], Figure::Gauge(-1.0));
        assert_eq!(all[0].dropped, 1 + 6 + 3 + 1);
    }

    #[test]
    fn a_histogram_has_a_class_for_each_power_of_two() {
        let measured = Measured::default();
        for value in [0.0, -5.0, 0.75, 1.0, 1.5, 2.0, 1e300] {
            measured.take(Kind::Histogram, "h", value);
        }
        let (figures, _) = lock(&measured.inner).clone();
        let Figure::Histogram { count, min, max, classes, .. } = figures["h"] else { panic!() };
        assert_eq!((count, min, max), (7, -5.0, 1e300));
        assert_eq!((classes[0], classes[31], classes[32], classes[33], classes[63]), (2, 1, 2, 1, 1));
    }
}
