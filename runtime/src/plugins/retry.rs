//! Calls again after a failure that may pass.
//!
//! Decided in this order: the last attempt ends it; then `abort_on`; then `retry_on`, or what the failure says of itself;
//! then the budget: a wait that would not end before the deadline of the call is not begun. `tower::retry` makes the same
//! kind of loop, but clones the service for every call, also for those that succeed at once; here a clone is made only
//! for a retry.

use super::backoff::Backoff;
use super::event::{Listeners, PluginEvent};
use crate::{FailureKind, LogLine, StageCall, StageFailure, StageFuture, StageOutput, StageService};
use cascata_config::RetryOptions;
use std::fmt;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep, sleep_until};
use tower::Service as _;

/// What all calls of one retry plugin share.
pub(super) struct Policy {
    stage: Arc<str>,
    max_retries: u32,
    backoff: Backoff,
    attempt_timeout: Option<Duration>,
    retry_on: Option<Vec<FailureKind>>,
    abort_on: Vec<FailureKind>,
    /// Drawn from for waits only, so the lock is never taken by a call that succeeds.
    chance: Mutex<fastrand::Rng>,
    listeners: Arc<Listeners>,
}

impl Policy {
    /// A policy from the options of a stage.
    ///
    /// # Errors
    /// When a kind of failure in them does not exist.
    pub(super) fn new(stage: Arc<str>, options: &RetryOptions, listeners: Arc<Listeners>) -> Result<Self, String> {
        Ok(Self {
            stage,
            max_retries: options.max_retries,
            backoff: Backoff::new(options),
            attempt_timeout: options.attempt_timeout_ms.map(|millis| Duration::from_millis(millis.get())),
            retry_on: options.retry_on.as_deref().map(|names| kinds("retry_on", names)).transpose()?,
            abort_on: kinds("abort_on", &options.abort_on)?,
            chance: Mutex::new(options.seed.map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed)),
            listeners,
        })
    }

    fn may_pass(&self, failure: &StageFailure) -> bool {
        let kind = failure.root_kind();
        !self.abort_on.contains(&kind)
            && self.retry_on.as_ref().map_or(failure.retryable, |kinds| kinds.contains(&kind))
    }

    fn wait(&self, retry: u32, previous: Option<Duration>, failure: &StageFailure) -> Duration {
        match failure.retry_after_ms {
            Some(hint) => self.backoff.hinted(hint),
            None => {
                let mut chance = self.chance.lock().unwrap_or_else(PoisonError::into_inner);
                self.backoff.wait(retry, previous, || chance.f64())
            }
        }
    }
}

/// The kinds of failure of an option, by name.
pub(super) fn kinds(option: &str, names: &[String]) -> Result<Vec<FailureKind>, String> {
    let read = |name: &String| {
        FailureKind::from_name(name).ok_or_else(|| {
            let known: Vec<&str> = FailureKind::ALL.iter().map(|kind| kind.name()).collect();
            format!("`{option}`: there is no kind of failure `{name}`; there are {}", known.join(", "))
        })
    };
    names.iter().map(read).collect()
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policy").field("stage", &self.stage).field("backoff", &self.backoff).finish_non_exhaustive()
    }
}

/// Retries the calls of a service.
#[derive(Clone, Debug)]
pub(super) struct RetryLayer {
    pub(super) policy: Arc<Policy>,
}

impl tower::Layer<StageService> for RetryLayer {
    type Service = RetryService;

    fn layer(&self, inner: StageService) -> RetryService {
        RetryService { policy: Arc::clone(&self.policy), template: Arc::new(inner.clone()), inner }
    }
}

/// A stage service whose calls are retried.
#[derive(Clone, Debug)]
pub(super) struct RetryService {
    policy: Arc<Policy>,
    /// Never called itself: retries are made on clones of it.
    template: Arc<StageService>,
    inner: StageService,
}

impl tower::Service<StageCall> for RetryService {
    type Response = StageOutput;
    type Error = StageFailure;
    type Future = RetryFuture;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), StageFailure>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, call: StageCall) -> RetryFuture {
        let step = Step::start(&self.policy, &mut self.inner, &call, 1);
        RetryFuture {
            policy: Arc::clone(&self.policy),
            template: Arc::clone(&self.template),
            call,
            attempts: 1,
            wait: None,
            spent: Spent::default(),
            step,
        }
    }
}

/// A call with its retries.
pub(super) struct RetryFuture {
    policy: Arc<Policy>,
    template: Arc<StageService>,
    call: StageCall,
    /// Calls made so far.
    attempts: u32,
    /// The last wait.
    wait: Option<Duration>,
    spent: Spent,
    step: Step,
}

enum Step {
    /// An attempt runs, with its own time limit if it has one.
    Calling(StageFuture, Option<Pin<Box<Sleep>>>),
    Waiting(Pin<Box<Sleep>>),
    /// The service says when it takes the next call.
    Readying(StageService),
}

impl Step {
    fn start(policy: &Policy, service: &mut StageService, call: &StageCall, attempt: u32) -> Self {
        let mut call = call.clone();
        call.attempt = call.attempt.saturating_add(attempt.saturating_sub(1));
        let limit = policy.attempt_timeout.and_then(|limit| Instant::now().checked_add(limit));
        let limit = limit.filter(|limit| *limit < call.deadline);
        // The handler's own budget ends with the attempt, not with the pass.
        if let Some(limit) = limit {
            call.shortened(limit);
        }
        Self::Calling(service.call(call), limit.map(|limit| Box::pin(sleep_until(limit))))
    }
}

/// What failed attempts have used up and said.
#[derive(Default)]
struct Spent {
    fuel: Option<u64>,
    memory_bytes: Option<u64>,
    logs: Vec<LogLine>,
}

impl Spent {
    /// Adds a failed attempt.
    fn add(&mut self, failure: &mut StageFailure) {
        self.fuel = sum(self.fuel, failure.fuel);
        self.memory_bytes = self.memory_bytes.max(failure.memory_bytes);
        self.logs.append(&mut failure.logs);
    }

    /// Puts what was used before into the account of the attempt that ends the call.
    fn settle(self, fuel: &mut Option<u64>, memory_bytes: &mut Option<u64>, logs: &mut Vec<LogLine>) {
        *fuel = sum(self.fuel, *fuel);
        *memory_bytes = self.memory_bytes.max(*memory_bytes);
        if !self.logs.is_empty() {
            let last = std::mem::replace(logs, self.logs);
            logs.extend(last);
        }
    }
}

fn sum(one: Option<u64>, other: Option<u64>) -> Option<u64> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.saturating_add(other)),
        (one, other) => one.or(other),
    }
}

impl Future for RetryFuture {
    type Output = Result<StageOutput, StageFailure>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        loop {
            match &mut this.step {
                Step::Calling(future, limit) => {
                    let failure = match (future.as_mut().poll(cx), limit) {
                        (Poll::Ready(Ok(output)), _) => return Poll::Ready(Ok(this.succeeded(output))),
                        (Poll::Ready(Err(failure)), _) => failure,
                        (Poll::Pending, None) => return Poll::Pending,
                        (Poll::Pending, Some(limit)) => {
                            ready!(limit.as_mut().poll(cx));
                            this.policy.timed_out()
                        }
                    };
                    match this.failed(failure) {
                        ControlFlow::Continue(wait) => this.step = Step::Waiting(Box::pin(sleep(wait))),
                        ControlFlow::Break(failure) => return Poll::Ready(Err(failure)),
                    }
                }
                Step::Waiting(wait) => {
                    ready!(wait.as_mut().poll(cx));
                    this.step = Step::Readying((*this.template).clone());
                }
                Step::Readying(service) => {
                    let ready = ready!(service.poll_ready(cx));
                    this.attempts = this.attempts.saturating_add(1);
                    match ready {
                        Ok(()) => this.step = Step::start(&this.policy, service, &this.call, this.attempts),
                        Err(failure) => match this.failed(failure) {
                            ControlFlow::Continue(wait) => this.step = Step::Waiting(Box::pin(sleep(wait))),
                            ControlFlow::Break(failure) => return Poll::Ready(Err(failure)),
                        },
                    }
                }
            }
        }
    }
}

impl Policy {
    fn timed_out(&self) -> StageFailure {
        let limit = self.attempt_timeout.unwrap_or_default().as_millis();
        StageFailure::new(FailureKind::Timeout, format!("attempt took longer than its {limit} ms"))
    }
}

impl RetryFuture {
    fn succeeded(&mut self, mut output: StageOutput) -> StageOutput {
        std::mem::take(&mut self.spent).settle(&mut output.fuel, &mut output.memory_bytes, &mut output.logs);
        output.attempts = Some(self.attempts);
        output
    }

    /// After a failed attempt: how long to wait for the next one, or the failure that ends the call.
    fn failed(&mut self, mut failure: StageFailure) -> ControlFlow<StageFailure, Duration> {
        let retries = self.attempts.saturating_sub(1);
        if retries >= self.policy.max_retries {
            return ControlFlow::Break(match retries {
                0 => self.unchanged(failure),
                _ => self.given_up(failure, FailureKind::RetryExhausted),
            });
        }
        if !self.policy.may_pass(&failure) {
            return ControlFlow::Break(self.unchanged(failure));
        }
        let wait = self.policy.wait(retries, self.wait, &failure);
        if self.call.deadline.saturating_duration_since(Instant::now()) <= wait {
            return ControlFlow::Break(self.given_up(failure, FailureKind::BudgetExhausted));
        }
        self.policy.listeners.emit(&PluginEvent::RetryAttempted {
            stage: &self.policy.stage,
            retry: self.attempts,
            wait,
            kind: failure.root_kind(),
            message: &failure.message,
        });
        self.spent.add(&mut failure);
        self.wait = Some(wait);
        ControlFlow::Continue(wait)
    }

    /// The failure of the last attempt with what all of them used.
    fn unchanged(&mut self, mut failure: StageFailure) -> StageFailure {
        std::mem::take(&mut self.spent).settle(&mut failure.fuel, &mut failure.memory_bytes, &mut failure.logs);
        failure.attempts = Some(self.attempts);
        failure
    }

    /// The failure of the last attempt, under the kind that says why there is no other.
    fn given_up(&mut self, failure: StageFailure, reason: FailureKind) -> StageFailure {
        let mut failure = self.unchanged(failure);
        let kind = failure.root_kind();
        failure.cause = Some(kind);
        failure.kind = reason;
        failure.retryable = reason.retryable();
        self.policy.listeners.emit(&PluginEvent::RetryExhausted {
            stage: &self.policy.stage,
            attempts: self.attempts,
            reason,
            kind,
        });
        failure
    }
}

#[cfg(test)]
mod tests;
