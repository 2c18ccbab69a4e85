//! What is drawn: nodes in rows, and edges between them.

use serde::Serialize;

/// A cascade as a graph.
#[derive(Clone, Debug, Serialize)]
pub struct Graph {
    /// The cascade's name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The nodes; edges name them by number.
    pub nodes: Vec<Node>,
    /// Stages by their turns; those of one row run side by side.
    pub rows: Vec<Vec<usize>>,
    /// What rules do.
    pub edges: Vec<Edge>,
}

/// A stage, or what else has rules.
#[derive(Clone, Debug, Serialize)]
pub struct Node {
    /// What it is.
    pub kind: NodeKind,
    /// Its name.
    pub name: String,
    /// What is said of it, line by line.
    pub lines: Vec<String>,
    /// Whether it is in the queue that a run starts with.
    pub queued: bool,
    /// Whether it runs without being enabled.
    pub enabled: bool,
    /// Why it never runs.
    pub dead: Option<String>,
}

impl Node {
    /// A node that is alive.
    pub fn new(kind: NodeKind, name: String, lines: Vec<String>) -> Self {
        Self { kind, name, lines, queued: false, enabled: true, dead: None }
    }
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeKind {
    /// A stage.
    Stage,
    /// The global termination conditions.
    Globals,
    /// A rule set, which stands by itself.
    Ruleset,
}

/// Where an edge begins or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// A node, by number.
    Node(usize),
    /// The end of the cascade.
    End,
}

/// What one or several rules do.
#[derive(Clone, Debug, Serialize)]
pub struct Edge {
    /// The node whose rules they are.
    pub from: End,
    /// Where they lead.
    pub to: End,
    /// How.
    pub kind: EdgeKind,
    /// The rules.
    pub labels: Vec<String>,
    /// Whether none of them can ever act.
    pub dead: bool,
}

/// How an edge leads on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EdgeKind {
    /// `terminate`.
    End,
    /// A `skip_to` whose target has left the queue: the cascade ends.
    Drain,
    /// `skip_to`.
    SkipTo,
    /// `enable_stages`.
    Enable,
    /// `disable_stages`.
    Disable,
}

impl EdgeKind {
    /// In one word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::End => "end",
            Self::Drain => "drains",
            Self::SkipTo => "skip to",
            Self::Enable => "enable",
            Self::Disable => "disable",
        }
    }
}

/// The most rules whose names one label shows.
const MAX_NAMES: usize = 2;

/// The most characters of one rule's name in a label.
const MAX_NAME_CHARS: usize = 40;

impl Edge {
    /// Edges that differ in their rules only, as one.
    pub fn merged(edges: Vec<Self>) -> Vec<Self> {
        let mut merged: Vec<Self> = Vec::new();
        let mut places = std::collections::HashMap::new();
        for edge in edges {
            let place = *places.entry((edge.from, edge.to, edge.kind, edge.dead)).or_insert(merged.len());
            match merged.get_mut(place) {
                Some(same) => same.labels.extend(edge.labels),
                None => merged.push(edge),
            }
        }
        merged
    }

    /// What stands at the edge.
    pub fn label(&self) -> String {
        let names: Vec<_> = self.labels.iter().take(MAX_NAMES).map(|name| shortened(name, MAX_NAME_CHARS)).collect();
        let more = match self.labels.len().saturating_sub(MAX_NAMES) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let never = if self.dead { "never: " } else { "" };
        format!("{never}{}: {}{more}", self.kind.word(), names.join(", "))
    }
}

/// The beginning of a text, of at most so many characters.
pub fn shortened(text: &str, most: usize) -> String {
    if text.chars().nth(most).is_none() {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}
