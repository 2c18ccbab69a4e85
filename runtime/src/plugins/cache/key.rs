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
//!
//! An input that is spelled like one that came before has its key, which [`Memo`] keeps: most calls of a hot stage hash nothing.

use super::memo::{LONGEST, Memo, Spelling};
use crate::plugins::PluginContext;
use crate::state::{StageResult, State};
use crate::{OwnedValue, StageCall};
use cascata_vm::json::{self, DuplicateKeys};
use cascata_vm::{Array, Object, Segment, StageId, Value};
use std::cell::RefCell;

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
    memo: Memo,
}

thread_local! {
    /// Where spellings are gathered, kept so that no call makes it anew; it grows to about [`LONGEST`].
    static SPELLING: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// How values are written down.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Equal values are written alike.
    Canonical,
    /// The same, but for arrays and objects, which are written as they stand.
    Verbatim,
    /// As they stand: what is written alike is equal, and not the other way round.
    Spelled,
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
        Self { fixed: hash.finish(), fields, memo: Memo::default() }
    }

    /// The key of a call.
    pub(in crate::plugins) fn key(&self, call: &StageCall) -> Key {
        let state = &*call.state;
        // The canonical form keeps the last of duplicate keys; where the first counts, only the text as it stands is safe.
        let form = match state.duplicate_keys() {
            DuplicateKeys::First => Form::Verbatim,
            _ => Form::Canonical,
        };
        // The event, where all of it counts, is looked for where it stands.
        let text = if self.fields.is_none() { state.current_text() } else { "" };
        if text.len() > LONGEST {
            return self.hashed(state, form);
        }
        SPELLING.with_borrow_mut(|buffer| {
            let mut rest = Hash(std::mem::take(buffer));
            rest.0.clear();
            // What decides how the key is made belongs to what it is made of.
            rest.part(if form == Form::Verbatim { b'V' } else { b'C' }, &[]);
            match &self.fields {
                Some(fields) => rest.fields(fields, state, Form::Spelled),
                None => rest.beside_the_event(state, Form::Spelled),
            }
            let key = self.memo.key(Spelling { text, rest: &rest.0 }, || self.hashed(state, form));
            if rest.0.capacity() <= LONGEST.saturating_mul(4) {
                *buffer = rest.0;
            }
            key
        })
    }

    fn hashed(&self, state: &State, form: Form) -> Key {
        let mut hash = Hash::new();
        hash.part(b'k', &self.fixed);
        match &self.fields {
            Some(fields) => hash.fields(fields, state, form),
            None => {
                hash.document(state.current_text(), form);
                hash.beside_the_event(state, form);
            }
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

    fn value(&mut self, value: &Value<'_>, form: Form) {
        match *value {
            Value::Missing => self.part(b'm', &[]),
            Value::Null => self.part(b'n', &[]),
            Value::Bool(flag) => self.part(b'b', &[u8::from(flag)]),
            Value::Int(number) => self.part(b'i', &number.to_le_bytes()),
            Value::BigInt(digits) => self.part(b'I', digits.as_bytes()),
            Value::Float(number) => self.part(b'f', &number.to_bits().to_le_bytes()),
            Value::Text(text) => self.text(text),
            Value::EscapedText(raw) if form == Form::Spelled => self.part(b'e', raw.as_bytes()),
            Value::EscapedText(raw) => self.text(&json::decode_escapes(raw)),
            Value::Array(Array::Json(text)) | Value::Object(Object::Json(text)) if form != Form::Canonical => {
                self.part(b'v', text.as_bytes());
            }
            Value::Array(_) | Value::Object(_) => {
                let mut text = String::new();
                json::write_value(value, &mut text);
                self.part(b'j', text.as_bytes());
            }
        }
    }

    fn document(&mut self, text: &str, form: Form) {
        match form {
            Form::Spelled => self.part(b'd', text.as_bytes()),
            _ => self.value(&json::parse(text), form),
        }
    }

    /// What a stage reads that reads some fields.
    fn fields(&mut self, fields: &[Field], state: &State, form: Form) {
        for field in fields {
            match field {
                Field::Path(path) => {
                    self.value(&state.field(path), form);
                    if state.has_writes() {
                        self.value(&state.event_field(path), form);
                    }
                }
                Field::Stage(name) => {
                    let id = state.plan().stage_named(name);
                    self.result(id.and_then(|id| state.result(id)), form);
                }
            }
        }
    }

    /// What a stage reads that reads everything, but for the event with its writes.
    fn beside_the_event(&mut self, state: &State, form: Form) {
        if state.has_writes() {
            self.document(state.event_text(), form);
        }
        for id in (0_u32..).map(StageId::new).take(state.plan().stage_count()) {
            self.result(state.result(id), form);
        }
    }

    /// What a stage decided: all of its result but the time it took.
    fn result(&mut self, result: Option<&StageResult>, form: Form) {
        let Some(result) = result else { return self.part(b'm', &[]) };
        self.part(b'r', &[]);
        self.owned(&result.result, form);
        self.owned(&result.confidence, form);
        match result.data.as_deref() {
            Some(data) => self.document(data, form),
            None => self.value(&Value::Missing, form),
        }
        let error = result.failure.as_ref().map_or(Value::Missing, |failure| Value::Text(&failure.message));
        self.value(&error, form);
    }

    fn owned(&mut self, value: &OwnedValue, form: Form) {
        self.value(&value.as_value(), form);
    }
}
