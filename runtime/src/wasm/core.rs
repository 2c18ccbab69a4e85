//! Running a core stage: an instance of its own, or one from the pool.
//!
//! Three ways, from short to long: an idle instance and a budget within one yield interval run to the end without an await
//! ([`inline`]); an idle instance with a larger budget is awaited; anything else waits for a place and makes an instance.
//! Each longer way lies in a future of its own, so that the short ones don't carry its state.

use std::sync::Arc;

use tokio::sync::SemaphorePermit;

use super::budget::Budget;
use super::instance::{Finished, Instance};
use super::pool::Pool;
use super::stage::Inner;
use crate::stage::{StageCall, StageFailure, StageOutput};

type Outcome = Result<StageOutput, StageFailure>;

/// Runs a call without awaiting anything, if an instance is idle and the budget within one yield interval; gives the call
/// back otherwise.
pub(super) fn inline(stage: &Inner, call: StageCall) -> Result<Outcome, StageCall> {
    let Some(pool) = &stage.pool else { return Err(call) };
    if stage.template.is_async {
        return Err(call);
    }
    let budget = match Budget::plan(&stage.template.spec.handler, &call, false) {
        Ok(budget) if budget.is_inline() => budget,
        Ok(_) => return Err(call),
        Err(failure) => return Ok(Err(failure)),
    };
    let Some(turn) = pool.try_turn() else { return Err(call) };
    let Some(mut instance) = pool.take() else { return Err(call) };
    if instance.is_async() {
        // A larger budget has set it up to yield; it goes back for the others.
        pool.give_back(instance);
        return Err(call);
    }
    instance.begin(call);
    let finished = instance.run_inline(&budget);
    Ok(conclude(pool, turn, instance, finished))
}

/// Runs a call.
pub(super) async fn run(stage: &Inner, call: StageCall) -> Outcome {
    let template = &stage.template;
    let budget = Budget::plan(&template.spec.handler, &call, template.is_async)?;
    let Some(pool) = &stage.pool else {
        let mut instance = fresh(stage, call, &budget).await?;
        return instance.run(&budget).await.result;
    };
    let turn = match pool.try_turn() {
        Some(turn) => turn,
        None => Box::pin(pool.turn(budget.deadline)).await?,
    };
    let mut instance = match pool.take() {
        Some(mut instance) => {
            instance.begin(call);
            instance
        }
        None => Box::pin(fresh(stage, call, &budget)).await?,
    };
    let finished = instance.run(&budget).await;
    conclude(pool, turn, instance, finished)
}

/// Keeps the instance if it may be used again. The turn goes last: only then may the next caller look for an idle one.
fn conclude(pool: &Arc<Pool>, turn: SemaphorePermit<'_>, instance: Instance, finished: Finished) -> Outcome {
    if finished.is_reusable {
        pool.give_back(instance);
    } else {
        drop(instance);
    }
    drop(turn);
    finished.result
}

async fn fresh(stage: &Inner, call: StageCall, budget: &Budget) -> Result<Instance, StageFailure> {
    let permit = match stage.host.try_permit() {
        Some(permit) => permit,
        None => Box::pin(stage.host.permit(budget.deadline)).await?,
    };
    let mut instance = Instance::new(&stage.template, None, permit);
    instance.begin(call);
    instance.initialise(&stage.template, budget).await?;
    Ok(instance)
}
