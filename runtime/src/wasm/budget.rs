//! What one call may spend: fuel, time, and the host's work for it.

use std::future::Future;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use cascata_config::{Interruption, WasmHandler};
use tokio::time::Instant;

use super::stop::Stop;
use crate::stage::{FailureKind, StageCall, StageFailure};

/// The largest stack that a call may use on the caller's own thread; with a larger one it gets a stack of its own.
const INLINE_STACK_BYTES: u64 = 512 << 10;

/// The budget of one call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    /// Fuel; none under epoch interruption.
    pub fuel: Option<u64>,
    /// Fuel between two yields; none on the synchronous path.
    pub interval: Option<u64>,
    pub deadline: Instant,
    /// Total milliseconds, for messages and for guests that must not read the clock.
    pub total_ms: u64,
}

impl Budget {
    /// Plans a call. `is_async`: the module imports functions that may wait.
    ///
    /// The synchronous path is taken only where the whole budget is within one yield interval: such a call can't hold
    /// the thread for longer than an asynchronous one would between two yields.
    pub fn plan(handler: &WasmHandler, call: &StageCall, is_async: bool) -> Result<Self, StageFailure> {
        let remaining = call.remaining_at_start();
        if remaining.is_zero() {
            return Err(StageFailure::new(FailureKind::Deadline, "there was no time left when the stage began"));
        }
        let total_ms = u64::try_from(remaining.as_millis()).unwrap_or(u64::MAX);
        let fuel = match handler.interruption {
            Interruption::Epoch => None,
            Interruption::Fuel => Some(handler.fuel.unwrap_or_else(|| fuel_for(remaining, handler.fuel_per_ms))),
        };
        let fits = fuel.is_some_and(|fuel| fuel <= handler.yield_interval);
        let inline = fits && !is_async && handler.wasm_stack_bytes <= INLINE_STACK_BYTES;
        let interval = (!inline && fuel.is_some()).then_some(handler.yield_interval);
        Ok(Self { fuel, interval, deadline: call.deadline, total_ms })
    }

    /// Whether the call may run to its end without yielding.
    pub const fn is_inline(&self) -> bool {
        self.fuel.is_some() && self.interval.is_none()
    }
}

fn fuel_for(remaining: Duration, fuel_per_ms: u64) -> u64 {
    let fuel = remaining.as_micros().saturating_mul(u128::from(fuel_per_ms)).checked_div(1_000).unwrap_or(0);
    u64::try_from(fuel).unwrap_or(u64::MAX).max(1)
}

/// The deadline has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Late;

/// Runs a guest's future to its end, looking at the clock whenever it yields.
///
/// No timer is set: a guest that waits for nothing but its own fuel wakes itself. Guests with imports that wait for
/// something else go through [`drive_with_timer`].
pub(super) fn drive<F: Future>(
    mut future: Pin<&mut F>,
    deadline: Instant,
) -> impl Future<Output = Result<F::Output, Late>> {
    std::future::poll_fn(move |context| match future.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Ok(output)),
        Poll::Pending if Instant::now() >= deadline => Poll::Ready(Err(Late)),
        Poll::Pending => Poll::Pending,
    })
}

/// The same with a timer, for guests that may wait for something else than themselves.
pub(super) async fn drive_with_timer<F: Future>(future: Pin<&mut F>, deadline: Instant) -> Result<F::Output, Late> {
    tokio::time::timeout_at(deadline, drive(future, deadline)).await.map_err(|_| Late)?
}

/// Counts what imports cost the host, so that a guest can't have unlimited work done between two yields.
#[derive(Debug, Default)]
pub(super) struct Meter {
    bytes: u64,
    /// At how many bytes the budget is looked at next.
    due: u64,
    interval: Option<u64>,
    deadline: Option<Instant>,
    /// Set for guests that must not read the clock: what the call began with.
    frozen_ms: Option<u64>,
}

/// Bytes between two looks at the budget.
const METER_STEP: u64 = 256 << 10;
/// Bytes that cost one unit of fuel: copying and scanning run at some bytes an instruction.
const BYTES_PER_FUEL: u64 = 16;
/// The shortest yield interval that host work leads to.
const MIN_INTERVAL: u64 = 1_000;

impl Meter {
    pub const fn start(&mut self, budget: &Budget, is_strict: bool) {
        *self = Self {
            bytes: 0,
            due: METER_STEP,
            interval: budget.interval,
            deadline: Some(budget.deadline),
            frozen_ms: if is_strict { Some(budget.total_ms) } else { None },
        };
    }

    /// Adds bytes that were copied or scanned.
    pub fn add(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
    }

    pub const fn is_due(&self) -> bool {
        self.bytes >= self.due
    }

    /// Fuel that the host's work is worth.
    pub const fn fuel_spent(&self) -> u64 {
        self.bytes.saturating_div(BYTES_PER_FUEL)
    }

    /// Looks at the budget. Gives a shorter yield interval to set from here on, if there is one.
    pub fn settle(&mut self, left: Option<u64>) -> Result<Option<u64>, Stop> {
        self.due = self.bytes.saturating_add(METER_STEP);
        if left.is_some_and(|left| self.fuel_spent() > left) {
            return Err(Stop::OutOfFuel);
        }
        if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Err(Stop::Deadline);
        }
        self.interval = self.interval.map(|interval| interval.saturating_div(2).max(MIN_INTERVAL));
        Ok(self.interval)
    }

    /// Milliseconds left.
    pub fn remaining_ms(&self) -> u64 {
        let left = || {
            let left = self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            u64::try_from(left.unwrap_or_default().as_millis()).unwrap_or(u64::MAX)
        };
        self.frozen_ms.unwrap_or_else(left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fuel_follows_the_time_left() {
        assert_eq!(fuel_for(Duration::from_micros(1_500), 1_000_000), 1_500_000);
        assert_eq!(fuel_for(Duration::from_nanos(10), 1), 1);
        assert_eq!(fuel_for(Duration::MAX, u64::MAX), u64::MAX);
    }

    #[test]
    fn host_work_is_paid_for_in_fuel() {
        let mut meter = Meter { due: METER_STEP, interval: Some(4_000), ..Meter::default() };
        meter.add(100);
        assert!(!meter.is_due());
        meter.add(1 << 20);
        assert!(meter.is_due());
        assert_eq!(meter.settle(Some(u64::MAX)), Ok(Some(2_000)));
        assert_eq!(meter.settle(Some(65_000)), Err(Stop::OutOfFuel));
    }
}
