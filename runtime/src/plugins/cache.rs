//! Answers from an earlier result of the stage for the same input.
//!
//! A hit keeps result, confidence, data and writes, and says that it is one and how old; fuel, memory and log belong to
//! the call that made it and are gone. Failures are never kept. `cache_enabled` on a stage and the plugin are this layer.

mod key;
mod store;

use crate::{StageCall, StageFailure, StageFuture, StageOutput, StageService};
use cascata_config::CacheOptions;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

pub use key::Reads;
use key::{Key, Keyer};
pub use store::CacheSnapshot;
pub(super) use store::Store;

use super::{PluginContext, PluginError, Registry, StageLayer};

/// The cache of a stage that sets `cache_enabled` (or `enable_caching`) instead of listing the plugin.
///
/// # Errors
/// [`PluginError::NotCacheable`] when the stage may use what no key can hold, and `options` do not allow that.
pub fn layer(registry: &Registry, options: &CacheOptions, cx: &PluginContext) -> Result<StageLayer, PluginError> {
    registry.cache_layer(options, cx)
}

/// Puts a cache in front of a service.
#[derive(Clone, Debug)]
pub(super) struct CacheLayer {
    store: Arc<Store>,
    keyer: Arc<Keyer>,
    ttl: Duration,
    max_entries: usize,
}

impl CacheLayer {
    /// The cache of a stage.
    ///
    /// # Errors
    /// When the stage may use what no key can hold, and the options do not allow that.
    pub(super) fn new(options: &CacheOptions, store: Arc<Store>, cx: &PluginContext) -> Result<Self, PluginError> {
        if !options.cacheable && !cx.impure.is_empty() {
            return Err(PluginError::NotCacheable { stage: cx.stage.to_string(), because: cx.impure.clone() });
        }
        Ok(Self {
            store,
            keyer: Arc::new(Keyer::new(cx)),
            ttl: Duration::from_secs(options.ttl_seconds),
            max_entries: usize::try_from(options.max_entries.get()).unwrap_or(usize::MAX),
        })
    }
}

impl tower::Layer<StageService> for CacheLayer {
    type Service = CacheService;

    fn layer(&self, inner: StageService) -> CacheService {
        CacheService { layer: self.clone(), inner }
    }
}

/// A stage service with a cache.
#[derive(Clone, Debug)]
pub(super) struct CacheService {
    layer: CacheLayer,
    inner: StageService,
}

impl tower::Service<StageCall> for CacheService {
    type Response = StageOutput;
    type Error = StageFailure;
    type Future = CacheFuture;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), StageFailure>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, call: StageCall) -> CacheFuture {
        if self.layer.ttl.is_zero() {
            return CacheFuture::Miss { inner: self.inner.call(call), keep: None };
        }
        let key = self.layer.keyer.key(&call);
        match self.layer.store.get(&key, self.layer.ttl) {
            Some((kept, age)) => {
                let mut output = (*kept).clone();
                output.cached = Some(age);
                CacheFuture::Hit(Some(Box::new(output)))
            }
            None => {
                let keep = Some(Keep { key, store: Arc::clone(&self.layer.store), max: self.layer.max_entries });
                CacheFuture::Miss { inner: self.inner.call(call), keep }
            }
        }
    }
}

/// Where the result of a miss goes.
pub(super) struct Keep {
    key: Key,
    store: Arc<Store>,
    max: usize,
}

/// A kept result, or a call whose result will be kept.
pub(super) enum CacheFuture {
    Hit(Option<Box<StageOutput>>),
    Miss { inner: StageFuture, keep: Option<Keep> },
}

impl Future for CacheFuture {
    type Output = Result<StageOutput, StageFailure>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.get_mut() {
            // Polled again after it is ready, a future may wait for ever.
            Self::Hit(output) => output.take().map_or(Poll::Pending, |output| Poll::Ready(Ok(*output))),
            Self::Miss { inner, keep } => {
                let result = ready!(inner.as_mut().poll(cx));
                if let (Ok(output), Some(keep)) = (&result, keep.take())
                    // A hit of a cache further in is as old as it is; keeping it would make it young again.
                    && output.cached.is_none()
                {
                    keep.store.insert(keep.key, Arc::new(kept(output)), keep.max);
                }
                Poll::Ready(result)
            }
        }
    }
}

/// What is kept of an output: what the stage decided, not what deciding took.
fn kept(output: &StageOutput) -> StageOutput {
    StageOutput {
        result: output.result.clone(),
        confidence: output.confidence.clone(),
        data: output.data.clone(),
        writes: output.writes.clone(),
        ..StageOutput::default()
    }
}

#[cfg(test)]
mod tests;
