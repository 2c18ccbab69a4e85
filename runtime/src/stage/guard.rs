//! A handler's panic is a failure of its stage and of nothing else.

use std::any::Any;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use super::{AtOnce, FailureKind, StageCall, StageFailure, StageFuture, StageHandler, StageOutput};

/// Runs a call at once, if the handler can; a panic is its failure.
pub(crate) fn at_once(handler: &dyn StageHandler, call: StageCall) -> AtOnce {
    catch_unwind(AssertUnwindSafe(|| handler.call_at_once(call)))
        .unwrap_or_else(|panic| AtOnce::Done(Err(panicked(&*panic))))
}

/// Starts a call; a panic, now or while it runs, is its failure.
pub(crate) fn start(start: impl FnOnce() -> StageFuture) -> Guarded {
    match catch_unwind(AssertUnwindSafe(start)) {
        Ok(future) => Guarded::Running(future),
        Err(panic) => Guarded::Ended(Some(Err(panicked(&*panic)))),
    }
}

/// A call under way, or what came of it when it needed no waiting.
#[expect(clippy::large_enum_variant, reason = "an outcome in a box of its own would cost every call an allocation")]
pub enum Guarded {
    /// It has begun.
    Running(StageFuture),
    /// It is over; `None` once its outcome was taken.
    Ended(Option<Result<StageOutput, StageFailure>>),
}

impl std::fmt::Debug for Guarded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Running(_) => "Running",
            Self::Ended(_) => "Ended",
        })
    }
}

impl Future for Guarded {
    type Output = Result<StageOutput, StageFailure>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        match this {
            // After a panic the future is dropped, so nobody sees what it left half done.
            Self::Running(future) => match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
                Ok(polled) => polled,
                Err(panic) => {
                    *this = Self::Ended(None);
                    Poll::Ready(Err(panicked(&*panic)))
                }
            },
            // Polled again after it is ready, a future may wait for ever.
            Self::Ended(outcome) => outcome.take().map_or(Poll::Pending, Poll::Ready),
        }
    }
}

fn panicked(panic: &(dyn Any + Send)) -> StageFailure {
    let said = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    StageFailure::new(FailureKind::Panicked, format!("The handler panicked: {}", said.unwrap_or("without a message")))
}
