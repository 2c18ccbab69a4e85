//! Running a core stage: an instance of its own, or one from the pool.
//!
//! Three ways, from short to long: an idle instance and a budget within one yield interval run to the end without an await
//! ([`inline`]); an idle instance with a larger budget is awaited; anything else waits for a place and makes an instance.
//! Each longer way lies in a future of its own, so that the short ones don't carry its state.

use super::budget::Budget;
use super::instance::{Finished, Instance};
use super::pool::Turn;
use super::stage::Inner;
use crate::stage::{AtOnce, StageCall, StageFailure, StageOutput};

type Outcome = Result<StageOutput, StageFailure>;

/// Runs a call without awaiting anything, if an instance is idle and the budget within one yield interval; gives the call
/// back otherwise.
pub(super) fn inline(stage: &Inner, call: StageCall) -> AtOnce {
    let Some(pool) = &stage.pool else { return AtOnce::Later(call) };
    if stage.template.is_async {
        return AtOnce::Later(call);
    }
    let budget = match Budget::plan(&stage.template.spec.handler, &call, false) {
        Ok(budget) if budget.is_inline() => budget,
        Ok(_) => return AtOnce::Later(call),
        Err(failure) => return AtOnce::Done(Err(failure)),
    };
    // One that a larger budget has set up to yield stays for the others.
    let Some((turn, mut instance)) = pool.try_take(|instance| !instance.is_async()) else {
        return AtOnce::Later(call);
    };
    instance.begin(call);
    let mut is_reusable = false;
    // Made where it is returned, for it is large.
    let done = AtOnce::Done(instance.run_inline(&budget, &mut is_reusable));
    conclude(turn, instance, is_reusable);
    done
}

/// Runs a call.
pub(super) async fn run(stage: &Inner, call: StageCall) -> Outcome {
    let template = &stage.template;
    let budget = Budget::plan(&template.spec.handler, &call, template.is_async)?;
    let Some(pool) = &stage.pool else {
        let mut instance = fresh(stage, call, &budget).await?;
        return instance.run(&budget).await.result;
    };
    let (turn, kept) = pool.take(budget.deadline).await?;
    let mut instance = match kept {
        Some(mut instance) => {
            instance.begin(call);
            instance
        }
        None => {
            let mut instance = Box::pin(fresh(stage, call, &budget)).await?;
            instance.made = pool.now();
            instance
        }
    };
    let Finished { result, is_reusable } = instance.run(&budget).await;
    conclude(turn, instance, is_reusable);
    result
}

/// Keeps the instance if it may be used again. The turn goes last: only then may the next caller look for an idle one.
fn conclude(turn: Turn<'_>, instance: Box<Instance>, is_reusable: bool) {
    if is_reusable {
        turn.give_back(instance);
    } else {
        drop(instance);
        drop(turn);
    }
}

async fn fresh(stage: &Inner, call: StageCall, budget: &Budget) -> Result<Box<Instance>, StageFailure> {
    let permit = match stage.host.try_permit() {
        Some(permit) => permit,
        None => Box::pin(stage.host.permit(budget.deadline)).await?,
    };
    let mut instance = Box::new(Instance::new(&stage.template, None, permit));
    instance.begin(call);
    instance.initialise(&stage.template, budget).await?;
    Ok(instance)
}
