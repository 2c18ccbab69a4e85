//! The turns of a run in which no rule acts, nothing fails and nothing is blocked: what the engine makes of its queue.

use std::collections::VecDeque;

use cascata_vm::StageId;
use cascata_vm::image::{Program, Stage};

/// What runs in each turn. Stages that are disabled, or wait for one that never runs, are in none.
#[must_use]
pub fn batches(program: &Program<'_>) -> Vec<Vec<StageId>> {
    let mut ran = vec![false; program.stage_count()];
    let mut queue: VecDeque<_> = program.plan().filter_map(|stage| program.stage(stage)).collect();
    let most = usize::try_from(program.max_parallel_stages()).unwrap_or(usize::MAX);
    let due = |stage: &Stage<'_>, ran: &[bool]| {
        stage.enabled() && !ran[stage.id().index()] && stage.depends_on().all(|needed| ran[needed.index()])
    };
    let mut batches = Vec::new();
    let mut postponed = 0;
    while let Some(first) = queue.pop_front() {
        if !first.enabled() || ran[first.id().index()] {
            continue;
        }
        if !due(&first, &ran) {
            queue.push_back(first);
            postponed += 1;
            // A whole round without progress: what is left can never run.
            if postponed >= queue.len() {
                break;
            }
            continue;
        }
        postponed = 0;
        let mut batch = vec![first.id()];
        while let (Some(together), Some(next)) = (together(&first), queue.front()) {
            let fits = Some(together) == self::together(next) && !batch.contains(&next.id()) && due(next, &ran);
            if batch.len() >= most || !fits {
                break;
            }
            batch.push(next.id());
            queue.pop_front();
        }
        batch.iter().for_each(|stage| ran[stage.index()] = true);
        batches.push(batch);
    }
    batches
}

/// What a stage runs together with: a group, or all ungrouped ones that may. None: it runs alone.
fn together<'p>(stage: &Stage<'p>) -> Option<Option<&'p str>> {
    match stage.parallel_group() {
        Some(group) => Some(Some(group)),
        None => stage.can_run_parallel().then_some(None),
    }
}
