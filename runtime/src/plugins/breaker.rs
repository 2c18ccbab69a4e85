//! The circuit breaker: rejects calls for a while after too many failures, so that a stage that is down costs nothing.
//!
//! [`Machine`] decides, [`CircuitBreaker`] shares one machine between the calls of one or more stages, and the layer puts
//! it around a stage service. The breakers of known crates (`tower-resilience`, `failsafe`) count a share of the last calls
//! rather than failures in a row, give probes no permit that a cancelled call hands back, and let late reports of an
//! earlier state count, so the machine is our own.

mod counts;
mod layer;
mod machine;
mod shared;
mod window;

use self::counts::{Counts, How};
use super::event::{Listeners, PluginEvent};
use super::limit::whole_millis;
use super::sync;
use crate::{FailureKind, StageFailure};
use std::fmt;
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

pub use counts::BreakerSnapshot;
pub(super) use layer::BreakerLayer;
pub use machine::{BreakerState, Cause, Machine, Outcome, Rejection, Settings, Ticket, Transition};
#[cfg(test)]
pub(super) use shared::LOCAL_TTL;
pub(super) use shared::Shared;

/// One breaker, shared by every call of the stages that name it.
///
/// While it is closed a call is let through without a lock, and while it is quiet (no failure counted, no failure rate set) it is also
/// reported without one.
pub struct CircuitBreaker {
    name: Arc<str>,
    /// Time 0 of the machine.
    origin: Instant,
    machine: sync::Mutex<Clocked>,
    /// Where the machine stands, for calls that take no lock ([`Glance`]). Written under the lock of the machine.
    glance: sync::AtomicU64,
    counts: Counts,
    /// What ties it to those of other processes.
    shared: OnceLock<Arc<Shared>>,
    listeners: Arc<Listeners>,
}

/// A machine and the latest time it saw.
struct Clocked {
    machine: Machine,
    latest: Duration,
}

impl CircuitBreaker {
    /// A closed breaker that nobody else knows; stages get theirs through [`Registry`](super::Registry).
    #[must_use]
    pub fn new(name: impl Into<Arc<str>>, settings: Settings, listeners: Arc<Listeners>) -> Self {
        let machine = Machine::new(settings, Duration::ZERO);
        Self {
            name: name.into(),
            origin: Instant::now(),
            glance: sync::AtomicU64::new(Glance::of(&machine).0),
            machine: sync::Mutex::new(Clocked { machine, latest: Duration::ZERO }),
            counts: Counts::default(),
            shared: OnceLock::new(),
            listeners,
        }
    }

    /// Ties it to those of other processes. Only the first time counts.
    pub(super) fn share(&self, make: impl FnOnce() -> Shared) -> Arc<Shared> {
        Arc::clone(self.shared.get_or_init(|| Arc::new(make())))
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Asks to make a call. Report what became of it through the permit; dropping the permit gives it back uncounted.
    ///
    /// # Errors
    /// When the breaker is open, or half-open with all its probes taken.
    pub fn acquire(self: &Arc<Self>) -> Result<Permit, Rejection> {
        let began = Instant::now();
        let ticket = self.ask(began)?;
        Ok(Permit { breaker: Arc::clone(self), began, ticket: Some(ticket) })
    }

    /// Asks for a call that begins now. Every ticket is handed to [`CircuitBreaker::ended`] once.
    fn ask(&self, now: Instant) -> Result<Ticket, Rejection> {
        if let Some(epoch) = self.glance().closed() {
            return Ok(Ticket { epoch });
        }
        let asked = self.with_machine(now, |machine, now| match machine.permit(now) {
            Ok((ticket, transition)) => (Ok(ticket), transition),
            Err(rejection) => (Err(rejection), None),
        });
        asked.inspect_err(|_| self.counts.rejected())
    }

    /// Closes it and forgets what it counted; calls under way no longer count. The figures stay.
    pub fn reset(&self) {
        self.with_machine(Instant::now(), |machine, now| ((), machine.reset(now)));
    }

    /// Opens it until [`CircuitBreaker::reset`].
    pub fn force_open(&self) {
        self.with_machine(Instant::now(), |machine, _| ((), machine.force_open()));
    }

    /// Takes over what others that share it found out: open for so much longer, or (none) closed again. For states that are kept
    /// in several processes without a store: whoever keeps them listens to its transitions, writes those down, and reads the others' in here.
    pub fn adopt(&self, open_for: Option<Duration>) {
        self.with_machine(Instant::now(), |machine, now| ((), machine.adopt(open_for, now)));
    }

    /// Where it stands. Open turns into half-open when a call comes after the reset timeout, not by time alone.
    #[must_use]
    pub fn state(&self) -> BreakerState {
        match self.glance().closed() {
            None => self.lock().machine.state(),
            Some(_) => BreakerState::Closed,
        }
    }

    /// Its figures.
    #[must_use]
    pub fn snapshot(&self) -> BreakerSnapshot {
        let (state, failures_in_a_row) = {
            let machine = &self.lock().machine;
            (machine.state(), machine.failures_in_a_row())
        };
        self.counts.snapshot(state, failures_in_a_row, self.since_origin(Instant::now()))
    }

    /// The failure of a call that was not let through.
    #[must_use]
    pub fn failure(&self, rejection: Rejection) -> StageFailure {
        let name = &self.name;
        let message = match (rejection.state, rejection.retry_after) {
            (BreakerState::HalfOpen, _) => {
                format!("circuit breaker `{name}` is half-open and all its probe calls are taken")
            }
            (_, Some(wait)) => {
                format!("circuit breaker `{name}` is open; it lets a call through in {:.1} s", wait.as_secs_f64())
            }
            (_, None) => format!("circuit breaker `{name}` is held open until it is reset"),
        };
        let mut failure = StageFailure::new(FailureKind::CircuitOpen, message);
        failure.marks.note_breaker(rejection.state);
        failure.retry_after_ms = rejection.retry_after.map(whole_millis);
        failure
    }

    /// The failure of a call that was not let through, told to the listeners.
    fn rejected(&self, stage: &str, rejection: Rejection) -> StageFailure {
        let failure = self.failure(rejection);
        self.listeners.emit(&PluginEvent::Rejected {
            plugin: "circuit_breaker",
            name: &self.name,
            stage,
            kind: failure.kind,
            retry_after: rejection.retry_after,
        });
        failure
    }

    /// The rejection of a call that found the probes of all processes taken.
    fn no_probe_left(&self) -> Rejection {
        self.counts.rejected();
        Rejection { state: BreakerState::HalfOpen, retry_after: None }
    }

    /// Takes up how a call went; where the breaker stands then.
    fn ended(&self, ticket: Ticket, how: How, began: Instant, at: Instant) -> BreakerState {
        self.counts.ended(how, at.saturating_duration_since(began), self.since_origin(at));
        if self.glance().calm() == Some(ticket.epoch) && how.outcome != Outcome::Failure {
            // Nothing to reset and nothing to count; a failure that is being counted right now comes after this call.
            return BreakerState::Closed;
        }
        self.with_machine(at, |machine, now| {
            let transition = machine.report(ticket, how.outcome, now);
            (machine.state(), transition)
        })
    }

    /// Changes the machine, then tells what changed once the lock is free.
    fn with_machine<T>(
        &self,
        at: Instant,
        change: impl FnOnce(&mut Machine, Duration) -> (T, Option<Transition>),
    ) -> T {
        let (result, transition, now) = {
            let mut clocked = self.lock();
            // The time that the machine sees never steps back, whoever came to the lock first.
            let now = self.since_origin(at).max(clocked.latest);
            clocked.latest = now;
            let (result, transition) = change(&mut clocked.machine, now);
            self.glance.store(Glance::of(&clocked.machine).0, Ordering::Release);
            (result, transition, now)
        };
        if let Some(transition) = transition {
            self.counts.changed(now);
            self.listeners.emit(&PluginEvent::Breaker { name: &self.name, transition });
            if let Some(shared) = self.shared.get() {
                shared.changed(transition);
            }
        }
        result
    }

    fn since_origin(&self, at: Instant) -> Duration {
        at.saturating_duration_since(self.origin)
    }

    fn glance(&self) -> Glance {
        Glance(self.glance.load(Ordering::Acquire))
    }

    fn lock(&self) -> sync::MutexGuard<'_, Clocked> {
        // The machine is consistent between any two of its methods, none of which panics.
        self.machine.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What can be told of a machine in one number: twice its epoch and 2 more while it is closed, 1 more while it is calm as well; else 0.
#[derive(Clone, Copy)]
struct Glance(u64);

impl Glance {
    fn of(machine: &Machine) -> Self {
        let calm = u64::from(machine.calm().is_some());
        // No breaker changes its state 2^62 times.
        Self(machine.closed().map_or(0, |epoch| epoch.saturating_add(1).saturating_mul(2).saturating_add(calm)))
    }

    /// The epoch, while the machine is closed.
    const fn closed(self) -> Option<u64> {
        (self.0 >> 1).checked_sub(1)
    }

    /// The epoch, while a success would change nothing.
    const fn calm(self) -> Option<u64> {
        if self.0 & 1 == 1 { self.closed() } else { None }
    }
}

impl fmt::Debug for CircuitBreaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CircuitBreaker").field("name", &self.name).field("snapshot", &self.snapshot()).finish()
    }
}

/// The right to make one call, held while it runs. Dropped unreported, it is given back and nothing is counted.
#[derive(Debug)]
#[must_use = "a permit that is dropped at once is a call that never happened"]
pub struct Permit {
    breaker: Arc<CircuitBreaker>,
    began: Instant,
    ticket: Option<Ticket>,
}

impl Permit {
    /// The call succeeded. Where the breaker stands then, as with the other reports.
    pub fn success(mut self) -> BreakerState {
        self.report(How::SUCCESS)
    }

    /// The call failed.
    pub fn failure(mut self) -> BreakerState {
        self.report(How::FAILURE)
    }

    /// The call ran out of time: a failure that is also counted as a timeout.
    pub fn timeout(mut self) -> BreakerState {
        self.report(How::TIMEOUT)
    }

    /// The call says nothing, as when the permit is dropped.
    pub fn ignored(mut self) -> BreakerState {
        self.report(How::IGNORED)
    }

    fn report(&mut self, how: How) -> BreakerState {
        match self.ticket.take() {
            Some(ticket) => self.breaker.ended(ticket, how, self.began, Instant::now()),
            None => self.breaker.state(),
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if self.ticket.is_some() {
            self.report(How::IGNORED);
        }
    }
}

#[cfg(test)]
mod tests;
