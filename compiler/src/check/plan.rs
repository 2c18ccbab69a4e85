//! The queue a run starts with, and circles of dependencies.

#![allow(clippy::indexing_slicing, reason = "a SecondaryMap has a value for every key")]

use std::collections::VecDeque;

use cranelift_entity::{PrimaryMap, SecondaryMap};

use super::Checker;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::model::{StageModel, StageRef};
use crate::span::Span;

/// Where each dependency of each stage is written, in the order of `depends_on`.
pub(super) type DependencySpans = SecondaryMap<StageRef, Vec<Span>>;

/// Kahn's algorithm over a queue: stages without dependencies in the order of the file, then each stage as soon as the
/// last of its dependencies has come. What is missing from the answer is in a circle or behind one.
pub(super) fn topological(stages: &PrimaryMap<StageRef, StageModel>) -> Vec<StageRef> {
    let mut missing: SecondaryMap<StageRef, usize> = SecondaryMap::new();
    let mut dependants: SecondaryMap<StageRef, Vec<StageRef>> = SecondaryMap::new();
    for (stage, model) in stages {
        missing[stage] = model.depends_on.len();
        for dependency in &model.depends_on {
            dependants[*dependency].push(stage);
        }
    }
    let mut queue: VecDeque<_> = stages.keys().filter(|stage| missing[*stage] == 0).collect();
    let mut plan = Vec::with_capacity(stages.len());
    while let Some(stage) = queue.pop_front() {
        plan.push(stage);
        for dependant in &dependants[stage] {
            missing[*dependant] = missing[*dependant].saturating_sub(1);
            if missing[*dependant] == 0 {
                queue.push_back(*dependant);
            }
        }
    }
    plan
}

/// Some circle of dependencies: each stage with the number of the dependency that leads on to the next, or nothing.
fn circle(stages: &PrimaryMap<StageRef, StageModel>, plan: &[StageRef]) -> Option<Vec<(StageRef, usize)>> {
    let mut planned: SecondaryMap<StageRef, bool> = SecondaryMap::new();
    for stage in plan {
        planned[*stage] = true;
    }
    let mut at = stages.keys().find(|stage| !planned[*stage])?;
    let mut seen: SecondaryMap<StageRef, bool> = SecondaryMap::new();
    let mut walk = Vec::new();
    // Every stage left over has a dependency that is left over, so the walk comes back to itself.
    while !seen[at] {
        seen[at] = true;
        let model = stages.get(at)?;
        let next = model.depends_on.iter().position(|dependency| !planned[*dependency])?;
        walk.push((at, next));
        at = *model.depends_on.get(next)?;
    }
    let start = walk.iter().position(|(stage, _)| *stage == at)?;
    Some(walk.split_off(start))
}

impl Checker<'_, '_> {
    /// Reports a circle of dependencies, whatever order the file asks for: none of its stages could ever run.
    pub(super) fn check_circles(
        &mut self,
        stages: &PrimaryMap<StageRef, StageModel>,
        plan: &[StageRef],
        spans: &DependencySpans,
    ) {
        let Some(circle) = circle(stages, plan) else {
            return;
        };
        let names: Vec<_> = circle.iter().map(|(stage, _)| self.stages.get(*stage).0).collect();
        let around = [names.as_slice(), names.get(..1).unwrap_or_default()].concat().join(" → ");
        let mut diagnostic =
            Diagnostic::new(Code::DependencyCycle, format!("stages depend on each other in a circle: {around}"));
        for (stage, dependency) in circle {
            let span = spans[stage].get(dependency).copied().unwrap_or_default();
            diagnostic = diagnostic.label(span, format!("`{}` waits for this", self.stages.get(stage).0));
        }
        self.report(diagnostic.help("remove one of these dependencies"));
    }
}

#[cfg(test)]
mod tests {
    use cranelift_entity::EntityRef;

    use super::*;

    fn stages(dependencies: &[&[usize]]) -> PrimaryMap<StageRef, StageModel> {
        dependencies
            .iter()
            .map(|list| StageModel {
                depends_on: list.iter().map(|at| StageRef::new(*at)).collect(),
                ..StageModel::default()
            })
            .collect()
    }

    fn plan(dependencies: &[&[usize]]) -> Vec<usize> {
        topological(&stages(dependencies)).into_iter().map(EntityRef::index).collect()
    }

    #[test]
    fn order_is_that_of_the_file_as_far_as_dependencies_allow() {
        assert_eq!(plan(&[&[], &[], &[]]), [0, 1, 2]);
        assert_eq!(plan(&[&[2], &[], &[]]), [1, 2, 0]);
        assert_eq!(plan(&[&[], &[3], &[0], &[]]), [0, 3, 2, 1]);
        // The same dependency twice is one.
        assert_eq!(plan(&[&[1, 1], &[]]), [1, 0]);
    }

    #[test]
    fn circles_are_found_without_what_hangs_on_them() {
        let around = stages(&[&[1], &[2], &[1], &[]]);
        let plan = topological(&around);
        assert_eq!(plan, [StageRef::new(3)]);
        let found = circle(&around, &plan).unwrap();
        assert_eq!(found, [(StageRef::new(1), 0), (StageRef::new(2), 0)]);
        assert_eq!(circle(&stages(&[&[0]]), &[]).unwrap().len(), 1);
        assert!(circle(&stages(&[&[]]), &[StageRef::new(0)]).is_none());
    }
}
