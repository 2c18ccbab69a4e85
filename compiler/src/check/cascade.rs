//! The cascade itself.

use cascata_config::{CascadeHost, CascadeOnError, DuplicateKeys, EventSettings, defaults};
use cranelift_entity::PrimaryMap;

use super::Checker;
use super::plan::{DependencySpans, topological};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::model::{Cascade, StageModel, StageRef};
use crate::syntax::{CASCADE, CASCADE_ON_ERROR, EVENTS, Fields, mapping};
use crate::testing::unknown_stages;
use crate::yaml::{Key, Node, NodeKind};

/// Checks a whole cascade. What comes back is complete only if nothing was reported; rules and paths are filled in by
/// the caller.
pub(super) fn cascade<'n>(cx: &mut Checker<'_, 'n>, root: &'n Node) -> Option<Cascade> {
    let fields = mapping(cx, root, &CASCADE)?;
    let name = fields.required(cx, "name").and_then(|node| cx.name(node, "name"));
    let version = fields.required(cx, "version").and_then(|node| cx.name(node, "version"));
    let entries = cx.stage_entries(&fields);
    for (key, _) in entries {
        cx.stages.add(&key.text, key.span);
    }
    cx.read_lists(fields.get("lists"));
    let globals = cx.globals(fields.get("global_termination_conditions"));
    cx.read_stores(fields.get("stores"));
    cx.shared_plugins(fields.get("plugins"));
    let (stages, spans) = cx.stage_models(entries);
    let rulesets = cx.rulesets(fields.get("rulesets"));
    let outcome = cx.outcome(fields.get("outcome"));
    let order = cx.words(fields.get("execution_order"), "execution_order", "stage names");
    let order = cx.stage_list(&order, "execution_order");
    let sorted = topological(&stages);
    cx.check_circles(&stages, &sorted, &spans);
    let global_timeout_ms =
        cx.whole(fields.get("global_timeout_ms"), "global_timeout_ms", defaults::global_timeout_ms(), 1);
    let max_parallel_stages = cx.max_parallel(&fields);
    let enable_caching = cx.boolean(fields.get("enable_caching"), "enable_caching", false);
    let keys = cx.words(fields.get("cache_key_fields"), "cache_key_fields", "paths");
    let (cache_key_paths, cache_key_spans) =
        keys.into_iter().filter_map(|word| Some((cx.path(word)?, word.span()))).unzip();
    let host = cx.cascade_host(&fields);
    let schema = fields.get("schema").and_then(|node| {
        let key = fields.key_span("schema").unwrap_or(node.span);
        crate::schema::root(&mut cx.reader, key, node)
    });
    let tests = cx.test_cases(fields.get("tests"));
    let names: Vec<_> = stages.values().map(|stage| stage.name.as_str()).collect();
    for diagnostic in unknown_stages(&tests, &names) {
        cx.report(diagnostic);
    }
    cx.unused_lists();
    Some(Cascade {
        name: name?,
        version: version?,
        global_timeout_ms,
        max_parallel_stages,
        enable_caching,
        cache_key_paths,
        cache_key_spans,
        stages,
        plan: if order.is_empty() { sorted } else { order },
        globals,
        rulesets,
        outcome,
        lists: std::mem::take(&mut cx.lists).into_models(),
        rules: PrimaryMap::new(),
        paths: PrimaryMap::new(),
        host: super::host::text(&host),
        schema,
        tests,
    })
}

impl<'n> Checker<'_, 'n> {
    fn stage_entries(&mut self, fields: &Fields<'n>) -> &'n [(Key, Node)] {
        let Some(node) = fields.get("stages") else {
            return &[];
        };
        match &node.kind {
            NodeKind::Map(entries) => entries,
            _ => {
                let message = format!("`stages` is a mapping from names to stages, not {}", node.type_name());
                let diagnostic = Diagnostic::new(Code::WrongType, message)
                    .label(self.head(node), "expected a mapping")
                    .help("stages:\n  CHECK:\n    name: CHECK");
                self.report(diagnostic);
                &[]
            }
        }
    }

    fn stage_models(&mut self, entries: &'n [(Key, Node)]) -> (PrimaryMap<StageRef, StageModel>, DependencySpans) {
        let mut stages = PrimaryMap::with_capacity(entries.len());
        let mut spans = DependencySpans::new();
        for (key, node) in entries {
            let model = self.stage_model(stages.next_key(), key, node, &mut spans);
            stages.push(model);
        }
        (stages, spans)
    }

    fn max_parallel(&mut self, fields: &Fields<'_>) -> u32 {
        const KEY: &str = "max_parallel_stages";
        let node = fields.get(KEY);
        let value = self.whole(node, KEY, u64::from(defaults::max_parallel_stages()), 0);
        if let (0, Some(node)) = (value, node) {
            let diagnostic =
                Diagnostic::new(Code::RaisedToOne, "`max_parallel_stages` is 0, but one stage runs at a time at least")
                    .label(node.span, "taken as 1")
                    .fix(node.span, "1");
            self.report(diagnostic);
        }
        self.small(value.max(1), KEY, node)
    }

    fn cascade_host(&mut self, fields: &Fields<'_>) -> CascadeHost {
        CascadeHost {
            on_rule_error: self.on_rule_error(fields.get("on_rule_error")),
            events: self.events(fields.get("events")),
            on_error: fields.get("on_error").and_then(|node| self.cascade_on_error(node)),
            stores: self.take_stores(),
            domain_config: self.free_mapping(fields.get("domain_config"), "domain_config"),
            x: self.extensions(fields),
        }
    }

    fn events(&mut self, node: Option<&Node>) -> EventSettings {
        let Some(fields) = node.and_then(|node| mapping(self, node, &EVENTS)) else {
            return EventSettings::default();
        };
        let choice = self.choice(fields.get("duplicate_keys"), "duplicate_keys", &["last", "first", "reject"]);
        let duplicate_keys = match choice {
            Some(1) => DuplicateKeys::First,
            Some(2) => DuplicateKeys::Reject,
            _ => DuplicateKeys::Last,
        };
        let hide = self.words(fields.get("hide"), "hide", "keys").iter().map(|word| word.text.to_owned()).collect();
        EventSettings { duplicate_keys, hide }
    }

    fn cascade_on_error(&mut self, node: &Node) -> Option<CascadeOnError> {
        let fields = mapping(self, node, &CASCADE_ON_ERROR)?;
        let outcome = fields.required(self, "outcome")?;
        Some(CascadeOnError { outcome: self.json(outcome) })
    }
}
