//! What stores on servers share.

use std::future::Future;
use std::time::Duration;

use crate::StoreError;
use crate::waiters::Poll;

/// Notifications reach those who wait; this is how often they look all the same, in case one was lost.
pub(crate) const SAFETY_POLL: Poll = Poll::Backoff(Duration::from_millis(10), Duration::from_millis(500));

/// How long a listener rests before it connects again.
#[cfg(any(feature = "redis", feature = "postgres"))]
pub(crate) const LISTEN_AGAIN: Duration = Duration::from_millis(200);

/// An operation within its deadline.
pub(crate) async fn within<T>(
    store: &'static str,
    operation: &'static str,
    deadline: Duration,
    work: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    tokio::time::timeout(deadline, work).await.unwrap_or(Err(StoreError::Deadline {
        store,
        operation,
        after: deadline,
    }))
}

/// Lets clients that ask for "the" cryptography of the process find ring; a host that chose another keeps it.
#[cfg(feature = "redis")]
pub(crate) fn cryptography() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}
