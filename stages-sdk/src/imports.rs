//! The core ABI, import by import: module `cascata_v1`, as the host offers it. [`capabilities`] has the modules beyond it.
//!
//! ```text
//! stage code ─▶ Event, Value, Outcome … ─▶ imports (this file) ─▶ host: the engine, or `testing` natively
//! ```
//!
//! One table makes the extern declarations, the safe wrappers' view of them, the native stand-ins and
//! [`IMPORTS`], the list that the host's own table is checked against. Pointers and lengths are bytes of the
//! guest's memory; the host checks both and never writes but into a buffer that it was given.

#![allow(unsafe_code)] // with the file of capabilities the only one that calls across the boundary

/// Declares the imports of a module. On wasm32 they are extern functions, elsewhere functions of the testing host.
macro_rules! imports {
    ($list:ident, $raw:ident, $module:literal: $($(#[$doc:meta])* fn $name:ident($($arg:ident: $ty:tt),*) $(-> $ret:tt)?;)*) => {
        #[doc = concat!("Name and signature of every import of `", $module, "`, in the wasm text format's words.")]
        pub const $list: &[(&str, &str)] = &[$((
            stringify!($name),
            concat!($(imports!(@wasm $ty), " ",)* "->", $(" ", imports!(@wasm $ret))?),
        )),*];

        #[cfg(target_arch = "wasm32")]
        mod $raw {
            #[link(wasm_import_module = $module)]
            unsafe extern "C" {
                $($(#[$doc])* pub fn $name($($arg: imports!(@rust $ty)),*) $(-> imports!(@rust $ret))?;)*
            }
        }
    };
    (@wasm ptr) => { "i32" };
    (@wasm out) => { "i32" };
    (@wasm i32) => { "i32" };
    (@wasm i64) => { "i64" };
    (@wasm f64) => { "f64" };
    (@rust ptr) => { *const u8 };
    (@rust out) => { *mut u8 };
    (@rust i32) => { i32 };
    (@rust i64) => { i64 };
    (@rust f64) => { f64 };
}

pub mod capabilities;

imports! {
    IMPORTS, raw, "cascata_v1":
    /// Interns a path; -1 if it can't be one. The same path gives the same slot for the module's lifetime.
    fn slot(path_ptr: ptr, path_len: i32) -> i32;
    /// The event's value at a slot, tagged.
    fn get(slot: i32) -> i64;
    /// A key of the stage's `with:` block, tagged; the empty key is the whole block.
    fn get_cfg(key_ptr: ptr, key_len: i32) -> i64;
    /// An entry of an object by key.
    fn child(handle: i32, key_ptr: ptr, key_len: i32) -> i64;
    /// An element of an array, or the value of an object's entry, by position.
    fn at(handle: i32, index: i32) -> i64;
    /// Elements of an array, entries of an object, bytes of a text; -1 for anything else.
    fn len(handle: i32) -> i32;
    /// The key of an object's entry by position, as text.
    fn key_at(handle: i32, index: i32) -> i64;
    /// Copies a text, or a node's JSON; returns its full length and copies nothing if `cap` is shorter.
    fn read(handle: i32, dst: out, cap: i32) -> i32;
    /// A number as a double; NaN for anything else.
    fn as_f64(handle: i32) -> f64;
    /// A number as an integer: 0 stored at `out`, 1 not an integer, 2 out of range.
    fn as_i64(handle: i32, dst: out) -> i32;
    /// 1 if a message of this level would be kept.
    fn log_enabled(level: i32) -> i32;
    /// Writes one log line.
    fn log(level: i32, ptr: ptr, len: i32);
    /// The stage's result, once a call; a confidence of NaN is none.
    fn set_result(ptr: ptr, len: i32, confidence: f64);
    /// The stage's data, a JSON object, once a call.
    fn set_data(ptr: ptr, len: i32);
    /// Buffers a write to the event: 0 taken, 1 not a writable path, 2 not JSON.
    fn set(path_ptr: ptr, path_len: i32, json_ptr: ptr, json_len: i32) -> i32;
    /// Reports failure, once a call.
    fn fail(code: i32, status: i32, retry_after_ms: i64, retryable: i32, ptr: ptr, len: i32);
    /// Facts about the call: 0 attempt from 1, 1 milliseconds left, 2 fencing token; -1 for anything else.
    fn meta(which: i32) -> i64;
}

/// Safe calls into the host. On wasm32 each passes the pointer and length of one live slice.
#[cfg(target_arch = "wasm32")]
pub(crate) mod host {
    use super::raw;

    /// Lengths on wasm32 fit 32 bits; the host reads them back as unsigned.
    pub fn len32(bytes: &[u8]) -> i32 {
        bytes.len() as i32
    }

    pub fn slot(path: &str) -> i32 {
        // SAFETY: pointer and length are of one live slice; the host only reads it, and before it returns.
        unsafe { raw::slot(path.as_ptr(), len32(path.as_bytes())) }
    }

    pub fn get(slot: i32) -> i64 {
        // SAFETY: takes and returns plain numbers.
        unsafe { raw::get(slot) }
    }

    pub fn get_cfg(key: &str) -> i64 {
        // SAFETY: as in `slot`.
        unsafe { raw::get_cfg(key.as_ptr(), len32(key.as_bytes())) }
    }

    pub fn child(handle: i32, key: &str) -> i64 {
        // SAFETY: as in `slot`.
        unsafe { raw::child(handle, key.as_ptr(), len32(key.as_bytes())) }
    }

    pub fn at(handle: i32, index: i32) -> i64 {
        // SAFETY: takes and returns plain numbers.
        unsafe { raw::at(handle, index) }
    }

    pub fn len(handle: i32) -> i32 {
        // SAFETY: takes and returns plain numbers.
        unsafe { raw::len(handle) }
    }

    pub fn key_at(handle: i32, index: i32) -> i64 {
        // SAFETY: takes and returns plain numbers.
        unsafe { raw::key_at(handle, index) }
    }

    pub fn read(handle: i32, dst: &mut [u8]) -> i32 {
        let cap = len32(dst);
        // SAFETY: the host writes at most `cap` bytes, all inside this exclusively borrowed slice.
        unsafe { raw::read(handle, dst.as_mut_ptr(), cap) }
    }

    pub fn as_f64(handle: i32) -> f64 {
        // SAFETY: takes and returns plain numbers.
        unsafe { raw::as_f64(handle) }
    }

    pub fn as_i64(handle: i32, out: &mut i64) -> i32 {
        // SAFETY: the host writes eight bytes, the size of an i64 for which every bit pattern is valid.
        unsafe { raw::as_i64(handle, core::ptr::from_mut(out).cast()) }
    }

    pub fn log_enabled(level: i32) -> i32 {
        // SAFETY: takes and returns plain numbers.
        unsafe { raw::log_enabled(level) }
    }

    pub fn log(level: i32, message: &str) {
        // SAFETY: as in `slot`.
        unsafe { raw::log(level, message.as_ptr(), len32(message.as_bytes())) }
    }

    pub fn set_result(result: &str, confidence: f64) {
        // SAFETY: as in `slot`.
        unsafe { raw::set_result(result.as_ptr(), len32(result.as_bytes()), confidence) }
    }

    pub fn set_data(json: &str) {
        // SAFETY: as in `slot`.
        unsafe { raw::set_data(json.as_ptr(), len32(json.as_bytes())) }
    }

    pub fn set(path: &str, json: &str) -> i32 {
        // SAFETY: as in `slot`, for two slices.
        unsafe { raw::set(path.as_ptr(), len32(path.as_bytes()), json.as_ptr(), len32(json.as_bytes())) }
    }

    pub fn fail(code: i32, status: i32, retry_after_ms: i64, retryable: bool, message: &str) {
        let (ptr, len) = (message.as_ptr(), len32(message.as_bytes()));
        // SAFETY: as in `slot`.
        unsafe { raw::fail(code, status, retry_after_ms, i32::from(retryable), ptr, len) }
    }

    pub fn meta(which: i32) -> i64 {
        // SAFETY: takes and returns plain numbers.
        unsafe { raw::meta(which) }
    }
}

#[cfg(not(target_arch = "wasm32"))]
pub(crate) use crate::testing::host;
