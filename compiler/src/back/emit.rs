//! Writes the image: tables in the order of the source, so that the same source gives the same bytes.

use cascata_vm::image::{
    ActionSpec, CascadeSpec, ImageBuilder, RuleExtras, RuleKind as ImageRuleKind, RuleSpec, SourceSpan, StageSpec,
};
use cascata_vm::{ListId, PathId, StageId};
use cranelift_entity::SecondaryMap;

use super::allocate::{Code, Layout};
use super::constant::{KeyOrder, image_constant};
use super::ir::Program;
use crate::files::SourceIndex;
use crate::model::{ActionModel, Cascade, PathRef, RuleKind, RuleModel, RuleRef, StageRef};
use crate::span::Span;

/// What made the image: no time, no path.
pub(super) const BUILD: &str = concat!("cascata-compiler ", env!("CARGO_PKG_VERSION"));

pub(super) fn emit(cascade: &Cascade, program: &Program, lines: &SourceIndex<'_>) -> Vec<u8> {
    let layout = Layout { program, image: ImageBuilder::new(), selected: SecondaryMap::new() };
    let mut emitter = Emitter { cascade, lines, layout };
    for name in lines.others() {
        emitter.layout.image.file(name);
    }
    // Path numbers of the model are path numbers of the image.
    for segments in cascade.paths.values() {
        emitter.layout.image.path(segments);
    }
    let globals = emitter.list(&cascade.globals, None);
    for (stage, model) in &cascade.stages {
        let preconditions = emitter.list(&model.preconditions, Some(stage));
        let routing = emitter.list(&model.routing, Some(stage));
        let postconditions = emitter.list(&model.postconditions, Some(stage));
        emitter.layout.image.stage(&StageSpec {
            name: model.name.clone(),
            host: model.host.clone(),
            enabled: model.enabled,
            can_run_parallel: model.can_run_parallel,
            parallel_group: model.parallel_group.clone(),
            depends_on: model.depends_on.iter().copied().map(stage_id).collect(),
            preconditions,
            routing,
            postconditions,
            timeout_ms: model.timeout_ms,
            max_retries: model.max_retries,
            retry_delay_ms: model.retry_delay_ms,
            cache_enabled: model.cache_enabled,
            cache_ttl_seconds: model.cache_ttl_seconds,
        });
    }
    if !cascade.outcome.is_empty() {
        let list = emitter.list(&cascade.outcome, None);
        emitter.layout.image.outcome(list);
    }
    for ruleset in &cascade.rulesets {
        let list = emitter.list(&ruleset.rules, None);
        emitter.layout.image.ruleset(&ruleset.name, list);
    }
    let spec = CascadeSpec {
        name: cascade.name.clone(),
        version: cascade.version.clone(),
        host: cascade.host.clone(),
        global_timeout_ms: cascade.global_timeout_ms,
        max_parallel_stages: cascade.max_parallel_stages,
        enable_caching: cascade.enable_caching,
        plan: cascade.plan.iter().copied().map(stage_id).collect(),
        cache_key_paths: cascade.cache_key_paths.iter().copied().map(path_id).collect(),
    };
    emitter.layout.image.finish(&spec, globals, BUILD)
}

fn stage_id(stage: StageRef) -> StageId {
    StageId::new(stage.as_u32())
}

fn path_id(path: PathRef) -> PathId {
    PathId::new(path.as_u32())
}

struct Emitter<'c> {
    cascade: &'c Cascade,
    lines: &'c SourceIndex<'c>,
    layout: Layout<'c>,
}

impl Emitter<'_> {
    fn list(&mut self, rules: &[RuleRef], stage: Option<StageRef>) -> ListId {
        let specs = rules.iter().filter_map(|rule| self.rule(*rule, stage)).collect();
        self.layout.image.list(specs)
    }

    fn rule(&mut self, rule: RuleRef, stage: Option<StageRef>) -> Option<RuleSpec> {
        let model = self.cascade.rules.get(rule)?;
        let graph = self.layout.program.graphs.get(rule)?;
        let lines = self.lines;
        let code = self.layout.rule(graph, &|span| source_span(lines, span));
        let span = source_span(self.lines, model.span);
        Some(rule_spec(model, stage, code, span, &mut self.layout.image))
    }
}

/// One rule as the image takes it.
pub(super) fn rule_spec(
    model: &RuleModel,
    stage: Option<StageRef>,
    code: Code,
    span: SourceSpan,
    image: &mut ImageBuilder,
) -> RuleSpec {
    let action = action(&model.action, image);
    let extras = RuleExtras {
        shadow: model.shadow,
        stop: model.stop,
        otherwise: model.otherwise.as_ref().map(|otherwise| self::action(otherwise, image)),
        tags: model.tags.clone(),
        score: model.score.as_ref().map(|score| image.constant(&image_constant(score, KeyOrder::Source))),
    };
    RuleSpec {
        name: model.name.clone(),
        kind: match model.kind {
            RuleKind::Global => ImageRuleKind::Global,
            RuleKind::Precondition => ImageRuleKind::Precondition,
            RuleKind::Routing => ImageRuleKind::Routing,
            RuleKind::Postcondition => ImageRuleKind::Postcondition,
            RuleKind::Match => ImageRuleKind::Match,
            RuleKind::Outcome => ImageRuleKind::Outcome,
        },
        stage: stage.map(stage_id),
        priority: model.priority,
        order: model.order,
        action,
        extras,
        code: code.instructions,
        spans: code.spans,
        span: Some(span),
    }
}

fn action(action: &ActionModel, image: &mut ImageBuilder) -> ActionSpec {
    let mut constant = |value| image.constant(&image_constant(value, KeyOrder::Source));
    match action {
        ActionModel::Terminate { outcome, reason } => {
            let outcome = outcome.as_ref().map(&mut constant);
            ActionSpec::Terminate { outcome, reason: reason.as_ref().map(|reason| image.string(reason)) }
        }
        ActionModel::SkipTo(stage) => ActionSpec::SkipTo(stage_id(*stage)),
        ActionModel::EnableStages(stages) => ActionSpec::EnableStages(stages.iter().copied().map(stage_id).collect()),
        ActionModel::DisableStages(stages) => ActionSpec::DisableStages(stages.iter().copied().map(stage_id).collect()),
        ActionModel::SetField { path, value, .. } => {
            ActionSpec::SetField { path: path_id(*path), value: constant(value) }
        }
        // The value is what the code ends with.
        ActionModel::Nothing | ActionModel::Give { .. } => ActionSpec::Nothing,
        ActionModel::Emit(value) => ActionSpec::Emit(constant(value)),
    }
}

fn source_span(lines: &SourceIndex<'_>, span: Span) -> SourceSpan {
    let (position, local) = (lines.position(span.start), lines.in_file(span));
    let narrow = |wide: usize| u32::try_from(wide).unwrap_or(u32::MAX);
    SourceSpan {
        file: narrow(lines.file(span.start)),
        start: narrow(local.start),
        end: narrow(local.end),
        line: narrow(position.line),
        column: narrow(position.column),
    }
}
