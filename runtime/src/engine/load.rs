//! A program made ready to run: stages resolved to services, rule lists and limits looked up once.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use cascata_config::{
    CacheOptions, CascadeHost, Determinism, HandlerConfig, OnError, OnRuleError, PluginUse, StageHost, StoreConfig,
};
use cascata_vm::image::{Program, RuleKind, Stage};
use cascata_vm::json::{DuplicateKeys, ReadOptions};
use cascata_vm::{ListId, PathId, RuleId, Segment, StageId};

use super::EngineError;
use super::fixed::Fixed;
use super::handlers::{Choice, HandlerRequest, Handlers, Resolved, Stores};
use super::scratch::Pool;
use super::stats::{StageCounters, Statistics};
use crate::plugins::{Alternatives, PluginContext, Reads, Registry, compose};
use crate::stage::{HandlerService, StageHandler, StageStack};
use crate::state::{FactsPlan, duplicate_keys};
use crate::value::OwnedValue;

/// A program with everything that deciding needs at hand.
pub(super) struct Loaded {
    pub program: Program<'static>,
    pub facts: Arc<FactsPlan>,
    pub stages: Vec<LoadedStage>,
    /// What a rule that fires is asked at once, by rule number.
    pub traits: Vec<RuleTraits>,
    pub first_queue: Vec<StageId>,
    pub globals: Option<ListId>,
    pub global_timeout: Duration,
    pub max_parallel: usize,
    pub skip_failed_rules: bool,
    pub read: ReadOptions,
    pub hidden: Vec<String>,
    /// Whether events are read as records have them, see [`has_strict_stage`].
    pub reads_as_recorded: bool,
    /// What gives the verdict when no `terminate` carries one.
    pub outcome: Option<ListId>,
    /// The verdict when something went wrong.
    pub on_error: Option<OwnedValue>,
    pub pool: Pool,
    /// What all records say alike.
    pub fixed: Fixed,
}

/// What only some rules have and all are asked for when they fire.
#[derive(Clone, Copy, Debug)]
pub(super) struct RuleTraits {
    /// It watches and never acts.
    pub shadow: bool,
    /// It ends its list after its action acted.
    pub stops: bool,
}

/// One stage, resolved.
pub(super) struct LoadedStage {
    pub id: StageId,
    pub enabled: bool,
    pub timeout_ms: u64,
    pub max_retries: u32,
    pub retry_delay: Duration,
    pub side_by_side: SideBySide,
    pub depends_on: Vec<StageId>,
    pub preconditions: Option<ListId>,
    pub routing: Option<ListId>,
    pub postconditions: Option<ListId>,
    pub on_error: OnError,
    pub runner: Runner,
    /// Whether its author put plugins around it; a cache that `cache_enabled` brings does not count.
    pub lists_plugins: bool,
    pub module: Option<String>,
    /// Capabilities of that module.
    pub capabilities: Vec<String>,
    pub counters: Arc<StageCounters>,
}

/// Which stages may run at the same time as this one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum SideBySide {
    No,
    /// Other ungrouped stages that can run in parallel.
    Ungrouped,
    /// Stages of the group.
    Group(u32),
}

/// What runs when a stage's turn comes.
pub(super) enum Runner {
    /// A handler without plugins, called without a service around it.
    Direct(Arc<dyn StageHandler>),
    /// A handler inside its plugins.
    Service(StageStack),
    /// Nothing: the stage has rules only.
    RulesOnly,
    /// Nothing: nobody registered a handler.
    Missing,
}

impl Loaded {
    /// Resolves a program against the host's handlers and plugins.
    pub(super) fn new(
        program: Program<'static>,
        handlers: &Handlers,
        plugins: &Registry,
        statistics: &Statistics,
    ) -> Result<Self, EngineError> {
        let host: CascadeHost = serde_json::from_str(program.host_json())
            .map_err(|source| EngineError::Settings { what: "the cascade".to_owned(), source })?;
        // No event is to wait for an index.
        program.prepare();
        let paths = (0_u32..).take(program.path_count()).map(|id| program.path(PathId::new(id))).collect();
        let names = program.stages().map(|stage| stage.name().to_owned()).collect();
        let facts = Arc::new(FactsPlan::new(paths, names));
        let mut chosen = Vec::with_capacity(program.stage_count());
        for stage in program.stages() {
            let stores = Stores { plugins, named: &host.stores };
            chosen.push(choose(stage, &facts, program.name(), stores, handlers)?);
        }
        let facts = with_fields(facts, &chosen);
        let reads_as_recorded = has_strict_stage(&chosen);
        let around = Around {
            plugins,
            alternatives: Arc::new(alternatives(&chosen, handlers)),
            stores: Arc::new(host.stores.clone()),
        };
        let mut groups = HashMap::new();
        let mut stages = Vec::with_capacity(chosen.len());
        for chosen in chosen {
            stages.push(load_stage(&program, chosen, &around, statistics, &mut groups)?);
        }
        let duplicate_keys = duplicate_keys(host.events.duplicate_keys);
        let global_list = Some(program.globals()).filter(|list| program.list_len(*list) > 0);
        let loaded = Self {
            first_queue: program.plan().collect(),
            globals: global_list,
            global_timeout: Duration::from_millis(program.global_timeout_ms()),
            max_parallel: usize::try_from(program.max_parallel_stages()).unwrap_or(usize::MAX).max(1),
            skip_failed_rules: host.on_rule_error == OnRuleError::Skip,
            read: ReadOptions { duplicate_keys, ..ReadOptions::default() },
            // A record keeps the last of equal keys.
            reads_as_recorded: reads_as_recorded && duplicate_keys == DuplicateKeys::Last,
            hidden: host.events.hide,
            outcome: program.outcome(),
            on_error: host.on_error.map(|on_error| OwnedValue::from(on_error.outcome)),
            traits: (0_u32..)
                .map_while(|id| program.rule(RuleId::new(id)))
                .map(|rule| RuleTraits { shadow: rule.is_shadow(), stops: rule.stops() })
                .collect(),
            pool: Pool::new(Arc::clone(&facts)),
            fixed: Fixed::new(&program, &facts, &stages),
            facts,
            stages,
            program,
        };
        Ok(loaded)
    }

    pub(super) fn stage(&self, stage: StageId) -> Option<&LoadedStage> {
        self.stages.get(stage.index())
    }

    /// Counters by stage.
    pub(super) fn counters(&self) -> impl Iterator<Item = (&str, &Arc<StageCounters>)> {
        self.stages.iter().map(|stage| (self.stage_name(stage.id), &stage.counters))
    }

    pub(super) fn stage_name(&self, stage: StageId) -> &str {
        self.facts.stage_name(stage)
    }
}

/// A stage with its settings and what it runs.
struct Chosen<'p> {
    stage: Stage<'p>,
    host: StageHost,
    choice: Choice,
}

fn choose<'p>(
    stage: Stage<'p>,
    plan: &Arc<FactsPlan>,
    cascade: &str,
    stores: Stores<'_>,
    handlers: &Handlers,
) -> Result<Chosen<'p>, EngineError> {
    let host: StageHost = serde_json::from_str(stage.host_json())
        .map_err(|source| EngineError::Settings { what: format!("stage `{}`", stage.name()), source })?;
    let choice = handlers.choose(&HandlerRequest { stage, host: &host, plan, cascade, stores })?;
    Ok(Chosen { stage, host, choice })
}

/// Whether a stage runs under `determinism: strict`. What it spends on a list or an object goes by how that is written, spaces and escapes
/// included, and a record does not keep those: so that a replay meets what the stage met, such a cascade decides events as
/// records have them.
fn has_strict_stage(chosen: &[Chosen<'_>]) -> bool {
    let is_strict = |chosen: &Chosen<'_>| match &chosen.host.handler {
        Some(HandlerConfig::Wasm(handler)) => handler.determinism == Determinism::Strict,
        _ => false,
    };
    chosen.iter().any(is_strict)
}

/// The program's paths and the fields of its handlers: all of them are found in the one pass over an event that reads it.
/// The program's own paths keep their numbers.
fn with_fields(facts: Arc<FactsPlan>, chosen: &[Chosen<'_>]) -> Arc<FactsPlan> {
    /// A handler may name thousands of fields; so many cost every event more than those that need them.
    const MOST: usize = 256;
    let mut more: Vec<&[Segment]> = Vec::new();
    for chosen in chosen {
        let Choice::Handler(Resolved { reads: Reads::Fields(fields), .. }) = &chosen.choice else { continue };
        for field in fields.iter().filter(|field| !field.is_empty()) {
            if more.len() < MOST && !more.contains(&field.as_slice()) && facts.path_id(field).is_none() {
                more.push(field);
            }
        }
    }
    if more.is_empty() { facts } else { Arc::new(facts.with(&more)) }
}

/// What a stage's plugins may call in place of its handler.
fn alternatives(chosen: &[Chosen<'_>], handlers: &Handlers) -> Alternatives {
    let mut all = Alternatives::default();
    for chosen in chosen {
        if let Choice::Handler(resolved) = &chosen.choice {
            let handler = (chosen.stage.id(), Arc::clone(&resolved.handler));
            all.stages.insert(chosen.stage.name().to_owned(), handler);
        }
    }
    all.handlers = handlers.all().map(|(name, handler)| (name.to_owned(), Arc::clone(handler))).collect();
    all
}

/// What plugins around any stage are made of.
struct Around<'r> {
    plugins: &'r Registry,
    alternatives: Arc<Alternatives>,
    stores: Arc<BTreeMap<String, StoreConfig>>,
}

fn load_stage(
    program: &Program<'static>,
    chosen: Chosen<'_>,
    around: &Around<'_>,
    statistics: &Statistics,
    groups: &mut HashMap<String, u32>,
) -> Result<LoadedStage, EngineError> {
    let Chosen { stage, host, choice } = chosen;
    let (runner, module, capabilities) = match choice {
        Choice::RulesOnly => (Runner::RulesOnly, None, Vec::new()),
        Choice::Nothing => (Runner::Missing, None, Vec::new()),
        Choice::Handler(resolved) => {
            let (module, capabilities) = (resolved.module.clone(), resolved.impure.clone());
            (wrap(program, &stage, &host, resolved, around)?, module, capabilities)
        }
    };
    let next_group = u32::try_from(groups.len()).unwrap_or(u32::MAX);
    let side_by_side = match stage.parallel_group() {
        Some(group) => SideBySide::Group(*groups.entry(group.to_owned()).or_insert(next_group)),
        None if stage.can_run_parallel() => SideBySide::Ungrouped,
        None => SideBySide::No,
    };
    let list = |kind| Some(stage.list(kind)).filter(|list| program.list_len(*list) > 0);
    Ok(LoadedStage {
        id: stage.id(),
        enabled: stage.enabled(),
        timeout_ms: stage.timeout_ms(),
        max_retries: stage.max_retries(),
        retry_delay: Duration::from_millis(stage.retry_delay_ms()),
        side_by_side,
        depends_on: stage.depends_on().collect(),
        preconditions: list(RuleKind::Precondition),
        routing: list(RuleKind::Routing),
        postconditions: list(RuleKind::Postcondition),
        on_error: host.on_error.unwrap_or_default(),
        lists_plugins: !host.plugins.is_empty(),
        runner,
        module,
        capabilities,
        counters: statistics.of(stage.name()),
    })
}

/// The plugins of a stage, outermost first: those it lists, behind the cache that `cache_enabled` brings.
pub(super) fn plugin_list(program: &Program<'_>, stage: &Stage<'_>, host: &StageHost) -> Vec<PluginUse> {
    let mut uses = host.plugins.clone();
    let listed = uses.iter().any(|plugin| matches!(plugin, PluginUse::Cache(_)));
    if program.enable_caching() && stage.cache_enabled() && !listed {
        let mut options = CacheOptions::default();
        options.ttl_seconds = stage.cache_ttl_seconds();
        uses.insert(0, PluginUse::Cache(options));
    }
    uses
}

/// Puts a stage's plugins around its handler; without any the handler stays bare.
fn wrap(
    program: &Program<'static>,
    stage: &Stage<'_>,
    host: &StageHost,
    resolved: Resolved,
    around: &Around<'_>,
) -> Result<Runner, EngineError> {
    let uses = plugin_list(program, stage, host);
    if uses.is_empty() || resolved.bare {
        return Ok(Runner::Direct(resolved.handler));
    }
    // Named fields are what the author says results depend on; they overrule what the handler says it reads.
    let key_paths: Vec<_> = program.cache_key_paths().map(|path| program.path(path)).collect();
    let reads = if key_paths.is_empty() { resolved.reads } else { Reads::Fields(key_paths) };
    let configuration = if resolved.configuration.is_empty() {
        serde_json::Value::Object(host.custom_properties.clone()).to_string()
    } else {
        resolved.configuration
    };
    let context = PluginContext::new(stage.name(), program.hash())
        .with_module(resolved.identity, configuration)
        .with_reads(reads)
        .with_impure(resolved.impure)
        .with_idempotent(host.idempotent)
        .with_alternatives(Arc::clone(&around.alternatives))
        .with_stores(Arc::clone(&around.stores));
    let service = compose(around.plugins, &uses, HandlerService::boxed(resolved.handler), &context)?;
    Ok(Runner::Service(StageStack::new(service)))
}
