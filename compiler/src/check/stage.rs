//! Stages.

use cascata_config::{StageHost, defaults};

use super::Checker;
use super::plan::DependencySpans;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::model::{StageModel, StageRef};
use crate::span::Span;
use crate::syntax::{Fields, STAGE, mapping};
use crate::yaml::{Key, Node, NodeKind};

impl<'n> Checker<'_, 'n> {
    /// Checks one stage. A stage with errors is still there for others to name.
    pub(super) fn stage_model(
        &mut self,
        stage: StageRef,
        key: &Key,
        node: &'n Node,
        spans: &mut DependencySpans,
    ) -> StageModel {
        let mut model = StageModel { name: key.text.clone(), span: key.span, ..StageModel::default() };
        let Some(mut fields) = mapping(self, node, &STAGE) else {
            return model;
        };
        fields.head = key.span;
        self.stage_name(&fields, key);
        model.enabled = self.boolean(fields.get("enabled"), "enabled", defaults::yes());
        model.timeout_ms = self.whole(fields.get("timeout_ms"), "timeout_ms", defaults::timeout_ms(), 1);
        let retries = self.whole(fields.get("max_retries"), "max_retries", 0, 0);
        model.max_retries = self.small(retries, "max_retries", fields.get("max_retries"));
        model.retry_delay_ms =
            self.whole(fields.get("retry_delay_ms"), "retry_delay_ms", defaults::retry_delay_ms(), 0);
        model.can_run_parallel = self.boolean(fields.get("can_run_parallel"), "can_run_parallel", false);
        model.parallel_group = self.optional_text(fields.get("parallel_group"), "parallel_group");
        let depends_on = self.words(fields.get("depends_on"), "depends_on", "stage names");
        model.depends_on = self.stage_list(&depends_on, "depends_on");
        let known = depends_on.iter().filter(|word| self.stages.find(word.text).is_some());
        let known = known.map(|word| word.span()).collect();
        spans.insert(stage, known);
        model.cache_enabled = self.boolean(fields.get("cache_enabled"), "cache_enabled", false);
        model.cache_ttl_seconds =
            self.whole(fields.get("cache_ttl_seconds"), "cache_ttl_seconds", defaults::cache_ttl_seconds(), 0);
        let host = self.stage_host(&fields, model.max_retries);
        let rules = self.stage_rules(fields.get("routing_rules"));
        model.preconditions = rules.preconditions;
        model.routing = rules.routing;
        model.postconditions = rules.postconditions;
        model.host = super::host::text(&host);
        model
    }

    fn stage_name(&mut self, fields: &Fields<'_>, key: &Key) {
        let Some(node) = fields.required(self, "name") else {
            return;
        };
        let Some(name) = self.name(node, "name") else {
            return;
        };
        if name == key.text || key.text.starts_with('\0') {
            return;
        }
        let diagnostic =
            Diagnostic::new(Code::StageNameMismatch, format!("the stage `{}` is called `{name}` inside", key.text))
                .label(node.span, "another name")
                .label(key.span, "than its key")
                .help("rules and records use the key; make both the same")
                .fix(node.span, crate::yaml::quoted(&key.text));
        self.report(diagnostic);
    }

    /// A count that has to fit 32 bits.
    pub(super) fn small(&mut self, value: u64, key: &str, node: Option<&Node>) -> u32 {
        u32::try_from(value).unwrap_or_else(|_| {
            let span = node.map_or_else(Span::default, |node| node.span);
            let message = format!("`{key}` is {value}, which is too large");
            self.report(Diagnostic::new(Code::OutOfRange, message).label(span, format!("at most {}", u32::MAX)));
            u32::MAX
        })
    }

    fn stage_host(&mut self, fields: &Fields<'_>, max_retries: u32) -> StageHost {
        let on_error = self.on_error(fields.get("on_error"));
        let plugins = self.plugins(fields.get("plugins"));
        if max_retries > 0
            && let Some((_, span)) = plugins.iter().find(|(plugin, _)| plugin.name() == "retry")
        {
            let retries = fields.key_span("max_retries").unwrap_or(fields.head);
            let diagnostic = Diagnostic::new(Code::TwoRetries, "the stage retries, and so does its retry plugin")
                .label(*span, "repeats the handler")
                .label(retries, "repeats the whole list of plugins")
                .help("the attempts multiply; set one of the two to 0");
            self.report(diagnostic);
        }
        StageHost {
            handler: fields
                .get("handler")
                .filter(|node| node.kind != NodeKind::Null)
                .and_then(|node| self.handler(node)),
            handler_type: self.optional_text(fields.get("handler_type"), "handler_type"),
            plugins: plugins.into_iter().map(|(plugin, _)| plugin).collect(),
            idempotent: self.boolean(fields.get("idempotent"), "idempotent", false),
            on_error,
            cost: self.cost(fields.get("cost")),
            custom_properties: self.free_mapping(fields.get("custom_properties"), "custom_properties"),
            x: self.extensions(fields),
        }
    }
}
