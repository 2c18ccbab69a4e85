//! Actions of rules.

use cascata_vm::Segment;

use super::Checker;
use super::constant::constant;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::field_path::Step;
use crate::model::{ActionModel, Constant};
use crate::names::nearest;
use crate::syntax::{ACTION, Fields, Word, mapping, replacement};
use crate::yaml::{Node, NodeKind};

const ACTIONS: [&str; 5] = ["terminate", "skip_to", "enable_stages", "disable_stages", "set_field"];

impl Checker<'_, '_> {
    pub(super) fn action(&mut self, node: &Node) -> Option<ActionModel> {
        if let Some(text) = node.text() {
            self.action_as_text(node, text);
            return None;
        }
        let fields = mapping(self, node, &ACTION)?;
        let kind = fields.required(self, "type")?;
        let word = self.text(kind, "type")?;
        let ignored: &[&str] = match word.text {
            "terminate" => &["target", "stages", "field", "value"],
            "skip_to" => &["stages", "field", "value", "outcome", "reason"],
            "enable_stages" | "disable_stages" => &["target", "field", "value", "outcome", "reason"],
            "set_field" => &["target", "stages", "outcome", "reason"],
            _ => {
                self.unknown_action(word);
                return None;
            }
        };
        fields.ignored(self, ignored, word.text);
        match word.text {
            "terminate" => Some(self.terminate(&fields)),
            "skip_to" => self.skip_to(&fields),
            "enable_stages" => self.action_stages(&fields, word.text).map(ActionModel::EnableStages),
            "disable_stages" => self.action_stages(&fields, word.text).map(ActionModel::DisableStages),
            _ => self.set_field(&fields),
        }
    }

    fn action_as_text(&mut self, node: &Node, text: &str) {
        let mut diagnostic = Diagnostic::new(Code::WrongType, "an action is a mapping, not text")
            .label(self.head(node), "expected a mapping");
        if ACTIONS.contains(&text) {
            diagnostic = diagnostic.fix(node.span, format!("{{type: {text}}}"));
        }
        self.report(diagnostic);
    }

    fn unknown_action(&mut self, word: Word<'_>) {
        let diagnostic = Diagnostic::new(Code::UnknownAction, format!("no action is called `{}`", word.text));
        let diagnostic = match nearest(word.text, ACTIONS).filter(|_| word.text != "emit") {
            Some(near) => {
                let text = replacement(word.node, self.text, near);
                diagnostic.label(word.span(), format!("did you mean `{near}`?")).fix(word.span(), text)
            }
            None if word.text == "emit" => {
                diagnostic.label(word.span(), "only rules of rule sets emit").help("a stage's rule can `set_field`")
            }
            None => {
                diagnostic.label(word.span(), "not an action").help(format!("the actions are {}", ACTIONS.join(", ")))
            }
        };
        self.report(diagnostic);
    }

    fn terminate(&mut self, fields: &Fields<'_>) -> ActionModel {
        let reason = self.optional_text(fields.get("reason"), "reason");
        ActionModel::Terminate { outcome: fields.get("outcome").map(constant), reason }
    }

    fn skip_to(&mut self, fields: &Fields<'_>) -> Option<ActionModel> {
        let node = self.needed(fields, "target", "skip_to")?;
        let word = self.text(node, "target")?;
        self.stage(word, "target").map(ActionModel::SkipTo)
    }

    fn action_stages(&mut self, fields: &Fields<'_>, action: &str) -> Option<Vec<crate::model::StageRef>> {
        let node = self.needed(fields, "stages", action)?;
        let words = self.words(Some(node), "stages", "stage names");
        let count = words.len();
        let stages = self.stage_list(&words, "stages");
        (stages.len() == count && count > 0).then_some(stages)
    }

    /// A key the action cannot do without; empty text, an empty list and null are as good as nothing.
    fn needed<'n>(&mut self, fields: &Fields<'n>, key: &str, action: &str) -> Option<&'n Node> {
        let node = fields.get(key);
        let empty = node.is_none_or(|node| match &node.kind {
            NodeKind::Null => true,
            NodeKind::Text(text) => text.is_empty(),
            NodeKind::Seq(items) => items.is_empty(),
            NodeKind::Map(entries) => entries.is_empty(),
            _ => false,
        });
        if empty {
            let span = node.map_or(fields.head, |node| self.head(node));
            let label = if node.is_some() { "this is empty".to_owned() } else { format!("`{key}` is missing") };
            let message = format!("{action} needs `{key}`");
            self.report(Diagnostic::new(Code::IncompleteAction, message).label(span, label));
            return None;
        }
        node
    }

    fn set_field(&mut self, fields: &Fields<'_>) -> Option<ActionModel> {
        let node = self.needed(fields, "field", "set_field")?;
        let NodeKind::Text(text) = &node.kind else {
            let (head, message) = (self.head(node), format!("`field` is text, not {}", node.type_name()));
            self.report(Diagnostic::new(Code::FieldNotText, message).label(head, "expected a path"));
            return None;
        };
        let word = Word { text, node };
        let value = fields.get("value").map_or(Constant::Null, constant);
        let written = self.written_path(word)?;
        if written.steps.first() == Some(&Step::Key("stages".to_owned())) {
            let diagnostic = Diagnostic::new(
                Code::SetFieldStages,
                "set_field writes under `stages`, where it could never be read back",
            )
            .label(node.span, "reads stage results")
            .help("give the field another name");
            self.report(diagnostic);
            return None;
        }
        if !written.steps.iter().all(|step| matches!(step, Step::Key(_))) {
            let message = "set_field cannot change one element of a list";
            self.report(Diagnostic::new(Code::SetFieldElement, message).label(node.span, "keys only"));
            return None;
        }
        let segments: Vec<Segment> = written.steps.iter().filter_map(Step::segment).collect();
        let prefixes = (1..segments.len()).filter_map(|length| segments.get(..length)).map(<[Segment]>::to_vec);
        let prefixes = prefixes.map(|prefix| self.paths.intern(prefix)).collect();
        let path = self.paths.intern(segments);
        Some(ActionModel::SetField { path, prefixes, value })
    }
}
