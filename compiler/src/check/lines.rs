//! Rules that a program wrote: JSON lines, one rule a line, `{"id": …, "all": [{"field": …, "op": …, "value": …}]}`.
//!
//! They become one rule set. Each line is read, checked and forgotten before the next, so that a hundred thousand
//! rules need memory for their conditions and not for their text's tree.

use std::collections::HashSet;

use cranelift_entity::PrimaryMap;

use super::lists::Lists;
use super::rule::RuleNames;
use super::stages::StageNames;
use super::{Checker, Paths, Patterns};
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::limits::Limits;
use crate::model::{ActionModel, Cascade, Condition, ConditionNode, RuleKind, RuleModel, RuleRef, RulesetModel};
use crate::names::nearest;
use crate::options::Options;
use crate::source::Source;
use crate::span::Span;
use crate::syntax::{CONDITION, RULE_LINE, Reader, mapping};
use crate::yaml::{self, Node, NodeKind, Pending};

/// The name of the rule set, and of the cascade that holds nothing else.
pub(crate) const RULESET: &str = "rules";

/// How lines spell the key `operator`.
const OP: &str = "op";

/// Reads and checks the lines; the model is there exactly if no diagnostic is an error.
pub(super) fn check_lines(source: &Source, options: &Options) -> (Option<Cascade>, Vec<Diagnostic>) {
    let text = source.text.as_str();
    let mut diagnostics = Diagnostics::new(options.strict);
    if text.len() > options.limits.rule_lines_bytes {
        let limit = options.limits.rule_lines_bytes;
        diagnostics.push(yaml::too_large(text, limit));
        return (None, diagnostics.finish(options.limits.diagnostics));
    }
    let mut lines = Lines {
        names: RuleNames::new("this file"),
        foreign: HashSet::new(),
        paths: Paths::default(),
        patterns: Patterns::default(),
        rules: PrimaryMap::new(),
    };
    let mut start = 0_usize;
    for line in text.split_inclusive('\n') {
        let end = start.saturating_add(line.trim_end().len());
        if end > start && !line.trim_start().is_empty() {
            diagnostics = lines.line(source, Span::new(start, end), options, diagnostics);
        }
        start = start.saturating_add(line.len());
    }
    let cascade = lines.cascade();
    let cascade = Some(cascade).filter(|_| !diagnostics.has_errors());
    (cascade, diagnostics.finish(options.limits.diagnostics))
}

/// What lines have in common.
struct Lines {
    names: RuleNames,
    /// Keys that mean nothing here and were warned of.
    foreign: HashSet<String>,
    paths: Paths,
    patterns: Patterns,
    rules: PrimaryMap<RuleRef, RuleModel>,
}

impl Lines {
    /// Reads one line. What is wrong with it is reported, and the next can still be read.
    fn line(&mut self, source: &Source, span: Span, options: &Options, diagnostics: Diagnostics) -> Diagnostics {
        let text = source.text.as_str();
        let mut document = yaml::read_json_line(text, span, &options.limits);
        if let Some(root) = &mut document.root {
            self.as_condition(root);
        }
        let reader = Reader { text, source, options, diagnostics, pending: Pending::default() };
        let mut cx = Checker {
            reader,
            stages: StageNames::default(),
            paths: std::mem::take(&mut self.paths),
            patterns: std::mem::take(&mut self.patterns),
            elements: Vec::new(),
            shared: std::collections::BTreeMap::new(),
            stores: std::collections::BTreeMap::new(),
            rules: PrimaryMap::new(),
            lists: Lists::default(),
        };
        for diagnostic in document.diagnostics {
            cx.report(diagnostic);
        }
        let order = u32::try_from(self.rules.len()).unwrap_or(u32::MAX);
        let model = document.root.as_ref().and_then(|root| rule(&mut cx, root, order, &mut self.names));
        let Checker { reader, paths, patterns, .. } = cx;
        (self.paths, self.patterns) = (paths, patterns);
        if let Some(model) = model {
            self.rules.push(model);
        }
        reader.diagnostics
    }

    /// Writes the tests of a line as conditions are written. Keys that another program put there for itself are warned
    /// of once, not on every line; those that look misspelt stay, to be reported.
    fn as_condition(&mut self, line: &mut Node) {
        let NodeKind::Map(entries) = &mut line.kind else { return };
        self.drop_foreign(entries, RULE_LINE.known);
        for (key, value) in entries {
            let NodeKind::Seq(tests) = &mut value.kind else { continue };
            if key.text != "all" {
                continue;
            }
            for test in tests {
                let NodeKind::Map(entries) = &mut test.kind else { continue };
                for (key, _) in entries.iter_mut().filter(|(key, _)| key.text == OP) {
                    "operator".clone_into(&mut key.text);
                }
                self.drop_foreign(entries, CONDITION.known);
            }
        }
    }

    fn drop_foreign(&mut self, entries: &mut Vec<(yaml::Key, Node)>, known: &[&str]) {
        entries.retain(|(key, _)| {
            known.contains(&key.text.as_str())
                || (!self.foreign.contains(&key.text)
                    && (nearest(&key.text, known.iter().copied()).is_some() || self.foreign.insert(key.text.clone())))
        });
    }

    fn cascade(self) -> Cascade {
        let rules = self.rules.keys().collect();
        Cascade {
            name: RULESET.to_owned(),
            version: "1".to_owned(),
            global_timeout_ms: cascata_config::defaults::global_timeout_ms(),
            max_parallel_stages: cascata_config::defaults::max_parallel_stages(),
            enable_caching: false,
            cache_key_paths: Vec::new(),
            cache_key_spans: Vec::new(),
            stages: PrimaryMap::new(),
            plan: Vec::new(),
            globals: Vec::new(),
            outcome: Vec::new(),
            lists: Vec::new(),
            rulesets: vec![RulesetModel { name: RULESET.to_owned(), rules }],
            rules: self.rules,
            paths: self.paths.into_map(),
            host: super::host::text(&cascata_config::CascadeHost::default()),
            tests: Vec::new(),
            schema: None,
        }
    }
}

/// The rule of a line.
fn rule<'n>(cx: &mut Checker<'_, 'n>, line: &'n Node, order: u32, names: &mut RuleNames) -> Option<RuleModel> {
    let fields = mapping(cx, line, &RULE_LINE)?;
    let name = fields.required(cx, "id").and_then(|node| id(cx, node).map(|name| (name, node.span)));
    if let Some((name, span)) = &name {
        cx.check_name(name, *span, names);
    }
    let all = fields.required(cx, "all")?;
    let tests = cx.list(Some(all), "all", "tests")?;
    if tests.is_empty() {
        let message = "a rule without a test would hold for every event";
        cx.report(Diagnostic::new(Code::MissingConditions, message).label(all.span, "nothing to test"));
    }
    let mut conditions: Vec<Condition> = Vec::with_capacity(tests.len());
    let mut whole = true;
    for test in tests {
        match cx.condition(test) {
            Some(condition) => conditions.push(condition),
            None => whole = false,
        }
    }
    let (name, _) = name?;
    let condition = match conditions.len() {
        _ if !whole => return None,
        0 => return None,
        1 => conditions.pop()?,
        _ => Condition { span: all.span, node: ConditionNode::All(conditions) },
    };
    let plain = RuleModel::plain(name, RuleKind::Match, order, condition, ActionModel::Nothing);
    Some(RuleModel { span: line.span, ..plain })
}

/// The name of a rule: its id as text, or the digits of a whole number.
fn id(cx: &mut Checker<'_, '_>, node: &Node) -> Option<String> {
    match &node.kind {
        NodeKind::Text(text) => Some(text.clone()),
        NodeKind::Int(digits) => Some(digits.clone()),
        _ => {
            let message = format!("`id` is text or a whole number, not {}", node.type_name());
            let head = cx.head(node);
            cx.report(Diagnostic::new(Code::WrongType, message).label(head, "expected text or a whole number"));
            None
        }
    }
}

/// Whether a text is such lines: its first one is an object with `id` and `all`.
pub(crate) fn are_rules(text: &str) -> bool {
    let Some(start) = text.find(|c: char| !c.is_whitespace()) else { return false };
    let rest = text.get(start..).unwrap_or_default();
    let Some(line) = rest.lines().next().filter(|line| line.starts_with('{')) else { return false };
    let end = start.saturating_add(line.trim_end().len());
    let document = yaml::read_json_line(text, Span::new(start, end), &Limits::default());
    let Some(NodeKind::Map(entries)) = document.root.map(|root| root.kind) else { return false };
    RULE_LINE.known.iter().all(|key| entries.iter().any(|(known, _)| known.text == *key))
}
