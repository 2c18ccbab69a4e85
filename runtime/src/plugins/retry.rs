//! Calls again after a failure that may pass.
//!
//! Decided in this order: the last attempt ends it; then whether the failure may pass ([`policy`]); then the budgets: a wait
//! that would not end before the deadline of the call is not begun, nor one that nothing is saved up for. `tower::retry` makes the same
//! kind of loop, but clones the service for every call, also for those that succeed at once; here a clone is made only
//! for a retry.

use super::event::{Listeners, PluginEvent};
use super::predicate::Predicates;
use crate::{FailureKind, StageCall, StageFailure, StageFuture, StageOutput, StageService};
use cascata_config::{OnExhausted, RetryAdvice, RetryMode, RetryOptions};
use std::fmt;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep, sleep_until};
use tower::Service as _;

mod advice;
mod budget;
mod counts;
mod policy;
mod spent;

pub(super) use budget::Budget;
pub(super) use counts::Counts;
pub use counts::RetrySnapshot;
pub(super) use policy::kinds;
use policy::{Plan, Rules};
use spent::Spent;

/// What all calls of one retry plugin share.
pub(super) struct Policy {
    stage: Arc<str>,
    rules: Rules,
    attempt_timeout: Option<Duration>,
    on_exhausted: OnExhausted,
    /// What to advise instead of retrying.
    advice: Option<RetryAdvice>,
    budget: Option<Arc<Budget>>,
    counts: Arc<Counts>,
    /// Drawn from for waits only, so the lock is never taken by a call that succeeds.
    chance: Mutex<fastrand::Rng>,
    listeners: Arc<Listeners>,
}

impl Policy {
    /// A policy from the options of a stage.
    ///
    /// # Errors
    /// When a kind of failure or a predicate in them does not exist, or a pattern is none.
    pub(super) fn new(
        stage: Arc<str>,
        options: &RetryOptions,
        budget: Option<Arc<Budget>>,
        counts: Arc<Counts>,
        predicates: &Predicates,
        listeners: Arc<Listeners>,
    ) -> Result<Self, String> {
        Ok(Self {
            rules: Rules::new(&stage, options, predicates)?,
            stage,
            attempt_timeout: options.attempt_timeout_ms.map(|millis| Duration::from_millis(millis.get())),
            on_exhausted: options.on_exhausted,
            advice: (options.mode == RetryMode::Annotate).then_some(options.annotate),
            budget,
            counts,
            chance: Mutex::new(options.seed.map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed)),
            listeners,
        })
    }

    fn wait(&self, plan: &Plan, retry: u32, previous: Option<Duration>, hint: Option<u64>) -> Duration {
        match hint {
            Some(hint) => plan.backoff.hinted(hint),
            None => {
                let mut chance = self.chance.lock().unwrap_or_else(PoisonError::into_inner);
                plan.backoff.wait(retry, previous, || chance.f64())
            }
        }
    }

    /// Adds to a failure what should be done about it.
    fn advise(&self, call: &StageCall, mut failure: StageFailure, switches: RetryAdvice) -> StageFailure {
        let plan = self.rules.plan(Some(&failure));
        let retries = call.attempt.saturating_sub(1);
        let again = retries < plan.max_retries && self.rules.may_pass(&failure);
        let wait = again.then(|| self.wait(&plan, retries, None, failure.retry_after_ms));
        let failed = advice::Failed { failure: &failure, attempt: call.attempt, wait, now_us: call.state.now_us() };
        failure.marks.retry = Some(advice::text(&failed, &plan, switches));
        failure
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policy").field("stage", &self.stage).field("rules", &self.rules).finish_non_exhaustive()
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

    fn call(&mut self, mut call: StageCall) -> RetryFuture {
        if let Some(budget) = &self.policy.budget {
            budget.pay_in();
        }
        let step = Step::start(&self.policy, &mut self.inner, &call, 1);
        // Whatever is made of it later comes after a wait.
        call.was_kept();
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
        let limit = policy.attempt_timeout.and_then(|limit| call.made().checked_add(limit));
        let limit = limit.filter(|limit| *limit < call.deadline);
        // The handler's own budget ends with the attempt, not with the pass.
        if let Some(limit) = limit {
            call.shortened(limit);
        }
        Self::Calling(service.call(call), limit.map(|limit| Box::pin(sleep_until(limit))))
    }
}

impl Future for RetryFuture {
    type Output = Result<StageOutput, StageFailure>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        loop {
            let ended = match &mut this.step {
                Step::Calling(future, limit) => match (future.as_mut().poll(cx), limit) {
                    (Poll::Ready(ended), _) => ended,
                    (Poll::Pending, None) => return Poll::Pending,
                    (Poll::Pending, Some(limit)) => {
                        ready!(limit.as_mut().poll(cx));
                        Err(this.policy.timed_out())
                    }
                },
                Step::Waiting(wait) => {
                    ready!(wait.as_mut().poll(cx));
                    this.step = Step::Readying((*this.template).clone());
                    continue;
                }
                Step::Readying(service) => {
                    let ready = ready!(service.poll_ready(cx));
                    this.attempts = this.attempts.saturating_add(1);
                    match ready {
                        Ok(()) => {
                            this.step = Step::start(&this.policy, service, &this.call, this.attempts);
                            continue;
                        }
                        Err(failure) => Err(failure),
                    }
                }
            };
            match this.ended(ended) {
                ControlFlow::Continue(wait) => this.step = Step::Waiting(Box::pin(sleep(wait))),
                ControlFlow::Break(result) => {
                    this.policy.counts.ended(result.is_ok());
                    return Poll::Ready(result);
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
    /// After an attempt: how long to wait for the next one, or what the call comes to.
    fn ended(
        &mut self,
        ended: Result<StageOutput, StageFailure>,
    ) -> ControlFlow<Result<StageOutput, StageFailure>, Duration> {
        match ended {
            Ok(output) if self.policy.advice.is_none() && self.policy.rules.unwanted(&output) => self.unwanted(output),
            Ok(output) => ControlFlow::Break(Ok(self.succeeded(output))),
            Err(failure) => match self.policy.advice {
                Some(switches) => {
                    let failure = self.unchanged(failure);
                    ControlFlow::Break(Err(self.policy.advise(&self.call, failure, switches)))
                }
                None => self.failed(failure).map_break(Err),
            },
        }
    }

    fn succeeded(&mut self, mut output: StageOutput) -> StageOutput {
        std::mem::take(&mut self.spent).settle(&mut output.fuel, &mut output.memory_bytes, &mut output.logs);
        output.attempts = Some(self.attempts);
        output
    }

    /// After a result that is one of those to retry.
    fn unwanted(&mut self, output: StageOutput) -> ControlFlow<Result<StageOutput, StageFailure>, Duration> {
        let plan = self.policy.rules.plan(None);
        let mut failure = StageFailure::handler("the result is one of those to retry");
        failure.fuel = output.fuel;
        failure.memory_bytes = output.memory_bytes;
        failure.marks = output.marks.clone();
        match self.next_wait(&plan, &failure) {
            Ok(wait) => {
                failure.logs = output.logs;
                ControlFlow::Continue(self.again(failure, wait))
            }
            Err(reason) => ControlFlow::Break(match self.policy.on_exhausted {
                OnExhausted::Error => {
                    failure.logs = output.logs;
                    Err(self.given_up(failure, reason))
                }
                _ => {
                    self.tell_given_up(reason, FailureKind::Handler);
                    Ok(self.succeeded(output))
                }
            }),
        }
    }

    /// After a failed attempt: how long to wait for the next one, or the failure that ends the call.
    fn failed(&mut self, failure: StageFailure) -> ControlFlow<StageFailure, Duration> {
        let plan = self.policy.rules.plan(Some(&failure));
        // On the last attempt any error is that of giving up; but a single attempt gives up nothing.
        let last = self.attempts.saturating_sub(1) >= plan.max_retries;
        if (last && self.attempts <= 1) || (!last && !self.policy.rules.may_pass(&failure)) {
            return ControlFlow::Break(self.unchanged(failure));
        }
        match self.next_wait(&plan, &failure) {
            Ok(wait) => ControlFlow::Continue(self.again(failure, wait)),
            Err(reason) => ControlFlow::Break(self.given_up(failure, reason)),
        }
    }

    /// How long to wait for the next attempt, or why there is none.
    fn next_wait(&self, plan: &Plan, failure: &StageFailure) -> Result<Duration, FailureKind> {
        let retries = self.attempts.saturating_sub(1);
        if retries >= plan.max_retries {
            return Err(FailureKind::RetryExhausted);
        }
        let wait = self.policy.wait(plan, retries, self.wait, failure.retry_after_ms);
        if self.call.deadline.saturating_duration_since(Instant::now()) <= wait {
            return Err(FailureKind::BudgetExhausted);
        }
        match &self.policy.budget {
            Some(budget) if !budget.take_out() => Err(FailureKind::BudgetExhausted),
            _ => Ok(wait),
        }
    }

    /// Notes a failed attempt that another follows.
    fn again(&mut self, mut failure: StageFailure, wait: Duration) -> Duration {
        self.policy.counts.retried();
        self.policy.listeners.emit(&PluginEvent::RetryAttempted {
            stage: &self.policy.stage,
            retry: self.attempts,
            wait,
            kind: failure.root_kind(),
            message: &failure.message,
        });
        self.spent.add(&mut failure);
        self.wait = Some(wait);
        wait
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
        self.tell_given_up(reason, kind);
        failure
    }

    fn tell_given_up(&self, reason: FailureKind, kind: FailureKind) {
        self.policy.counts.gave_up();
        self.policy.listeners.emit(&PluginEvent::RetryExhausted {
            stage: &self.policy.stage,
            attempts: self.attempts,
            reason,
            kind,
        });
    }
}

#[cfg(test)]
mod model_tests;
#[cfg(test)]
mod tests;
