//! Field paths: text to segments, each path once.

use std::collections::HashMap;
use std::ops::Range;

use cascata_vm::Segment;
use cranelift_entity::PrimaryMap;

use super::Checker;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::field_path::{FieldPath, Step};
use crate::model::PathRef;
use crate::syntax::Word;

/// The paths of a cascade, each once.
#[derive(Debug, Default)]
pub(super) struct Paths {
    map: PrimaryMap<PathRef, Vec<Segment>>,
    by_segments: HashMap<Vec<Segment>, PathRef>,
}

impl Paths {
    pub(super) fn intern(&mut self, segments: Vec<Segment>) -> PathRef {
        if let Some(path) = self.by_segments.get(&segments) {
            return *path;
        }
        let path = self.map.push(segments.clone());
        self.by_segments.insert(segments, path);
        path
    }

    pub(super) fn into_map(self) -> PrimaryMap<PathRef, Vec<Segment>> {
        self.map
    }
}

/// Why a path cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct PathError {
    pub(super) kind: PathErrorKind,
    /// Where in the text, in bytes.
    pub(super) offset: usize,
    pub(super) length: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PathErrorKind {
    /// Neither an index nor a quoted key.
    Bracket,
    /// No `]`.
    Unclosed,
    /// Something else than `.` or `[` behind `]`.
    AfterBracket,
    /// `a.[0]`.
    DotBeforeBracket,
    /// An index beyond 32 bits.
    Index,
}

impl PathErrorKind {
    const fn words(self) -> &'static str {
        match self {
            Self::Bracket => "brackets hold the number of an element, or a key in double quotes",
            Self::Unclosed => "a bracket is not closed",
            Self::AfterBracket => "behind `]` follows a dot, another bracket or nothing",
            Self::DotBeforeBracket => "a bracket follows what it looks into, without a dot",
            Self::Index => "the number of an element is too large",
        }
    }
}

/// A step with its bytes in the text.
pub(crate) type Placed = (Step, Range<usize>);

/// Reads a path. Keys between dots may be empty, as they are to the reference: `a..b` has three.
pub(crate) fn parse(text: &str) -> Result<Vec<Placed>, PathError> {
    let mut steps = Vec::new();
    let mut at = 0;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        if !rest.starts_with('[') {
            let length = rest.find(['.', '[']).unwrap_or(rest.len());
            let end = at.saturating_add(length);
            steps.push((Step::Key(rest.get(..length).unwrap_or_default().to_owned()), at..end));
            at = end;
        } else if at > 0 {
            return Err(PathError { kind: PathErrorKind::DotBeforeBracket, offset: at.saturating_sub(1), length: 2 });
        }
        while text.get(at..).is_some_and(|rest| rest.starts_with('[')) {
            let (step, length) = bracket(text, at)?;
            let end = at.saturating_add(length);
            steps.push((step, at..end));
            at = end;
        }
        match text.get(at..).and_then(|rest| rest.chars().next()) {
            None => return Ok(steps),
            Some('.') => at = at.saturating_add(1),
            Some(other) => {
                return Err(PathError { kind: PathErrorKind::AfterBracket, offset: at, length: other.len_utf8() });
            }
        }
    }
}

/// The step of the bracket at `at`, and its length.
fn bracket(text: &str, at: usize) -> Result<(Step, usize), PathError> {
    let rest = text.get(at..).unwrap_or_default();
    let inner = rest.get(1..).unwrap_or_default();
    let error = |kind, length: usize| PathError { kind, offset: at, length };
    if inner.starts_with('"') {
        let (key, length) = quoted_key(inner).ok_or_else(|| error(PathErrorKind::Unclosed, rest.len()))?;
        if !inner.get(length..).is_some_and(|rest| rest.starts_with(']')) {
            return Err(error(PathErrorKind::Unclosed, length.saturating_add(1)));
        }
        return Ok((Step::Key(key), length.saturating_add(2)));
    }
    let length = inner.find(']').ok_or_else(|| error(PathErrorKind::Unclosed, rest.len()))?;
    let index = inner.get(..length).unwrap_or_default();
    let whole = length.saturating_add(2);
    if index.is_empty() {
        return Ok((Step::Each, whole));
    }
    if !index.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(error(PathErrorKind::Bracket, whole));
    }
    let index = index.parse().map_err(|_| error(PathErrorKind::Index, whole))?;
    Ok((Step::Index(index), whole))
}

/// A key in double quotes, in which `\"` and `\\` stand for themselves, and how long it is with its quotes.
fn quoted_key(text: &str) -> Option<(String, usize)> {
    let mut key = String::new();
    let mut characters = text.char_indices().skip(1);
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((key, at.saturating_add(1))),
            '\\' => match characters.next()? {
                (_, escaped @ ('"' | '\\')) => key.push(escaped),
                (_, other) => key.extend(['\\', other]),
            },
            _ => key.push(character),
        }
    }
    None
}

impl Checker<'_, '_> {
    /// The written path of a setting.
    pub(super) fn written_path(&mut self, word: Word<'_>) -> Option<FieldPath> {
        self.path_within(word, 0)
    }

    /// The written path that begins `start` bytes into a text value.
    pub(super) fn path_within(&mut self, word: Word<'_>, start: usize) -> Option<FieldPath> {
        match parse(word.text) {
            Ok(placed) => {
                let offsets = self.offsets(word.node);
                let moved = |range: Range<usize>| start.saturating_add(range.start)..start.saturating_add(range.end);
                let (steps, places) = placed.into_iter().map(|(step, at)| (step, offsets.span(&moved(at)))).unzip();
                Some(FieldPath { steps, places })
            }
            Err(error) => {
                let span = self.inside(word.node, start.saturating_add(error.offset), error.length);
                let message = format!("the path `{}` cannot be read", word.text);
                let diagnostic = Diagnostic::new(Code::InvalidPath, message)
                    .label(span, error.kind.words())
                    .help("`items[0]` takes an element, `[\"a.b\"]` a key with dots or brackets in it");
                self.report(diagnostic);
                None
            }
        }
    }

    /// The segments of a path setting that has one value.
    pub(super) fn segments(&mut self, word: Word<'_>) -> Option<Vec<Segment>> {
        let path = self.written_path(word)?;
        self.check_stage_path(&path);
        self.one_value(&path)
    }

    /// The segments of a path, if it has one value.
    pub(super) fn one_value(&mut self, path: &FieldPath) -> Option<Vec<Segment>> {
        if let Some(at) = path.steps.iter().position(|step| *step == Step::Each) {
            let message = format!("the path `{path}` has many values where one belongs");
            self.report(Diagnostic::new(Code::ElementPath, message).label(path.place(at), "every element of the list"));
            return None;
        }
        Some(path.steps.iter().filter_map(Step::segment).collect())
    }

    /// The path of a setting.
    pub(super) fn path(&mut self, word: Word<'_>) -> Option<PathRef> {
        let segments = self.segments(word)?;
        Some(self.paths.intern(segments))
    }

    /// Warns of a path to the result of a stage that is not there.
    pub(super) fn check_stage_path(&mut self, path: &FieldPath) {
        let [Step::Key(root), Step::Key(stage), ..] = path.steps.as_slice() else {
            return;
        };
        if root != "stages" || self.stages.find(stage).is_some() {
            return;
        }
        let message = format!("`{path}` reads the result of a stage that is not there");
        let diagnostic = Diagnostic::new(Code::UnknownStageInPath, message);
        let span = path.place(1);
        let diagnostic = match self.stages.nearest(stage) {
            Some(near) => diagnostic.label(span, format!("did you mean `{near}`?")),
            None => diagnostic.label(span, "the field is always missing"),
        };
        self.report(diagnostic);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Step {
        Step::Key(text.to_owned())
    }

    fn steps(text: &str) -> Vec<Step> {
        parse(text).unwrap().into_iter().map(|(step, _)| step).collect()
    }

    #[test]
    fn dots_make_keys_empty_ones_too() {
        assert_eq!(steps("a"), vec![key("a")]);
        assert_eq!(steps("a..b"), vec![key("a"), key(""), key("b")]);
        assert_eq!(steps(".x"), vec![key(""), key("x")]);
        assert_eq!(steps("x."), vec![key("x"), key("")]);
        assert_eq!(steps("nums.0"), vec![key("nums"), key("0")]);
        assert_eq!(steps("étape 2.x]"), vec![key("étape 2"), key("x]")]);
    }

    #[test]
    fn brackets_make_indices_and_quoted_keys() {
        assert_eq!(steps("nums[0]"), vec![key("nums"), Step::Index(0)]);
        assert_eq!(steps("m[1][20].x"), vec![key("m"), Step::Index(1), Step::Index(20), key("x")]);
        assert_eq!(steps(r#"["a.b"].c["d[0]"]"#), vec![key("a.b"), key("c"), key("d[0]")]);
        assert_eq!(steps(r#"["a\"b\\c\d"]"#), vec![key(r#"a"b\c\d"#)]);
        assert_eq!(steps("[0].x"), vec![Step::Index(0), key("x")]);
        assert_eq!(steps("a[].b[]"), vec![key("a"), Step::Each, key("b"), Step::Each]);
    }

    #[test]
    fn wrong_brackets_say_where_and_why() {
        let failing = [
            ("a[x]", PathErrorKind::Bracket, 1, 3),
            ("a[-1]", PathErrorKind::Bracket, 1, 4),
            ("a[0", PathErrorKind::Unclosed, 1, 2),
            ("a[\"x]", PathErrorKind::Unclosed, 1, 4),
            ("a[0]b", PathErrorKind::AfterBracket, 4, 1),
            ("a.[0]", PathErrorKind::DotBeforeBracket, 1, 2),
            ("a[99999999999]", PathErrorKind::Index, 1, 13),
            ("a[0]é", PathErrorKind::AfterBracket, 4, 2),
        ];
        for (text, kind, offset, length) in failing {
            assert_eq!(parse(text), Err(PathError { kind, offset, length }), "{text}");
        }
    }
}
