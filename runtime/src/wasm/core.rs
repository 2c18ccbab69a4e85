//! Running a core stage: an instance of its own, or one from the pool.

use std::sync::Arc;

use tokio::sync::OwnedSemaphorePermit;

use super::budget::Budget;
use super::instance::Instance;
use super::stage::Inner;
use crate::stage::{StageCall, StageFailure, StageOutput};

/// Runs one call.
pub(super) async fn run(stage: &Inner, call: StageCall) -> Result<StageOutput, StageFailure> {
    let template = &stage.template;
    let budget = Budget::plan(&template.spec.handler, &call, template.is_async)?;
    let Some(pool) = &stage.pool else {
        let mut instance = fresh(stage, call, &budget).await?;
        return instance.run(&budget).await.result;
    };
    let turn = pool.turn(budget.deadline).await?;
    let mut instance = match pool.take() {
        Some(mut instance) => {
            instance.begin(call);
            instance
        }
        None => fresh(stage, call, &budget).await?,
    };
    let finished = instance.run(&budget).await;
    if finished.is_reusable {
        Arc::clone(pool).give_back(instance);
    } else {
        drop(instance);
    }
    // Only now may the next caller look for an idle instance.
    drop(turn);
    finished.result
}

async fn fresh(stage: &Inner, call: StageCall, budget: &Budget) -> Result<Instance, StageFailure> {
    let permit: OwnedSemaphorePermit = stage.host.permit(budget.deadline).await?;
    let mut instance = Instance::new(&stage.template, None, permit);
    instance.begin(call);
    instance.initialise(&stage.template, budget).await?;
    Ok(instance)
}
