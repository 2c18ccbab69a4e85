//! The fields that candidates ask for, where they are in a record.

use cascata_vm::json::{Extraction, PathTrie};
use cascata_vm::ops::parse_time;
use cascata_vm::{Facts, Object, PathId, Segment, Value};

use super::seen::{Ran, Seen, is, looked_up, member};
use crate::RecordError;

/// Stages of a record that are read in the same pass as everything else; longer lists are looked through.
const QUICK_STAGES: usize = 6;

/// What of each of them.
const STAGE_PARTS: [&str; 4] = ["name", "status", "result", "time_us"];

/// What of a record is read beside the event's fields, in this order behind the program's paths. Few enough that keys are compared one by
/// one; what is seldom asked for is looked up then.
const PARTS: [&str; 7] = ["v", "event", "outcome", "outcome_source", "stages", "fired", "redacted"];

/// Paths of a program as paths of records.
pub(super) struct Layout {
    trie: PathTrie,
    stage: String,
    /// How many paths the program has.
    program: usize,
    /// The paths as texts, as far as they lead through keys: what must not have been redacted.
    texts: Vec<String>,
    /// For each path that asks for a stage: its number, the stage, and the key of its result.
    stages: Vec<(usize, String, Vec<String>)>,
}

impl Layout {
    /// `stage` is the one whose answers are looked for.
    pub fn new(paths: &[Vec<Segment>], stage: &str) -> Self {
        let key = |key: &str| Segment::Key(key.to_owned());
        let mut all: Vec<Vec<Segment>> =
            paths.iter().map(|path| std::iter::once(key("event")).chain(path.iter().cloned()).collect()).collect();
        all.extend(PARTS.iter().map(|part| vec![key(part)]));
        for stage in (0_u32..).take(QUICK_STAGES + 1) {
            all.extend(STAGE_PARTS.iter().map(|part| vec![key("stages"), Segment::Index(stage), key(part)]));
        }
        let stages = paths.iter().enumerate().filter_map(|(at, path)| {
            let keys: Option<Vec<String>> =
                path.iter().map(|step| if let Segment::Key(key) = step { Some(key.clone()) } else { None }).collect();
            match keys?.as_slice() {
                [first, name, rest @ ..] if first == "stages" => Some((at, name.clone(), rest.to_vec())),
                _ => None,
            }
        });
        let stages = stages.collect();
        let stage = stage.to_owned();
        Self {
            trie: PathTrie::new(&all),
            stage,
            program: paths.len(),
            texts: paths.iter().map(|path| text(path)).collect(),
            stages,
        }
    }

    pub const fn trie(&self) -> &PathTrie {
        &self.trie
    }

    /// What the record says.
    pub fn seen<'a>(&self, text: &'a str, extraction: &'a Extraction) -> Result<Seen<'a>, RecordError> {
        let get = |at: usize| extraction.get(text, PathId::new(u32::try_from(at).unwrap_or(u32::MAX)));
        let mut parts = [Value::Missing; PARTS.len()];
        parts.iter_mut().zip(self.program..).for_each(|(part, at)| *part = get(at));
        let first = self.program + PARTS.len();
        let of_stage = |stage: usize, part: usize| get(first + stage * STAGE_PARTS.len() + part);
        Seen::new(
            (text, parts),
            |redacted| self.asks_for(redacted),
            |wanted| {
                // One more than is read quickly: the list is longer.
                if !matches!(of_stage(QUICK_STAGES, 0), Value::Missing) {
                    return None;
                }
                let last = (0..QUICK_STAGES).rev().find(|stage| is(of_stage(*stage, 0), wanted));
                Some(last.map(|stage| {
                    let [status, result, time_us] = [1, 2, 3].map(|part| of_stage(stage, part));
                    Ran { status, result, time_us }
                }))
            },
            &self.stage,
        )
    }

    /// Whether a candidate asks for a field that was redacted, or for something in it or around it.
    fn asks_for(&self, redacted: &str) -> bool {
        let plain = redacted.split('[').next().unwrap_or_default();
        let inside = |outer: &str, inner: &str| {
            inner.strip_prefix(outer).is_some_and(|rest| !rest.starts_with(|sign: char| sign != '.'))
        };
        self.texts.iter().any(|text| inside(plain, text) || inside(text, plain))
    }

    /// The values of paths that ask for stages; nothing where no candidate does.
    pub fn of_stages<'a>(&self, seen: &Seen<'a>) -> Vec<(usize, Value<'a>)> {
        let value = |(at, name, keys): &(usize, String, Vec<String>)| {
            (*at, seen.stage(name).map_or(Value::Missing, |stage| under(stage, keys)))
        };
        self.stages.iter().map(value).collect()
    }
}

/// A path up to its first index.
fn text(path: &[Segment]) -> String {
    let keys = path.iter().map_while(|step| if let Segment::Key(key) = step { Some(key.as_str()) } else { None });
    keys.collect::<Vec<_>>().join(".")
}

/// What a rule reads under `stages.NAME`: its result and confidence, and of anything else its data.
fn under<'a>(stage: Object<'a>, keys: &[String]) -> Value<'a> {
    let own = keys.first().is_some_and(|first| ["result", "confidence", "data", "error"].contains(&first.as_str()));
    let from = if own { Value::Object(stage) } else { member(stage, "data") };
    keys.iter().fold(from, |value, key| match value {
        Value::Object(object) => member(object, key),
        _ => Value::Missing,
    })
}

/// The fields of one record.
pub(super) struct RecordFacts<'a> {
    pub text: &'a str,
    pub extraction: &'a Extraction,
    pub of_stages: &'a [(usize, Value<'a>)],
}

impl RecordFacts<'_> {
    /// What a stage said, where the path asks for that; most candidates ask for none.
    #[inline]
    fn of_stage(&self, path: PathId) -> Option<Value<'_>> {
        self.of_stages.iter().find(|(at, _)| *at == path.index()).map(|(_, value)| *value)
    }
}

impl Facts for RecordFacts<'_> {
    fn get(&self, path: PathId) -> Value<'_> {
        self.of_stage(path).unwrap_or_else(|| self.extraction.get(self.text, path))
    }

    fn now_us(&self) -> Option<i64> {
        parse_time(&looked_up(self.text, "now").text()?)
    }

    #[inline]
    fn int(&self, path: PathId) -> Option<i64> {
        match self.of_stage(path) {
            Some(value) => {
                if let Value::Int(value) = value {
                    Some(value)
                } else {
                    None
                }
            }
            None => self.extraction.int(path),
        }
    }

    #[inline]
    fn float(&self, path: PathId) -> Option<f64> {
        match self.of_stage(path) {
            Some(value) => {
                if let Value::Float(value) = value {
                    Some(value)
                } else {
                    None
                }
            }
            None => self.extraction.float(path),
        }
    }

    #[inline]
    fn truth(&self, path: PathId) -> Option<bool> {
        match self.of_stage(path) {
            Some(value) => {
                if let Value::Bool(value) = value {
                    Some(value)
                } else {
                    None
                }
            }
            None => self.extraction.truth(path),
        }
    }

    #[inline]
    fn text(&self, path: PathId) -> Option<&str> {
        match self.of_stage(path) {
            Some(value) => {
                if let Value::Text(value) = value {
                    Some(value)
                } else {
                    None
                }
            }
            None => self.extraction.text(self.text, path),
        }
    }
}
