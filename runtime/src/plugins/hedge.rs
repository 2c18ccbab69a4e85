//! Makes a second call when the first is slow, and takes whichever succeeds first; the others are cancelled.

use super::around::{Around, later};
use super::event::{Listeners, PluginEvent};
use crate::{StageCall, StageFailure, StageFuture, StageOutput, StageService};
use cascata_config::HedgeOptions;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Sleep, sleep};
use tower::Service as _;

/// The hedging of one stage.
pub(super) struct Hedge {
    stage: Arc<str>,
    after: Duration,
    max_hedges: u32,
    listeners: Arc<Listeners>,
}

impl Hedge {
    pub(super) fn new(stage: Arc<str>, options: &HedgeOptions, listeners: Arc<Listeners>) -> Self {
        let after = Duration::from_millis(options.after_ms);
        Self { stage, after, max_hedges: options.max_hedges.get(), listeners }
    }
}

impl Around for Hedge {
    type Future = HedgeFuture;

    fn call(self: &Arc<Self>, inner: &mut StageService, call: StageCall) -> HedgeFuture {
        let first = inner.call(call.clone());
        HedgeFuture {
            hedge: Arc::clone(self),
            running: vec![(0, first)],
            made: 0,
            timer: None,
            spare: Some((inner.clone(), call)),
            failure: None,
        }
    }
}

/// A call with those made beside it.
pub(super) struct HedgeFuture {
    hedge: Arc<Hedge>,
    /// The calls under way, each with its number: 0 is the first.
    running: Vec<(u32, StageFuture)>,
    /// Calls made beside the first.
    made: u32,
    /// Until the next is made; made itself when the first has to wait.
    timer: Option<Pin<Box<Sleep>>>,
    /// What further calls are made of; none when there are to be no more.
    spare: Option<(StageService, StageCall)>,
    /// What the last call that ended failed of.
    failure: Option<StageFailure>,
}

impl HedgeFuture {
    /// Polls the calls under way; the outcome, once one has succeeded or the last has failed.
    fn poll_running(&mut self, cx: &mut Context<'_>) -> Poll<Result<StageOutput, StageFailure>> {
        let mut index = 0;
        while let Some((number, future)) = self.running.get_mut(index) {
            match future.as_mut().poll(cx) {
                Poll::Pending => index = index.saturating_add(1),
                Poll::Ready(Ok(mut output)) => {
                    output.marks.hedged |= *number > 0;
                    // A retry further in has its own count for the call that won.
                    output.attempts = Some(output.attempts.unwrap_or(1).saturating_add(self.made));
                    return Poll::Ready(Ok(output));
                }
                Poll::Ready(Err(failure)) => {
                    drop(self.running.swap_remove(index));
                    self.failure = Some(failure);
                }
            }
        }
        match self.failure.take() {
            Some(mut failure) if self.running.is_empty() => {
                failure.attempts = Some(failure.attempts.unwrap_or(1).saturating_add(self.made));
                Poll::Ready(Err(failure))
            }
            failure => {
                self.failure = failure;
                Poll::Pending
            }
        }
    }

    /// Whether a further call was made, which is to be polled.
    fn poll_timer(&mut self, cx: &mut Context<'_>) -> bool {
        let Some((service, call)) = self.spare.as_ref().filter(|_| self.made < self.hedge.max_hedges) else {
            return false;
        };
        let after = self.hedge.after;
        if self.timer.get_or_insert_with(|| Box::pin(sleep(after))).as_mut().poll(cx).is_pending() {
            return false;
        }
        self.timer = None;
        self.made = self.made.saturating_add(1);
        self.running.push((self.made, Box::pin(later(service.clone(), call.clone()))));
        self.hedge.listeners.emit(&PluginEvent::Hedged { stage: &self.hedge.stage, hedge: self.made });
        true
    }
}

impl Future for HedgeFuture {
    type Output = Result<StageOutput, StageFailure>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        loop {
            if let Poll::Ready(result) = this.poll_running(cx) {
                this.running.clear();
                return Poll::Ready(result);
            }
            if !this.poll_timer(cx) {
                return Poll::Pending;
            }
        }
    }
}

#[cfg(test)]
#[path = "hedge_tests.rs"]
mod tests;
