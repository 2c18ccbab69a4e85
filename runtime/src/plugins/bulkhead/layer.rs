//! The bulkhead around a stage service.

use super::gate::{Bulkhead, Slot};
use crate::plugins::around::{Around, later};
use crate::plugins::ended::Dropped;
use crate::plugins::event::{Listeners, PluginEvent};
use crate::stage::{Limit, came};
use crate::{FailureKind, StageCall, StageFailure, StageFuture, StageOutput, StageService};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::time::Instant;
use tower::Service as _;

/// A bulkhead in front of one stage.
pub(in crate::plugins) struct BulkheadLayer {
    pub(in crate::plugins) stage: Arc<str>,
    pub(in crate::plugins) bulkhead: Arc<Bulkhead>,
    pub(in crate::plugins) listeners: Arc<Listeners>,
    pub(in crate::plugins) adaptive: bool,
}

impl Around for BulkheadLayer {
    type Future = BulkheadFuture;

    fn call(self: &Arc<Self>, inner: &mut StageService, mut call: StageCall) -> BulkheadFuture {
        let Some(slot) = self.bulkhead.try_enter() else {
            return BulkheadFuture::Queued(Box::pin(Arc::clone(self).queued(inner.clone(), call)));
        };
        let mut guard = self.guard(slot, &mut call);
        let future = inner.call(call);
        guard.inside = false;
        BulkheadFuture::Running(future, guard)
    }
}

impl BulkheadLayer {
    fn guard(&self, slot: Slot, call: &mut StageCall) -> Guard {
        let measured = self.adaptive.then(|| (call.made(), call.limit()));
        Guard { slot: Some(slot), measured, inside: true }
    }

    async fn queued(self: Arc<Self>, inner: StageService, mut call: StageCall) -> Result<StageOutput, StageFailure> {
        match self.bulkhead.enter(call.deadline).await {
            Ok(slot) => {
                call.was_kept();
                let guard = self.guard(slot, &mut call);
                BulkheadFuture::Running(Box::pin(later(inner, call)), guard).await
            }
            Err(refused) => {
                let failure = self.bulkhead.failure(refused);
                self.listeners.emit(&PluginEvent::Rejected {
                    plugin: "bulkhead",
                    name: self.bulkhead.name(),
                    stage: &self.stage,
                    kind: failure.kind,
                    retry_after: None,
                });
                Err(failure)
            }
        }
    }
}

/// A call that has a slot, or waits for one.
pub(in crate::plugins) enum BulkheadFuture {
    Running(StageFuture, Guard),
    Queued(StageFuture),
}

impl Future for BulkheadFuture {
    type Output = Result<StageOutput, StageFailure>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.get_mut() {
            Self::Running(future, guard) => {
                guard.inside = true;
                let polled = future.as_mut().poll(cx);
                guard.inside = false;
                let mut result = ready!(polled);
                guard.finish(&mut result);
                Poll::Ready(result)
            }
            Self::Queued(future) => future.as_mut().poll(cx),
        }
    }
}

/// Holds the slot of a call, and tells an adaptive bulkhead how the call went.
pub(in crate::plugins) struct Guard {
    slot: Option<Slot>,
    measured: Option<(Instant, Limit)>,
    /// The service is being called or polled; still so when this is dropped, it panicked.
    inside: bool,
}

impl Guard {
    fn finish(&mut self, result: &mut Result<StageOutput, StageFailure>) {
        let says = |limit| {
            let failed = match result {
                Ok(_) => false,
                Err(failure) if says_nothing(limit, failure.root_kind()) => return None,
                Err(_) => true,
            };
            Some((failed, came(result)))
        };
        self.leave(says);
    }

    /// Gives the slot back, with whether the call failed, and when it ended, where that says something.
    fn leave(&mut self, how: impl FnOnce(Limit) -> Option<(bool, Instant)>) {
        let (slot, measured) = (self.slot.take(), self.measured.take());
        if let (Some(slot), Some((began, limit))) = (slot, measured)
            && let Some((failed, ended)) = how(limit)
        {
            slot.observed(began, ended, failed);
        }
    }
}

/// The cascade ended it, or a plugin behind refused it: neither tells how the handler does.
fn says_nothing(limit: Limit, kind: FailureKind) -> bool {
    kind.is_rejection() || limit.excuses(kind)
}

impl Drop for Guard {
    fn drop(&mut self) {
        let inside = self.inside;
        self.leave(|limit| (Dropped::now(limit, inside) != Dropped::Cancelled).then(|| (true, Instant::now())));
    }
}
