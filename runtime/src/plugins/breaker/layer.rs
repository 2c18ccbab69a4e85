//! The breaker around a stage service.

use super::counts::How;
use super::{BreakerState, CircuitBreaker, Shared, Ticket};
use crate::plugins::around::later;
use crate::plugins::ended::Dropped;
use crate::stage::{Limit, came};
use crate::{FailureKind, StageCall, StageFailure, StageFuture, StageOutput, StageService};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::time::Instant;

/// Puts a breaker around a service.
#[derive(Clone)]
pub(in crate::plugins) struct BreakerLayer {
    pub(in crate::plugins) stage: Arc<str>,
    pub(in crate::plugins) breaker: Arc<CircuitBreaker>,
    /// Kinds of failure that do not count.
    pub(in crate::plugins) ignored: Vec<FailureKind>,
    /// What ties the breaker to those of other processes.
    pub(in crate::plugins) shared: Option<Arc<Shared>>,
}

impl tower::Layer<StageService> for BreakerLayer {
    type Service = BreakerService;

    fn layer(&self, inner: StageService) -> BreakerService {
        BreakerService { layer: Arc::new(self.clone()), inner }
    }
}

/// A stage service behind a breaker.
#[derive(Clone)]
pub(in crate::plugins) struct BreakerService {
    layer: Arc<BreakerLayer>,
    inner: StageService,
}

impl tower::Service<StageCall> for BreakerService {
    type Response = StageOutput;
    type Error = StageFailure;
    type Future = BreakerFuture;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), StageFailure>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut call: StageCall) -> BreakerFuture {
        if let Some(shared) = &self.layer.shared
            && !(shared.is_fresh() && self.layer.breaker.state() == BreakerState::Closed)
        {
            let asked = Arc::clone(&self.layer).ask_others(Arc::clone(shared), self.inner.clone(), call);
            return BreakerFuture::Asking(Box::pin(asked));
        }
        let began = call.made();
        match self.layer.breaker.ask(began) {
            Ok(ticket) => {
                let layer = Arc::clone(&self.layer);
                let mut guard = Guard { layer, ticket: Some(ticket), began, limit: call.limit(), inside: true };
                let inner = self.inner.call(call);
                guard.inside = false;
                BreakerFuture::Running { inner, guard }
            }
            Err(rejection) => BreakerFuture::Rejected(Some(self.layer.breaker.rejected(&self.layer.stage, rejection))),
        }
    }
}

impl BreakerLayer {
    /// Makes a call once the breaker stands as it does in other processes, and counts its probes with theirs.
    async fn ask_others(
        self: Arc<Self>,
        shared: Arc<Shared>,
        inner: StageService,
        call: StageCall,
    ) -> Result<StageOutput, StageFailure> {
        shared.refresh().await;
        let began = Instant::now();
        let mut guard = match self.breaker.ask(began) {
            Ok(ticket) => {
                let layer = Arc::clone(&self);
                Guard { layer, ticket: Some(ticket), began, limit: call.limit(), inside: false }
            }
            Err(rejection) => return Err(self.breaker.rejected(&self.stage, rejection)),
        };
        let probe = match self.breaker.state() {
            BreakerState::HalfOpen => match shared.probe().await {
                None => {
                    guard.end(How::IGNORED, began);
                    return Err(self.breaker.rejected(&self.stage, self.breaker.no_probe_left()));
                }
                probe => probe,
            },
            _ => None,
        };
        guard.began = Instant::now();
        let outcome = BreakerFuture::Running { inner: Box::pin(later(inner, call)), guard }.await;
        drop(probe);
        outcome
    }
}

/// A call that holds a permit, or the rejection of one.
pub(in crate::plugins) enum BreakerFuture {
    /// What other processes found out is asked first.
    Asking(StageFuture),
    Running {
        inner: StageFuture,
        guard: Guard,
    },
    Rejected(Option<StageFailure>),
}

impl Future for BreakerFuture {
    type Output = Result<StageOutput, StageFailure>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.get_mut() {
            Self::Running { inner, guard } => {
                guard.inside = true;
                let polled = inner.as_mut().poll(cx);
                guard.inside = false;
                let mut result = ready!(polled);
                let state = guard.finish(&mut result);
                let marks = result.as_mut().map_or_else(|failure| &mut failure.marks, |output| &mut output.marks);
                if let Some(state) = state {
                    marks.note_breaker(state);
                }
                Poll::Ready(result)
            }
            Self::Asking(asking) => asking.as_mut().poll(cx),
            // Polled again after it is ready, a future may wait for ever.
            Self::Rejected(failure) => failure.take().map_or(Poll::Pending, |failure| Poll::Ready(Err(failure))),
        }
    }
}

/// Reports a call however it ends.
pub(in crate::plugins) struct Guard {
    layer: Arc<BreakerLayer>,
    /// None once it was reported.
    ticket: Option<Ticket>,
    began: Instant,
    limit: Limit,
    /// The service is being called or polled; still so when this is dropped, it panicked.
    inside: bool,
}

impl Guard {
    /// Reports how the call ended; where the breaker stands then.
    fn finish(&mut self, result: &mut Result<StageOutput, StageFailure>) -> Option<BreakerState> {
        let how = match result.as_ref().map_err(StageFailure::root_kind) {
            Ok(_) => How::SUCCESS,
            Err(kind) if self.layer.ignored.contains(&kind) || self.limit.excuses(kind) => How::IGNORED,
            Err(FailureKind::Timeout | FailureKind::Deadline) => How::TIMEOUT,
            Err(_) => How::FAILURE,
        };
        self.end(how, came(result))
    }

    fn end(&mut self, how: How, at: Instant) -> Option<BreakerState> {
        let ticket = self.ticket.take()?;
        Some(self.layer.breaker.ended(ticket, how, self.began, at))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if self.ticket.is_none() {
            return;
        }
        let how = match Dropped::now(self.limit, self.inside) {
            Dropped::Cancelled => How::IGNORED,
            Dropped::TimedOut => How::TIMEOUT,
            Dropped::Panicked => How::FAILURE,
        };
        self.end(how, Instant::now());
    }
}
