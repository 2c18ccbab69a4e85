//! The breaker around a stage service.

use super::{BreakerState, CircuitBreaker, Permit, Shared};
use crate::plugins::around::later;
use crate::plugins::ended::Dropped;
use crate::stage::Limit;
use crate::{FailureKind, StageCall, StageFailure, StageFuture, StageOutput, StageService};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

/// Puts a breaker around a service.
#[derive(Clone)]
pub(in crate::plugins) struct BreakerLayer {
    pub(in crate::plugins) stage: Arc<str>,
    pub(in crate::plugins) breaker: Arc<CircuitBreaker>,
    /// Kinds of failure that do not count.
    pub(in crate::plugins) ignored: Arc<[FailureKind]>,
    /// What ties the breaker to those of other processes.
    pub(in crate::plugins) shared: Option<Arc<Shared>>,
}

impl tower::Layer<StageService> for BreakerLayer {
    type Service = BreakerService;

    fn layer(&self, inner: StageService) -> BreakerService {
        BreakerService { layer: self.clone(), inner }
    }
}

/// A stage service behind a breaker.
#[derive(Clone)]
pub(in crate::plugins) struct BreakerService {
    layer: BreakerLayer,
    inner: StageService,
}

impl tower::Service<StageCall> for BreakerService {
    type Response = StageOutput;
    type Error = StageFailure;
    type Future = BreakerFuture;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), StageFailure>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, call: StageCall) -> BreakerFuture {
        if let Some(shared) = &self.layer.shared
            && !(shared.is_fresh() && self.layer.breaker.state() == BreakerState::Closed)
        {
            let asked = self.layer.clone().ask_others(Arc::clone(shared), self.inner.clone(), call);
            return BreakerFuture::Asking(Box::pin(asked));
        }
        match self.layer.breaker.acquire() {
            Ok(permit) => {
                let mut guard = Guard { permit: Some(permit), limit: call.limit(), inside: true };
                let ignored = Arc::clone(&self.layer.ignored);
                let inner = self.inner.call(call);
                guard.inside = false;
                BreakerFuture::Running { inner, guard, ignored }
            }
            Err(rejection) => BreakerFuture::Rejected(Some(self.layer.breaker.rejected(&self.layer.stage, rejection))),
        }
    }
}

impl BreakerLayer {
    /// Makes a call once the breaker stands as it does in other processes, and counts its probes with theirs.
    async fn ask_others(
        self,
        shared: Arc<Shared>,
        inner: StageService,
        call: StageCall,
    ) -> Result<StageOutput, StageFailure> {
        shared.refresh().await;
        let permit = match self.breaker.acquire() {
            Ok(permit) => permit,
            Err(rejection) => return Err(self.breaker.rejected(&self.stage, rejection)),
        };
        let probe = match self.breaker.state() {
            BreakerState::HalfOpen => match shared.probe().await {
                None => {
                    drop(permit);
                    return Err(self.breaker.rejected(&self.stage, self.breaker.no_probe_left()));
                }
                probe => probe,
            },
            _ => None,
        };
        let guard = Guard { permit: Some(permit), limit: call.limit(), inside: false };
        let outcome =
            BreakerFuture::Running { inner: Box::pin(later(inner, call)), guard, ignored: Arc::clone(&self.ignored) };
        let outcome = outcome.await;
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
        ignored: Arc<[FailureKind]>,
    },
    Rejected(Option<StageFailure>),
}

impl Future for BreakerFuture {
    type Output = Result<StageOutput, StageFailure>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.get_mut() {
            Self::Running { inner, guard, ignored } => {
                guard.inside = true;
                let polled = inner.as_mut().poll(cx);
                guard.inside = false;
                let mut result = ready!(polled);
                let state = guard.finish(&result, ignored);
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

/// Reports the permit of a call however the call ends.
pub(in crate::plugins) struct Guard {
    permit: Option<Permit>,
    limit: Limit,
    /// The service is being called or polled; still so when this is dropped, it panicked.
    inside: bool,
}

impl Guard {
    /// Reports how the call ended; where the breaker stands then.
    fn finish(&mut self, result: &Result<StageOutput, StageFailure>, ignored: &[FailureKind]) -> Option<BreakerState> {
        let permit = self.permit.take()?;
        Some(match result.as_ref().map_err(StageFailure::root_kind) {
            Ok(_) => permit.success(),
            Err(kind) if ignored.contains(&kind) || self.limit.excuses(kind) => permit.ignored(),
            Err(FailureKind::Timeout | FailureKind::Deadline) => permit.timeout(),
            Err(_) => permit.failure(),
        })
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let Some(permit) = self.permit.take() else { return };
        match Dropped::now(self.limit, self.inside) {
            Dropped::Cancelled => permit.ignored(),
            Dropped::TimedOut => permit.timeout(),
            Dropped::Panicked => permit.failure(),
        };
    }
}
