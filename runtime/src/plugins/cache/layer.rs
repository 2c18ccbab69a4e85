//! The cache around a stage service.

use super::kept;
use super::key::{Key, Keyer};
use super::remote::Remote;
use super::store::{Found, Kept, Store};
use crate::plugins::around::{Around, later};
use crate::plugins::event::{Listeners, PluginEvent};
use crate::plugins::flight::{Flights, Lead, Seat};
use crate::plugins::retry::kinds;
use crate::plugins::stores::NamedStore;
use crate::plugins::{PluginContext, PluginError};
use crate::stage::{Came, came, comes_now};
use crate::{FailureKind, StageCall, StageFailure, StageFuture, StageOutput, StageService};
use cascata_config::CacheOptions;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::Instant;
use tower::Service as _;

type Outcome = Result<StageOutput, StageFailure>;

/// The cache of one stage.
pub(in crate::plugins) struct Cache {
    keeper: Arc<Keeper>,
    keyer: Keyer,
    ttl: Duration,
    single_flight: bool,
    flights: Arc<Flights>,
    stage: Arc<str>,
    listeners: Arc<Listeners>,
}

/// What is kept, and for how long.
struct Keeper {
    store: Arc<Store>,
    /// Where results are in place of it, for all processes; it only counts then.
    remote: Option<Remote>,
    max_entries: usize,
    /// Until a result may no longer be served.
    lifetime: Duration,
    negative_ttl: Duration,
    /// None for the failures that say another attempt would not help.
    negative_on: Option<Vec<FailureKind>>,
}

impl Cache {
    /// The cache of a stage.
    ///
    /// # Errors
    /// When the stage may use what no key can hold, and the options do not allow that.
    pub(in crate::plugins) fn new(
        options: &CacheOptions,
        store: Arc<Store>,
        shared: Option<Arc<NamedStore>>,
        cx: &PluginContext,
        listeners: Arc<Listeners>,
    ) -> Result<Self, PluginError> {
        let remote = shared.map(|store| Remote::new(&cx.own_name(), store)).transpose();
        cx.check_cacheable(options.cacheable)?;
        let negative_on = options.negative_on.as_deref().map(|names| kinds("negative_on", names)).transpose();
        let keeper = Keeper {
            store,
            remote: remote.map_err(|message| cx.refused("cache", message))?,
            lifetime: Duration::from_secs(options.ttl_seconds.saturating_add(options.stale_seconds)),
            max_entries: usize::try_from(options.max_entries.get()).unwrap_or(usize::MAX),
            negative_ttl: Duration::from_secs(options.negative_ttl_seconds),
            negative_on: negative_on.map_err(|message| cx.refused("cache", message))?,
        };
        Ok(Self {
            keeper: Arc::new(keeper),
            keyer: Keyer::new(cx),
            ttl: Duration::from_secs(options.ttl_seconds),
            single_flight: options.single_flight,
            flights: Arc::default(),
            stage: Arc::clone(&cx.stage),
            listeners,
        })
    }

    /// Tells that a call gets what another came to.
    fn reused(&self, age: Option<Duration>, stale: bool) {
        self.listeners.emit(&PluginEvent::Reused { plugin: "cache", stage: &self.stage, age, stale });
    }

    /// What is kept under a key, if it may be served.
    fn look_up(&self, key: &Key, now: Instant) -> Option<Found> {
        self.keeper.store.get(key, now, |kept, age| age < self.keeper.lifetime(kept))
    }

    /// A call whose result all processes keep together.
    async fn among_all(self: Arc<Self>, remote: Remote, key: Key, inner: StageService, call: StageCall) -> Outcome {
        let found = remote.get(&key).await.filter(|found| found.age < self.keeper.lifetime(&found.kept));
        self.keeper.store.count(found.is_some());
        if let Some(found) = found {
            return self.hit(found, key, &inner, call).await;
        }
        let lead = match self.single_flight.then(|| self.flights.board(key)) {
            Some(Seat::Follow(flight)) => {
                self.reused(None, false);
                let keeper = Arc::clone(&self.keeper);
                let done = move |result: &Outcome| keeper.keep_behind(key, result);
                return Arc::clone(&self.flights).follow(flight, key, inner, call, done).await;
            }
            Some(Seat::Lead(lead)) => Some(lead),
            None => None,
        };
        let outcome = later(inner, call).await;
        self.keeper.keep(key, &outcome).await;
        if let Some(lead) = lead {
            lead.land(&outcome);
        }
        comes_now(outcome)
    }

    /// Makes a new result behind one that is served although its time is over, unless somebody does already.
    fn renew(self: &Arc<Self>, key: Key, inner: &StageService, call: StageCall) {
        if self.flights.is_under_way(&key) {
            return;
        }
        if let Seat::Lead(lead) = self.flights.board(key) {
            let (keeper, inner) = (Arc::clone(&self.keeper), inner.clone());
            let renewal = async move {
                // Nobody waits for it, so it keeps its own deadline.
                let deadline = call.deadline;
                if let Ok(result) = tokio::time::timeout_at(deadline, later(inner, call)).await {
                    keeper.keep(key, &result).await;
                    lead.land(&result);
                }
            };
            // Dropped at once outside of a runtime: the next call tries again.
            if let Ok(runtime) = tokio::runtime::Handle::try_current() {
                runtime.spawn(renewal);
            }
        }
    }

    fn hit(self: &Arc<Self>, found: Found, key: Key, inner: &StageService, call: StageCall) -> CacheFuture {
        self.reused(Some(found.age), matches!(&*found.kept, Kept::Output(_)) && found.age >= self.ttl);
        let result = match &*found.kept {
            Kept::Output(output) => {
                let mut output = output.clone();
                output.cached = Some(found.age);
                output.marks.stale = found.age >= self.ttl;
                if output.marks.stale {
                    self.renew(key, inner, call);
                }
                Ok(output)
            }
            Kept::Failure(failure) => Err(failure.clone()),
        };
        CacheFuture::Hit(Some(result))
    }

    fn miss(self: &Arc<Self>, key: Key, inner: &mut StageService, call: StageCall) -> CacheFuture {
        let keep = |lead| Some(Keep { key, keeper: Arc::clone(&self.keeper), lead });
        if !self.single_flight {
            return CacheFuture::Miss { inner: inner.call(call), keep: keep(None) };
        }
        match self.flights.board(key) {
            Seat::Lead(lead) => CacheFuture::Miss { inner: inner.call(call), keep: keep(Some(lead)) },
            Seat::Follow(flight) => {
                self.reused(None, false);
                let keeper = Arc::clone(&self.keeper);
                let done = move |result: &Outcome| keeper.keep_here(key, result, Instant::now());
                let followed = Arc::clone(&self.flights).follow(flight, key, inner.clone(), call, done);
                CacheFuture::Miss { inner: Box::pin(followed), keep: None }
            }
        }
    }
}

impl Around for Cache {
    type Future = CacheFuture;

    fn call(self: &Arc<Self>, inner: &mut StageService, mut call: StageCall) -> CacheFuture {
        if self.keeper.lifetime.is_zero() && self.keeper.negative_ttl.is_zero() {
            return CacheFuture::Miss { inner: inner.call(call), keep: None };
        }
        let key = self.keyer.key(&call);
        if let Some(remote) = self.keeper.remote.clone() {
            let asked = Arc::clone(self).among_all(remote, key, inner.clone(), call);
            return CacheFuture::Miss { inner: Box::pin(asked), keep: None };
        }
        match self.look_up(&key, call.made()) {
            Some(found) => self.hit(found, key, inner, call),
            None => self.miss(key, inner, call),
        }
    }
}

impl Keeper {
    /// How old something may be and still be served.
    fn lifetime(&self, kept: &Kept) -> Duration {
        match kept {
            Kept::Output(_) => self.lifetime,
            Kept::Failure(_) => self.negative_ttl,
        }
    }

    /// Keeps what a call came to, if that is to be kept: here, or for all processes.
    async fn keep(&self, key: Key, result: &Outcome) {
        let Some(remote) = &self.remote else { return self.keep_here(key, result, Instant::now()) };
        if let Some(kept) = self.to_keep(result).filter(|kept| !self.lifetime(kept).is_zero()) {
            remote.put(&key, &kept, self.lifetime(&kept)).await;
        }
    }

    /// The same where nobody can wait for it.
    fn keep_behind(self: Arc<Self>, key: Key, result: &Outcome) {
        // Outside of a runtime it is not kept.
        if let (Some(kept), Some(remote), Ok(runtime)) =
            (self.to_keep(result), self.remote.clone(), tokio::runtime::Handle::try_current())
        {
            let lifetime = self.lifetime(&kept);
            runtime.spawn(async move { remote.put(&key, &kept, lifetime).await });
        }
    }

    /// The same in memory.
    fn keep_here(&self, key: Key, result: &Outcome, now: Instant) {
        if let Some(kept) = self.to_keep(result) {
            self.store.insert(key, Arc::new(kept), now, self.max_entries);
        }
    }

    fn to_keep(&self, result: &Outcome) -> Option<Kept> {
        Some(match result {
            // A hit of a cache further in is as old as it is; keeping it would make it young again. And what stands in for a
            // failure is no result of this input.
            Ok(output) if output.cached.is_some() || output.marks.degraded => return None,
            Ok(output) => Kept::Output(kept(output)),
            Err(failure) if self.keeps(failure) => {
                let mut failure = failure.clone();
                // A kept failure took nothing and said nothing.
                failure.attempts = Some(0);
                failure.fuel = None;
                failure.memory_bytes = None;
                failure.logs = Vec::new();
                failure.came = Came::default();
                Kept::Failure(failure)
            }
            Err(_) => return None,
        })
    }

    fn keeps(&self, failure: &StageFailure) -> bool {
        let kind = failure.root_kind();
        let listed = self.negative_on.as_ref().map(|kinds| kinds.contains(&kind));
        !self.negative_ttl.is_zero() && listed.unwrap_or(!failure.retryable && !kind.is_rejection())
    }
}

/// Where the result of a miss goes.
pub(in crate::plugins) struct Keep {
    key: Key,
    keeper: Arc<Keeper>,
    lead: Option<Lead>,
}

/// A kept outcome, or a call whose outcome will be kept.
pub(in crate::plugins) enum CacheFuture {
    Hit(Option<Outcome>),
    Miss { inner: StageFuture, keep: Option<Keep> },
}

impl Future for CacheFuture {
    type Output = Result<StageOutput, StageFailure>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.get_mut() {
            // Polled again after it is ready, a future may wait for ever.
            Self::Hit(result) => result.take().map_or(Poll::Pending, Poll::Ready),
            Self::Miss { inner, keep } => {
                let mut result = ready!(inner.as_mut().poll(cx));
                if let Some(Keep { key, keeper, lead }) = keep.take() {
                    let now = came(&mut result);
                    keeper.keep_here(key, &result, now);
                    if let Some(lead) = lead {
                        lead.land(&result);
                    }
                }
                Poll::Ready(result)
            }
        }
    }
}
