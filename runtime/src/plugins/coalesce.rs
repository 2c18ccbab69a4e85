//! Makes one call of several with the same input that come at the same time. Nothing is kept once it has ended.

use super::around::Around;
use super::cache::{Key, Keyer};
use super::event::{Listeners, PluginEvent};
use super::flight::{Flights, Lead, Seat};
use super::{PluginContext, PluginError};
use crate::{StageCall, StageFailure, StageFuture, StageOutput, StageService};
use cascata_config::CoalesceOptions;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tower::Service as _;

/// The calls of one stage.
pub(super) struct Coalesce {
    stage: Arc<str>,
    listeners: Arc<Listeners>,
    keyer: Keyer,
    flights: Arc<Flights>,
}

impl Coalesce {
    /// For the calls of a stage.
    ///
    /// # Errors
    /// When the stage may use what no key can hold, and the options do not allow that.
    pub(super) fn new(
        options: &CoalesceOptions,
        cx: &PluginContext,
        listeners: Arc<Listeners>,
    ) -> Result<Self, PluginError> {
        cx.check_cacheable(options.cacheable)?;
        Ok(Self { stage: Arc::clone(&cx.stage), listeners, keyer: Keyer::new(cx), flights: Arc::default() })
    }
}

impl Around for Coalesce {
    type Future = CoalesceFuture;

    fn call(self: &Arc<Self>, inner: &mut StageService, call: StageCall) -> CoalesceFuture {
        let key: Key = self.keyer.key(&call);
        match self.flights.board(key) {
            Seat::Lead(lead) => CoalesceFuture { inner: inner.call(call), lead: Some(lead) },
            Seat::Follow(flight) => {
                self.listeners.emit(&PluginEvent::Reused {
                    plugin: "coalesce",
                    stage: &self.stage,
                    age: None,
                    stale: false,
                });
                let flights = Arc::clone(&self.flights);
                let followed = flights.follow(flight, key, inner.clone(), call, |_| ());
                CoalesceFuture { inner: Box::pin(followed), lead: None }
            }
        }
    }
}

/// A call that leads others, or follows one.
pub(super) struct CoalesceFuture {
    inner: StageFuture,
    lead: Option<Lead>,
}

impl Future for CoalesceFuture {
    type Output = Result<StageOutput, StageFailure>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let result = ready!(self.inner.as_mut().poll(cx));
        if let Some(lead) = self.lead.take() {
            lead.land(&result);
        }
        Poll::Ready(result)
    }
}

#[cfg(test)]
#[path = "coalesce_tests.rs"]
mod tests;
