//! What the exports of a module do: `stage_init` and `stage_run` of the core ABI.

use crate::imports::host;
use crate::{Event, Stage, StageError};

/// Runs the stage once and hands its answer to the host. Returns 0, or 1 if it failed.
pub fn run_stage(stage: &Stage) -> i32 {
    match (stage.run)(&Event::new()) {
        Ok(outcome) => {
            if let Some(data) = &outcome.data {
                host::set_data(data);
            }
            host::set_result(&outcome.result, outcome.confidence.unwrap_or(f64::NAN));
            0
        }
        Err(error) => report(&error),
    }
}

/// Runs the stage's `init`, if it has one. Returns 0, or 1 if it failed.
pub fn init_stage(stage: &Stage) -> i32 {
    match stage.init.map(|init| init()) {
        Some(Err(error)) => report(&error),
        _ => 0,
    }
}

fn report(error: &StageError) -> i32 {
    let retry_after = error.retry_after_ms.map_or(-1, |ms| i64::try_from(ms).unwrap_or(i64::MAX));
    host::fail(error.code as i32, error.status.unwrap_or(0), retry_after, error.retryable, &error.message);
    1
}
