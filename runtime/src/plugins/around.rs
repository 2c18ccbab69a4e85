//! What most plugins have in common: a function around the call of the service behind them.

use crate::stage::comes_now;
use crate::{StageCall, StageFailure, StageFuture, StageOutput, StageService};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tower::ServiceExt as _;

/// A plugin that makes its own future of each call.
pub(super) trait Around: Send + Sync + 'static {
    /// What a call becomes.
    type Future: Future<Output = Result<StageOutput, StageFailure>> + Send + 'static;

    /// Starts one call. `inner` is ready for one; a call that comes later is made on a clone, through [`later`].
    fn call(self: &Arc<Self>, inner: &mut StageService, call: StageCall) -> Self::Future;
}

/// Makes a call on a service that was cloned a while ago, once it is ready.
pub(super) async fn later(service: StageService, mut call: StageCall) -> Result<StageOutput, StageFailure> {
    call.was_kept();
    service.oneshot(call).await
}

/// Puts a plugin around a service.
pub(super) struct AroundLayer<A>(pub(super) Arc<A>);

impl<A> Clone for AroundLayer<A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<A: Around> tower::Layer<StageService> for AroundLayer<A> {
    type Service = AroundService<A>;

    fn layer(&self, inner: StageService) -> AroundService<A> {
        AroundService { plugin: Arc::clone(&self.0), inner }
    }
}

/// A stage service inside a plugin.
pub(super) struct AroundService<A> {
    plugin: Arc<A>,
    inner: StageService,
}

impl<A> Clone for AroundService<A> {
    fn clone(&self) -> Self {
        Self { plugin: Arc::clone(&self.plugin), inner: self.inner.clone() }
    }
}

impl<A: Around> tower::Service<StageCall> for AroundService<A> {
    type Response = StageOutput;
    type Error = StageFailure;
    type Future = A::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), StageFailure>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, call: StageCall) -> A::Future {
        self.plugin.call(&mut self.inner, call)
    }
}

/// A service in front of or behind a plugin of somebody else, who may keep calls and results for as long as they like.
#[derive(Clone)]
struct Anew(StageService);

/// A service whose calls and results come in the moment in which they are passed on.
pub(super) fn anew(service: StageService) -> StageService {
    StageService::new(Anew(service))
}

impl tower::Service<StageCall> for Anew {
    type Response = StageOutput;
    type Error = StageFailure;
    type Future = AnewFuture;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), StageFailure>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, mut call: StageCall) -> AnewFuture {
        call.was_kept();
        AnewFuture(self.0.call(call))
    }
}

struct AnewFuture(StageFuture);

impl Future for AnewFuture {
    type Output = Result<StageOutput, StageFailure>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx).map(comes_now)
    }
}
