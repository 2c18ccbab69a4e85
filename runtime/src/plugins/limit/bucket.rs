//! The token bucket as a pure state machine, in the form of the generic cell rate algorithm (ITU-T I.371): one number, exact.
//!
//! A bucket that fills with `rate` tokens in `per` and holds `burst` of them is full at a certain time, which each call moves on by
//! what one token takes. Times are kept in nanoseconds times `rate`, where a token takes exactly `per` and nothing is rounded.

use super::Turn;
use std::num::NonZeroU32;
use std::time::Duration;

/// A bucket of tokens.
#[derive(Clone, Debug)]
pub struct Bucket {
    /// Tokens in `per`; also what times are scaled with.
    rate: u128,
    /// Scaled time of one token.
    token: u128,
    /// Scaled time that filling it takes.
    whole: u128,
    /// When it is (or was) full.
    full_at: u128,
}

impl Bucket {
    /// A bucket for `burst` tokens, into which `rate` come in `per`; `initial` of them are there at time 0, at most `burst`.
    #[must_use]
    pub fn new(rate: NonZeroU32, per: Duration, burst: NonZeroU32, initial: u32) -> Self {
        let token = per.as_nanos();
        let missing = u128::from(burst.get().saturating_sub(initial));
        let whole = token.saturating_mul(u128::from(burst.get()));
        Self { rate: u128::from(rate.get()), token, whole, full_at: token.saturating_mul(missing) }
    }

    /// Takes tokens, all or none: those that are there, or those that will be within `max_wait`. For more than the bucket ever holds
    /// there is no turn.
    pub fn take(&mut self, now: Duration, max_wait: Duration, tokens: NonZeroU32) -> Turn {
        let now = now.as_nanos().saturating_mul(self.rate);
        let taken = self.token.saturating_mul(u128::from(tokens.get()));
        if taken > self.whole {
            return Turn::Denied { wait: Duration::MAX };
        }
        let full_at = self.full_at.max(now).saturating_add(taken);
        // With the tokens gone it is full at `full_at`, and empty, but not below, `whole` before that.
        let at = full_at.saturating_sub(self.whole);
        if at <= now {
            self.full_at = full_at;
            return Turn::Now;
        }
        let wait = self.nanos(at.saturating_sub(now));
        if wait > max_wait {
            return Turn::Denied { wait };
        }
        self.full_at = full_at;
        Turn::At(self.nanos(at))
    }

    /// Puts tokens back that were taken and not used.
    pub fn give_back(&mut self, tokens: NonZeroU32) {
        self.full_at = self.full_at.saturating_sub(self.token.saturating_mul(u128::from(tokens.get())));
    }

    /// A scaled time, rounded up to a nanosecond.
    fn nanos(&self, scaled: u128) -> Duration {
        Duration::from_nanos(u64::try_from(scaled.div_ceil(self.rate.max(1))).unwrap_or(u64::MAX))
    }
}
