//! Stages that never run, and jumps to stages that are not in the queue.

#![expect(clippy::indexing_slicing, reason = "a SecondaryMap has a value for every key")]

use cranelift_entity::SecondaryMap;

use super::walk::head;
use super::{Analysis, Claim};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::model::{ActionModel, RuleRef, StageRef};

pub(super) fn run(cx: &mut Analysis<'_>) {
    let reach = Reach::new(cx);
    let cascade = cx.cascade;
    for (stage, model) in &cascade.stages {
        if reach.runs[stage] {
            continue;
        }
        let waits = model.depends_on.iter().find(|needed| !reach.runs[**needed]);
        let because = if !model.enabled && !reach.enabled[stage] {
            "it is disabled and no rule that can fire enables it".to_owned()
        } else if !reach.queued[stage] && !reach.enabled[stage] {
            "`execution_order` leaves it out and no rule that can fire enables it".to_owned()
        } else {
            let name = waits.and_then(|needed| cascade.stages.get(*needed)).map(|model| model.name.as_str());
            format!("it waits for `{}`, which never runs", name.unwrap_or_default())
        };
        let mut diagnostic =
            Diagnostic::new(Code::UnreachableStage, format!("stage `{}` never runs: {because}", model.name))
                .label(model.span, "never runs");
        if let Some(other) = waits.and_then(|needed| cascade.stages.get(*needed)) {
            diagnostic = diagnostic.label(other.span, "never runs either");
        }
        let diagnostic = diagnostic.help("enable it by a rule, or remove it");
        cx.find(Claim::NeverRuns { stage }, diagnostic);
    }
    for (stage, model) in &cascade.stages {
        if reach.runs[stage] {
            for rule in model.preconditions.iter().chain(&model.routing).chain(&model.postconditions) {
                drains(cx, &reach, stage, *rule);
            }
        }
    }
}

/// Which stages can run.
struct Reach {
    /// It is in the queue a run starts with.
    queued: SecondaryMap<StageRef, bool>,
    /// Some rule that can fire enables it.
    enabled: SecondaryMap<StageRef, bool>,
    /// It can run.
    runs: SecondaryMap<StageRef, bool>,
}

impl Reach {
    fn new(cx: &Analysis<'_>) -> Self {
        let mut reach = Self { queued: SecondaryMap::new(), enabled: SecondaryMap::new(), runs: SecondaryMap::new() };
        for stage in &cx.cascade.plan {
            reach.queued[*stage] = true;
        }
        // Each round but the last makes a stage run, so there are no more rounds than stages.
        while reach.round(cx) {}
        reach
    }

    fn round(&mut self, cx: &Analysis<'_>) -> bool {
        let mut changed = false;
        for (stage, model) in &cx.cascade.stages {
            let starts = self.enabled[stage] || (self.queued[stage] && model.enabled);
            if self.runs[stage] || !starts || !model.depends_on.iter().all(|needed| self.runs[*needed]) {
                continue;
            }
            self.runs[stage] = true;
            changed = true;
            let rules = model.preconditions.iter().chain(&model.routing).chain(&model.postconditions);
            for rule in rules {
                let Some(model) = cx.cascade.rules.get(*rule) else { continue };
                // A rule whose condition never holds has an `else` that acts all the same.
                let action = Some(&model.action).filter(|_| !cx.silent.contains(rule));
                for action in action.into_iter().chain(&model.otherwise) {
                    if let ActionModel::EnableStages(stages) = action {
                        stages.iter().for_each(|stage| self.enabled[*stage] = true);
                    }
                }
            }
        }
        changed
    }
}

/// A `skip_to` whose target has surely left the queue, or never was in it.
fn drains(cx: &mut Analysis<'_>, reach: &Reach, stage: StageRef, rule: RuleRef) {
    let cascade = cx.cascade;
    let Some(model) = cascade.rules.get(rule) else { return };
    let ActionModel::SkipTo(target) = model.action else { return };
    let place = |wanted: StageRef| cascade.plan.iter().position(|planned| *planned == wanted);
    let times = cascade.plan.iter().filter(|planned| **planned == target).count();
    let Some(aim) = cascade.stages.get(target) else { return };
    if cx.silent.contains(&rule) || reach.enabled[target] {
        return;
    }
    let because = if times == 0 {
        "never is in the queue"
    } else if times > 1 {
        return;
    } else if target == stage {
        "has just been taken from the queue"
    } else if aim.depends_on.is_empty() && place(stage).is_none_or(|own| place(target).is_some_and(|other| other < own))
    {
        // It waits for nothing, so it is never put back behind the others.
        "comes before this stage and has left the queue"
    } else {
        return;
    };
    let message = format!("rule `{}` skips to `{}`, which {because}: this drains the queue", model.name, aim.name);
    let diagnostic = Diagnostic::new(Code::SkipDrainsQueue, message)
        .label(head(cx.text, model.span), "ends the cascade")
        .label(aim.span, "the target")
        .help("`terminate` says so, and can carry an outcome");
    cx.find(Claim::Drains { rule, target }, diagnostic);
}
