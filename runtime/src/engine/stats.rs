//! Figures per stage, counted since the engine was built; an update of the program keeps them by stage name.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The counters of one stage. Relaxed: each is exact, together they are a moment's view.
#[derive(Debug, Default)]
pub(super) struct StageCounters {
    count: AtomicU64,
    errors: AtomicU64,
    total_us: AtomicU64,
}

impl StageCounters {
    pub(super) fn pass(&self, succeeded: bool, time: Duration) {
        let counter = if succeeded { &self.count } else { &self.errors };
        counter.fetch_add(1, Ordering::Relaxed);
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        // Many a stage takes less than one, and adding nothing takes as long as adding something.
        if micros > 0 {
            self.total_us.fetch_add(micros, Ordering::Relaxed);
        }
    }
}

/// Figures of one stage.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct StageStatistics {
    /// Passes through the stage's plugin list that gave a result.
    pub count: u64,
    /// Passes that failed or timed out; each retry is a pass of its own.
    pub errors: u64,
    /// Time of all passes, in milliseconds.
    pub total_time_ms: f64,
    /// Time of one pass on average, in milliseconds; 0 before the first.
    pub avg_time_ms: f64,
}

/// The counters of all stages that programs of this engine had.
#[derive(Debug, Default)]
pub(super) struct Statistics {
    stages: Mutex<BTreeMap<String, Arc<StageCounters>>>,
}

impl Statistics {
    /// The counters of a stage; new ones are not part of the figures before they are [adopted](Self::adopt).
    pub(super) fn of(&self, stage: &str) -> Arc<StageCounters> {
        let stages = self.stages.lock().unwrap_or_else(PoisonError::into_inner);
        stages.get(stage).map(Arc::clone).unwrap_or_default()
    }

    /// Takes up the counters of a program that events are decided with from now on.
    pub(super) fn adopt<'l>(&self, counters: impl Iterator<Item = (&'l str, &'l Arc<StageCounters>)>) {
        let mut stages = self.stages.lock().unwrap_or_else(PoisonError::into_inner);
        for (stage, counters) in counters {
            stages.entry(stage.to_owned()).or_insert_with(|| Arc::clone(counters));
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "figures for people; exact up to 2^53 microseconds, 285 years")]
    pub(super) fn snapshot(&self) -> BTreeMap<String, StageStatistics> {
        let stages = self.stages.lock().unwrap_or_else(PoisonError::into_inner);
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        stages
            .iter()
            .map(|(name, counters)| {
                let (count, errors) = (read(&counters.count), read(&counters.errors));
                let total_time_ms = read(&counters.total_us) as f64 / 1000.0;
                let passes = count.saturating_add(errors);
                let avg_time_ms = if passes == 0 { 0.0 } else { total_time_ms / passes as f64 };
                (name.clone(), StageStatistics { count, errors, total_time_ms, avg_time_ms })
            })
            .collect()
    }
}
