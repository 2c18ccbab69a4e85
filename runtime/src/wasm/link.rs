//! Linking: a module with its imports resolved once, ready to be instantiated for every event.

use std::sync::Arc;

use cascata_config::GuestForm;
use wasmtime::{Caller, Engine, InstancePre, Linker, Module, ModuleExport};
use wasmtime_wasi::p1;

use super::abi;
use super::cache::Compiled;
use super::checks::WASI;
use super::component::{self, LinkedComponent};
use super::error::{LoadErrorKind, Report};
use super::guest::{Guest, Spec};
use super::shape::Shape;
use super::stop::Stop;

/// A stage's module or component, linked.
pub(super) struct Template {
    pub linked: Linked,
    /// The host keeps it compiled as long as somebody has it.
    _compiled: Arc<Compiled>,
    pub engine: Engine,
    pub spec: Arc<Spec>,
    pub form: GuestForm,
    /// It imports functions that may wait, so that only asynchronous calls can run it.
    pub is_async: bool,
}

/// What instances are made of.
pub(super) enum Linked {
    Core(CoreModule),
    Component(LinkedComponent),
}

/// A core module with its imports resolved, and where its functions are.
pub(super) struct CoreModule {
    pub pre: InstancePre<Guest>,
    pub run: Option<ModuleExport>,
    pub init: Option<ModuleExport>,
    pub initialize: Option<ModuleExport>,
}

impl Template {
    /// Links a module or component.
    ///
    /// # Errors
    /// If an import is unknown or has another type.
    pub fn new(
        engine: &Engine,
        compiled: Arc<Compiled>,
        shape: &Shape,
        form: GuestForm,
        spec: Arc<Spec>,
    ) -> Result<Self, LoadErrorKind> {
        let (linked, is_async) = match &*compiled {
            Compiled::Module(module) => {
                let has_wasi = shape.imports_from(WASI);
                let is_async = has_wasi || [abi::HTTP_ABI, abi::KV_ABI].iter().any(|module| shape.imports_from(module));
                let module =
                    CoreModule::new(engine, module, form, has_wasi).map_err(|error| unlinked(&error, shape))?;
                (Linked::Core(module), is_async)
            }
            Compiled::Component(component) => {
                let linked = LinkedComponent::new(engine, component, shape, form == GuestForm::Component)?;
                (Linked::Component(linked), component::is_async(shape))
            }
        };
        Ok(Self { linked, _compiled: compiled, engine: engine.clone(), spec, form, is_async })
    }
}

impl CoreModule {
    fn new(engine: &Engine, module: &Module, form: GuestForm, has_wasi: bool) -> wasmtime::Result<Self> {
        let mut linker = Linker::new(engine);
        abi::link(&mut linker)?;
        abi::link_clock(&mut linker)?;
        abi::link_random(&mut linker)?;
        abi::link_kv(&mut linker)?;
        abi::link_secrets(&mut linker)?;
        abi::link_metrics(&mut linker)?;
        linker.func_wrap("env", "abort", abort)?;
        #[cfg(feature = "http")]
        abi::link_http(&mut linker)?;
        if has_wasi {
            p1::add_to_linker_async(&mut linker, |guest: &mut Guest| &mut guest.wasi().context)?;
        }
        let export = |name| module.get_export_index(name);
        Ok(Self {
            run: export(if form == GuestForm::Command { "_start" } else { "stage_run" }),
            init: export("stage_init"),
            initialize: export("_initialize"),
            pre: linker.instantiate_pre(module)?,
        })
    }
}

/// The error of an import that the linker does not know or has with another type; the others were found before.
fn unlinked(error: &wasmtime::Error, shape: &Shape) -> LoadErrorKind {
    let message = format!("{error:#}");
    let import = shape.imports.iter().find(|(module, name, _)| message.contains(&format!("{module}::{name}")));
    match import {
        Some((module, name, ty)) => LoadErrorKind::Import {
            module: module.clone(),
            name: name.clone(),
            report: Report::default()
                .line("found", ty.to_string())
                .line("fix", "use a function of WASI preview 1, with its own type"),
        },
        None => LoadErrorKind::Invalid { message },
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
