//! Imports of the capabilities, module by module. A stage's module has those that the stage calls, and is refused where its
//! cascade does not allow them.

#![allow(unsafe_code)] // as in the file above

imports! {
    CLOCK, raw_clock, "cascata_clock_v1":
    /// Milliseconds since 1970.
    fn now_ms() -> i64;
    /// Nanoseconds on a clock that only goes on.
    fn monotonic_ns() -> i64;
}

imports! {
    RANDOM, raw_random, "cascata_random_v1":
    /// Fills a buffer with random bytes.
    fn fill(dst: out, len: i32);
}

imports! {
    KV, raw_kv, "cascata_kv_v1":
    /// The value under a key: its length, copied if `cap` is enough; -1 there is none; below that no answer.
    fn get(key_ptr: ptr, key_len: i32, dst: out, cap: i32) -> i32;
    /// What the last `get` found, in the same way.
    fn value(dst: out, cap: i32) -> i32;
    /// Puts a value under a key: 0 done.
    fn set(key_ptr: ptr, key_len: i32, ptr: ptr, len: i32, ttl_ms: i64) -> i32;
    /// Removes what is under a key: 1 done, 0 there was nothing.
    fn delete(key_ptr: ptr, key_len: i32) -> i32;
    /// Adds to a counter: 0 done, and the sum at `out`.
    fn add(key_ptr: ptr, key_len: i32, by: i64, ttl_ms: i64, dst: out) -> i32;
    /// Why there is no answer, as text.
    fn error(dst: out, cap: i32) -> i32;
}

imports! {
    SECRETS, raw_secrets, "cascata_secrets_v1":
    /// A secret's length, copied if `cap` is enough; -1 for a name that is not listed.
    fn get(name_ptr: ptr, name_len: i32, dst: out, cap: i32) -> i32;
}

imports! {
    METRICS, raw_metrics, "cascata_metrics_v1":
    /// Adds to a counter.
    fn counter(name_ptr: ptr, name_len: i32, by: f64);
    /// Sets a gauge.
    fn gauge(name_ptr: ptr, name_len: i32, value: f64);
    /// Counts a value into a histogram.
    fn histogram(name_ptr: ptr, name_len: i32, value: f64);
}

imports! {
    HTTP, raw_http, "cascata_http_v1":
    /// Sends a request: the status, below 0 no answer. The head is JSON.
    fn send(head_ptr: ptr, head_len: i32, body_ptr: ptr, body_len: i32) -> i32;
    /// The last answer's body: its length, copied if `cap` is enough; -1 no answer.
    fn body(dst: out, cap: i32) -> i32;
    /// A header of the last answer, in the same way; -1 there is none.
    fn header(name_ptr: ptr, name_len: i32, dst: out, cap: i32) -> i32;
    /// Why there is no answer, as text, in the same way.
    fn error(dst: out, cap: i32) -> i32;
}

/// Every module of a capability, with its imports.
pub const ALL: &[(&str, &[(&str, &str)])] = &[
    ("cascata_clock_v1", CLOCK),
    ("cascata_http_v1", HTTP),
    ("cascata_kv_v1", KV),
    ("cascata_metrics_v1", METRICS),
    ("cascata_random_v1", RANDOM),
    ("cascata_secrets_v1", SECRETS),
];

/// Safe calls into the host, as those of the core ABI. A name is of its capability and function.
#[cfg(target_arch = "wasm32")]
pub(crate) mod host {
    use super::super::host::len32;
    use super::{raw_clock, raw_http, raw_kv, raw_metrics, raw_random, raw_secrets};

    pub fn clock_now_ms() -> i64 {
        // SAFETY: takes and returns plain numbers.
        unsafe { raw_clock::now_ms() }
    }

    pub fn clock_monotonic_ns() -> i64 {
        // SAFETY: takes and returns plain numbers.
        unsafe { raw_clock::monotonic_ns() }
    }

    pub fn random_fill(dst: &mut [u8]) {
        let len = len32(dst);
        // SAFETY: the host writes `len` bytes, all inside this exclusively borrowed slice.
        unsafe { raw_random::fill(dst.as_mut_ptr(), len) }
    }

    pub fn kv_get(key: &str, dst: &mut [u8]) -> i32 {
        let (ptr, len, cap) = (key.as_ptr(), len32(key.as_bytes()), len32(dst));
        // SAFETY: the host reads one live slice, and writes at most `cap` bytes into another that is borrowed exclusively.
        unsafe { raw_kv::get(ptr, len, dst.as_mut_ptr(), cap) }
    }

    pub fn kv_value(dst: &mut [u8]) -> i32 {
        let cap = len32(dst);
        // SAFETY: the host writes at most `cap` bytes, all inside this exclusively borrowed slice.
        unsafe { raw_kv::value(dst.as_mut_ptr(), cap) }
    }

    pub fn kv_set(key: &str, value: &[u8], ttl_ms: i64) -> i32 {
        let (ptr, len) = (key.as_ptr(), len32(key.as_bytes()));
        // SAFETY: pointers and lengths are of two live slices; the host only reads them, and before it returns.
        unsafe { raw_kv::set(ptr, len, value.as_ptr(), len32(value), ttl_ms) }
    }

    pub fn kv_delete(key: &str) -> i32 {
        // SAFETY: pointer and length are of one live slice; the host only reads it, and before it returns.
        unsafe { raw_kv::delete(key.as_ptr(), len32(key.as_bytes())) }
    }

    pub fn kv_add(key: &str, by: i64, ttl_ms: i64, sum: &mut i64) -> i32 {
        let (ptr, len) = (key.as_ptr(), len32(key.as_bytes()));
        // SAFETY: as in `kv_delete`; the host writes eight bytes, the size of an i64 for which every bit pattern is valid.
        unsafe { raw_kv::add(ptr, len, by, ttl_ms, core::ptr::from_mut(sum).cast()) }
    }

    pub fn kv_error(dst: &mut [u8]) -> i32 {
        let cap = len32(dst);
        // SAFETY: as in `kv_value`.
        unsafe { raw_kv::error(dst.as_mut_ptr(), cap) }
    }

    pub fn secrets_get(name: &str, dst: &mut [u8]) -> i32 {
        let (ptr, len, cap) = (name.as_ptr(), len32(name.as_bytes()), len32(dst));
        // SAFETY: as in `kv_get`.
        unsafe { raw_secrets::get(ptr, len, dst.as_mut_ptr(), cap) }
    }

    pub fn metrics_counter(name: &str, by: f64) {
        // SAFETY: as in `kv_delete`.
        unsafe { raw_metrics::counter(name.as_ptr(), len32(name.as_bytes()), by) }
    }

    pub fn metrics_gauge(name: &str, value: f64) {
        // SAFETY: as in `kv_delete`.
        unsafe { raw_metrics::gauge(name.as_ptr(), len32(name.as_bytes()), value) }
    }

    pub fn metrics_histogram(name: &str, value: f64) {
        // SAFETY: as in `kv_delete`.
        unsafe { raw_metrics::histogram(name.as_ptr(), len32(name.as_bytes()), value) }
    }

    pub fn http_send(head: &str, body: &[u8]) -> i32 {
        // SAFETY: as in `kv_set`.
        unsafe { raw_http::send(head.as_ptr(), len32(head.as_bytes()), body.as_ptr(), len32(body)) }
    }

    pub fn http_body(dst: &mut [u8]) -> i32 {
        let cap = len32(dst);
        // SAFETY: as in `kv_value`.
        unsafe { raw_http::body(dst.as_mut_ptr(), cap) }
    }

    pub fn http_header(name: &str, dst: &mut [u8]) -> i32 {
        let (ptr, len, cap) = (name.as_ptr(), len32(name.as_bytes()), len32(dst));
        // SAFETY: as in `kv_get`.
        unsafe { raw_http::header(ptr, len, dst.as_mut_ptr(), cap) }
    }

    pub fn http_error(dst: &mut [u8]) -> i32 {
        let cap = len32(dst);
        // SAFETY: as in `kv_value`.
        unsafe { raw_http::error(dst.as_mut_ptr(), cap) }
    }
}

#[cfg(not(target_arch = "wasm32"))]
pub(crate) use crate::testing::capabilities::host;
