//! Running one stage: passes over its plugin list until one succeeds, within its own time and the cascade's.

use std::any::Any;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout_at};
use tower::ServiceExt as _;

use super::load::{LoadedStage, Runner};
use super::run::{failure, far_future};
use crate::stage::{FailureKind, StageCall, StageFailure, StageFuture, StageOutput};
use crate::state::State;

/// What a stage's service came to; failures are rare and large, so they are boxed.
pub(super) type Outcome = Result<StageOutput, Box<StageFailure>>;

/// What running a stage came to.
#[expect(clippy::large_enum_variant, reason = "made once per stage and taken apart at once; a box would cost more")]
pub(super) enum Ended {
    /// There was nothing to run.
    Nothing,
    /// It has a result or, after all passes, a failure. `attempts` counts the calls that retry plugins made in a pass too.
    Finished { result: Outcome, time: Duration, attempts: u32, at: Instant },
    /// The cascade's time was over first; what the last finished pass failed of is not lost.
    GlobalTimeout { last: Option<Box<StageFailure>> },
}

/// Passes over a stage's service: `max_retries` more after a failure that another attempt may cure.
pub(super) async fn passes(stage: &LoadedStage, state: &Arc<State>, global: Instant) -> Ended {
    let started = Instant::now();
    let mut pass_started = started;
    let mut attempt = 1_u32;
    let mut attempts = 0_u32;
    let mut last = None;
    loop {
        let own = pass_started
            .checked_add(Duration::from_millis(stage.timeout_ms))
            .unwrap_or_else(|| far_future(pass_started));
        let call = StageCall::new(Arc::clone(state), stage.id, attempt, own.min(global));
        let Some(result) = pass(stage, call, own, global).await else {
            return Ended::GlobalTimeout { last };
        };
        let at = Instant::now();
        attempts = attempts.saturating_add(attempts_of(&result));
        stage.counters.pass(result.is_ok(), at.saturating_duration_since(pass_started));
        let may_retry = result.as_ref().is_err_and(|failure| failure.retryable) && attempt <= stage.max_retries;
        if !may_retry {
            let time = at.saturating_duration_since(started);
            return Ended::Finished { result, time, attempts, at };
        }
        last = result.err();
        attempt = attempt.saturating_add(1);
        match wait(stage.retry_delay, at, global).await {
            Some(now) => pass_started = now,
            None => return Ended::GlobalTimeout { last },
        }
    }
}

/// How many attempts one pass took: one, unless a retry plugin says otherwise.
fn attempts_of(result: &Outcome) -> u32 {
    let counted = result.as_ref().map_or_else(|failure| failure.attempts, |output| output.attempts);
    counted.unwrap_or(1)
}

/// One pass; `None` when the cascade's time was over first.
async fn pass(stage: &LoadedStage, call: StageCall, own: Instant, global: Instant) -> Option<Outcome> {
    let mut future = match catch_unwind(AssertUnwindSafe(|| start(&stage.runner, call))) {
        Ok(future) => Guarded(future),
        Err(panic) => return Some(Err(panicked(&*panic))),
    };
    // Most handlers are done at once; only one that waits is worth a timer.
    let at_once = poll_fn(|cx| Poll::Ready(Pin::new(&mut future).poll(cx))).await;
    if let Poll::Ready(result) = at_once {
        return Some(result);
    }
    match timeout_at(own.min(global), future).await {
        Ok(result) => Some(result),
        Err(_) if global <= own => None,
        Err(_) => Some(Err(failure(FailureKind::Timeout, format!("Timeout after {}ms", stage.timeout_ms)))),
    }
}

fn start(runner: &Runner, call: StageCall) -> StageFuture {
    match runner {
        Runner::Direct(handler) => handler.call(call),
        Runner::Service(service) => Box::pin(service.clone().oneshot(call)),
        Runner::RulesOnly | Runner::Missing => Box::pin(std::future::ready(Ok(StageOutput::default()))),
    }
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

/// A handler's future whose panic is a failure of its stage and of nothing else.
struct Guarded(StageFuture);

impl Future for Guarded {
    type Output = Outcome;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // The future is dropped after a panic, so nobody sees what it left half done.
        match catch_unwind(AssertUnwindSafe(|| self.0.as_mut().poll(cx))) {
            Ok(Poll::Ready(result)) => Poll::Ready(result.map_err(Box::new)),
            Ok(Poll::Pending) => Poll::Pending,
            Err(panic) => Poll::Ready(Err(panicked(&*panic))),
        }
    }
}

fn panicked(panic: &(dyn Any + Send)) -> Box<StageFailure> {
    let said = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    failure(FailureKind::Panicked, format!("The handler panicked: {}", said.unwrap_or("without a message")))
}
