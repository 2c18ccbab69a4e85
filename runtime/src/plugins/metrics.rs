//! Counts calls, failures and time of a stage.

use super::ended::Dropped;
use crate::stage::{Limit, came};
use crate::{FailureKind, StageCall, StageFailure, StageFuture, StageOutput, StageService};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::Instant;

/// The counters of one `metrics` plugin. Each is exact; together they are read one after the other, while calls go on.
#[derive(Default, Debug)]
pub struct StageMetrics {
    count: AtomicU64,
    errors: AtomicU64,
    timeouts: AtomicU64,
    rejections: AtomicU64,
    cancelled: AtomicU64,
    total_time_ns: AtomicU64,
    times: [AtomicU64; BUCKETS],
}

/// How many classes of times there are: shorter than 1, 2, 4 … microseconds, the last for 67 s and more.
pub const BUCKETS: usize = 28;

/// What the counters stand at.
#[derive(Clone, Copy, PartialEq, Default, Debug, serde::Serialize)]
#[non_exhaustive]
pub struct MetricsSnapshot {
    /// Calls, counted when they start.
    pub count: u64,
    /// Calls that failed, with timeouts and rejections.
    pub errors: u64,
    /// Calls that ran out of time.
    pub timeouts: u64,
    /// Calls that a plugin further in rejected: breaker open, no capacity.
    pub rejections: u64,
    /// Calls that the caller gave up before their deadline; no errors.
    pub cancelled: u64,
    /// Time of all calls that ended, in milliseconds.
    pub total_time_ms: f64,
    /// `total_time_ms` per call, in milliseconds; 0 without calls.
    pub avg_time_ms: f64,
    /// Share of calls without an error, in percent; 0 without calls. Calls under way count as successes.
    pub success_rate: f64,
    /// Calls that ended, by time: entry `n` counts those shorter than 2ⁿ microseconds and not shorter than half of that, the last
    /// all others.
    pub histogram: [u64; BUCKETS],
}

impl MetricsSnapshot {
    /// A time, in milliseconds, that this share of the calls (0 to 1) did not reach: exact to a factor of 2; 0 without calls.
    #[must_use]
    pub fn quantile_ms(&self, share: f64) -> f64 {
        let total: u64 = self.histogram.iter().fold(0, |sum, count| sum.saturating_add(*count));
        let mut seen = 0_u64;
        for (bucket, count) in (0_i32..).zip(&self.histogram) {
            seen = seen.saturating_add(*count);
            if seen > 0 && seen as f64 >= total as f64 * share {
                return 2_f64.powi(bucket) / 1e3;
            }
        }
        0.0
    }
}

/// The class of a time.
fn bucket(time: Duration) -> usize {
    let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    let bits = u64::BITS.saturating_sub(micros.leading_zeros());
    usize::try_from(bits).unwrap_or(BUCKETS).min(BUCKETS.saturating_sub(1))
}

impl StageMetrics {
    /// What the counters stand at.
    #[must_use]
    pub fn snapshot(&self) -> MetricsSnapshot {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        // Errors before calls: a call that starts in between then cannot make more errors than calls.
        let errors = read(&self.errors);
        let count = read(&self.count);
        let total_time_ms = read(&self.total_time_ns) as f64 / 1e6;
        let per_call = |sum: f64| if count == 0 { 0.0 } else { sum / count as f64 };
        MetricsSnapshot {
            count,
            errors,
            timeouts: read(&self.timeouts),
            rejections: read(&self.rejections),
            cancelled: read(&self.cancelled),
            total_time_ms,
            avg_time_ms: per_call(total_time_ms),
            success_rate: per_call(count.saturating_sub(errors) as f64 * 100.0),
            histogram: std::array::from_fn(|bucket| self.times.get(bucket).map_or(0, read)),
        }
    }

    fn start(&self) {
        self.count.fetch_add(1, Ordering::Relaxed);
    }

    fn finish(&self, time: Duration, failure: Option<FailureKind>) {
        self.total_time_ns.fetch_add(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
        if let Some(count) = self.times.get(bucket(time)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        let Some(kind) = failure else { return };
        match kind {
            FailureKind::Timeout | FailureKind::Deadline => self.timeouts.fetch_add(1, Ordering::Relaxed),
            kind if kind.is_rejection() => self.rejections.fetch_add(1, Ordering::Relaxed),
            _ => 0,
        };
        self.errors.fetch_add(1, Ordering::Relaxed);
    }
}

/// Counts the calls of a service.
#[derive(Clone, Debug)]
pub(super) struct MetricsLayer {
    pub(super) metrics: Arc<StageMetrics>,
}

impl tower::Layer<StageService> for MetricsLayer {
    type Service = MetricsService;

    fn layer(&self, inner: StageService) -> MetricsService {
        MetricsService { metrics: Arc::clone(&self.metrics), inner }
    }
}

/// A stage service whose calls are counted.
#[derive(Clone, Debug)]
pub(super) struct MetricsService {
    metrics: Arc<StageMetrics>,
    inner: StageService,
}

impl tower::Service<StageCall> for MetricsService {
    type Response = StageOutput;
    type Error = StageFailure;
    type Future = MetricsFuture;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), StageFailure>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut call: StageCall) -> MetricsFuture {
        self.metrics.start();
        let mut guard =
            Guard { metrics: Some(Arc::clone(&self.metrics)), began: call.made(), limit: call.limit(), inside: true };
        let inner = self.inner.call(call);
        guard.inside = false;
        MetricsFuture { guard, inner }
    }
}

/// A call that is counted when it ends.
pub(super) struct MetricsFuture {
    guard: Guard,
    inner: StageFuture,
}

impl Future for MetricsFuture {
    type Output = Result<StageOutput, StageFailure>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.guard.inside = true;
        let polled = self.inner.as_mut().poll(cx);
        self.guard.inside = false;
        let mut result = ready!(polled);
        if let Some(metrics) = self.guard.metrics.take() {
            let time = came(&mut result).saturating_duration_since(self.guard.began);
            metrics.finish(time, result.as_ref().err().map(StageFailure::root_kind));
        }
        Poll::Ready(result)
    }
}

/// Counts a call however it ends.
struct Guard {
    metrics: Option<Arc<StageMetrics>>,
    began: Instant,
    limit: Limit,
    /// The service is being called or polled; still so when this is dropped, it panicked.
    inside: bool,
}

impl Drop for Guard {
    fn drop(&mut self) {
        let Some(metrics) = self.metrics.take() else { return };
        let failure = match Dropped::now(self.limit, self.inside) {
            Dropped::Cancelled => {
                metrics.cancelled.fetch_add(1, Ordering::Relaxed);
                None
            }
            Dropped::TimedOut => Some(FailureKind::Timeout),
            Dropped::Panicked => Some(FailureKind::Panicked),
        };
        metrics.finish(self.began.elapsed(), failure);
    }
}

#[cfg(test)]
mod tests;
