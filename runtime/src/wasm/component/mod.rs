//! Stages as components: the world `cascata:stage/stage` and WASI 0.2 commands, through wasmtime's component support.
//!
//! ```text
//! world      names, versions, what may be imported     ◀─ checks, before compiling
//! types      the world's types in Rust                  ◀─ held against the component when it is linked
//! host       what each import does
//! this file  linking, calling `init` and `run`
//! ```
//!
//! Limits, budget, answer and failures are those of core modules: a component is another way in, not another host.

mod capabilities;
mod host;
#[cfg(feature = "http")]
mod http;
mod types;
pub(super) mod world;

use wasmtime::component::types::{Component as ComponentShape, ComponentFunc, ComponentItem};
use wasmtime::component::{Component, ComponentExportIndex, Instance, InstancePre, Linker, TypedFunc};
use wasmtime::{Engine, Store};
use wasmtime_wasi::{I32Exit, p2};

use self::types::{CommandResult, InitResult, Outcome, RunResult, StageError};
use super::answer::GuestFailure;
use super::error::{LoadErrorKind, Report};
use super::guest::Guest;
use super::imports::settle;
use super::shape::Shape;
use super::stop::Stop;

/// A component with its imports resolved, and where its functions are.
pub(super) struct LinkedComponent {
    pre: InstancePre<Guest>,
    entry: Entry,
}

/// What is called for an event.
enum Entry {
    Stage { init: Option<ComponentExportIndex>, run: ComponentExportIndex },
    Command { run: ComponentExportIndex },
}

/// `run` of an instance.
pub(super) type Run = TypedFunc<(), RunResult>;
/// `init` of an instance.
pub(super) type Init = TypedFunc<(), InitResult>;

impl LinkedComponent {
    /// Links a component. `is_stage`: it is of the stage's world, else a command.
    ///
    /// # Errors
    /// If an import is unknown or of another type, or an export is.
    pub fn new(engine: &Engine, component: &Component, shape: &Shape, is_stage: bool) -> Result<Self, LoadErrorKind> {
        let invalid = |error: wasmtime::Error| LoadErrorKind::Invalid { message: format!("{error:#}") };
        let mut linker = Linker::new(engine);
        if is_stage {
            host::link(&mut linker).map_err(invalid)?;
        }
        if shape.imports.iter().any(|(name, _, _)| world::is_wasi(name)) {
            p2::add_to_linker_async(&mut linker).map_err(invalid)?;
        }
        let pre = linker.instantiate_pre(component).map_err(|error| unlinked(&error, shape))?;
        let entry = if is_stage { stage_entry(component)? } else { command_entry(component, shape)? };
        Ok(Self { pre, entry })
    }

    /// Instantiates on a store that was not set up to yield.
    pub fn instantiate(&self, store: &mut Store<Guest>) -> wasmtime::Result<Instance> {
        self.pre.instantiate(store)
    }

    /// Instantiates on a store that yields.
    pub async fn instantiate_async(&self, store: &mut Store<Guest>) -> wasmtime::Result<Instance> {
        self.pre.instantiate_async(store).await
    }

    /// `init`, if it has one, and `run` of a stage's instance; none for a command.
    pub fn functions(
        &self,
        store: &mut Store<Guest>,
        instance: Instance,
    ) -> wasmtime::Result<Option<(Option<Init>, Run)>> {
        let Entry::Stage { init, run } = &self.entry else { return Ok(None) };
        let init = init.map(|init| instance.get_typed_func(&mut *store, init)).transpose()?;
        Ok(Some((init, instance.get_typed_func(&mut *store, run)?)))
    }

    /// Runs a command to its end. An error it returns counts as leaving with code 1.
    pub async fn command(&self, store: &mut Store<Guest>, instance: Instance) -> wasmtime::Result<()> {
        let Entry::Command { run } = &self.entry else { return Ok(()) };
        let run: TypedFunc<(), CommandResult> = instance.get_typed_func(&mut *store, run)?;
        match run.call_async(&mut *store, ()).await? {
            (Ok(()),) => Ok(()),
            (Err(()),) => Err(I32Exit(1).into()),
        }
    }
}

/// Whether a component imports functions that may wait.
pub(super) fn is_async(shape: &Shape) -> bool {
    shape.imports.iter().any(|(name, _, _)| world::is_wasi(name) || world::waits(name))
}

/// Where a stage's functions are, once their types are those of the world.
fn stage_entry(component: &Component) -> Result<Entry, LoadErrorKind> {
    let typed = || {
        export(component, "init", "func() -> result<_, stage-error>", |function, ty| {
            function.typecheck::<(), InitResult>(&ty.instance_type())
        })
    };
    let init = match component.get_export(None, "init") {
        None => None,
        // Some tools leave an `init` of their own in a component (componentize-qjs does). The world's takes nothing.
        Some((ComponentItem::ComponentFunc(function), _)) if function.params().len() > 0 => None,
        Some(_) => Some(typed()?),
    };
    let run = export(component, "run", "func() -> result<outcome, stage-error>", |function, ty| {
        function.typecheck::<(), RunResult>(&ty.instance_type())
    })?;
    Ok(Entry::Stage { init, run })
}

type Check = fn(&ComponentFunc, &ComponentShape) -> wasmtime::Result<()>;

fn export(
    component: &Component,
    name: &'static str,
    needed: &str,
    check: Check,
) -> Result<ComponentExportIndex, LoadErrorKind> {
    let ty = component.component_type();
    let found = match component.get_export(None, name) {
        Some((ComponentItem::ComponentFunc(function), index)) => match check(&function, &ty) {
            Ok(()) => return Ok(index),
            Err(error) => format!("{error:#}"),
        },
        Some(_) => "no function".to_owned(),
        None => "no such export".to_owned(),
    };
    let report = Report::default()
        .line("found", found)
        .line("needed", format!("`{name}`: {needed}"))
        .line("fix", "build it with the WIT package of this version; `cascata stage new` writes it");
    Err(LoadErrorKind::Export { name, report })
}

fn command_entry(component: &Component, shape: &Shape) -> Result<Entry, LoadErrorKind> {
    let interface = world::run_of_command(shape).and_then(|name| component.get_export_index(None, name));
    let run = interface.and_then(|interface| component.get_export(Some(&interface), "run"));
    let ty = component.component_type();
    match run {
        Some((ComponentItem::ComponentFunc(function), run))
            if function.typecheck::<(), CommandResult>(&ty.instance_type()).is_ok() =>
        {
            Ok(Entry::Command { run })
        }
        _ => {
            let report = Report::default()
                .line("needed", "`run` of `wasi:cli/run`: func() -> result")
                .line("fix", "build the component as a command for WASI 0.2");
            Err(LoadErrorKind::Export { name: "wasi:cli/run", report })
        }
    }
}

/// The error of an interface whose functions the linker does not know or has with other types.
fn unlinked(error: &wasmtime::Error, shape: &Shape) -> LoadErrorKind {
    let message = format!("{error:#}");
    match shape.imports.iter().find(|(name, _, _)| message.contains(&format!("`{name}`"))) {
        Some((name, _, _)) => LoadErrorKind::Interface {
            name: name.clone(),
            report: Report::default()
                .line("found", message)
                .line("fix", "build it with the WIT package of this version; `cascata stage new` writes it"),
        },
        None => LoadErrorKind::Invalid { message },
    }
}

/// Takes up what `run` returned, as `set_result`, `set_data` and `fail` of the core ABI do.
pub(super) fn answered(store: &mut Store<Guest>, (said,): RunResult) -> wasmtime::Result<()> {
    let guest = store.data_mut();
    match said {
        Ok(outcome) => take_up(guest, &outcome)?,
        Err(error) => fail(guest, error),
    }
    Ok(settle(store)?)
}

/// Takes up what `init` returned.
pub(super) fn initialised(store: &mut Store<Guest>, (said,): InitResult) {
    if let Err(error) = said {
        fail(store.data_mut(), error);
    }
}

fn take_up(guest: &mut Guest, Outcome { result, confidence, data }: &Outcome) -> Result<(), Stop> {
    let bytes = data.as_ref().map_or(0, String::len);
    guest.meter.add(result.len().saturating_add(bytes));
    // NaN stands for none in the core ABI only.
    if confidence.is_some_and(f64::is_nan) {
        return Err(Stop::BadOutput("the confidence NaN is outside 0 to 1".to_owned()));
    }
    guest.answer.result(result, confidence.unwrap_or(f64::NAN), &guest.spec)?;
    match data {
        Some(data) => guest.answer.data(data.as_bytes(), &guest.spec),
        None => Ok(()),
    }
}

fn fail(guest: &mut Guest, error: StageError) {
    guest.fail(GuestFailure {
        code: error.code as i32,
        status: error.status.filter(|status| *status != 0),
        retry_after_ms: error.retry_after_ms,
        retryable: error.retryable,
        message: error.message,
    });
}
