//! From a program to its graph: stages as nodes in the order of the queue, rules as edges.

use std::collections::{HashMap, HashSet};

use cascata::plan;
use cascata_config::{HandlerConfig, StageHost};
use cascata_vm::image::{Action, Program, Rule, RuleKind, Stage};
use cascata_vm::{Segment, StageId, Value};

use super::dead::Dead;
use super::model::{Edge, EdgeKind, End, Graph, Node, NodeKind};
use crate::cli::terminal;

/// The most characters of a verdict or written value that a label shows.
const MAX_VALUE_CHARS: usize = 24;

/// The graph of a program. What is dead is known only of one that was compiled from a source.
pub fn graph(program: &Program<'_>, dead: &Dead) -> Graph {
    Builder { program, dead, nodes: Vec::new(), edges: Vec::new(), of_stage: HashMap::new() }.build()
}

struct Builder<'p> {
    program: &'p Program<'p>,
    dead: &'p Dead,
    nodes: Vec<Node>,
    edges: Vec<Edge>,
    of_stage: HashMap<StageId, usize>,
}

impl Builder<'_> {
    fn build(mut self) -> Graph {
        let program = self.program;
        let globals: Vec<_> = program.list_rules(program.globals()).collect();
        if !globals.is_empty() {
            let lines = vec!["asked before each stage".to_owned()];
            self.nodes.push(Node::new(NodeKind::Globals, "global conditions".to_owned(), lines));
            for rule in &globals {
                self.rule(0, rule, false);
            }
        }
        let rows = self.stages();
        for ruleset in program.rulesets() {
            let rules = format!("rule set, {}", terminal::count(program.list_len(ruleset.list()) as u64, "rule"));
            self.nodes.push(Node::new(NodeKind::Ruleset, ruleset.name().to_owned(), vec![rules]));
        }
        let placed: Vec<_> = rows.iter().flatten().copied().collect();
        for stage in placed.into_iter().filter_map(|stage| program.stage(stage)) {
            self.rules(&stage);
        }
        let rows = rows.iter().map(|row| row.iter().filter_map(|stage| self.of_stage.get(stage).copied()).collect());
        Graph {
            name: program.name().to_owned(),
            version: program.version().to_owned(),
            rows: rows.collect(),
            nodes: self.nodes,
            edges: Edge::merged(self.edges),
        }
    }

    /// Makes the nodes of the stages: rows in the order of their turns, what is in no queue at the end.
    fn stages(&mut self) -> Vec<Vec<StageId>> {
        let program = self.program;
        let rows = rows(program);
        let queued: HashSet<_> = program.plan().collect();
        for stage in rows.iter().flatten().filter_map(|stage| program.stage(*stage)) {
            let queued = queued.contains(&stage.id());
            let mut node = Node::new(NodeKind::Stage, stage.name().to_owned(), self.lines(&stage));
            node.queued = queued;
            node.enabled = stage.enabled();
            if !node.enabled {
                node.lines.push("off until enabled".to_owned());
            } else if !queued {
                node.lines.push("not in the queue".to_owned());
            }
            node.dead = self.dead.stages.get(&stage.id()).cloned();
            if node.dead.is_some() {
                node.lines.push("never runs".to_owned());
            }
            self.of_stage.insert(stage.id(), self.nodes.len());
            self.nodes.push(node);
        }
        rows
    }

    fn lines(&self, stage: &Stage<'_>) -> Vec<String> {
        let host: StageHost = serde_json::from_str(stage.host_json()).unwrap_or_default();
        let mut first = match &host.handler {
            Some(HandlerConfig::None) => "rules only".to_owned(),
            Some(HandlerConfig::Wasm(wasm)) => wasm.module.rsplit('/').next().unwrap_or_default().to_owned(),
            Some(HandlerConfig::Http(http)) => {
                let start = http.url.split(['?', '{']).next().unwrap_or_default();
                format!("{} {start}", http.method.name())
            }
            Some(HandlerConfig::Native(_)) | None => "handler of the host".to_owned(),
        };
        if let Some(cost) = host.cost {
            first += &format!(", cost {cost}");
        }
        let mut lines = vec![first];
        let needs: Vec<_> = stage.depends_on().filter_map(|needed| Some(self.program.stage(needed)?.name())).collect();
        if !needs.is_empty() {
            lines.push(format!("needs {}", needs.join(", ")));
        }
        lines
    }

    fn rules(&mut self, stage: &Stage<'_>) {
        let Some(node) = self.of_stage.get(&stage.id()).copied() else { return };
        let dead = self.dead.stages.contains_key(&stage.id());
        for kind in [RuleKind::Precondition, RuleKind::Routing, RuleKind::Postcondition] {
            for rule in self.program.list_rules(stage.list(kind)) {
                self.rule(node, &rule, dead);
            }
        }
    }

    /// The edges of a rule, or the line in its node for what leads nowhere.
    fn rule(&mut self, node: usize, rule: &Rule<'_>, dead: bool) {
        let never = dead || self.dead.rules.contains(&rule.id());
        let drains = self.dead.drains.contains(&rule.id());
        let before = if rule.kind() == RuleKind::Precondition { "blocked by " } else { "" };
        let after = if rule.is_shadow() { " (shadow)" } else { "" };
        let label = format!("{before}{}{after}", rule.name());
        self.action(node, &rule.action(), label.clone(), never, drains);
        if let Some(otherwise) = rule.otherwise() {
            let never = dead || self.dead.otherwise.contains(&rule.id());
            self.action(node, &otherwise, format!("else of {label}"), never, false);
        }
    }

    fn action(&mut self, node: usize, action: &Action<'_>, label: String, dead: bool, drains: bool) {
        let from = End::Node(node);
        let to = |stage: &StageId| self.of_stage.get(stage).map(|node| End::Node(*node));
        let (kind, ends): (_, Vec<_>) = match action {
            Action::Terminate { .. } => (EdgeKind::End, vec![End::End]),
            Action::SkipTo(_) if drains => (EdgeKind::Drain, vec![End::End]),
            Action::SkipTo(stage) => (EdgeKind::SkipTo, to(stage).into_iter().collect()),
            Action::EnableStages(stages) => (EdgeKind::Enable, stages.clone().filter_map(|stage| to(&stage)).collect()),
            Action::DisableStages(stages) => {
                (EdgeKind::Disable, stages.clone().filter_map(|stage| to(&stage)).collect())
            }
            Action::SetField { path, value } => {
                let line = format!("{label} writes {} = {}", path_text(&self.program.path(*path)), short(value));
                self.line(node, line, dead);
                return;
            }
            Action::Nothing | Action::Emit(_) => return,
        };
        let label = match action {
            Action::Terminate { outcome: Some(outcome), .. } => format!("{label} → {}", short(outcome)),
            _ => label,
        };
        self.edges.extend(ends.into_iter().map(|to| Edge { from, to, kind, labels: vec![label.clone()], dead }));
    }

    fn line(&mut self, node: usize, line: String, dead: bool) {
        if let Some(node) = self.nodes.get_mut(node) {
            node.lines.push(if dead { format!("{line} (never)") } else { line });
        }
    }
}

/// The stages by their turns: those of a run in which no rule acts, with the others of the queue where their turn would be,
/// then those in no queue.
fn rows(program: &Program<'_>) -> Vec<Vec<StageId>> {
    let batches = plan::batches(program);
    let batch_of: HashMap<_, _> =
        batches.iter().enumerate().flat_map(|(at, batch)| batch.iter().map(move |stage| (*stage, at))).collect();
    let mut taken = 0;
    let mut seen = vec![false; program.stage_count()];
    let mut rows = Vec::new();
    for stage in program.plan().chain(program.stages().map(|stage| stage.id())) {
        if std::mem::replace(&mut seen[stage.index()], true) {
            continue;
        }
        match batch_of.get(&stage) {
            None => rows.push(vec![stage]),
            Some(at) => {
                // Earlier batches first: a stage that waits has been passed over until then.
                rows.extend(batches.get(taken..=*at).unwrap_or_default().iter().cloned());
                taken = taken.max(at + 1);
            }
        }
    }
    rows
}

fn path_text(path: &[Segment]) -> String {
    let mut out = String::new();
    for segment in path {
        match segment {
            Segment::Key(key) => out += &format!("{}{key}", if out.is_empty() { "" } else { "." }),
            Segment::Index(index) => out += &format!("[{index}]"),
        }
    }
    out
}

fn short(value: &Value<'_>) -> String {
    let text = match value.text() {
        Some(text) => text.into_owned(),
        None => {
            let mut json = String::new();
            cascata_vm::json::write_value(value, &mut json);
            json
        }
    };
    super::model::shortened(&text, MAX_VALUE_CHARS)
}
