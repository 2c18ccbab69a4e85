//! The one unsafe step of the runtime: native code that the host compiled earlier is taken back into use.

#![allow(unsafe_code)] // `Module::deserialize` runs what it is given

use wasmtime::{Engine, Module};

use super::cache::Authentic;

/// Makes a module of code from the cache.
///
/// # Errors
/// If wasmtime finds that the code was made by another version or under other settings.
pub(super) fn deserialize(engine: &Engine, code: &Authentic) -> wasmtime::Result<Module> {
    // SAFETY: the bytes must come from `Module::serialize` unchanged. An `Authentic` is made only by
    // `ModuleCache::authenticate`, which has just checked that a keyed hash over exactly these bytes, made with a key that
    // only this user can read, is the one written beside them when `ModuleCache::store` saved what `serialize` gave.
    unsafe { Module::deserialize(engine, code.bytes()) }
}
