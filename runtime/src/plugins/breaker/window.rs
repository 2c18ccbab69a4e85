//! Outcomes of the latest calls by time: a ring of buckets.

use std::time::Duration;

/// Buckets of a window. The oldest is dropped as a whole, so a window is exact to one part in this many.
const BUCKETS: usize = 60;

/// Successes and failures of one bucket, or of the whole window.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
struct Tally {
    total: u64,
    failed: u64,
}

/// Counts the outcomes of about the last `span` of time.
#[derive(Clone, Debug)]
pub(super) struct Window {
    buckets: [Tally; BUCKETS],
    sum: Tally,
    current: usize,
    /// When the current bucket began. Moves in whole buckets, so the window never stretches.
    began: Duration,
    width: Duration,
}

impl Window {
    pub(super) fn new(span: Duration, now: Duration) -> Self {
        let width = span.checked_div(BUCKETS as u32).unwrap_or(span).max(Duration::from_nanos(1));
        Self { buckets: [Tally::default(); BUCKETS], sum: Tally::default(), current: 0, began: now, width }
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self, now: Duration) {
        self.buckets = [Tally::default(); BUCKETS];
        self.sum = Tally::default();
        self.began = now;
    }

    /// Counts one call.
    pub(super) fn add(&mut self, failed: bool, now: Duration) {
        self.advance(now);
        let failed = u64::from(failed);
        if let Some(bucket) = self.buckets.get_mut(self.current) {
            bucket.total = bucket.total.saturating_add(1);
            bucket.failed = bucket.failed.saturating_add(failed);
            self.sum.total = self.sum.total.saturating_add(1);
            self.sum.failed = self.sum.failed.saturating_add(failed);
        }
    }

    /// Calls and failures that the window holds.
    pub(super) const fn counts(&self) -> (u64, u64) {
        (self.sum.total, self.sum.failed)
    }

    /// Drops the buckets that have left the window.
    fn advance(&mut self, now: Duration) {
        let passed = now.saturating_sub(self.began);
        if passed < self.width {
            // Most calls; the division below takes longer than all the rest.
            return;
        }
        let steps = passed.as_nanos().checked_div(self.width.as_nanos()).unwrap_or(0);
        if steps >= BUCKETS as u128 {
            let rest = passed.as_nanos().checked_rem(self.width.as_nanos()).unwrap_or(0);
            self.clear(now.saturating_sub(Duration::from_nanos(u64::try_from(rest).unwrap_or(u64::MAX))));
            return;
        }
        for _ in 0..steps {
            self.current = self.current.saturating_add(1).checked_rem(BUCKETS).unwrap_or(0);
            if let Some(bucket) = self.buckets.get_mut(self.current) {
                self.sum.total = self.sum.total.saturating_sub(bucket.total);
                self.sum.failed = self.sum.failed.saturating_sub(bucket.failed);
                *bucket = Tally::default();
            }
            self.began = self.began.saturating_add(self.width);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_call_leaves_after_the_span() {
        let mut window = Window::new(60 * SECOND, Duration::ZERO);
        window.add(true, Duration::ZERO);
        window.add(false, 59 * SECOND);
        assert_eq!(window.counts(), (2, 1));
        window.add(false, 60 * SECOND);
        assert_eq!(window.counts(), (2, 0));
    }

    #[test]
    fn fractions_of_a_bucket_are_not_lost_at_a_rotation() {
        let mut window = Window::new(60 * SECOND, Duration::ZERO);
        window.add(true, Duration::ZERO);
        // Every step is 1.9 buckets long; dropping the 0.9 each time would keep the first call for 114 s.
        for step in 1..=31_u32 {
            window.add(false, Duration::from_millis(1_900) * step);
        }
        assert_eq!(window.counts().1, 1);
        window.add(false, Duration::from_millis(60_800));
        assert_eq!(window.counts().1, 0);
    }

    #[test]
    fn a_long_pause_clears_everything_and_keeps_the_grid() {
        let mut window = Window::new(60 * SECOND, Duration::ZERO);
        window.add(true, Duration::ZERO);
        window.add(true, Duration::from_millis(1_000_500));
        assert_eq!(window.counts(), (1, 1));
        assert_eq!(window.began, Duration::from_secs(1_000));
    }

    #[test]
    fn a_clock_that_steps_back_changes_nothing() {
        let mut window = Window::new(60 * SECOND, 10 * SECOND);
        window.add(true, 5 * SECOND);
        assert_eq!(window.counts(), (1, 1));
    }

    proptest! {
        #[test]
        fn the_counts_are_those_of_the_calls_within_the_last_buckets(
            width in 1_u64..50,
            calls in prop::collection::vec((prop_oneof![0_u64..60, 0_u64..2_000], any::<bool>()), 0..200),
        ) {
            let mut window = Window::new(Duration::from_millis(width * 60), Duration::ZERO);
            let mut seen: Vec<(u64, bool)> = Vec::new();
            let mut now = 0;
            for (passed, failed) in calls {
                now += passed;
                window.add(failed, Duration::from_millis(now));
                seen.push((now, failed));
                seen.retain(|(at, _)| now / width - at / width < 60);
                let failures = seen.iter().filter(|(_, failed)| *failed).count();
                prop_assert_eq!(window.counts(), (seen.len() as u64, failures as u64));
            }
        }
    }
}
