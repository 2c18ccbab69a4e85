//! Rules: what belongs to one, and the order a list of them is evaluated in.

use std::collections::HashMap;

use super::Checker;
use super::priority::Priority;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::model::{ActionModel, Condition, Constant, RuleKind, RuleModel, RuleRef, RuleSpans};
use crate::span::Span;
use crate::syntax::{Fields, RULE, mapping};
use crate::yaml::Node;

const TYPES: [&str; 3] = ["precondition", "routing", "postcondition"];

/// The rules of one stage.
#[derive(Debug, Default)]
pub(super) struct StageRules {
    pub(super) preconditions: Vec<RuleRef>,
    pub(super) routing: Vec<RuleRef>,
    pub(super) postconditions: Vec<RuleRef>,
}

/// A rule that may take part, with the priority it is sorted by.
pub(super) struct Checked {
    pub(super) model: RuleModel,
    pub(super) priority: Priority,
    pub(super) takes_part: bool,
}

/// The rules written in one list, where a name stands for one of them.
pub(super) struct RuleNames {
    /// What the list is, in messages.
    pub(super) owner: &'static str,
    names: HashMap<String, Span>,
}

impl RuleNames {
    pub(super) fn new(owner: &'static str) -> Self {
        Self { owner, names: HashMap::new() }
    }
}

/// The keys that rules of stages and of rule sets share.
pub(super) struct Common {
    name: Option<String>,
    priority: Priority,
    condition: Option<Condition>,
    enabled: bool,
    tags: Vec<String>,
    score: Option<Constant>,
    stop: bool,
}

impl<'n> Checker<'_, 'n> {
    pub(super) fn stage_rules(&mut self, node: Option<&'n Node>) -> StageRules {
        let mut rules = StageRules::default();
        let mut names = RuleNames::new("this stage");
        let mut checked = Vec::new();
        for (order, item) in (0_u32..).zip(self.list(node, "routing_rules", "rules").unwrap_or_default()) {
            checked.extend(self.rule(item, order, &mut names));
        }
        for model in in_order(checked) {
            let list = match model.kind {
                RuleKind::Precondition => &mut rules.preconditions,
                RuleKind::Postcondition => &mut rules.postconditions,
                RuleKind::Routing | RuleKind::Global | RuleKind::Match | RuleKind::Outcome => &mut rules.routing,
            };
            list.push(self.rules.push(model));
        }
        rules
    }

    fn rule(&mut self, node: &'n Node, order: u32, names: &mut RuleNames) -> Option<Checked> {
        let fields = mapping(self, node, &RULE)?;
        let common = self.rule_common(&fields, names);
        let kind = match fields.get("type") {
            None => Some(RuleKind::Routing),
            word => self.choice(word, "type", &TYPES).map(|at| match at {
                0 => RuleKind::Precondition,
                2 => RuleKind::Postcondition,
                _ => RuleKind::Routing,
            }),
        };
        let action = fields.required(self, "action").and_then(|node| self.action(node));
        let otherwise = fields.get("else").map(|node| self.action(node));
        if kind == Some(RuleKind::Precondition) {
            // The first that holds ends the list anyway.
            fields.ignored(self, &["stop"], "a precondition");
        }
        self.finish_rule(&fields, common, kind?, order, action, otherwise)
    }

    /// Reads the keys that every rule has. What is missing or wrong is reported.
    pub(super) fn rule_common(&mut self, fields: &Fields<'n>, names: &mut RuleNames) -> Common {
        let name_node = fields.required(self, "name");
        let name = name_node.and_then(|node| self.name(node, "name"));
        if let (Some(name), Some(node)) = (&name, name_node) {
            self.check_name(name, node.span, names);
        }
        let priority = self.priority(fields.get("priority"));
        let enabled = self.boolean(fields.get("enabled"), "enabled", cascata_config::defaults::yes());
        let tags = self.words(fields.get("tags"), "tags", "texts").iter().map(|word| word.text.to_owned()).collect();
        let score = self.score(fields.get("score"));
        let stop = self.boolean(fields.get("stop"), "stop", false);
        let condition = self.rule_condition(fields);
        Common { name, priority, condition, enabled, tags, score, stop }
    }

    /// What has to hold: `when` as text, else `condition`.
    pub(super) fn rule_condition(&mut self, fields: &Fields<'n>) -> Option<Condition> {
        let Some(text) = fields.get("when") else {
            return fields.required(self, "condition").and_then(|node| self.condition(node));
        };
        if let Some(span) = fields.key_span("condition") {
            self.two_conditions(span, fields.key_span("when").unwrap_or(text.span));
        }
        let word = self.text(text, "when")?;
        self.when(word)
    }

    /// Puts a rule together; nothing if a part of it is wrong. `otherwise` is an `else`, which may be wrong too.
    pub(super) fn finish_rule(
        &mut self,
        fields: &Fields<'n>,
        common: Common,
        kind: RuleKind,
        order: u32,
        action: Option<ActionModel>,
        otherwise: Option<Option<ActionModel>>,
    ) -> Option<Checked> {
        let (on, shadow) = self.mode(fields.get("mode"));
        let sample = fields.get("sample").map(|node| self.sample(node));
        let Common { name, priority, condition, enabled, tags, score, stop } = common;
        let otherwise = match otherwise {
            Some(action) => Some(action?),
            None => None,
        };
        let sample = match sample {
            Some(sample) => sample?,
            None => None,
        };
        let (name, condition, action) = (name?, condition?, action?);
        let model = RuleModel {
            name,
            kind,
            priority: priority.shown(),
            order,
            condition,
            action,
            otherwise,
            stop: stop && kind != RuleKind::Precondition,
            shadow,
            sample,
            tags,
            score,
            span: fields.span,
            spans: RuleSpans {
                action: fields.get("action").map(|node| node.span),
                otherwise: fields.get("else").map(|node| node.span),
            },
        };
        Some(Checked { model, priority, takes_part: enabled && on })
    }

    pub(super) fn check_name(&mut self, name: &str, span: Span, names: &mut RuleNames) {
        match names.names.get(name) {
            Some(first) => {
                let message = format!("two rules of {} are called `{name}`", names.owner);
                let diagnostic = Diagnostic::new(Code::RepeatedRule, message)
                    .label(span, "the same name again")
                    .label(*first, "first here");
                self.report(diagnostic);
            }
            None => {
                names.names.insert(name.to_owned(), span);
            }
        }
    }

    /// The global termination conditions, as rules; they keep the order of the file.
    pub(super) fn globals(&mut self, node: Option<&'n Node>) -> Vec<RuleRef> {
        const KEY: &str = "global_termination_conditions";
        let items = self.list(node, KEY, "conditions").unwrap_or_default();
        let mut rules = Vec::with_capacity(items.len());
        for (at, item) in (0_u32..).zip(items) {
            let Some(condition) = self.condition(item) else {
                continue;
            };
            let action =
                ActionModel::Terminate { outcome: None, reason: Some("Global termination condition".to_owned()) };
            let name = format!("global_termination_{at}");
            // The priority the reference gives them; all have it, so it decides nothing.
            let plain = RuleModel::plain(name, RuleKind::Global, at, condition, action);
            let model = RuleModel { priority: 1000, ..plain };
            rules.push(self.rules.push(model));
        }
        rules
    }
}

/// The rules that take part, by falling priority.
pub(super) fn in_order(mut checked: Vec<Checked>) -> impl Iterator<Item = RuleModel> {
    // Stable, so that equal priorities keep the order of the file.
    checked.sort_by(|a, b| a.priority.falling(&b.priority));
    checked.into_iter().filter(|rule| rule.takes_part).map(|rule| rule.model)
}
