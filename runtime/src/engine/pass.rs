//! Running one stage: passes over its plugin list until one succeeds, within its own time and the cascade's.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout_at};

use super::load::{LoadedStage, Runner};
use super::run::far_future;
use crate::stage::{AtOnce, FailureKind, Guarded, StageCall, StageFailure, StageOutput, at_once, came, start};
use crate::state::State;

/// What a stage's service came to.
pub(super) type Outcome = Result<StageOutput, StageFailure>;

/// How a stage ended.
#[derive(Clone, Copy)]
pub(super) struct End {
    /// How long all passes took, with the waits between them.
    pub time: Duration,
    /// Counts the calls that retry plugins made in a pass too.
    pub attempts: u32,
    pub at: Instant,
}

/// What running a stage came to.
#[expect(clippy::large_enum_variant, reason = "made once per stage and taken apart at once; a box would cost more")]
pub(super) enum Ended {
    /// There was nothing to run.
    Nothing,
    /// It has a result or, after all passes, a failure.
    Finished { result: Outcome, end: End },
    /// The cascade's time was over first; what the last finished pass failed of is not lost.
    GlobalTimeout { last: Option<Box<StageFailure>> },
}

/// Passes over a stage's service: `max_retries` more after a failure that another attempt may cure.
///
/// The first pass is tried without waiting ([`at_once`](Self::at_once)); only where that does not end it is anything awaited.
pub(super) struct Passes<'p> {
    stage: &'p LoadedStage,
    /// When the cascade's time is over.
    global: Instant,
    started: Instant,
    pass_started: Instant,
    attempt: u32,
    /// Calls made in the passes so far.
    attempts: u32,
    last: Option<Box<StageFailure>>,
    /// When the last pass failed, if another follows.
    failed_at: Option<Instant>,
    /// The call of the first pass, where its handler gave it back.
    first: Option<StageCall>,
}

impl<'p> Passes<'p> {
    /// Passes that begin now.
    pub(super) fn new(stage: &'p LoadedStage, global: Instant, started: Instant) -> Self {
        Self {
            stage,
            global,
            started,
            pass_started: started,
            attempt: 1,
            attempts: 0,
            last: None,
            failed_at: None,
            first: None,
        }
    }

    /// What the first pass comes to without waiting; `None` where plugins stand around the handler. The caller asks whether that
    /// [ended](Self::ended) the stage, or else [goes on](Self::go_on_from).
    #[inline(always)] // what it comes to is large
    pub(super) fn at_once(&self, state: &Arc<State>) -> Option<AtOnce> {
        let Runner::Direct(handler) = &self.stage.runner else { return None };
        let call = self.call(state, self.own_deadline()).made_at(self.started);
        Some(at_once(&**handler, call))
    }

    /// Takes up a first pass that did not end the stage.
    pub(super) fn go_on_from(&mut self, first: AtOnce) {
        match first {
            AtOnce::Done(result) => self.go_on_after(result),
            AtOnce::Later(call) => self.first = Some(call),
        }
    }

    /// The passes that are left.
    pub(super) async fn run(mut self, state: &Arc<State>) -> Ended {
        loop {
            if let Some(failed_at) = self.failed_at.take() {
                match wait(self.stage.retry_delay, failed_at, self.global).await {
                    Some(now) => self.pass_started = now,
                    None => return Ended::GlobalTimeout { last: self.last },
                }
            }
            let Some(mut result) = self.pass(state).await else { return Ended::GlobalTimeout { last: self.last } };
            if let Some(end) = self.ended(&mut result) {
                return Ended::Finished { result, end };
            }
            self.go_on_after(result);
        }
    }

    fn own_deadline(&self) -> Instant {
        let own = self.pass_started.checked_add(Duration::from_millis(self.stage.timeout_ms));
        own.unwrap_or_else(|| far_future(self.pass_started))
    }

    fn call(&self, state: &Arc<State>, own: Instant) -> StageCall {
        let call = StageCall::new(Arc::clone(state), self.stage.id, self.attempt, own.min(self.global));
        call.bounded_by_cascade(self.global <= own)
    }

    /// Counts a pass. Gives the end of the stage; `None` when another pass follows.
    pub(super) fn ended(&mut self, result: &mut Outcome) -> Option<End> {
        let at = came(result);
        self.attempts = self.attempts.saturating_add(attempts_of(result));
        let time = at.saturating_duration_since(self.pass_started);
        self.stage.counters.pass(result.is_ok(), time);
        let attempts = self.attempts;
        match result {
            Err(failure) if failure.retryable && self.attempt <= self.stage.max_retries => None,
            _ if self.attempt == 1 => Some(End { time, attempts, at }),
            _ => Some(End { time: at.saturating_duration_since(self.started), attempts, at }),
        }
    }

    /// Another pass follows the one that came to this.
    fn go_on_after(&mut self, mut result: Outcome) {
        self.failed_at = Some(came(&mut result));
        self.last = result.err().map(Box::new);
        self.attempt = self.attempt.saturating_add(1);
    }

    /// One pass; `None` when the cascade's time was over first.
    async fn pass(&mut self, state: &Arc<State>) -> Option<Outcome> {
        let own = self.own_deadline();
        let call = self.first.take().unwrap_or_else(|| self.call(state, own));
        let mut future = start(|| match &self.stage.runner {
            Runner::Direct(handler) => handler.call(call),
            // Also guarded: a plugin may panic too.
            Runner::Service(stack) => stack.call(call.made_at(self.pass_started)),
            Runner::RulesOnly | Runner::Missing => Box::pin(std::future::ready(Ok(StageOutput::default()))),
        });
        // Most handlers are done at once; only one that waits is worth a timer.
        if let Poll::Ready(result) = poll_once(&mut future).await {
            return Some(result);
        }
        match timeout_at(own.min(self.global), future).await {
            Ok(result) => Some(result),
            Err(_) if self.global <= own => None,
            Err(_) => {
                let message = format!("Timeout after {}ms", self.stage.timeout_ms);
                Some(Err(StageFailure::new(FailureKind::Timeout, message)))
            }
        }
    }
}

async fn poll_once(future: &mut Guarded) -> Poll<Outcome> {
    poll_fn(|cx| Poll::Ready(Pin::new(&mut *future).poll(cx))).await
}

/// How many attempts one pass took: one, unless a retry plugin says otherwise.
fn attempts_of(result: &Outcome) -> u32 {
    let counted = result.as_ref().map_or_else(|failure| failure.attempts, |output| output.attempts);
    counted.unwrap_or(1)
}

/// Waits before a retry; `None` when the cascade's time is over by then.
async fn wait(delay: Duration, now: Instant, global: Instant) -> Option<Instant> {
    if delay.is_zero() {
        // Others get their turn even when a handler fails at once, many times over.
        tokio::task::yield_now().await;
    } else {
        let until = now.checked_add(delay).unwrap_or_else(|| far_future(now));
        sleep_until(until.min(global)).await;
        if until > global {
            return None;
        }
    }
    let now = Instant::now();
    (now <= global).then_some(now)
}
