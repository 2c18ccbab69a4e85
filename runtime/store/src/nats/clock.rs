//! What time it is at the server.
//!
//! NATS 2.9 tells its time only with what it stores. So a mark is stored now and then: the server's time of it lies between
//! the moment it was sent and the moment the answer came, and the middle is wrong by half of that at most. Of three marks
//! the fastest counts. In between this process' monotonic clock goes on; its wall clock is never asked.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::clock::micros;

/// How long an estimate is good: clocks of machines drift apart by less than 100 µs a second.
const GOOD_FOR: Duration = Duration::from_secs(30);

/// The last estimate.
#[derive(Debug, Default)]
pub(super) struct ServerClock {
    estimate: Mutex<Option<Estimate>>,
}

#[derive(Clone, Copy, Debug)]
struct Estimate {
    made: Instant,
    /// The server's time at `made`.
    server_us: i64,
}

/// A mark: when it was sent, when its answer came, and the server's time of it.
pub(super) struct Mark {
    pub(super) sent: Instant,
    pub(super) answered: Instant,
    pub(super) server_us: i64,
}

impl Mark {
    pub(super) fn round_trip(&self) -> Duration {
        self.answered.saturating_duration_since(self.sent)
    }
}

impl ServerClock {
    /// The server's time, if it is known well enough.
    pub(super) fn now_us(&self) -> Option<i64> {
        let estimate = *self.estimate.lock().unwrap_or_else(PoisonError::into_inner);
        let Estimate { made, server_us } = estimate?;
        let passed = made.elapsed();
        (passed < GOOD_FOR).then(|| server_us.saturating_add(micros(passed)))
    }

    /// Takes the best of some marks.
    pub(super) fn set(&self, marks: &[Mark]) {
        let Some(best) = marks.iter().min_by_key(|mark| mark.round_trip()) else { return };
        let half = micros(best.round_trip()).checked_div(2).unwrap_or(0);
        let estimate = Estimate { made: best.answered, server_us: best.server_us.saturating_add(half) };
        *self.estimate.lock().unwrap_or_else(PoisonError::into_inner) = Some(estimate);
    }
}

/// Microseconds since 1970 of a time such as `2026-11-21T22:04:05.123456789Z`.
pub(super) fn micros_of(text: &str) -> Option<i64> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let mut date = date.splitn(3, '-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let mut time = time.splitn(3, ':');
    let (hour, minute) = (time.next()?.parse::<i64>().ok()?, time.next()?.parse::<i64>().ok()?);
    let (second, fraction) = time.next().map(|second| second.split_once('.').unwrap_or((second, "")))?;
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let digits = fraction.get(..fraction.len().min(6))?;
    let fraction = format!("{digits:0<6}").parse::<i64>().ok()?;
    let second = second.parse::<i64>().ok()?;
    let in_range = (0..24).contains(&hour) && (0..60).contains(&minute) && (0..=60).contains(&second);
    let seconds = [(days(year, month, day), 86_400), (hour, 3600), (minute, 60), (second, 1)]
        .into_iter()
        .fold(0_i64, |sum, (number, unit)| sum.saturating_add(number.saturating_mul(unit)));
    in_range.then(|| seconds.saturating_mul(1_000_000).saturating_add(fraction))
}

/// Days from 1970-01-01 to a date after it (Hinnant's `days_from_civil`).
#[allow(clippy::arithmetic_side_effects, reason = "a year to 9999, a month to 12, a day to 31")]
const fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year / 400, year % 400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_the_server_are_read() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2000-02-29T23:59:59.5Z", Some(951_868_799_500_000)),
            ("2026-11-21T22:04:05.123456789Z", Some(1_795_298_645_123_456)),
            ("2026-11-21T22:04:05.12Z", Some(1_795_298_645_120_000)),
            ("2026-11-21 22:04:05Z", None),
            ("2026-13-21T22:04:05Z", None),
            ("2026-11-21T25:04:05Z", None),
            ("2026-11-21T22:04Z", None),
            ("", None),
        ] {
            assert_eq!(micros_of(text), expected, "{text}");
        }
    }

    #[test]
    fn the_fastest_mark_counts_and_grows_old() {
        let clock = ServerClock::default();
        assert_eq!(clock.now_us(), None);
        let sent = Instant::now();
        let mark = |ms, server_us| Mark { sent, answered: sent + Duration::from_millis(ms), server_us };
        clock.set(&[mark(100, 5_000_000), mark(10, 1_000_000)]);
        let now = clock.now_us().unwrap();
        assert!((1_005_000..31_005_000).contains(&now), "{now}");
    }
}
