//! Why a call ended without a result: its future was dropped.

use crate::stage::Limit;

/// What a dropped future means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Dropped {
    /// The caller lost interest, or the whole cascade's time was over; says nothing about the handler.
    Cancelled,
    /// The stage's own deadline had passed: whoever enforces it gave up waiting.
    TimedOut,
    /// The handler panicked.
    Panicked,
}

impl Dropped {
    /// Looks around while a future with this limit is dropped. `inside`: the call it wraps was entered and never left.
    ///
    /// A timeout outside the plugins reaches them as a drop. The clock tells the two apart, so that a handler that hangs
    /// opens its breaker and shows in its metrics like one that answers with an error. A panic may be caught outside, and
    /// the future dropped later, when the thread no longer panics; that the call was never left shows it all the same.
    pub(super) fn now(limit: Limit, inside: bool) -> Self {
        if inside {
            Self::Panicked
        } else if limit.is_over() {
            Self::TimedOut
        } else {
            Self::Cancelled
        }
    }
}
