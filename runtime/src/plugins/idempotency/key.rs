//! The key of a call.

use crate::plugins::PluginContext;
use crate::plugins::cache::{Keyer, Reads};
use crate::{FailureKind, OwnedValue, StageCall, StageFailure};
use cascata_config::IdempotencyOptions;
use cascata_record::{Field, Step};
use cascata_vm::{Segment, Value};
use std::borrow::Cow;
use std::fmt::Write as _;

/// Bytes of a hash as text.
const HASH: usize = 64;

/// Where the keys of a stage come from.
pub(super) enum Keys {
    /// The value of one field, up to so many bytes.
    Field { path: Vec<Segment>, longest: usize },
    /// A hash of some fields, at least one of which must be there.
    Fields { paths: Vec<Vec<Segment>>, keyer: Keyer },
    /// A hash of all that the stage reads.
    Reads(Keyer),
}

impl Keys {
    pub(super) fn new(options: &IdempotencyOptions, cx: &PluginContext) -> Result<Self, String> {
        match (&options.key, options.key_fields.as_slice()) {
            (None, []) => Ok(Self::Reads(Keyer::new(cx))),
            (Some(key), []) => {
                let longest = usize::try_from(options.max_key_bytes.get()).unwrap_or(usize::MAX);
                Ok(Self::Field { path: path(key)?, longest })
            }
            (None, fields) => {
                let paths = fields.iter().map(|field| path(field)).collect::<Result<Vec<_>, _>>()?;
                // A key stands for the same call under every version of code and configuration.
                let cx = PluginContext::new(String::new(), [0; 32]).with_reads(Reads::Fields(paths.clone()));
                Ok(Self::Fields { paths, keyer: Keyer::new(&cx) })
            }
            (Some(_), _) => Err("`key` and `key_fields` are two ways to say one thing; keep one".to_owned()),
        }
    }

    /// Bytes of the longest key.
    pub(super) fn longest(&self) -> usize {
        match self {
            Self::Field { longest, .. } => *longest,
            _ => HASH,
        }
    }

    /// The key of a call in the store; none where it has none.
    pub(super) fn of(&self, call: &StageCall, prefix: &str) -> Result<Option<String>, StageFailure> {
        let nothing = |value: &Value<'_>| matches!(value, Value::Missing | Value::Null);
        let there = |path: &Vec<Segment>| !nothing(&call.field(path));
        Ok(match self {
            Self::Field { path, longest } => {
                let value = call.field(path);
                if nothing(&value) {
                    return Ok(None);
                }
                let owned;
                let text: Cow<'_, str> = match value {
                    Value::Text(text) => text.into(),
                    value => {
                        owned = OwnedValue::from_value(&value);
                        match &owned {
                            OwnedValue::Text(text) => text.as_str().into(),
                            value => value.to_json(),
                        }
                    }
                };
                if text.len() > *longest {
                    let message =
                        format!("the idempotency key has {} bytes, at most {longest} are allowed", text.len());
                    return Err(StageFailure::new(FailureKind::IdempotencyKey, message));
                }
                Some([prefix, &text].concat())
            }
            Self::Fields { paths, keyer } => paths.iter().any(there).then(|| hashed(keyer, call, prefix)),
            Self::Reads(keyer) => Some(hashed(keyer, call, prefix)),
        })
    }
}

fn hashed(keyer: &Keyer, call: &StageCall, prefix: &str) -> String {
    let mut key = prefix.to_owned();
    for byte in keyer.key(call) {
        // Writing into a string cannot fail.
        let _ = write!(key, "{byte:02x}");
    }
    key
}

fn path(text: &str) -> Result<Vec<Segment>, String> {
    let field: Field = text.parse().map_err(|error: cascata_record::FieldError| error.to_string())?;
    let segment = |step: &Step| match step {
        Step::Key(key) => Ok(Segment::Key(key.clone())),
        Step::Index(index) => Ok(Segment::Index(*index)),
        Step::Each => Err(format!("`{text}` has many values; a key has one")),
    };
    field.steps().iter().map(segment).collect()
}
