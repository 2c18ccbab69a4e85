//! What can be said of a cascade's order before any event: which stages run side by side, how deep their dependencies
//! go, and which chain of them costs most. What `cascata graph --plan` prints.
//!
//! Rules can end a run, skip stages and enable others, so this is the plan a run starts with, not what it does. Names,
//! defaults and suggestions are those of the plan optimizer of rotalabs-cascade, except that costs are doubles.

mod batches;
mod critical;
mod hints;

use std::collections::{BTreeMap, VecDeque};

use cascata_config::StageHost;
use cascata_vm::StageId;
use cascata_vm::image::{Program, Stage};
use serde::Serialize;
use serde_json::Value;

pub use batches::batches;
pub use critical::{CriticalPath, Planned, critical_path};
pub use hints::admits;

/// What a stage counts that states no `cost`.
pub const DEFAULT_COST: f64 = 1.0;

/// The plan of a cascade; stages by name.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Plan {
    /// The queue a run starts with.
    pub order: Vec<String>,
    /// The turns of a run in which no rule acts and nothing fails: one stage, or stages side by side.
    pub batches: Vec<Vec<String>>,
    /// All stages by how deep their dependencies go: 0 waits for nothing.
    pub parallel_groups: BTreeMap<usize, Vec<String>>,
    /// Stages that are enabled, wait for nothing, and whose `custom_properties` admit the event.
    pub starting: Vec<String>,
    /// All stages, each after what it depends on.
    pub topological: Vec<String>,
    /// The dearest chain of dependencies among the stages of [`Plan::batches`].
    #[serde(flatten)]
    pub critical: CriticalPath,
    /// What a run costs in which no rule acts: the sum over [`Plan::batches`].
    pub expected_cost: f64,
    /// Stages of [`Plan::batches`] that state no `cost` and count [`DEFAULT_COST`].
    pub assumed_cost: Vec<String>,
}

impl Plan {
    /// The plan of a program. `event` decides about [`Plan::starting`] only; without one every hint admits.
    #[must_use]
    pub fn new(program: &Program<'_>, event: Option<&Value>) -> Self {
        let name = |stage: &StageId| program.stage(*stage).map(|stage| stage.name().to_owned()).unwrap_or_default();
        let names = |stages: &[StageId]| stages.iter().map(name).collect::<Vec<_>>();
        let batches = batches(program);
        let planned: Vec<_> =
            batches.iter().flatten().map(|stage| Planned { stage: *stage, cost: cost_of(program, *stage) }).collect();
        let assumed = planned.iter().filter(|planned| stated_cost(program, planned.stage).is_none());
        let mut parallel_groups: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        for (stage, depth) in program.stages().zip(depths(program)) {
            parallel_groups.entry(depth).or_default().push(stage.name().to_owned());
        }
        let starting = program.stages().filter(|stage| stage.enabled() && stage.depends_on().next().is_none());
        let starting = starting.filter(|stage| event.is_none_or(|event| admits(&host(stage).custom_properties, event)));
        Self {
            order: names(&program.plan().collect::<Vec<_>>()),
            batches: batches.iter().map(|batch| names(batch)).collect(),
            parallel_groups,
            starting: starting.map(|stage| stage.name().to_owned()).collect(),
            topological: names(&topological(program)),
            critical: critical_path(program, &planned),
            expected_cost: planned.iter().map(|planned| planned.cost).sum(),
            assumed_cost: assumed.map(|planned| name(&planned.stage)).collect(),
        }
    }
}

fn host(stage: &Stage<'_>) -> StageHost {
    // The compiler wrote it; an image of somebody else may hold anything, and then nothing is known.
    serde_json::from_str(stage.host_json()).unwrap_or_default()
}

fn stated_cost(program: &Program<'_>, stage: StageId) -> Option<f64> {
    program.stage(stage).and_then(|stage| host(&stage).cost)
}

fn cost_of(program: &Program<'_>, stage: StageId) -> f64 {
    stated_cost(program, stage).unwrap_or(DEFAULT_COST)
}

/// The stages, each after its dependencies, else in the order of the file. Stages in a circle, which no compiler lets
/// through, are left out.
#[must_use]
pub fn topological(program: &Program<'_>) -> Vec<StageId> {
    let count = program.stage_count();
    let mut missing = vec![0_usize; count];
    let mut dependants: Vec<Vec<StageId>> = vec![Vec::new(); count];
    for stage in program.stages() {
        for needed in stage.depends_on() {
            missing[stage.id().index()] += 1;
            dependants[needed.index()].push(stage.id());
        }
    }
    let free = program.stages().map(|stage| stage.id()).filter(|stage| missing[stage.index()] == 0);
    let mut queue: VecDeque<_> = free.collect();
    let mut sorted = Vec::with_capacity(count);
    while let Some(stage) = queue.pop_front() {
        sorted.push(stage);
        for dependant in &dependants[stage.index()] {
            let missing = &mut missing[dependant.index()];
            *missing -= 1;
            if *missing == 0 {
                queue.push_back(*dependant);
            }
        }
    }
    sorted
}

/// For each stage, in the order of the file, the length of the longest chain of dependencies below it.
#[must_use]
pub fn depths(program: &Program<'_>) -> Vec<usize> {
    let mut depths = vec![0; program.stage_count()];
    for stage in topological(program).into_iter().filter_map(|stage| program.stage(stage)) {
        let below = stage.depends_on().map(|needed| depths[needed.index()] + 1);
        depths[stage.id().index()] = below.max().unwrap_or(0);
    }
    depths
}
