//! Tests of cascades as they are written: events, scripted stages, and expected parts of decisions with their places, so
//! that whoever runs them can point at what differs and rewrite it.

use serde_json::Value;

pub use cascata_vm::Segment;

use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::names::nearest;
use crate::span::Span;

/// A file of tests.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TestFile {
    /// The cascade it tests, relative to the file; none means the one of the same name.
    pub cascade: Option<Located<String>>,
    /// The tests, in the order of the file.
    pub tests: Vec<TestCase>,
}

/// Something and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located<T> {
    /// What it is.
    pub value: T,
    /// Where it stands.
    pub span: Span,
}

/// One test.
#[derive(Clone, Debug, PartialEq)]
pub struct TestCase {
    /// What it is called, at its place.
    pub name: Located<String>,
    /// The event; an object.
    pub event: Value,
    /// What counts as now, as it is written.
    pub now: Option<Located<String>>,
    /// The stages that are scripted.
    pub stages: Vec<StageScript>,
    /// The parts of the decision that are compared; a mapping.
    pub expect: Expected,
}

/// What one stage does.
#[derive(Clone, Debug, PartialEq)]
pub struct StageScript {
    /// Which, at the place of its name.
    pub stage: Located<String>,
    /// What it does at each attempt, the last one repeats; nothing for a stage that runs for real.
    pub attempts: Vec<Attempt>,
}

/// What a scripted stage does when it is called once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attempt {
    /// How long it takes, in milliseconds.
    pub time_ms: u64,
    /// Its result.
    pub result: Value,
    /// Its confidence; null for none.
    pub confidence: Value,
    /// Its data; null for none.
    pub data: Value,
    /// What it writes into the event; paths of keys only.
    pub writes: Vec<(Vec<Segment>, Value)>,
    /// It fails instead.
    pub failure: Option<Failure>,
}

/// How a scripted stage fails.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Failure {
    /// The kind as records name it; none for an error of the handler.
    pub kind: Option<Located<String>>,
    /// What it says; none for what the kind means.
    pub message: Option<String>,
    /// A status of the handler's own.
    pub status: Option<i32>,
    /// Whether another attempt may help; none for what the kind says.
    pub retryable: Option<bool>,
}

/// A value that is expected, with the places of all its parts.
#[derive(Clone, Debug, PartialEq)]
pub struct Expected {
    /// Its place; of a copy made by an alias the place of the anchor.
    pub span: Span,
    /// What it is.
    pub kind: ExpectedKind,
}

/// What an expected value is.
#[derive(Clone, Debug, PartialEq)]
pub enum ExpectedKind {
    /// Anything but a list or mapping.
    Scalar(Value),
    /// A list.
    List(Vec<Expected>),
    /// A mapping, in the order of the source.
    Map(Vec<(Located<String>, Expected)>),
}

impl Expected {
    /// The value without places.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match &self.kind {
            ExpectedKind::Scalar(value) => value.clone(),
            ExpectedKind::List(items) => items.iter().map(Self::to_json).collect(),
            ExpectedKind::Map(entries) => {
                Value::Object(entries.iter().map(|(key, value)| (key.value.clone(), value.to_json())).collect())
            }
        }
    }

    /// The entries, if it is a mapping.
    #[must_use]
    pub fn entries(&self) -> &[(Located<String>, Self)] {
        match &self.kind {
            ExpectedKind::Map(entries) => entries,
            _ => &[],
        }
    }
}

/// Says which of the scripted stages are not among those of the tested cascade.
#[must_use]
pub fn unknown_stages(tests: &[TestCase], stages: &[&str]) -> Vec<Diagnostic> {
    let scripts = tests.iter().flat_map(|test| &test.stages);
    let unknown = scripts.filter(|script| !stages.contains(&script.stage.value.as_str()));
    let diagnostic = |script: &StageScript| {
        let Located { value, span } = &script.stage;
        let diagnostic =
            Diagnostic::new(Code::UnknownStage, format!("a test names a stage `{value}` that is not there"));
        match nearest(value, stages.iter().copied()) {
            Some(near) => diagnostic.label(*span, format!("did you mean `{near}`?")).fix(*span, near),
            None => diagnostic.label(*span, "no stage has this name"),
        }
    };
    unknown.map(diagnostic).collect()
}
