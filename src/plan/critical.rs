//! The chain of dependencies that costs most: no run of all planned stages is done sooner, however many run side by side.

use cascata_vm::StageId;
use cascata_vm::image::Program;
use serde::Serialize;

/// A stage on the critical path counts as expensive above this many times the path's mean.
const EXPENSIVE: f64 = 1.5;

/// A critical path longer than this many stages is called long.
const LONG: usize = 5;

/// A stage that runs, and what it costs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Planned {
    /// The stage.
    pub stage: StageId,
    /// What one run of it costs, in the host's unit; at least 0.
    pub cost: f64,
}

/// The dearest chain of dependencies, and what could be made of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CriticalPath {
    /// The stages of the chain, first to last.
    pub critical_path: Vec<String>,
    /// What they cost together.
    pub total_cost: f64,
    /// How many planned stages are not on it.
    pub parallel_opportunities: usize,
    /// What could make it shorter, for people.
    pub optimization_suggestions: Vec<String>,
}

/// The critical path of the planned stages. Of chains that cost the same the one that comes first counts; dependencies that
/// are not planned cost nothing.
#[must_use]
pub fn critical_path(program: &Program<'_>, planned: &[Planned]) -> CriticalPath {
    let count = program.stage_count();
    // Stages of another program are none of this one's.
    let planned: Vec<_> = planned.iter().filter(|planned| planned.stage.index() < count).collect();
    let mut own = vec![None; count];
    for planned in &planned {
        own[planned.stage.index()] = Some(planned.cost);
    }
    // For each stage what the dearest chain up to it costs, and through which dependency it goes.
    let (mut costs, mut through) = (vec![0.0_f64; count], vec![None; count]);
    for stage in super::topological(program).into_iter().filter_map(|stage| program.stage(stage)) {
        let Some(own) = own[stage.id().index()] else { continue };
        let before =
            stage.depends_on().reduce(|best, next| if costs[next.index()] > costs[best.index()] { next } else { best });
        costs[stage.id().index()] = own + before.map_or(0.0, |stage| costs[stage.index()]);
        through[stage.id().index()] = before;
    }
    let end = planned.iter().map(|planned| planned.stage);
    let Some(end) = end.reduce(|best, next| if costs[next.index()] > costs[best.index()] { next } else { best }) else {
        return CriticalPath::default();
    };
    let mut path: Vec<_> = std::iter::successors(Some(end), |stage| through[stage.index()]).collect();
    path.reverse();
    let total_cost = costs[end.index()];
    let opportunities = planned.len().saturating_sub(path.len());
    let name = |stage: &StageId| program.stage(*stage).map(|stage| stage.name().to_owned()).unwrap_or_default();
    #[expect(clippy::cast_precision_loss, reason = "programs have far fewer stages than a double has integers")]
    let limit = total_cost / path.len() as f64 * EXPENSIVE;
    let expensive: Vec<_> =
        path.iter().filter(|stage| own[stage.index()].is_some_and(|cost| cost > limit)).map(name).collect();
    CriticalPath {
        optimization_suggestions: suggestions(opportunities, &expensive, path.len()),
        critical_path: path.iter().map(name).collect(),
        total_cost,
        parallel_opportunities: opportunities,
    }
}

fn suggestions(opportunities: usize, expensive: &[String], length: usize) -> Vec<String> {
    let mut all = Vec::new();
    if opportunities > 0 {
        all.push(format!("Consider running {opportunities} stages in parallel to reduce total execution time"));
    }
    for stage in expensive {
        all.push(format!(
            "Stage '{stage}' is expensive and on critical path. Consider optimizing or caching its results."
        ));
    }
    if length > LONG {
        all.push(
            "Critical path has many sequential stages. Consider restructuring dependencies to enable more parallelism."
                .to_owned(),
        );
    }
    all
}
