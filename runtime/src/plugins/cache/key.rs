//! The key of a result: BLAKE3 over everything the result may depend on.
//!
//! ```text
//! stage, module, configuration      hashed once, when the layer is built
//! the values of what it reads       per call: each field, or the event with its writes and every stage result
//! ```
//!
//! Where something was written over the event, what the event said before counts too: a handler can read both, and events
//! that differ share no result just because a rule made them look alike.
//!
//! Values are hashed in canonical form, so the order of keys, spaces and the spelling of numbers and escapes play no part;
//! 1 and 1.0 are different, as a handler can tell them apart. How long earlier stages took is left out of whole results:
//! it differs every time, so no key would ever be met again.

use crate::plugins::PluginContext;
use crate::state::{StageResult, State};
use crate::{OwnedValue, StageCall};
use cascata_vm::json::{self, DuplicateKeys};
use cascata_vm::{Array, Object, Segment, StageId, Value};

/// What identifies a result.
pub(in crate::plugins) type Key = [u8; 32];

/// What a stage's handler reads, and so what its result depends on.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Reads {
    /// The event with its writes, and the results of all stages.
    Everything,
    /// Just these paths, `stages.*` among them.
    Fields(Vec<Vec<Segment>>),
}

/// Makes the keys of one stage.
#[derive(Debug)]
pub(in crate::plugins) struct Keyer {
    /// Hash of what stays the same from call to call.
    fixed: Key,
    /// `None` for everything.
    fields: Option<Vec<Field>>,
}

#[derive(Debug)]
enum Field {
    Path(Vec<Segment>),
    /// A stage's whole result.
    Stage(String),
}

impl Keyer {
    pub(in crate::plugins) fn new(cx: &PluginContext) -> Self {
        let mut hash = Hash::new();
        hash.text(&cx.stage);
        hash.text(&cx.module);
        hash.text(&cx.configuration);
        let fields = match &cx.reads {
            Reads::Everything => None,
            Reads::Fields(paths) => {
                for path in paths {
                    hash.path(path);
                }
                Some(paths.iter().map(|path| Field::new(path)).collect())
            }
        };
        Self { fixed: hash.finish(), fields }
    }

    /// The key of a call.
    pub(in crate::plugins) fn key(&self, call: &StageCall) -> Key {
        let mut hash = Hash::new();
        hash.part(b'k', &self.fixed);
        let state = &*call.state;
        // The canonical form keeps the last of duplicate keys; where the first counts, only the text as it stands is safe.
        let verbatim = state.duplicate_keys() == DuplicateKeys::First;
        match &self.fields {
            Some(fields) => {
                for field in fields {
                    match field {
                        Field::Path(path) => {
                            hash.value(&state.field(path), verbatim);
                            if state.has_writes() {
                                hash.value(&state.event_field(path), verbatim);
                            }
                        }
                        Field::Stage(name) => {
                            let id = state.plan().stage_named(name);
                            hash.result(id.and_then(|id| state.result(id)), verbatim);
                        }
                    }
                }
            }
            None => hash.everything(state, verbatim),
        }
        hash.finish()
    }
}

impl Field {
    fn new(path: &[Segment]) -> Self {
        match path {
            [Segment::Key(root), Segment::Key(stage)] if root == "stages" => Self::Stage(stage.clone()),
            path => Self::Path(path.to_vec()),
        }
    }
}

/// What is hashed: a form in which every part says what it is and how long, so that no two inputs read the same.
///
/// Gathered first and hashed in one go; many small updates of a hasher would cost more than the hash.
struct Hash(Vec<u8>);

impl Hash {
    fn new() -> Self {
        Self(Vec::with_capacity(256))
    }

    fn finish(self) -> Key {
        *blake3::hash(&self.0).as_bytes()
    }

    fn part(&mut self, tag: u8, bytes: &[u8]) {
        self.0.push(tag);
        // A length in memory fits 64 bits.
        self.0.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
        self.0.extend_from_slice(bytes);
    }

    fn text(&mut self, text: &str) {
        self.part(b't', text.as_bytes());
    }

    fn path(&mut self, path: &[Segment]) {
        self.part(b'p', &(path.len() as u64).to_le_bytes());
        for segment in path {
            match segment {
                Segment::Key(key) => self.text(key),
                Segment::Index(index) => self.part(b'#', &index.to_le_bytes()),
            }
        }
    }

    fn value(&mut self, value: &Value<'_>, verbatim: bool) {
        match *value {
            Value::Missing => self.part(b'm', &[]),
            Value::Null => self.part(b'n', &[]),
            Value::Bool(flag) => self.part(b'b', &[u8::from(flag)]),
            Value::Int(number) => self.part(b'i', &number.to_le_bytes()),
            Value::BigInt(digits) => self.part(b'I', digits.as_bytes()),
            Value::Float(number) => self.part(b'f', &number.to_bits().to_le_bytes()),
            Value::Text(text) => self.text(text),
            Value::EscapedText(raw) => self.text(&json::decode_escapes(raw)),
            Value::Array(Array::Json(text)) | Value::Object(Object::Json(text)) if verbatim => {
                self.part(b'v', text.as_bytes());
            }
            Value::Array(_) | Value::Object(_) => {
                let mut text = String::new();
                json::write_value(value, &mut text);
                self.part(b'j', text.as_bytes());
            }
        }
    }

    fn everything(&mut self, state: &State, verbatim: bool) {
        self.value(&json::parse(state.current_text()), verbatim);
        if state.has_writes() {
            self.value(&json::parse(state.event_text()), verbatim);
        }
        for id in (0_u32..).map(StageId::new).take(state.plan().stage_count()) {
            self.result(state.result(id), verbatim);
        }
    }

    /// What a stage decided: all of its result but the time it took.
    fn result(&mut self, result: Option<&StageResult>, verbatim: bool) {
        let Some(result) = result else { return self.part(b'm', &[]) };
        self.part(b'r', &[]);
        self.owned(&result.result, verbatim);
        self.owned(&result.confidence, verbatim);
        let data = result.data.as_deref().map_or(Value::Missing, json::parse);
        self.value(&data, verbatim);
        let error = result.failure.as_ref().map_or(Value::Missing, |failure| Value::Text(&failure.message));
        self.value(&error, verbatim);
    }

    fn owned(&mut self, value: &OwnedValue, verbatim: bool) {
        self.value(&value.as_value(), verbatim);
    }
}
