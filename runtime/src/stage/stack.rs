//! A stage's service, ready for many calls.

use std::future::ready;
use std::mem;
use std::sync::{Mutex, TryLockError};
use std::task::{Context, Poll, Waker};

use tower::{Service as _, ServiceExt as _};

use super::{StageCall, StageFuture, StageService};

/// A handler inside its plugins, to be called by many at once.
///
/// A tower service is called by one at a time; others make copies of it, and a copy of a plugin list copies every plugin. So
/// one copy is kept for whoever finds it free, and only calls that begin in the same moment make their own.
#[derive(Debug)]
pub struct StageStack {
    template: StageService,
    /// Held while a call is begun, never while it is waited for.
    kept: Mutex<StageService>,
}

impl StageStack {
    /// A service that is called through shared references from now on.
    #[must_use]
    pub fn new(service: StageService) -> Self {
        Self { kept: Mutex::new(service.clone()), template: service }
    }

    /// Begins a call.
    #[must_use]
    pub fn call(&self, call: StageCall) -> StageFuture {
        let mut kept = match self.kept.try_lock() {
            Ok(kept) => kept,
            // A plugin that panicked may have left it half done, and nobody knows what was: it is not used again.
            Err(TryLockError::Poisoned(_) | TryLockError::WouldBlock) => {
                return Box::pin(self.template.clone().oneshot(call));
            }
        };
        match kept.poll_ready(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(())) => kept.call(call),
            Poll::Ready(Err(failure)) => Box::pin(ready(Err(failure))),
            Poll::Pending => {
                // It may stand in a queue by now, so it goes on with this call, and another is kept.
                let waiting = mem::replace(&mut *kept, self.template.clone());
                Box::pin(waiting.oneshot(call))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::call_on;
    use crate::{HandlerService, StageFailure, StageOutput, handler_fn};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
    use tokio::sync::oneshot;
    use tower::Layer as _;
    use tower::limit::ConcurrencyLimitLayer;

    fn call() -> StageCall {
        call_on("{}", &["s"]).unwrap()
    }

    /// A service that counts its copies.
    struct Counted(StageService, Arc<AtomicU32>);

    impl Clone for Counted {
        fn clone(&self) -> Self {
            self.1.fetch_add(1, Ordering::Relaxed);
            Self(self.0.clone(), Arc::clone(&self.1))
        }
    }

    impl tower::Service<StageCall> for Counted {
        type Response = StageOutput;
        type Error = StageFailure;
        type Future = StageFuture;

        fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), StageFailure>> {
            self.0.poll_ready(cx)
        }

        fn call(&mut self, call: StageCall) -> StageFuture {
            self.0.call(call)
        }
    }

    #[tokio::test]
    async fn calls_after_one_another_and_side_by_side_make_no_copies() {
        let copies = Arc::new(AtomicU32::new(0));
        let handler = HandlerService::boxed(Arc::new(handler_fn(|_: StageCall| async {
            tokio::task::yield_now().await;
            Ok(StageOutput::new(1))
        })));
        let stack = StageStack::new(StageService::new(Counted(handler, Arc::clone(&copies))));
        let before = copies.load(Ordering::Relaxed);
        let (one, other) = tokio::join!(stack.call(call()), stack.call(call()));
        assert_eq!((one.unwrap().result, other.unwrap().result), (1.into(), 1.into()));
        stack.call(call()).await.unwrap();
        assert_eq!(copies.load(Ordering::Relaxed), before);
    }

    #[tokio::test]
    async fn a_service_that_makes_calls_queue_hands_its_places_on() {
        let (sender, receiver) = oneshot::channel::<()>();
        let first = Arc::new(std::sync::Mutex::new(Some(receiver)));
        let handler = HandlerService::boxed(Arc::new(handler_fn(move |_: StageCall| {
            let first = first.lock().unwrap().take();
            async move {
                if let Some(end) = first {
                    end.await.unwrap();
                }
                Ok(StageOutput::new(1))
            }
        })));
        let stack = StageStack::new(StageService::new(ConcurrencyLimitLayer::new(1).layer(handler)));
        // Begun in order: the second and third wait for the place of the first, and nobody else may take it meanwhile.
        let (one, two, three) = (stack.call(call()), stack.call(call()), stack.call(call()));
        let waiting = tokio::spawn(async move { (two.await.unwrap(), three.await.unwrap()) });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        sender.send(()).unwrap();
        one.await.unwrap();
        waiting.await.unwrap();
        stack.call(call()).await.unwrap();
    }

    #[tokio::test]
    async fn a_plugin_that_panics_at_the_beginning_of_a_call_is_not_used_again() {
        let panics = Arc::new(AtomicBool::new(true));
        let service = tower::service_fn(move |_: StageCall| {
            assert!(!panics.swap(false, Ordering::Relaxed), "as told");
            ready(Ok::<_, StageFailure>(StageOutput::new(1)))
        });
        let stack = StageStack::new(StageService::new(service));
        let begun = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(stack.call(call()))));
        assert!(begun.is_err());
        assert_eq!(stack.call(call()).await.unwrap().result, 1.into());
    }
}
