//! Names of stages, and what a wrong one most likely means.

use std::collections::{HashMap, HashSet};

use cranelift_entity::EntityRef;

use super::Checker;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::model::StageRef;
use crate::names::nearest;
use crate::span::Span;
use crate::syntax::{Word, replacement};

/// The stages of the cascade by name, known before anything that names them is checked.
#[derive(Debug, Default)]
pub(super) struct StageNames<'n> {
    by_name: HashMap<&'n str, StageRef>,
    in_order: Vec<(&'n str, Span)>,
}

impl<'n> StageNames<'n> {
    /// Adds the next stage; of equal names the first counts, the second has been reported as a duplicate key.
    pub(super) fn add(&mut self, name: &'n str, span: Span) {
        let stage = StageRef::new(self.in_order.len());
        self.by_name.entry(name).or_insert(stage);
        self.in_order.push((name, span));
    }

    pub(super) fn find(&self, name: &str) -> Option<StageRef> {
        self.by_name.get(name).copied()
    }

    pub(super) fn nearest(&self, name: &str) -> Option<&'n str> {
        nearest(name, self.in_order.iter().map(|(name, _)| *name))
    }

    /// Name and place of a stage.
    pub(super) fn get(&self, stage: StageRef) -> (&'n str, Span) {
        self.in_order.get(stage.index()).copied().unwrap_or_default()
    }
}

impl Checker<'_, '_> {
    /// The stage a setting names.
    pub(super) fn stage(&mut self, word: Word<'_>, key: &str) -> Option<StageRef> {
        let found = self.stages.find(word.text);
        if found.is_none() {
            let diagnostic =
                Diagnostic::new(Code::UnknownStage, format!("`{key}` names a stage `{}` that is not there", word.text));
            let diagnostic = match self.stages.nearest(word.text) {
                Some(near) => {
                    let text = replacement(word.node, self.text, near);
                    diagnostic.label(word.span(), format!("did you mean `{near}`?")).fix(word.span(), text)
                }
                None => diagnostic.label(word.span(), "no stage has this name"),
            };
            self.report(diagnostic);
        }
        found
    }

    /// The stages a list names; names that stand in it twice are warned about and kept.
    pub(super) fn stage_list(&mut self, words: &[Word<'_>], key: &str) -> Vec<StageRef> {
        let mut seen = HashSet::new();
        for word in words {
            if !seen.insert(word.text) {
                let message = format!("`{key}` names `{}` twice", word.text);
                self.report(Diagnostic::new(Code::RepeatedName, message).label(word.span(), "has no effect"));
            }
        }
        words.iter().filter_map(|word| self.stage(*word, key)).collect()
    }
}
