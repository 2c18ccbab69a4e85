//! The capability `kv`: values and counters under keys of a namespace, on a store of the cascade or in memory.
//!
//! ```text
//! guest ─ key ─▶ Space (limits, `kv/NAMESPACE/KEY`) ─▶ NamedStore of the cascade, else memory of the namespace
//! ```
//!
//! What a guest asks for and can't have is a value, with a reason and a message. What it keeps is kept at once, whatever becomes
//! of its call.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use cascata_config::{KvAccess, WasmHandler};
use cascata_store::{Bytes, MemoryStore, Settings, Store, StoreError, StoreFuture};
use wasmtime::component::{ComponentType, Lower};

use super::error::LoadErrorKind;
use super::guest::Guest;
use super::imports::{Answer, Crossing, copy, length};
use super::place::Place;
use crate::plugins::NamedStore;

/// How long a counter without a lifetime stays: the longest that stores know, a hundred years.
const FOR_EVER: Duration = Duration::from_secs(100 * 365 * 24 * 3_600);
/// The longest namespace, in bytes.
const MAX_NAMESPACE_BYTES: usize = 128;
/// What the core ABI answers where there is no value.
const NONE: i32 = -1;

/// What one stage keeps, and where.
#[derive(Debug)]
pub(super) struct Space {
    store: Arc<NamedStore>,
    prefix: String,
    access: KvAccess,
}

/// Memory for stages that name no store, as long as one of them is loaded.
#[derive(Debug, Default)]
pub(super) struct Memories {
    by_namespace: Mutex<BTreeMap<String, Memory>>,
}

/// The memory of a namespace: as the store that stages have, and as what it is.
#[derive(Debug)]
struct Memory {
    store: Weak<NamedStore>,
    memory: Weak<MemoryStore>,
}

/// Why there is no answer. The core ABI's number is two less than the negated place in this list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ComponentType, Lower)]
#[component(enum)]
#[repr(u8)]
pub(super) enum Reason {
    #[component(name = "invalid")]
    Invalid,
    #[component(name = "too-large")]
    TooLarge,
    #[component(name = "too-many")]
    TooMany,
    #[component(name = "unavailable")]
    Unavailable,
}

impl Reason {
    const fn code(self) -> i32 {
        match self {
            Self::Invalid => -2,
            Self::TooLarge => -3,
            Self::TooMany => -4,
            Self::Unavailable => -5,
        }
    }

    const fn of(error: &StoreError) -> Self {
        match error {
            StoreError::Key { .. } | StoreError::Argument { .. } => Self::Invalid,
            StoreError::Value { .. } => Self::TooLarge,
            StoreError::Full { .. } => Self::TooMany,
            _ => Self::Unavailable,
        }
    }
}

/// What came of the operations of a call.
#[derive(Debug, Default)]
pub(super) struct Keeping {
    made: u32,
    value: Option<Bytes>,
    message: String,
}

impl Keeping {
    /// Forgets it all.
    pub fn forget(&mut self) {
        if self.made > 0 {
            *self = Self::default();
        }
    }

    /// The message that goes with the last reason.
    pub fn take_message(&mut self) -> String {
        std::mem::take(&mut self.message)
    }

    fn refuse(&mut self, reason: Reason, message: impl Into<String>) -> Reason {
        self.message = message.into();
        reason
    }
}

fn setting(key: &'static str, message: String) -> LoadErrorKind {
    LoadErrorKind::Setting { key, message }
}

impl Memories {
    /// What a stage may keep, if it has the capability.
    ///
    /// # Errors
    /// Its settings can't be, or the store that it names is not there.
    pub fn space(
        &self,
        handler: &WasmHandler,
        place: &Place,
        stage: &str,
    ) -> Result<Option<Arc<Space>>, LoadErrorKind> {
        if !handler.allow.iter().any(|allowed| allowed == "kv") {
            return Ok(None);
        }
        let access = handler.kv.clone().unwrap_or_default();
        if access.key_bytes == 0 || access.entries == 0 {
            return Err(setting("kv", "`key_bytes` and `entries` are at least 1".to_owned()));
        }
        let namespace = namespace(&access, place.cascade(), stage)?;
        let store = match (&access.store, place.store()) {
            (None, _) => self.of(&namespace, access.entries),
            (Some(_), Some(store)) => Arc::clone(store),
            (Some(name), None) => {
                let message =
                    format!("the store `{name}` is one of a cascade's `stores`, and there is no cascade here");
                return Err(setting("kv.store", message));
            }
        };
        let prefix = format!("kv/{namespace}/");
        fits(&access, &prefix, store.get().settings())?;
        Ok(Some(Arc::new(Space { store, prefix, access })))
    }

    /// One memory a namespace, for as many values as the stage wants that wants the most: stages come and go while a program is
    /// updated, and none may lose what it kept because another says how much it keeps.
    fn of(&self, namespace: &str, entries: u32) -> Arc<NamedStore> {
        let entries = usize::try_from(entries).unwrap_or(usize::MAX);
        let mut all = self.by_namespace.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, known| known.store.strong_count() > 0);
        let known = all.get(namespace).and_then(|known| known.store.upgrade().zip(known.memory.upgrade()));
        if let Some((store, memory)) = known {
            memory.keep_at_least(entries);
            return store;
        }
        let mut settings = Settings::default();
        settings.max_entries = entries;
        (settings.max_key_bytes, settings.max_value_bytes) = (usize::MAX, usize::MAX);
        let memory = Arc::new(MemoryStore::new(settings));
        let store = NamedStore::new("memory", Arc::clone(&memory) as Arc<dyn Store>);
        let known = Memory { store: Arc::downgrade(&store), memory: Arc::downgrade(&memory) };
        all.insert(namespace.to_owned(), known);
        store
    }
}

/// The namespace of a stage, as it stands in keys: without `/`, so that no two namespaces share a key.
fn namespace(access: &KvAccess, cascade: &str, stage: &str) -> Result<String, LoadErrorKind> {
    let escaped = |text: &str| text.replace('%', "%25").replace('/', "%2F").replace(':', "%3A");
    let namespace = match &access.namespace {
        Some(given) if given.contains(['/', ':', '%']) => {
            return Err(setting("kv.namespace", format!("`{given}` has a `/`, `:` or `%` in it")));
        }
        Some(given) => given.clone(),
        None if cascade.is_empty() => escaped(stage),
        // With a character that names which are given can't have, so that none is the default of another stage.
        None => format!("{}:{}", escaped(cascade), escaped(stage)),
    };
    match namespace.len() {
        1..=MAX_NAMESPACE_BYTES => Ok(namespace),
        bytes => Err(setting("kv.namespace", format!("it has {bytes} bytes, 1 to {MAX_NAMESPACE_BYTES} can be"))),
    }
}

/// A key and a value of the largest size have to fit the store.
fn fits(access: &KvAccess, prefix: &str, store: &Settings) -> Result<(), LoadErrorKind> {
    let wide = |bytes: u32| usize::try_from(bytes).unwrap_or(usize::MAX);
    let key = prefix.len().saturating_add(wide(access.key_bytes));
    if key > store.max_key_bytes {
        let message = format!(
            "a key takes {key} bytes with its namespace, the store's `max_key_bytes` are {}",
            store.max_key_bytes
        );
        return Err(setting("kv.key_bytes", message));
    }
    if wide(access.value_bytes) > store.max_value_bytes {
        let message = format!("the store's `max_value_bytes` are {}", store.max_value_bytes);
        return Err(setting("kv.value_bytes", message));
    }
    Ok(())
}

/// What an operation is asked for.
pub(super) enum Operation {
    Get,
    /// A value and its lifetime in milliseconds; 0 is for ever.
    Set(Vec<u8>, u64),
    Delete,
    /// What is added to a counter, and its lifetime.
    Add(i64, u64),
}

/// What came of it.
pub(super) enum Outcome {
    Value(Option<Bytes>),
    Done,
    WasThere(bool),
    Sum(i64),
}

fn lifetime(ms: u64) -> Option<Duration> {
    (ms > 0).then(|| Duration::from_millis(ms))
}

impl Space {
    /// Does one operation, under the limits of the stage.
    async fn perform(&self, key: &str, operation: Operation) -> Result<Outcome, (Reason, String)> {
        if key.is_empty() || key.len() > usize::try_from(self.access.key_bytes).unwrap_or(usize::MAX) {
            let message = format!(
                "a key of {} bytes, 1 to {} can be; raise `kv.key_bytes` if it should",
                key.len(),
                self.access.key_bytes
            );
            return Err((Reason::Invalid, message));
        }
        let key = format!("{}{key}", self.prefix);
        let store = self.store.get();
        match operation {
            Operation::Get => {
                self.noted(store.get(&key)).await.map(|entry| Outcome::Value(entry.map(|entry| entry.value)))
            }
            Operation::Set(value, ms) => {
                let most = self.access.value_bytes;
                if value.len() > usize::try_from(most).unwrap_or(usize::MAX) {
                    let message = format!("a value of more than {most} bytes; raise `kv.value_bytes` if it should be");
                    return Err((Reason::TooLarge, message));
                }
                self.noted(store.put(&key, value.into(), lifetime(ms))).await.map(|_| Outcome::Done)
            }
            Operation::Delete => self.noted(store.delete(&key)).await.map(Outcome::WasThere),
            Operation::Add(by, ms) => {
                self.noted(store.count(&key, by, lifetime(ms).unwrap_or(FOR_EVER))).await.map(Outcome::Sum)
            }
        }
    }

    async fn noted<T>(&self, operation: StoreFuture<'_, T>) -> Result<T, (Reason, String)> {
        let result = self.store.noted(operation.await);
        result.map_err(|error| (Reason::of(&error), format!("{}: {error}", error.code())))
    }
}

/// Does one operation of a guest.
pub(super) async fn perform(guest: &mut Guest, key: &str, operation: Operation) -> Result<Outcome, Reason> {
    guest.keeping.value = None;
    let Some(space) = guest.spec.kv.clone() else {
        return Err(guest.keeping.refuse(Reason::Unavailable, "the stage has no capability `kv`"));
    };
    if guest.keeping.made >= space.access.operations {
        let most = space.access.operations;
        let message = format!("one call may make {most} operations; raise `kv.operations` if it should make more");
        return Err(guest.keeping.refuse(Reason::TooMany, message));
    }
    guest.keeping.made = guest.keeping.made.saturating_add(1);
    // A key is looked for, and a value copied.
    guest.meter.add(space.prefix.len().saturating_add(key.len()));
    match space.perform(key, operation).await {
        Ok(outcome) => {
            if let Outcome::Value(Some(value)) = &outcome {
                guest.meter.add(value.len());
            }
            Ok(outcome)
        }
        Err((reason, message)) => Err(guest.keeping.refuse(reason, message)),
    }
}

/// One operation with a key of the guest's memory: what came of it, or the number that says why nothing did. What is no UTF-8 is
/// no key.
async fn operate(
    crossing: &mut Crossing<'_, '_>,
    import: &'static str,
    (ptr, len): (u32, u32),
    operation: Operation,
) -> Answer<Result<Outcome, i32>> {
    crossing.guest().only_in_run(import)?;
    let (text, guest) = crossing.text(import, ptr, len)?;
    let outcome = match text.map(ToOwned::to_owned) {
        Some(key) => perform(guest, &key, operation).await,
        None => Err(guest.keeping.refuse(Reason::Invalid, "the key is not UTF-8")),
    };
    Ok(outcome.map_err(Reason::code))
}

pub(super) async fn get(crossing: &mut Crossing<'_, '_>, key: u32, key_len: u32, dst: u32, cap: u32) -> Answer<i32> {
    crossing.range("get", dst, cap)?;
    match operate(crossing, "get", (key, key_len), Operation::Get).await? {
        Ok(Outcome::Value(value)) => {
            crossing.guest().keeping.value = value;
            self::value(crossing, dst, cap)
        }
        other => Ok(other.err().unwrap_or(NONE)),
    }
}

pub(super) fn value(crossing: &mut Crossing<'_, '_>, dst: u32, cap: u32) -> Answer<i32> {
    let (bytes, guest) = crossing.range("value", dst, cap)?;
    let Some(value) = &guest.keeping.value else { return Ok(NONE) };
    guest.meter.add(copy(value, bytes));
    Ok(length(value))
}

pub(super) async fn set(
    crossing: &mut Crossing<'_, '_>,
    key: u32,
    key_len: u32,
    ptr: u32,
    len: u32,
    ttl_ms: u64,
) -> Answer<i32> {
    let (value, guest) = crossing.range("set", ptr, len)?;
    let most = guest.spec.kv.as_ref().map_or(0, |space| space.access.value_bytes);
    // One byte too many says as much as all of them.
    let value = value.get(..value.len().min(usize::try_from(most).unwrap_or(0).saturating_add(1))).unwrap_or_default();
    let value = value.to_vec();
    guest.meter.add(value.len());
    let outcome = operate(crossing, "set", (key, key_len), Operation::Set(value, ttl_ms)).await?;
    Ok(outcome.err().unwrap_or(0))
}

pub(super) async fn delete(crossing: &mut Crossing<'_, '_>, key: u32, key_len: u32) -> Answer<i32> {
    let outcome = operate(crossing, "delete", (key, key_len), Operation::Delete).await?;
    Ok(outcome.map_or_else(|code| code, |outcome| i32::from(matches!(outcome, Outcome::WasThere(true)))))
}

pub(super) async fn add(
    crossing: &mut Crossing<'_, '_>,
    key: u32,
    key_len: u32,
    by: i64,
    ttl_ms: u64,
    out: u32,
) -> Answer<i32> {
    crossing.range("add", out, 8)?;
    match operate(crossing, "add", (key, key_len), Operation::Add(by, ttl_ms)).await? {
        Ok(Outcome::Sum(sum)) => {
            let (bytes, _) = crossing.range("add", out, 8)?;
            copy(&sum.to_le_bytes(), bytes);
            Ok(0)
        }
        other => Ok(other.err().unwrap_or(0)),
    }
}

pub(super) fn error(crossing: &mut Crossing<'_, '_>, dst: u32, cap: u32) -> Answer<i32> {
    let (bytes, guest) = crossing.range("error", dst, cap)?;
    let message = guest.keeping.message.as_bytes();
    guest.meter.add(copy(message, bytes));
    Ok(length(message))
}
