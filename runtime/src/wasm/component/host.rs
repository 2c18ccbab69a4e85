//! What each import of the world does: the core ABI's work with values instead of pointers.
//!
//! wasmtime copies what a guest hands over, at most `memory_bytes` a call; the rest is charged to the meter as in the core
//! ABI. A stale or forged node reads as missing, never as a fault.

use cascata_vm::Facts;
use cascata_vm::json::{self, ReadOptions};
use wasmtime::StoreContextMut;
use wasmtime::component::{ComponentNamedList, Lift, Linker, LinkerInstance, Lower};

use super::super::arena::{Arena, Texts, Untagged, untag};
use super::super::guest::Guest;
use super::super::imports;
use super::super::path;
use super::super::stop::Stop;
use super::capabilities;
use super::types::{Kind, Level, Value, WriteError};
use super::world;

/// What defines the functions of an interface.
pub(super) type Fill = fn(&mut LinkerInstance<'_, Guest>) -> wasmtime::Result<()>;

/// Defines one function of an interface.
pub(super) fn define<P, R>(
    interface: &mut LinkerInstance<'_, Guest>,
    name: &str,
    function: impl Fn(&mut Guest, P) -> Result<R, Stop> + Send + Sync + 'static,
) -> wasmtime::Result<()>
where
    P: ComponentNamedList + Lift + 'static,
    R: ComponentNamedList + Lower + 'static,
{
    interface.func_wrap(name, move |mut store: StoreContextMut<'_, Guest>, params: P| {
        let answer = function(store.data_mut(), params)?;
        imports::settle(&mut store)?;
        Ok(answer)
    })
}

/// Defines every import of the world, under every released version.
pub(super) fn link(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    for version in world::WIT_VERSIONS {
        let mut interface = |name: &str, fill: Fill| fill(&mut linker.instance(&world::interface(name, version))?);
        interface("event", event)?;
        interface("config", config)?;
        interface("writes", writes)?;
        interface("logging", logging)?;
        interface("call", call)?;
        capabilities::link(&mut interface)?;
    }
    Ok(())
}

fn event(interface: &mut LinkerInstance<'_, Guest>) -> wasmtime::Result<()> {
    define(interface, "get", |guest, (slot,): (u32,)| Ok((get(guest, slot)?,)))?;
    define(interface, "get-many", |guest, (slots,): (Vec<u32>,)| Ok((get_many(guest, &slots)?,)))?;
    define(interface, "slot", |guest, (path,): (String,)| {
        guest.meter.add(path.len());
        Ok((guest.slots.intern(&path).and_then(|slot| u32::try_from(slot).ok()),))
    })?;
    define(interface, "kind-of", |guest, (node,): (u32,)| {
        Ok((match guest.arena.is_array(node) {
            Some(true) => Kind::Array,
            Some(false) => Kind::Object,
            None => Kind::Missing,
        },))
    })?;
    define(interface, "len", |guest, (node,): (u32,)| {
        let (arena, texts, meter) = guest.reading();
        meter.add(arena.list(&texts, node)?);
        let len = arena.is_array(node).and_then(|_| arena.len(node)).unwrap_or(0);
        Ok((u32::try_from(len).unwrap_or(u32::MAX),))
    })?;
    define(interface, "child", |guest, (node, key): (u32, String)| {
        let (arena, texts, meter) = guest.reading();
        meter.add(arena.bytes(node).saturating_add(key.len()));
        let tagged = arena.child(&texts, node, &key)?;
        Ok((value(guest, tagged)?,))
    })?;
    define(interface, "item", |guest, (node, index): (u32, u32)| {
        let (arena, texts, meter) = guest.reading();
        meter.add(arena.list(&texts, node)?);
        let tagged = arena.at(&texts, node, index)?;
        Ok((value(guest, tagged)?,))
    })?;
    define(interface, "keys", |guest, (node, start, max): (u32, u32, u32)| {
        let (arena, texts, meter) = guest.reading();
        meter.add(arena.list(&texts, node)?);
        let keys = arena.keys(&texts, node, start, max);
        meter.add(keys.iter().map(|key| key.len().saturating_add(size_of::<String>())).sum());
        Ok((keys,))
    })?;
    define(interface, "json", |guest, (node,): (u32,)| {
        let limit = guest.spec.handler.memory_bytes;
        let (arena, texts, meter) = guest.reading();
        let text = arena.is_array(node).and_then(|_| arena.text(&texts, node)).unwrap_or_default();
        if u64::try_from(text.len()).unwrap_or(u64::MAX) > limit {
            return Ok((Err(u32::try_from(text.len()).unwrap_or(u32::MAX)),));
        }
        meter.add(text.len());
        Ok((Ok(text.into_owned()),))
    })
}

fn config(interface: &mut LinkerInstance<'_, Guest>) -> wasmtime::Result<()> {
    define(interface, "get", |guest, (key,): (String,)| {
        guest.meter.add(key.len());
        let tagged = guest.configured(&key)?;
        Ok((value(guest, tagged)?,))
    })
}

fn writes(interface: &mut LinkerInstance<'_, Guest>) -> wasmtime::Result<()> {
    define(interface, "set", |guest, (path, json): (String, String)| {
        guest.only_in_run("writes.set")?;
        guest.meter.add(path.len().saturating_add(json.len()));
        let Some(segments) = path::parse(&path).ok().filter(|path| path::writable(path)) else {
            return Ok((Err(WriteError::Path),));
        };
        let Ok(json) = json::validate(json.as_bytes(), &ReadOptions::default()) else {
            return Ok((Err(WriteError::Json),));
        };
        let path_bytes = u64::try_from(path.len()).unwrap_or(u64::MAX);
        guest.answer.write(segments, json.trim(), path_bytes, &guest.spec)?;
        Ok((Ok(()),))
    })
}

fn logging(interface: &mut LinkerInstance<'_, Guest>) -> wasmtime::Result<()> {
    define(interface, "enabled", |guest, (level,): (Level,)| Ok((level as u8 >= guest.spec.log_threshold,)))?;
    define(interface, "log", |guest, (level, message): (Level, String)| {
        guest.log(level as u8, &message);
        Ok(())
    })
}

fn call(interface: &mut LinkerInstance<'_, Guest>) -> wasmtime::Result<()> {
    define(interface, "attempt", |guest, (): ()| Ok((guest.call.as_ref().map_or(0, |call| call.attempt),)))?;
    define(interface, "stage-name", |guest, (): ()| {
        guest.meter.add(guest.spec.stage.len());
        Ok((guest.spec.stage.clone(),))
    })?;
    define(interface, "remaining-ms", |guest, (): ()| Ok((guest.meter.remaining_ms(),)))?;
    // Nothing in this version hands out work items, so that there is no token.
    define(interface, "fencing-token", |_, (): ()| Ok((None::<u64>,)))
}

fn get(guest: &mut Guest, slot: u32) -> Result<Value, Stop> {
    if let Some(value) = plain(guest, slot) {
        return Ok(value);
    }
    let tagged = guest.field("event.get", slot)?;
    value(guest, tagged)
}

/// A value that needs no node: a number, a truth value, or a text without escapes.
fn plain(guest: &mut Guest, slot: u32) -> Option<Value> {
    let (state, path) = guest.plain(slot)?;
    let number = state.int(path).map(Value::Integer).or_else(|| state.float(path).map(Value::Float));
    let scalar = number.or_else(|| state.truth(path).map(Value::Boolean));
    let value = scalar.or_else(|| state.text(path).map(|text| Value::Text(text.to_owned())))?;
    if let Value::Text(text) = &value {
        guest.meter.add(text.len());
    }
    Some(value)
}

/// Several at once. One slot may be asked for many times, so that what is copied has to be bounded here.
fn get_many(guest: &mut Guest, slots: &[u32]) -> Result<Vec<Value>, Stop> {
    let limit = guest.spec.handler.memory_bytes;
    let mut bytes = 0_u64;
    let mut values = Vec::new();
    for slot in slots {
        let value = get(guest, *slot)?;
        let text = match &value {
            Value::Text(text) | Value::BigInteger(text) => text.len(),
            _ => 0,
        };
        bytes = bytes.saturating_add(u64::try_from(text.saturating_add(size_of::<Value>())).unwrap_or(u64::MAX));
        if bytes > limit {
            return Err(Stop::ReadsTooLarge { limit });
        }
        values.push(value);
    }
    guest.meter.add(values.len().saturating_mul(size_of::<Value>()));
    Ok(values)
}

/// The value behind a tagged one: scalars and texts are copied, containers stay handles.
fn value(guest: &mut Guest, tagged: i64) -> Result<Value, Stop> {
    let (arena, texts, meter) = guest.reading();
    Ok(match untag(tagged) {
        Untagged::Missing | Untagged::Error => Value::Missing,
        Untagged::Null => Value::Null,
        Untagged::Bool(flag) => Value::Boolean(flag),
        Untagged::Int(handle) => match arena.as_i64(handle) {
            Ok(number) => Value::Integer(number),
            Err(_) => Value::BigInteger(text(arena, &texts, handle)),
        },
        Untagged::Float(handle) => Value::Float(arena.as_f64(&texts, handle).unwrap_or(f64::NAN)),
        Untagged::Text(handle) => {
            meter.add(arena.bytes(handle));
            Value::Text(text(arena, &texts, handle))
        }
        Untagged::Array(handle) | Untagged::Object(handle) => Value::Composite(handle),
    })
}

fn text(arena: &Arena, texts: &Texts<'_>, handle: u32) -> String {
    arena.text(texts, handle).map_or_else(String::new, std::borrow::Cow::into_owned)
}
