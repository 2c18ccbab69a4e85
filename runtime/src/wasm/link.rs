//! Linking: a module with its imports resolved once, ready to be instantiated for every event.

use std::sync::Arc;

use cascata_config::GuestForm;
use wasmtime::{Caller, Engine, InstancePre, Linker, Module, ModuleExport};
use wasmtime_wasi::p1;

use super::abi;
use super::checks::WASI;
use super::command;
use super::guest::{Guest, Spec};
use super::stop::Stop;

/// A stage's module, linked.
pub(super) struct Template {
    pub pre: InstancePre<Guest>,
    pub spec: Arc<Spec>,
    pub form: GuestForm,
    pub run: Option<ModuleExport>,
    pub init: Option<ModuleExport>,
    pub initialize: Option<ModuleExport>,
    /// It imports functions that may wait, so that only asynchronous calls can run it.
    pub is_async: bool,
}

impl Template {
    /// Links a module.
    ///
    /// # Errors
    /// If an import is unknown or has another type.
    pub fn new(engine: &Engine, module: &Module, form: GuestForm, spec: Arc<Spec>) -> wasmtime::Result<Self> {
        let is_async = module.imports().any(|import| import.module() == WASI);
        let mut linker = Linker::new(engine);
        abi::link(&mut linker)?;
        linker.func_wrap("env", "abort", abort)?;
        if is_async {
            p1::add_to_linker_async(&mut linker, |guest: &mut Guest| {
                let spec = &guest.spec;
                &mut guest.wasi.get_or_insert_with(|| Box::new(command::inert(spec))).context
            })?;
        }
        let export = |name| module.get_export_index(name);
        Ok(Self {
            run: export(if form == GuestForm::Command { "_start" } else { "stage_run" }),
            init: export("stage_init"),
            initialize: export("_initialize"),
            pre: linker.instantiate_pre(module)?,
            spec,
            form,
            is_async,
        })
    }
}

/// AssemblyScript's `abort(message, file, line, column)`. Its strings are UTF-16 with their length in bytes before them.
fn abort(mut caller: Caller<'_, Guest>, message: u32, _file: u32, line: u32, column: u32) -> wasmtime::Result<()> {
    let memory = caller.get_export("memory").and_then(wasmtime::Extern::into_memory);
    let text = memory.and_then(|memory| utf16(memory.data(&caller), message)).unwrap_or_default();
    Err(Stop::Aborted(format!("{text} (line {line}, column {column})")).into())
}

fn utf16(memory: &[u8], at: u32) -> Option<String> {
    const LONGEST: usize = 1_024;
    let start = usize::try_from(at).ok()?;
    let length = memory.get(start.checked_sub(4)?..start)?.first_chunk().copied().map(u32::from_le_bytes)?;
    let length = usize::try_from(length).ok()?.min(LONGEST);
    let bytes = memory.get(start..start.checked_add(length)?)?;
    let units = bytes.as_chunks::<2>().0.iter().copied().map(u16::from_le_bytes);
    Some(char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
}
