//! Times that a call carries from plugin to plugin, so that a list of them looks at the clock twice and not twice each.
//!
//! ```text
//! engine ─ made ─▶ metrics ─ made ─▶ breaker ─ made ─▶ handler      who needs the time takes the call's, and sets it where there is none
//!        ◀─ came ─         ◀─ came ─         ◀─ came ─              the same with the result's, on the way out
//! ```
//!
//! Both hold for as long as nobody waits: who keeps a call or a result for a while forgets its time.

use tokio::time::Instant;

use super::{StageFailure, StageOutput};

/// When a result came, as soon as somebody asked. Results are equal whenever they came.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Came(Option<Instant>);

impl PartialEq for Came {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Came {}

fn of(result: &mut Result<StageOutput, StageFailure>) -> &mut Came {
    match result {
        Ok(output) => &mut output.came,
        Err(failure) => &mut failure.came,
    }
}

/// When a result came that is passed on at once.
pub(crate) fn came(result: &mut Result<StageOutput, StageFailure>) -> Instant {
    *of(result).0.get_or_insert_with(Instant::now)
}

/// A result that was kept for a while, and comes now.
pub(crate) fn comes_now(mut result: Result<StageOutput, StageFailure>) -> Result<StageOutput, StageFailure> {
    *of(&mut result) = Came::default();
    result
}
