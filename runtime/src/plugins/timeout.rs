//! Bounds one call of what stands behind it: a retry in front of it has a limit for every attempt, one behind it for all.
//!
//! The call is told its deadline, so that a guest's fuel is measured for it and a breaker behind knows why it ended; what
//! does not stop by itself is dropped when the time is over. A call whose stage or cascade has less time left anyway needs
//! no timer here: whoever set that deadline enforces it.

use super::around::Around;
use crate::{FailureKind, StageCall, StageFailure, StageFuture, StageOutput, StageService};
use cascata_config::TimeoutOptions;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep_until};
use tower::Service as _;

/// The limit of one stage.
#[derive(Debug)]
pub(super) struct Timeout {
    limit: Duration,
    message: Arc<str>,
}

impl Timeout {
    /// The limit that the options give this stage.
    pub(super) fn new(stage: &str, options: &TimeoutOptions) -> Self {
        let millis = options.stages.get(stage).copied().unwrap_or(options.timeout_ms).get();
        let message = options.message.clone().unwrap_or_else(|| format!("call took longer than its {millis} ms"));
        Self { limit: Duration::from_millis(millis), message: message.into() }
    }
}

impl Around for Timeout {
    type Future = TimeoutFuture;

    fn call(self: &Arc<Self>, inner: &mut StageService, mut call: StageCall) -> TimeoutFuture {
        let end = call.made().checked_add(self.limit).filter(|end| *end < call.deadline);
        if let Some(end) = end {
            call.shortened(end);
        }
        TimeoutFuture { inner: inner.call(call), end: end.map(|end| (end, Arc::clone(self))), timer: None }
    }
}

/// A call with an end.
pub(super) struct TimeoutFuture {
    inner: StageFuture,
    /// When it ends; none where the call's own deadline comes first.
    end: Option<(Instant, Arc<Timeout>)>,
    /// Made when the call has to wait: most are done at once.
    timer: Option<Pin<Box<Sleep>>>,
}

impl Future for TimeoutFuture {
    type Output = Result<StageOutput, StageFailure>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        if let Poll::Ready(result) = this.inner.as_mut().poll(cx) {
            return Poll::Ready(result);
        }
        let Some((end, timeout)) = &this.end else { return Poll::Pending };
        let timer = this.timer.get_or_insert_with(|| Box::pin(sleep_until(*end)));
        ready!(timer.as_mut().poll(cx));
        Poll::Ready(Err(StageFailure::new(FailureKind::Timeout, &*timeout.message)))
    }
}

#[cfg(test)]
#[path = "timeout_tests.rs"]
mod tests;
