//! The one unsafe step of the runtime: native code that the host compiled earlier is taken back into use.

#![allow(unsafe_code)] // `deserialize` of wasmtime runs what it is given

use wasmtime::component::Component;
use wasmtime::{Engine, Module};

use super::cache::{Authentic, Compiled};

/// Makes a module or component of code from the cache.
///
/// # Errors
/// If wasmtime finds that the code was made by another version, under other settings, or of the other kind.
pub(super) fn deserialize(engine: &Engine, code: &Authentic, is_component: bool) -> wasmtime::Result<Compiled> {
    // SAFETY: the bytes must come from `serialize` unchanged. An `Authentic` is made only by
    // `ModuleCache::authenticate`, which has just checked that a keyed hash over exactly these bytes, made with a key that
    // only this user can read, is the one written beside them when `ModuleCache::store` saved what `serialize` gave.
    unsafe {
        match is_component {
            true => Component::deserialize(engine, code.bytes()).map(Compiled::Component),
            false => Module::deserialize(engine, code.bytes()).map(Compiled::Module),
        }
    }
}
