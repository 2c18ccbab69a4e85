//! Why a call ended without a result: its future was dropped.

use tokio::time::Instant;

/// What a dropped future means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Dropped {
    /// The caller lost interest; says nothing about the handler.
    Cancelled,
    /// The deadline of the call had passed: whoever enforces it gave up waiting.
    TimedOut,
    /// The handler panicked.
    Panicked,
}

impl Dropped {
    /// Looks around while a future with this deadline is dropped. `inside`: the call it wraps was entered and never left.
    ///
    /// A timeout outside the plugins reaches them as a drop. The clock tells the two apart, so that a handler that hangs
    /// opens its breaker and shows in its metrics like one that answers with an error. A panic may be caught outside, and
    /// the future dropped later, when the thread no longer panics; that the call was never left shows it all the same.
    pub(super) fn now(deadline: Instant, inside: bool) -> Self {
        if inside {
            Self::Panicked
        } else if Instant::now() >= deadline {
            Self::TimedOut
        } else {
            Self::Cancelled
        }
    }
}
