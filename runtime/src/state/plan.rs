//! Where each path of a program is found: in the event, or in a stage's result. Made once per program.

use std::collections::HashMap;

use cascata_vm::json::PathTrie;
use cascata_vm::{PathId, Segment, StageId};

/// The paths and stage names of one program, prepared for reading events.
#[derive(Debug)]
pub struct FactsPlan {
    trie: PathTrie,
    paths: Vec<Vec<Segment>>,
    sources: Vec<Source>,
    stages: Vec<String>,
    by_name: HashMap<String, StageId>,
}

/// Where a path is read.
#[derive(Debug)]
pub(super) enum Source {
    /// In the event; the id is that of the trie, which holds event paths only.
    Event(PathId),
    /// In a stage's result.
    Stage(StagePath),
}

/// A path below `stages`.
#[derive(Debug)]
pub(super) struct StagePath {
    /// Which stage; `None` when the program has no such stage, so that the path is always missing.
    pub stage: Option<StageId>,
    /// Which part of its result.
    pub part: Part,
    /// How many segments of the path lead to the part; what follows descends into it.
    pub used: usize,
}

/// The parts of a stage's result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// `stages.S`
    Whole,
    /// `stages.S.stage_name`
    Name,
    /// `stages.S.result`
    Result,
    /// `stages.S.confidence`
    Confidence,
    /// `stages.S.data`, and `stages.S.x` with one segment less used.
    Data,
    /// `stages.S.error`
    Error,
    /// `stages.S.time_ms`
    TimeMs,
}

impl FactsPlan {
    /// Prepares the paths (path i has `PathId` i) and stages (stage i has `StageId` i) of a program.
    #[must_use]
    pub fn new(paths: Vec<Vec<Segment>>, stages: Vec<String>) -> Self {
        let by_name: HashMap<String, StageId> =
            (0_u32..).map(StageId::new).zip(&stages).map(|(id, name)| (name.clone(), id)).collect();
        let mut event_paths = Vec::new();
        let mut next = 0_u32;
        let sources = paths
            .iter()
            .map(|path| {
                if let Some(path) = stage_path(path, &by_name) {
                    return Source::Stage(path);
                }
                event_paths.push(path.clone());
                let id = PathId::new(next);
                next = next.saturating_add(1);
                Source::Event(id)
            })
            .collect();
        Self { trie: PathTrie::new(&event_paths), paths, sources, stages, by_name }
    }

    /// The same with more paths behind those that it has, which keep their numbers.
    #[must_use]
    pub fn with(&self, more: &[&[Segment]]) -> Self {
        let mut paths = self.paths.clone();
        paths.extend(more.iter().map(|path| path.to_vec()));
        Self::new(paths, self.stages.clone())
    }

    /// How many stages the program has.
    #[must_use]
    pub fn stage_count(&self) -> usize {
        self.stages.len()
    }

    /// The name of a stage; empty if there is no such stage.
    #[must_use]
    pub fn stage_name(&self, stage: StageId) -> &str {
        self.stages.get(stage.index()).map_or("", String::as_str)
    }

    /// The stage with this name.
    #[must_use]
    pub fn stage_named(&self, name: &str) -> Option<StageId> {
        self.by_name.get(name).copied()
    }

    /// The segments of a path; empty if there is no such path.
    #[must_use]
    pub fn path(&self, id: PathId) -> &[Segment] {
        self.paths.get(id.index()).map_or(&[], Vec::as_slice)
    }

    /// The id of a path, if the program or a handler named it when the plan was made.
    #[must_use]
    pub fn path_id(&self, path: &[Segment]) -> Option<PathId> {
        let position = self.paths.iter().position(|known| known == path)?;
        u32::try_from(position).ok().map(PathId::new)
    }

    pub(super) const fn trie(&self) -> &PathTrie {
        &self.trie
    }

    pub(super) fn source(&self, id: PathId) -> Option<&Source> {
        self.sources.get(id.index())
    }

    pub(super) fn stage_path(&self, path: &[Segment]) -> Option<StagePath> {
        stage_path(path, &self.by_name)
    }
}

/// Reads `stages.S…`; `None` for a path into the event. `stages` alone is the event's own key.
fn stage_path(path: &[Segment], by_name: &HashMap<String, StageId>) -> Option<StagePath> {
    let [Segment::Key(root), stage, rest @ ..] = path else { return None };
    if root != "stages" {
        return None;
    }
    let stage = match stage {
        Segment::Key(name) => by_name.get(name).copied(),
        Segment::Index(_) => None,
    };
    let (part, used) = match rest.first() {
        None => (Part::Whole, 2),
        Some(Segment::Key(key)) => match key.as_str() {
            "stage_name" => (Part::Name, 3),
            "result" => (Part::Result, 3),
            "confidence" => (Part::Confidence, 3),
            "data" => (Part::Data, 3),
            "error" => (Part::Error, 3),
            "time_ms" => (Part::TimeMs, 3),
            _ => (Part::Data, 2),
        },
        // A stage's result is a mapping, so a position in it is missing; `data` answers that.
        Some(Segment::Index(_)) => (Part::Name, 2),
    };
    Some(StagePath { stage, part, used })
}
