//! How long to wait before a retry: pure arithmetic, no clock.
//!
//! ```text
//! exponential: base * factor^n    linear: base * (n + 1)    fixed: base          n = 0 before the first retry
//! d = min(raw, cap), then chance: none d | equal d ± p·d | full 0..d | decorrelated base..3·previous
//! wait = d clamped to 0..=cap; a hint of the callee replaces all that: min(hint, cap)
//! ```
//!
//! Well-known crates for backing off (`backon`, `tower::retry::backoff`) have neither decorrelated chance nor a cap that
//! holds after it, nor a hint of the callee.

use cascata_config::{Jitter, RetryOptions, RetryStrategy};
use std::time::Duration;

/// The waits of one retry plugin.
#[derive(Clone, Debug)]
pub struct Backoff {
    strategy: RetryStrategy,
    base: f64,
    multiplier: f64,
    cap: f64,
    jitter: Jitter,
    share: f64,
}

impl Backoff {
    /// Reads the waits out of a retry plugin's options.
    #[must_use]
    pub fn new(options: &RetryOptions) -> Self {
        Self {
            strategy: options.strategy,
            base: nanos(options.base_ms),
            multiplier: options.multiplier,
            cap: nanos(options.cap_ms),
            jitter: options.jitter,
            share: options.jitter_percent / 100.0,
        }
    }

    /// The wait before retry `retry` (0 for the first), given the wait before it and a source of chance in `0.0..1.0`.
    pub fn wait(&self, retry: u32, previous: Option<Duration>, mut chance: impl FnMut() -> f64) -> Duration {
        let plain = self.plain(retry).min(self.cap);
        let wait = match self.jitter {
            Jitter::Equal => plain + (chance() * 2.0 - 1.0) * self.share * plain,
            Jitter::Full => chance() * plain,
            Jitter::Decorrelated => {
                let previous = previous.map_or(self.base, |wait| wait.as_nanos() as f64);
                self.base + chance() * (3.0 * previous - self.base).max(0.0)
            }
            // `none`, and whatever a later version of the options adds.
            _ => plain,
        };
        duration(wait.clamp(0.0, self.cap))
    }

    /// The wait when the callee said how long it should be.
    #[must_use]
    pub fn hinted(&self, hint_ms: u64) -> Duration {
        duration(nanos(hint_ms).min(self.cap))
    }

    /// The wait before chance and cap. Grows past every bound without overflow: doubles end in infinity.
    fn plain(&self, retry: u32) -> f64 {
        if self.base == 0.0 {
            // 0 * infinity is not a number.
            return 0.0;
        }
        match self.strategy {
            RetryStrategy::Linear => self.base * (f64::from(retry) + 1.0),
            RetryStrategy::Fixed => self.base,
            _ => self.base * self.multiplier.powf(f64::from(retry)),
        }
    }
}

/// Milliseconds as nanoseconds, so that small waits keep their fractions.
fn nanos(millis: u64) -> f64 {
    millis as f64 * 1e6
}

/// Nanoseconds as a duration. The cast saturates, and gives 0 for what is not a number.
fn duration(nanos: f64) -> Duration {
    Duration::from_nanos(nanos.round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn options() -> RetryOptions {
        RetryOptions::default()
    }

    fn millis(backoff: &Backoff, count: u32) -> Vec<u128> {
        (0..count).map(|retry| backoff.wait(retry, None, || 0.5).as_millis()).collect()
    }

    #[test]
    fn exponential_waits_double_up_to_the_cap() {
        let mut options = options();
        options.cap_ms = 500;
        assert_eq!(millis(&Backoff::new(&options), 5), [100, 200, 400, 500, 500]);
    }

    #[test]
    fn linear_waits_grow_by_the_base() {
        let mut options = options();
        options.strategy = RetryStrategy::Linear;
        options.cap_ms = 350;
        assert_eq!(millis(&Backoff::new(&options), 4), [100, 200, 300, 350]);
    }

    #[test]
    fn fixed_waits_stay_the_base() {
        let mut options = options();
        options.strategy = RetryStrategy::Fixed;
        assert_eq!(millis(&Backoff::new(&options), 3), [100, 100, 100]);
    }

    #[test]
    fn a_very_late_retry_waits_the_cap() {
        for multiplier in [2.0, 1.0e300] {
            let mut options = options();
            options.multiplier = multiplier;
            let wait = Backoff::new(&options).wait(u32::MAX, None, || 0.5);
            assert_eq!(wait, Duration::from_secs(60));
        }
        let mut none = options();
        none.base_ms = 0;
        assert_eq!(Backoff::new(&none).wait(u32::MAX, None, || 0.5), Duration::ZERO);
    }

    #[test]
    fn equal_jitter_moves_by_its_percentage_and_never_over_the_cap() {
        let mut options = options();
        options.jitter = Jitter::Equal;
        options.jitter_percent = 20.0;
        let backoff = Backoff::new(&options);
        assert_eq!(backoff.wait(0, None, || 0.0), Duration::from_millis(80));
        assert_eq!(backoff.wait(0, None, || 0.5), Duration::from_millis(100));
        assert_eq!(backoff.wait(1, None, || 1.0), Duration::from_millis(240));
        options.cap_ms = 110;
        assert_eq!(Backoff::new(&options).wait(0, None, || 1.0), Duration::from_millis(110));
    }

    #[test]
    fn full_jitter_takes_any_part_of_the_wait() {
        let mut options = options();
        options.jitter = Jitter::Full;
        let backoff = Backoff::new(&options);
        assert_eq!(backoff.wait(2, None, || 0.0), Duration::ZERO);
        assert_eq!(backoff.wait(2, None, || 0.25), Duration::from_millis(100));
    }

    #[test]
    fn decorrelated_jitter_starts_at_the_base_and_follows_the_wait_before() {
        let mut options = options();
        options.jitter = Jitter::Decorrelated;
        options.cap_ms = 1_000;
        let backoff = Backoff::new(&options);
        assert_eq!(backoff.wait(0, None, || 0.0), Duration::from_millis(100));
        assert_eq!(backoff.wait(0, None, || 0.5), Duration::from_millis(200));
        assert_eq!(backoff.wait(1, Some(Duration::from_millis(200)), || 0.5), Duration::from_millis(350));
        assert_eq!(backoff.wait(1, Some(Duration::from_millis(900)), || 0.9), Duration::from_millis(1_000));
    }

    #[test]
    fn a_hint_replaces_the_wait_but_not_the_cap() {
        let backoff = Backoff::new(&options());
        assert_eq!(backoff.hinted(1_234), Duration::from_millis(1_234));
        assert_eq!(backoff.hinted(u64::MAX), Duration::from_secs(60));
    }

    proptest! {
        #[test]
        fn no_wait_is_longer_than_the_cap(
            strategy in prop_oneof![Just(RetryStrategy::Exponential), Just(RetryStrategy::Linear), Just(RetryStrategy::Fixed)],
            jitter in prop_oneof![Just(Jitter::None), Just(Jitter::Equal), Just(Jitter::Full), Just(Jitter::Decorrelated)],
            base_ms in any::<u64>(), cap_ms in 0_u64..100_000_000, multiplier in 1.0_f64..1e308, percent in 0.0_f64..=100.0,
            retry in any::<u32>(), previous in proptest::option::of(any::<u64>()), chance in 0.0_f64..1.0,
        ) {
            let mut options = options();
            (options.strategy, options.jitter, options.jitter_percent) = (strategy, jitter, percent);
            (options.base_ms, options.cap_ms, options.multiplier) = (base_ms, cap_ms, multiplier);
            let wait = Backoff::new(&options).wait(retry, previous.map(Duration::from_nanos), || chance);
            prop_assert!(wait <= Duration::from_millis(cap_ms));
        }
    }
}
