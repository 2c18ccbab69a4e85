//! The limit around a stage service.

use super::{Asked, LimitError, ONE, RateLimiter, Taken, Turn};
use crate::plugins::around::{Around, later};
use crate::plugins::event::{Listeners, PluginEvent};
use crate::{StageCall, StageFailure, StageFuture, StageOutput, StageService};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tower::Service as _;

/// A limit in front of one stage.
pub(in crate::plugins) struct LimitLayer {
    pub(in crate::plugins) plugin: &'static str,
    pub(in crate::plugins) stage: Arc<str>,
    pub(in crate::plugins) limiter: Arc<RateLimiter>,
    pub(in crate::plugins) listeners: Arc<Listeners>,
}

impl Around for LimitLayer {
    type Future = StageFuture;

    fn call(self: &Arc<Self>, inner: &mut StageService, mut call: StageCall) -> StageFuture {
        match self.limiter.ask(call.made(), call.deadline, ONE) {
            Asked::Turn(Turn::Now) => {
                self.limiter.counts.allowed.fetch_add(1, Ordering::Relaxed);
                inner.call(call)
            }
            Asked::Turn(turn) => {
                let turn = self.limiter.take_up(turn, ONE);
                Box::pin(Arc::clone(self).limited(turn, inner.clone(), call))
            }
            Asked::Later(turn) => {
                let (layer, inner) = (Arc::clone(self), inner.clone());
                Box::pin(async move {
                    let turn = layer.limiter.take_up(turn.await, ONE);
                    layer.limited(turn, inner, call).await
                })
            }
        }
    }
}

impl LimitLayer {
    async fn limited(
        self: Arc<Self>,
        turn: Result<Taken, LimitError>,
        inner: StageService,
        call: StageCall,
    ) -> Result<StageOutput, StageFailure> {
        match turn {
            Ok(turn) => {
                turn.come().await;
                later(inner, call).await
            }
            Err(refused) => Err(self.rejected(refused)),
        }
    }

    fn rejected(&self, refused: LimitError) -> StageFailure {
        let failure = self.limiter.failure(refused);
        self.listeners.emit(&PluginEvent::Rejected {
            plugin: self.plugin,
            name: self.limiter.name(),
            stage: &self.stage,
            kind: failure.kind,
            retry_after: refused.wait(),
        });
        failure
    }
}
