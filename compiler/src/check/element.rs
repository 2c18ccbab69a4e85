//! Elements of lists: which `[]` of a path is the element that a condition around it has taken, and which is new.

use super::Checker;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::field_path::{FieldPath, Step};
use crate::model::{Condition, ConditionNode, Each, Field, Root};
use crate::span::Span;

/// How many lists may be gone through inside one another; the machine recurses for each.
const DEEPEST: usize = 4;

impl Checker<'_, '_> {
    /// The innermost list taken so far that the path goes through: its level, and how many steps lead to its element.
    fn taken(&self, steps: &[Step]) -> Option<(usize, usize)> {
        let taken = self.elements.iter().enumerate().filter(|(_, list)| steps.starts_with(list));
        taken.max_by_key(|(_, list)| list.len()).map(|(level, list)| (level, list.len()))
    }

    /// The first `[]` of a path that no condition around it has taken.
    pub(super) fn open_list(&self, steps: &[Step]) -> Option<usize> {
        let from = self.taken(steps).map_or(0, |(_, length)| length);
        steps.iter().enumerate().skip(from).find(|(_, step)| **step == Step::Each).map(|(at, _)| at)
    }

    /// The field of a path. Lists that nothing has taken become [`Field::each`].
    pub(super) fn resolve(&mut self, path: &FieldPath) -> Option<Field> {
        self.check_stage_path(path);
        let (level, from) = match self.taken(&path.steps) {
            Some((level, from)) => (Some(level), from),
            None => (None, 0),
        };
        let rest = path.steps.get(from..).unwrap_or_default();
        let mut parts = rest.split(|step| *step == Step::Each);
        let segments = |steps: &[Step]| steps.iter().filter_map(Step::segment).collect::<Vec<_>>();
        let first = segments(parts.next().unwrap_or_default());
        let each = parts.map(segments).collect();
        let (root, tail) = match level {
            Some(level) => (Root::Element(u32::try_from(level).unwrap_or(u32::MAX)), first),
            None if first.is_empty() => {
                let message = "an event is a mapping, not a list";
                let place = path.place(0);
                self.report(Diagnostic::new(Code::InvalidPath, message).label(place, "a path begins with a key"));
                return None;
            }
            None => (Root::Path(self.paths.intern(first)), Vec::new()),
        };
        Some(Field { root, tail, each })
    }

    /// A condition on one element of the list that a path's step `at`, a `[]`, goes through.
    pub(super) fn over_list(
        &mut self,
        path: &FieldPath,
        at: usize,
        span: Span,
        body: impl FnOnce(&mut Self) -> Option<Condition>,
    ) -> Option<ConditionNode> {
        if self.elements.len() >= DEEPEST {
            let message = format!("more than {DEEPEST} lists are gone through inside one another");
            self.report(Diagnostic::new(Code::TooManyLists, message).label(path.place(at), "one too many"));
            return None;
        }
        let before = |steps: usize| FieldPath {
            steps: path.steps.iter().take(steps).cloned().collect(),
            places: path.places.iter().take(steps).copied().collect(),
        };
        let list = self.resolve(&before(at))?;
        let level = u32::try_from(self.elements.len()).unwrap_or(u32::MAX);
        self.elements.push(before(at.saturating_add(1)).steps);
        let body = body(self);
        self.elements.pop();
        let body = body?;
        Some(ConditionNode::Each(Box::new(Each { level, list, body: Condition { span, ..body } })))
    }

    /// A condition on one element of the list that a path, which ends with `[]`, names.
    pub(super) fn over_lists(
        &mut self,
        path: &FieldPath,
        span: Span,
        body: &mut dyn FnMut(&mut Self) -> Option<Condition>,
    ) -> Option<Condition> {
        match self.open_list(&path.steps) {
            None => body(self),
            Some(at) => {
                let node = self.over_list(path, at, span, |cx| cx.over_lists(path, span, body))?;
                Some(Condition { span, node })
            }
        }
    }
}
