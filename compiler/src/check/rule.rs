//! Rules: what belongs to one, and the order a list of them is evaluated in.

use std::collections::{BTreeMap, HashMap};

use super::Checker;
use super::priority::Priority;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::model::{ActionModel, Condition, RuleKind, RuleModel, RuleRef};
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
    /// `tags` by rule name.
    pub(super) tags: BTreeMap<String, Vec<String>>,
}

struct Checked {
    model: RuleModel,
    priority: Priority,
    enabled: bool,
}

impl<'n> Checker<'_, 'n> {
    pub(super) fn stage_rules(&mut self, node: Option<&'n Node>) -> StageRules {
        let mut rules = StageRules::default();
        let mut names = HashMap::new();
        let mut checked = Vec::new();
        for item in self.list(node, "routing_rules", "rules").unwrap_or_default() {
            checked.extend(self.rule(item, &mut names, &mut rules.tags).filter(|rule| rule.enabled));
        }
        // Stable, so that equal priorities keep the order of the file.
        checked.sort_by(|a, b| a.priority.falling(&b.priority));
        for Checked { model, .. } in checked {
            let list = match model.kind {
                RuleKind::Precondition => &mut rules.preconditions,
                RuleKind::Postcondition => &mut rules.postconditions,
                RuleKind::Routing | RuleKind::Global => &mut rules.routing,
            };
            list.push(self.rules.push(model));
        }
        rules
    }

    fn rule(
        &mut self,
        node: &'n Node,
        names: &mut HashMap<String, Span>,
        all_tags: &mut BTreeMap<String, Vec<String>>,
    ) -> Option<Checked> {
        let fields = mapping(self, node, &RULE)?;
        let name_node = fields.required(self, "name");
        let name = name_node.and_then(|node| self.name(node, "name"));
        if let (Some(name), Some(node)) = (&name, name_node) {
            self.check_name(name, node.span, names);
        }
        let kind = match fields.get("type") {
            None => Some(RuleKind::Routing),
            word => self.choice(word, "type", &TYPES).map(|at| match at {
                0 => RuleKind::Precondition,
                2 => RuleKind::Postcondition,
                _ => RuleKind::Routing,
            }),
        };
        let priority = self.priority(fields.get("priority"));
        let enabled = self.boolean(fields.get("enabled"), "enabled", cascata_config::defaults::yes());
        let tags: Vec<_> =
            self.words(fields.get("tags"), "tags", "texts").iter().map(|word| word.text.to_owned()).collect();
        let condition = self.rule_condition(&fields);
        let action = fields.required(self, "action").and_then(|node| self.action(node));
        let (name, kind, condition, action) = (name?, kind?, condition?, action?);
        if !tags.is_empty() {
            all_tags.insert(name.clone(), tags);
        }
        let model = RuleModel { name, kind, priority: priority.shown(), condition, action, span: fields.span };
        Some(Checked { model, priority, enabled })
    }

    /// What has to hold: `when` as text, else `condition`.
    fn rule_condition(&mut self, fields: &Fields<'n>) -> Option<Condition> {
        let Some(text) = fields.get("when") else {
            return fields.required(self, "condition").and_then(|node| self.condition(node));
        };
        if let Some(span) = fields.key_span("condition") {
            self.two_conditions(span, fields.key_span("when").unwrap_or(text.span));
        }
        let word = self.text(text, "when")?;
        self.when(word)
    }

    fn check_name(&mut self, name: &str, span: Span, names: &mut HashMap<String, Span>) {
        match names.get(name) {
            Some(first) => {
                let diagnostic =
                    Diagnostic::new(Code::RepeatedRule, format!("two rules of this stage are called `{name}`"))
                        .label(span, "the same name again")
                        .label(*first, "first here");
                self.report(diagnostic);
            }
            None => {
                names.insert(name.to_owned(), span);
            }
        }
    }

    /// The global termination conditions, as rules; they keep the order of the file.
    pub(super) fn globals(&mut self, node: Option<&'n Node>) -> Vec<RuleRef> {
        const KEY: &str = "global_termination_conditions";
        let items = self.list(node, KEY, "conditions").unwrap_or_default();
        let mut rules = Vec::with_capacity(items.len());
        for (at, item) in items.iter().enumerate() {
            let Some(condition) = self.condition(item) else {
                continue;
            };
            let span = condition.span;
            let action =
                ActionModel::Terminate { outcome: None, reason: Some("Global termination condition".to_owned()) };
            let name = format!("global_termination_{at}");
            // The priority the reference gives them; all have it, so it decides nothing.
            let model = RuleModel { name, kind: RuleKind::Global, priority: 1000, condition, action, span };
            rules.push(self.rules.push(model));
        }
        rules
    }
}
