//! What each import of the core ABI does. Rows and signatures are in [`abi`](super::abi).
//!
//! Every pointer and length comes from the guest: both are widened to 64 bits and checked against its memory before a byte
//! is touched. What does not fit ends the call; a stale or forged handle is an answer (`error`, -1, NaN), never a fault.

use cascata_vm::json::{self, ReadOptions};
use wasmtime::{AsContextMut, Caller};

use super::answer::{self, GuestFailure};
use super::arena;
use super::guest::Guest;
use super::path;
use super::stop::Stop;

/// One import call: the guest's state, and its memory once an import asks for it.
pub(super) struct Crossing<'c, 's> {
    caller: &'c mut Caller<'s, Guest>,
}

pub(super) type Answer<T> = Result<T, Stop>;

impl<'c, 's> Crossing<'c, 's> {
    pub const fn enter(caller: &'c mut Caller<'s, Guest>) -> Self {
        Self { caller }
    }

    pub fn guest(&mut self) -> &mut Guest {
        self.caller.data_mut()
    }

    /// Bytes of the guest's memory. The export is looked up once an instance.
    pub fn range(&mut self, import: &'static str, ptr: u32, len: u32) -> Answer<(&mut [u8], &mut Guest)> {
        let memory = match self.caller.data().memory {
            Some(memory) => memory,
            None => {
                let export = self.caller.get_export("memory").and_then(wasmtime::Extern::into_memory);
                let memory = export.ok_or(Stop::NoMemory { import })?;
                self.caller.data_mut().memory = Some(memory);
                memory
            }
        };
        let (memory, guest) = memory.data_and_store_mut(&mut *self.caller);
        let size = memory.len();
        let end = u64::from(ptr).saturating_add(u64::from(len));
        let range = usize::try_from(ptr).ok().zip(usize::try_from(end).ok());
        match range.and_then(|(start, end)| memory.get_mut(start..end)) {
            Some(bytes) => Ok((bytes, guest)),
            None => Err(Stop::OutOfBounds { import, ptr, len, memory: size }),
        }
    }

    /// Text in guest memory; `None` if it is not UTF-8.
    pub fn text(&mut self, import: &'static str, ptr: u32, len: u32) -> Answer<(Option<&str>, &mut Guest)> {
        let (bytes, guest) = self.range(import, ptr, len)?;
        guest.meter.add(bytes.len());
        Ok((std::str::from_utf8(bytes).ok(), guest))
    }
}

/// Copies all of it, or nothing where it does not fit. Gives how many bytes were copied.
pub(super) fn copy(from: &[u8], to: &mut [u8]) -> usize {
    match to.get_mut(..from.len()) {
        Some(to) => {
            to.copy_from_slice(from);
            from.len()
        }
        None => 0,
    }
}

/// A length as the ABI has it.
pub(super) fn length(bytes: &[u8]) -> i32 {
    i32::try_from(bytes.len()).unwrap_or(i32::MAX)
}

/// Ends the call if what imports cost has gone past the budget. Cheap unless a step of the meter was crossed.
#[inline(always)]
pub(super) fn settle(caller: &mut impl AsContextMut<Data = Guest>) -> Answer<()> {
    if caller.as_context().data().meter.is_due() { look_at_budget(caller) } else { Ok(()) }
}

#[cold]
fn look_at_budget(caller: &mut impl AsContextMut<Data = Guest>) -> Answer<()> {
    let left = caller.as_context().get_fuel().ok();
    let interval = caller.as_context_mut().data_mut().meter.settle(left)?;
    if let Some(interval) = interval {
        // A guest that makes the host work hard gets fewer instructions between two yields.
        drop(caller.as_context_mut().fuel_async_yield_interval(Some(interval)));
    }
    Ok(())
}

pub(super) fn slot(crossing: &mut Crossing<'_, '_>, path_ptr: u32, path_len: u32) -> Answer<i32> {
    let (text, guest) = crossing.text("slot", path_ptr, path_len)?;
    Ok(text.and_then(|text| guest.slots.intern(text)).unwrap_or(-1))
}

pub(super) fn get(crossing: &mut Crossing<'_, '_>, slot: u32) -> Answer<i64> {
    crossing.guest().field("get", slot)
}

pub(super) fn get_cfg(crossing: &mut Crossing<'_, '_>, key_ptr: u32, key_len: u32) -> Answer<i64> {
    let (text, guest) = crossing.text("get_cfg", key_ptr, key_len)?;
    match text {
        Some(key) => guest.configured(key),
        None => Ok(arena::MISSING),
    }
}

pub(super) fn child(crossing: &mut Crossing<'_, '_>, handle: u32, key_ptr: u32, key_len: u32) -> Answer<i64> {
    let (text, guest) = crossing.text("child", key_ptr, key_len)?;
    let Some(key) = text else { return Ok(arena::MISSING) };
    let (arena, texts, meter) = guest.reading();
    meter.add(arena.bytes(handle));
    arena.child(&texts, handle, key)
}

pub(super) fn at(crossing: &mut Crossing<'_, '_>, handle: u32, index: u32) -> Answer<i64> {
    let (arena, texts, meter) = crossing.guest().reading();
    meter.add(arena.list(&texts, handle)?);
    arena.at(&texts, handle, index)
}

pub(super) fn len(crossing: &mut Crossing<'_, '_>, handle: u32) -> Answer<i32> {
    let (arena, texts, meter) = crossing.guest().reading();
    meter.add(arena.list(&texts, handle)?);
    Ok(arena.len(handle).map_or(-1, |len| i32::try_from(len).unwrap_or(i32::MAX)))
}

pub(super) fn key_at(crossing: &mut Crossing<'_, '_>, handle: u32, index: u32) -> Answer<i64> {
    let (arena, texts, meter) = crossing.guest().reading();
    meter.add(arena.list(&texts, handle)?);
    arena.key_at(&texts, handle, index)
}

pub(super) fn read(crossing: &mut Crossing<'_, '_>, handle: u32, dst: u32, cap: u32) -> Answer<i32> {
    let (bytes, guest) = crossing.range("read", dst, cap)?;
    let (arena, texts, meter) = guest.reading();
    let Some(text) = arena.text(&texts, handle) else { return Ok(-1) };
    if let Some(dst) = bytes.get_mut(..text.len()) {
        dst.copy_from_slice(text.as_bytes());
        meter.add(text.len());
    }
    Ok(i32::try_from(text.len()).unwrap_or(i32::MAX))
}

pub(super) fn as_f64(crossing: &mut Crossing<'_, '_>, handle: u32) -> Answer<f64> {
    let (arena, texts, _) = crossing.guest().reading();
    Ok(arena.as_f64(&texts, handle).unwrap_or(f64::NAN))
}

pub(super) fn as_i64(crossing: &mut Crossing<'_, '_>, handle: u32, out: u32) -> Answer<i32> {
    let (bytes, guest) = crossing.range("as_i64", out, 8)?;
    let (arena, _, _) = guest.reading();
    match arena.as_i64(handle) {
        Ok(number) => {
            bytes.copy_from_slice(&number.to_le_bytes());
            Ok(0)
        }
        Err(why) => Ok(why),
    }
}

pub(super) fn log_enabled(crossing: &mut Crossing<'_, '_>, level: i32) -> Answer<i32> {
    Ok(i32::from(answer::level(level) >= crossing.guest().spec.log_threshold))
}

pub(super) fn log(crossing: &mut Crossing<'_, '_>, level: i32, ptr: u32, len: u32) -> Answer<()> {
    let (bytes, guest) = crossing.range("log", ptr, len)?;
    guest.log(answer::level(level), &String::from_utf8_lossy(bytes));
    Ok(())
}

pub(super) fn set_result(crossing: &mut Crossing<'_, '_>, ptr: u32, len: u32, confidence: f64) -> Answer<()> {
    let (text, guest) = crossing.text("set_result", ptr, len)?;
    guest.only_in_run("set_result")?;
    let text = text.ok_or(Stop::NotText { import: "set_result" })?;
    guest.answer.result(text, confidence, &guest.spec)
}

pub(super) fn set_data(crossing: &mut Crossing<'_, '_>, ptr: u32, len: u32) -> Answer<()> {
    let (bytes, guest) = crossing.range("set_data", ptr, len)?;
    guest.only_in_run("set_data")?;
    guest.meter.add(bytes.len());
    guest.answer.data(bytes, &guest.spec)
}

pub(super) fn set(
    crossing: &mut Crossing<'_, '_>,
    path_ptr: u32,
    path_len: u32,
    json_ptr: u32,
    json_len: u32,
) -> Answer<i32> {
    let (text, guest) = crossing.text("set", path_ptr, path_len)?;
    guest.only_in_run("set")?;
    let path = text.and_then(|text| path::parse(text).ok()).filter(|path| path::writable(path));
    let (bytes, guest) = crossing.range("set", json_ptr, json_len)?;
    guest.meter.add(bytes.len());
    let Some(path) = path else { return Ok(1) };
    let Ok(json) = json::validate(bytes, &ReadOptions::default()) else { return Ok(2) };
    guest.answer.write(path, json.trim(), u64::from(path_len), &guest.spec)?;
    Ok(0)
}

#[allow(clippy::too_many_arguments)] // the ABI's own list
pub(super) fn fail(
    crossing: &mut Crossing<'_, '_>,
    code: i32,
    status: i32,
    retry_after_ms: i64,
    retryable: i32,
    ptr: u32,
    len: u32,
) -> Answer<()> {
    let (bytes, guest) = crossing.range("fail", ptr, len)?;
    let text = String::from_utf8_lossy(bytes).into_owned();
    guest.fail(GuestFailure {
        code,
        status: (status != 0).then_some(status),
        retry_after_ms: u64::try_from(retry_after_ms).ok(),
        retryable: retryable != 0,
        message: text,
    });
    Ok(())
}

pub(super) fn meta(crossing: &mut Crossing<'_, '_>, which: i32) -> Answer<i64> {
    let guest = crossing.guest();
    let Some(call) = &guest.call else { return Ok(-1) };
    Ok(match which {
        0 => i64::from(call.attempt),
        1 => i64::try_from(guest.meter.remaining_ms()).unwrap_or(i64::MAX),
        _ => -1,
    })
}
