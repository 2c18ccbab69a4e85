//! Rule sets: named lists of rules that match events on their own.

use super::Checker;
use super::constant::constant;
use super::rule::{Checked, RuleNames, in_order};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::model::{ActionModel, Constant, RuleKind, RulesetModel};
use crate::syntax::{EMIT, RULESET_RULE, mapping, replacement};
use crate::yaml::{Node, NodeKind};

impl<'n> Checker<'_, 'n> {
    /// `rulesets` of a cascade.
    pub(super) fn rulesets(&mut self, node: Option<&'n Node>) -> Vec<RulesetModel> {
        let Some(node) = node.filter(|node| node.kind != NodeKind::Null) else { return Vec::new() };
        let NodeKind::Map(entries) = &node.kind else {
            let message = format!("`rulesets` is a mapping from names to lists of rules, not {}", node.type_name());
            let diagnostic = Diagnostic::new(Code::WrongType, message)
                .label(self.head(node), "expected a mapping")
                .help("rulesets:\n  ROUTES:\n    - {name: …, condition: {…}}");
            self.report(diagnostic);
            return Vec::new();
        };
        let mut rulesets = Vec::with_capacity(entries.len());
        for (key, list) in entries {
            let mut names = RuleNames::new("this rule set");
            let mut checked = Vec::new();
            for (order, item) in (0_u32..).zip(self.list(Some(list), &key.text, "rules").unwrap_or_default()) {
                checked.extend(self.ruleset_rule(item, order, &mut names));
            }
            let rules = in_order(checked).map(|model| self.rules.push(model)).collect();
            rulesets.push(RulesetModel { name: key.text.clone(), rules });
        }
        rulesets
    }

    fn ruleset_rule(&mut self, node: &'n Node, order: u32, names: &mut RuleNames) -> Option<Checked> {
        let fields = mapping(self, node, &RULESET_RULE)?;
        let common = self.rule_common(&fields, names);
        let action = match fields.get("action") {
            None => Some(ActionModel::Nothing),
            Some(node) => self.emit(node),
        };
        let otherwise = fields.get("else").map(|node| self.emit(node));
        self.finish_rule(&fields, common, RuleKind::Match, order, action, otherwise)
    }

    /// The action of a rule in a rule set.
    fn emit(&mut self, node: &Node) -> Option<ActionModel> {
        let fields = mapping(self, node, &EMIT)?;
        let kind = fields.required(self, "type")?;
        let word = self.text(kind, "type")?;
        if word.text == "emit" {
            return Some(ActionModel::Emit(fields.get("value").map_or(Constant::Null, constant)));
        }
        let message = format!("a rule of a rule set cannot `{}`", word.text);
        let mut diagnostic = Diagnostic::new(Code::UnknownAction, message)
            .label(word.span(), "its only action is `emit`")
            .help("a rule set has no stages and writes nothing: a match is its answer, `emit` gives it a value");
        if crate::names::nearest(word.text, ["emit"]).is_some() {
            diagnostic = diagnostic.fix(word.span(), replacement(word.node, self.text, "emit"));
        }
        self.report(diagnostic);
        None
    }
}
