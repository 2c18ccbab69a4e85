//! The capability `secrets`: texts that a stage is shown by name, and that leave it neither in its answer nor in its log.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use cascata_config::WasmHandler;

use super::error::LoadErrorKind;
use super::guest::Guest;
use super::imports::{Answer, Crossing, copy, length};
use crate::secrets::{self, Secrets};
use crate::stage::Write;

/// The secrets of one stage.
#[derive(Clone, Default)]
pub(super) struct Shown {
    all: Vec<Secret>,
}

#[derive(Clone)]
struct Secret {
    name: String,
    value: Arc<str>,
    /// As it stands in a text of JSON, where that is otherwise.
    escaped: Option<String>,
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.all.iter().map(|secret| &secret.name)).finish()
    }
}

/// The secrets that a handler lists, if it has the capability.
///
/// # Errors
/// One of them is not known here.
pub(super) fn given(handler: &WasmHandler, known: &Secrets) -> Result<Shown, LoadErrorKind> {
    let secret = |name: &String| {
        let value = known.get(name).ok_or_else(|| LoadErrorKind::Secret { name: name.clone() })?;
        let quoted = serde_json::Value::from(&*value).to_string();
        let inner = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default();
        let escaped = (inner != &*value).then(|| inner.to_owned());
        Ok(Secret { name: name.clone(), value, escaped })
    };
    Ok(Shown { all: handler.secrets.iter().map(secret).collect::<Result<_, _>>()? })
}

impl Secret {
    /// The spellings of it that are looked for; none of one so short that it would be found everywhere.
    fn spellings(&self) -> impl Iterator<Item = &str> {
        let is_long = self.value.len() >= secrets::LEAST_SOUGHT;
        [Some(&*self.value), self.escaped.as_deref()].into_iter().flatten().filter(move |_| is_long)
    }
}

impl Shown {
    /// The secret of a name.
    pub fn get(&self, name: &str) -> Option<&Arc<str>> {
        self.all.iter().find(|secret| secret.name == name).map(|secret| &secret.value)
    }

    /// A text with names in place of the secrets in it.
    pub fn hidden<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut text = Cow::Borrowed(text);
        for secret in &self.all {
            for spelling in secret.spellings() {
                if text.contains(spelling) {
                    text = Cow::Owned(text.replace(spelling, &format!("[secret {}]", secret.name)));
                }
            }
        }
        text
    }

    /// The same in place.
    pub fn hide(&self, text: &mut String) {
        if let Cow::Owned(hidden) = self.hidden(text) {
            *text = hidden;
        }
    }

    /// The name of a secret that a result, data or writes repeat.
    pub fn repeated(&self, result: &str, data: Option<&str>, writes: &[Write]) -> Option<&str> {
        if self.all.is_empty() {
            return None;
        }
        let texts = writes.iter().map(|write| write.json.as_str());
        let keys = writes.iter().flat_map(|write| &write.path).filter_map(|segment| match segment {
            cascata_vm::Segment::Key(key) => Some(key.as_str()),
            cascata_vm::Segment::Index(_) => None,
        });
        let said: Vec<&str> = [result].into_iter().chain(data).chain(texts).chain(keys).collect();
        let repeats = |spelling: &str| said.iter().any(|text| text.contains(spelling));
        self.all.iter().find(|secret| secret.spellings().any(repeats)).map(|secret| secret.name.as_str())
    }
}

impl Guest {
    /// A secret by name; none that the stage does not list.
    pub fn secret(&mut self, name: &str) -> Option<Arc<str>> {
        let value = self.spec.secrets.get(name).cloned();
        self.meter.add(name.len().saturating_add(value.as_ref().map_or(0, |value| value.len())));
        value
    }
}

pub(super) fn get(crossing: &mut Crossing<'_, '_>, name_ptr: u32, name_len: u32, dst: u32, cap: u32) -> Answer<i32> {
    let (name, guest) = crossing.range("get", name_ptr, name_len)?;
    let value = std::str::from_utf8(name).ok().and_then(|name| guest.secret(name));
    let (bytes, _) = crossing.range("get", dst, cap)?;
    let Some(value) = value else { return Ok(-1) };
    copy(value.as_bytes(), bytes);
    Ok(length(value.as_bytes()))
}
