//! The circuit breaker as a pure state machine: the time is an argument, nothing waits, nothing is shared.
//!
//! ```text
//!            N failures in a row, or rate ≥ R with enough calls
//!   ┌────────┐ ───────────────────────────────────────▶ ┌──────┐ ◀─ force_open (stays)
//!   │ closed │                                          │ open │
//!   └────────┘ ◀──────────┐                  ┌───────── └──────┘
//!                         │ enough probes    │ reset timeout over:  ▲
//!                         │ succeeded        ▼ the caller probes    │
//!                         └────────── ┌───────────┐ ────────────────┘
//!                                     │ half-open │   a probe failed
//!                                     └───────────┘
//! ```
//!
//! Every change of state starts an epoch. A permit carries the epoch it was given in, and a report from an older epoch
//! changes nothing: a call that began before the breaker opened says nothing about the probe that runs now.

use super::window::Window;
use std::time::Duration;

/// What a breaker counts and how long it waits.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub struct Settings {
    /// Failures in a row that open it.
    pub failure_threshold: u32,
    /// How long it stays open before a probe.
    pub reset_timeout: Duration,
    /// Probes at a time while half-open.
    pub half_open_max_calls: u32,
    /// Successful probes that close it.
    pub success_threshold: u32,
    /// Share of failures in the window that opens it too.
    pub failure_rate: Option<f64>,
    /// Span of the window.
    pub window: Duration,
    /// Calls the window must hold before the share counts.
    pub min_calls: u32,
}

impl From<&cascata_config::CircuitBreakerOptions> for Settings {
    fn from(options: &cascata_config::CircuitBreakerOptions) -> Self {
        Self {
            failure_threshold: options.failure_threshold.get(),
            reset_timeout: Duration::from_millis(options.reset_timeout_ms),
            half_open_max_calls: options.half_open_max_calls.get(),
            success_threshold: options.success_threshold.get(),
            failure_rate: options.failure_rate_threshold,
            window: Duration::from_millis(options.window_ms.get()),
            min_calls: options.min_calls.unwrap_or(options.failure_threshold).get(),
        }
    }
}

/// Where a breaker stands, as hosts see it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum BreakerState {
    /// Calls pass.
    Closed,
    /// Calls are rejected until the reset timeout is over.
    Open,
    /// Calls are rejected until somebody resets the breaker.
    ForcedOpen,
    /// A few calls pass as probes, the others are rejected.
    HalfOpen,
}

/// Why a breaker changed its state.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub enum Cause {
    /// Too many failures in a row.
    FailuresInARow(u32),
    /// Too large a share of failures.
    FailureRate {
        /// Failures in the window.
        failed: u64,
        /// Calls in the window.
        total: u64,
    },
    /// The reset timeout was over and a call came.
    ResetTimeout,
    /// A probe failed.
    ProbeFailed,
    /// Enough probes succeeded.
    ProbesSucceeded,
    /// The host closed it.
    Reset,
    /// The host opened it.
    Forced,
    /// Another process that shares it found out, or the host told it so.
    Elsewhere,
}

/// One change of state.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub struct Transition {
    /// Where it stood.
    pub from: BreakerState,
    /// Where it stands now.
    pub to: BreakerState,
    /// Why.
    pub cause: Cause,
    /// Counts the changes of this breaker; orders events that arrive from several threads.
    pub epoch: u64,
}

/// What became of a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It succeeded.
    Success,
    /// It failed in a way that counts.
    Failure,
    /// It was cancelled, or failed in a way that does not count.
    Ignored,
}

/// The right to make one call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ticket {
    pub(super) epoch: u64,
}

/// A call that may not be made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Rejection {
    /// Where the breaker stands: any state but closed.
    pub state: BreakerState,
    /// How long until it lets a probe through; none when nobody can tell.
    pub retry_after: Option<Duration>,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Closed { failures: u32 },
    Open { until: Duration },
    ForcedOpen,
    HalfOpen { running: u32, succeeded: u32 },
}

/// The state machine of one breaker.
#[derive(Clone, Debug)]
pub struct Machine {
    settings: Settings,
    state: State,
    epoch: u64,
    /// Only where a failure rate is set.
    window: Option<Box<Window>>,
}

impl Machine {
    /// A closed breaker. `now` is any monotonic time, the same origin in every later call.
    #[must_use]
    pub fn new(settings: Settings, now: Duration) -> Self {
        let window = settings.failure_rate.map(|_| Box::new(Window::new(settings.window, now)));
        Self { settings, state: State::Closed { failures: 0 }, epoch: 0, window }
    }

    /// Where it stands. An open breaker whose timeout is over still is open until a call comes.
    #[must_use]
    pub const fn state(&self) -> BreakerState {
        match self.state {
            State::Closed { .. } => BreakerState::Closed,
            State::Open { .. } => BreakerState::Open,
            State::ForcedOpen => BreakerState::ForcedOpen,
            State::HalfOpen { .. } => BreakerState::HalfOpen,
        }
    }

    /// Failures in a row since the last success; 0 unless closed.
    #[must_use]
    pub const fn failures_in_a_row(&self) -> u32 {
        match self.state {
            State::Closed { failures } => failures,
            _ => 0,
        }
    }

    /// The epoch while it is closed, when asking for a call changes nothing.
    #[must_use]
    pub const fn closed(&self) -> Option<u64> {
        match self.state {
            State::Closed { .. } => Some(self.epoch),
            _ => None,
        }
    }

    /// The epoch while a success would change nothing: closed, no failure counted, no window kept.
    #[must_use]
    pub const fn calm(&self) -> Option<u64> {
        match self.state {
            State::Closed { failures: 0 } if self.window.is_none() => Some(self.epoch),
            _ => None,
        }
    }

    /// Asks to make a call.
    ///
    /// # Errors
    /// When the breaker is open, or half-open with all probes taken.
    pub fn permit(&mut self, now: Duration) -> Result<(Ticket, Option<Transition>), Rejection> {
        let rejected = |state, retry_after| Err(Rejection { state, retry_after });
        let mut transition = None;
        match &mut self.state {
            State::Closed { .. } => {}
            State::ForcedOpen => return rejected(BreakerState::ForcedOpen, None),
            State::Open { until } if now < *until => {
                return rejected(BreakerState::Open, Some(until.saturating_sub(now)));
            }
            State::Open { .. } => {
                transition = Some(self.go(State::HalfOpen { running: 1, succeeded: 0 }, Cause::ResetTimeout));
            }
            State::HalfOpen { running, .. } if *running < self.settings.half_open_max_calls => {
                *running = running.saturating_add(1);
            }
            State::HalfOpen { .. } => return rejected(BreakerState::HalfOpen, None),
        }
        Ok((Ticket { epoch: self.epoch }, transition))
    }

    /// Tells what became of a call. Every ticket is reported once.
    pub fn report(&mut self, ticket: Ticket, outcome: Outcome, now: Duration) -> Option<Transition> {
        if ticket.epoch != self.epoch {
            return None;
        }
        match self.state {
            State::Closed { failures } => match outcome {
                Outcome::Ignored => None,
                Outcome::Success => self.counted(0, false, now),
                Outcome::Failure => self.counted(failures.saturating_add(1), true, now),
            },
            State::HalfOpen { running, succeeded } => self.probed(running, succeeded, outcome, now),
            // An open breaker gives no tickets, so none has its epoch.
            State::Open { .. } | State::ForcedOpen => None,
        }
    }

    /// Closes the breaker and forgets what it counted; calls under way no longer count.
    pub fn reset(&mut self, now: Duration) -> Option<Transition> {
        let was = self.state();
        let transition = self.go(State::Closed { failures: 0 }, Cause::Reset);
        self.forget(now);
        (was != BreakerState::Closed).then_some(transition)
    }

    /// Opens the breaker until [`Machine::reset`].
    pub fn force_open(&mut self) -> Option<Transition> {
        let was = self.state();
        (was != BreakerState::ForcedOpen).then(|| self.go(State::ForcedOpen, Cause::Forced))
    }

    /// Takes over what others that share the breaker found out: open for so much longer, or (none) closed again. A breaker that is
    /// held open stays so, and one that is open stays so until the later end.
    pub fn adopt(&mut self, open_for: Option<Duration>, now: Duration) -> Option<Transition> {
        match (open_for, self.state) {
            (Some(rest), State::Closed { .. } | State::HalfOpen { .. }) => {
                let until = now.saturating_add(rest);
                Some(self.go(State::Open { until }, Cause::Elsewhere))
            }
            (Some(rest), State::Open { until }) => {
                self.state = State::Open { until: until.max(now.saturating_add(rest)) };
                None
            }
            (None, State::Open { .. } | State::HalfOpen { .. }) => {
                let transition = self.go(State::Closed { failures: 0 }, Cause::Elsewhere);
                self.forget(now);
                Some(transition)
            }
            _ => None,
        }
    }

    /// A counted outcome while closed.
    fn counted(&mut self, failures: u32, failed: bool, now: Duration) -> Option<Transition> {
        self.state = State::Closed { failures };
        if let Some(window) = &mut self.window {
            window.add(failed, now);
        }
        if !failed {
            return None;
        }
        let cause = if failures >= self.settings.failure_threshold {
            Some(Cause::FailuresInARow(failures))
        } else {
            self.too_many_failures()
        };
        cause.map(|cause| self.open(cause, now))
    }

    /// The outcome of a probe.
    fn probed(&mut self, running: u32, succeeded: u32, outcome: Outcome, now: Duration) -> Option<Transition> {
        let running = running.saturating_sub(1);
        match outcome {
            Outcome::Failure => return Some(self.open(Cause::ProbeFailed, now)),
            Outcome::Ignored => self.state = State::HalfOpen { running, succeeded },
            Outcome::Success => {
                let succeeded = succeeded.saturating_add(1);
                if succeeded >= self.settings.success_threshold {
                    let transition = self.go(State::Closed { failures: 0 }, Cause::ProbesSucceeded);
                    self.forget(now);
                    return Some(transition);
                }
                self.state = State::HalfOpen { running, succeeded };
            }
        }
        None
    }

    /// The cause to open for, if the share of failures in the window is one.
    fn too_many_failures(&self) -> Option<Cause> {
        let (total, failed) = self.window.as_ref()?.counts();
        let rate = self.settings.failure_rate?;
        let enough = total >= u64::from(self.settings.min_calls) && total > 0;
        (enough && failed as f64 / total as f64 >= rate).then_some(Cause::FailureRate { failed, total })
    }

    fn open(&mut self, cause: Cause, now: Duration) -> Transition {
        let until = now.saturating_add(self.settings.reset_timeout);
        self.go(State::Open { until }, cause)
    }

    fn go(&mut self, state: State, cause: Cause) -> Transition {
        let from = self.state();
        self.state = state;
        self.epoch = self.epoch.saturating_add(1);
        Transition { from, to: self.state(), cause, epoch: self.epoch }
    }

    fn forget(&mut self, now: Duration) {
        if let Some(window) = &mut self.window {
            window.clear(now);
        }
    }
}

#[cfg(test)]
#[path = "machine_tests.rs"]
mod tests;
