//! The core ABI's imports: one table, from which linking, checking and messages come.

use std::fmt;

use wasmtime::{Caller, Linker};

use super::capability;
use super::guest::Guest;
#[cfg(feature = "http")]
use super::http;
use super::imports as answers;
use super::shape::write_signature;
use super::{kv, metrics, secrets};

/// The import module of the core ABI.
pub const CORE_ABI: &str = "cascata_v1";
/// The import module of the capability `clock`.
pub(super) const CLOCK_ABI: &str = "cascata_clock_v1";
/// The import module of the capability `random`.
pub(super) const RANDOM_ABI: &str = "cascata_random_v1";
/// The import module of the capability `kv`.
pub(super) const KV_ABI: &str = "cascata_kv_v1";
/// The import module of the capability `secrets`.
pub(super) const SECRETS_ABI: &str = "cascata_secrets_v1";
/// The import module of the capability `metrics`.
pub(super) const METRICS_ABI: &str = "cascata_metrics_v1";
/// The import module of the capability `http`.
pub(super) const HTTP_ABI: &str = "cascata_http_v1";

/// A type of the core ABI, in the text format's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ValueType {
    /// 32-bit integer; pointers and lengths are unsigned.
    I32,
    /// 64-bit integer.
    I64,
    /// Double.
    F64,
}

impl ValueType {
    /// The word in the text format.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::F64 => "f64",
        }
    }
}

/// One import that the host offers.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Import {
    /// Its name in `cascata_v1`.
    pub name: &'static str,
    /// What it takes.
    pub params: &'static [ValueType],
    /// Names of what it takes.
    pub param_names: &'static [&'static str],
    /// What it returns.
    pub result: Option<ValueType>,
    /// What it does.
    pub doc: &'static str,
}

impl Import {
    pub(super) fn matches(&self, params: &[&str], results: &[&str]) -> bool {
        self.params.iter().map(|ty| ty.word()).eq(params.iter().copied())
            && self.result.iter().map(|ty| ty.word()).eq(results.iter().copied())
    }
}

impl fmt::Display for Import {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<_> = self.params.iter().map(|ty| ty.word()).collect();
        write!(f, "`{}`: ", self.name)?;
        write_signature(f, &words, &self.result.map(ValueType::word).into_iter().collect::<Vec<_>>())
    }
}

macro_rules! imports {
    ($list:ident, $link:ident, $module:ident, $answers:ident: $($(#[doc = $doc:literal])* $(@$wait:ident)? fn $name:ident($($arg:ident: $ty:tt),*) $(-> $ret:tt)?;)*) => {
        pub(super) const $list: &[Import] = &[$(Import {
            name: stringify!($name),
            params: &[$(imports!(@kind $ty)),*],
            param_names: &[$(stringify!($arg)),*],
            result: imports!(@result $($ret)?),
            doc: concat!($($doc),*),
        }),*];

        /// Defines every import of the table.
        pub(super) fn $link(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
            $(imports!(@link ($($wait)?) linker, $module, $answers, $name, ($($arg: $ty),*), ($($ret)?));)*
            Ok(())
        }
    };
    (@link () $linker:ident, $module:ident, $answers:ident, $name:ident, ($($arg:ident: $ty:tt),*), ($($ret:tt)?)) => {
        $linker.func_wrap(
            $module,
            stringify!($name),
            |mut caller: Caller<'_, Guest>, $($arg: imports!(@rust $ty)),*| -> wasmtime::Result<imports!(@rust_result $($ret)?)> {
                let answer = $answers::$name(&mut answers::Crossing::enter(&mut caller), $($arg),*)?;
                answers::settle(&mut caller)?;
                Ok(answer)
            },
        )?;
    };
    // A function that waits: only guests that are run asynchronously can have it.
    (@link (waits) $linker:ident, $module:ident, $answers:ident, $name:ident, ($($arg:ident: $ty:tt),*), ($($ret:tt)?)) => {
        $linker.func_wrap_async(
            $module,
            stringify!($name),
            |mut caller: Caller<'_, Guest>, ($($arg,)*): ($(imports!(@rust $ty),)*)| {
                Box::new(async move {
                    let answer = $answers::$name(&mut answers::Crossing::enter(&mut caller), $($arg),*).await?;
                    answers::settle(&mut caller)?;
                    Ok::<imports!(@rust_result $($ret)?), wasmtime::Error>(answer)
                })
            },
        )?;
    };
    (@kind u32) => { ValueType::I32 };
    (@kind i32) => { ValueType::I32 };
    (@kind i64) => { ValueType::I64 };
    (@kind u64) => { ValueType::I64 };
    (@kind f64) => { ValueType::F64 };
    (@result) => { None };
    (@result $ret:tt) => { Some(imports!(@kind $ret)) };
    (@rust $ty:tt) => { $ty };
    (@rust_result) => { () };
    (@rust_result $ret:tt) => { $ret };
}

imports! {
    IMPORTS, link, CORE_ABI, answers:
    /// Interns a path: -1 if it can't be one or there are 4,096 already. The same path gives the same slot for the instance's lifetime; slots 0 to n-1 are the manifest's `fields`.
    fn slot(path_ptr: u32, path_len: u32) -> i32;
    /// The event's value at a slot, tagged; tag `error` for a slot never given out.
    fn get(slot: u32) -> i64;
    /// A key of the stage's `with:` block, tagged; the empty key is the whole block.
    fn get_cfg(key_ptr: u32, key_len: u32) -> i64;
    /// An entry of an object by key, tagged; missing in anything but an object.
    fn child(handle: u32, key_ptr: u32, key_len: u32) -> i64;
    /// An element of an array, or the value of an object's entry, by position from 0, tagged; missing past the end.
    fn at(handle: u32, index: u32) -> i64;
    /// Elements of an array, entries of an object, bytes of a text; -1 for anything else.
    fn len(handle: u32) -> i32;
    /// The key of an object's entry by position from 0, tagged as text; missing past the end.
    fn key_at(handle: u32, index: u32) -> i64;
    /// Copies a text, or the JSON of a number or container, to `dst`; returns its full length and copies nothing if `cap` is less. -1 for a stale handle.
    fn read(handle: u32, dst: u32, cap: u32) -> i32;
    /// A number as the nearest double; NaN for anything else.
    fn as_f64(handle: u32) -> f64;
    /// A number as an integer, eight bytes little-endian at `out`: 0 done, 1 not an integer, 2 out of range. A float whose value is an integer counts as one.
    fn as_i64(handle: u32, out: u32) -> i32;
    /// 1 if a line of this level would be kept: 0 trace, 1 debug, 2 info, 3 warn, 4 error.
    fn log_enabled(level: i32) -> i32;
    /// Writes a log line; what goes beyond `handler.log_bytes` is cut.
    fn log(level: i32, ptr: u32, len: u32);
    /// The stage's result, once a call. A confidence of NaN is none; one outside 0 to 1 is bad output.
    fn set_result(ptr: u32, len: u32, confidence: f64);
    /// The stage's data, the text of a JSON object, once a call.
    fn set_data(ptr: u32, len: u32);
    /// Buffers a write to the event, applied when the stage has succeeded: 0 taken, 1 not a path that can be written, 2 not JSON.
    fn set(path_ptr: u32, path_len: u32, json_ptr: u32, json_len: u32) -> i32;
    /// Reports failure. `code`: 0 invalid input, 1 invalid configuration, 2 unavailable, 3 internal; `status` 0 and `retry_after_ms` -1 stand for none.
    fn fail(code: i32, status: i32, retry_after_ms: i64, retryable: i32, ptr: u32, len: u32);
    /// Facts about the call: 0 which attempt, from 1; 1 milliseconds left; 2 fencing token. -1 for what there is none of.
    fn meta(which: i32) -> i64;
}

imports! {
    CLOCK, link_clock, CLOCK_ABI, capability:
    /// Milliseconds since 1970.
    fn now_ms() -> i64;
    /// Nanoseconds on a clock that only goes on, from an arbitrary moment.
    fn monotonic_ns() -> i64;
}

imports! {
    RANDOM, link_random, RANDOM_ABI, capability:
    /// Fills `len` bytes at `dst` with random ones.
    fn fill(dst: u32, len: u32);
}

imports! {
    KV, link_kv, KV_ABI, kv:
    /// The value under a key: writes it at `dst` if `cap` bytes are enough; its length either way, -1 if there is none. Below that why there is no answer: -2 a key that can't be, -4 too many operations, -5 the store is out of order.
    @waits fn get(key_ptr: u32, key_len: u32, dst: u32, cap: u32) -> i32;
    /// The value that the last `get` found, in the same way, without asking again.
    fn value(dst: u32, cap: u32) -> i32;
    /// Puts a value under a key for `ttl_ms` milliseconds, for ever if that is 0: 0 done, else as `get`, or -3 too large.
    @waits fn set(key_ptr: u32, key_len: u32, ptr: u32, len: u32, ttl_ms: u64) -> i32;
    /// Removes the value under a key: 1 done, 0 there was none, else as `get`.
    @waits fn delete(key_ptr: u32, key_len: u32) -> i32;
    /// Adds to a counter, which is gone `ttl_ms` milliseconds after its first use, and writes the sum, never below 0, as eight bytes little-endian at `out`: 0 done, else as `get`. Counters have keys of their own.
    @waits fn add(key_ptr: u32, key_len: u32, by: i64, ttl_ms: u64, out: u32) -> i32;
    /// Why there was no answer, as text: writes it at `dst` if `cap` bytes are enough; its length either way.
    fn error(dst: u32, cap: u32) -> i32;
}

imports! {
    SECRETS, link_secrets, SECRETS_ABI, secrets:
    /// The secret of a name that the stage lists: writes it at `dst` if `cap` bytes are enough; its length either way, -1 if the stage does not list it.
    fn get(name_ptr: u32, name_len: u32, dst: u32, cap: u32) -> i32;
}

imports! {
    METRICS, link_metrics, METRICS_ABI, metrics:
    /// Adds to a counter; a number below 0 is dropped. Names are a letter of `a` to `z`, then these, digits and `_`, at most 64.
    fn counter(name_ptr: u32, name_len: u32, by: f64);
    /// Sets a gauge.
    fn gauge(name_ptr: u32, name_len: u32, value: f64);
    /// Counts a value into a histogram.
    fn histogram(name_ptr: u32, name_len: u32, value: f64);
}

#[cfg(feature = "http")]
imports! {
    HTTP, link_http, HTTP_ABI, http:
    /// Sends a request and waits for its answer: the status, or a negative number for why there is none (-1 not understood, -2 not allowed, -3 not reached, -4 too large, -5 too many). The head is JSON of `url`, `method` (`GET`) and `headers`.
    @waits fn send(head_ptr: u32, head_len: u32, body_ptr: u32, body_len: u32) -> i32;
    /// The body of the last answer: writes it at `dst` if `cap` bytes are enough; its length either way, -1 if there is no answer.
    fn body(dst: u32, cap: u32) -> i32;
    /// A header of the last answer, in the same way; -1 if there is none.
    fn header(name_ptr: u32, name_len: u32, dst: u32, cap: u32) -> i32;
    /// Why there was no answer, as text, in the same way.
    fn error(dst: u32, cap: u32) -> i32;
}

/// The imports of `cascata_v1`, as the host offers them.
#[must_use]
pub const fn imports() -> &'static [Import] {
    IMPORTS
}
