//! Which form a module is, and whether it has everything the form needs. Messages list what was found beside what is
//! needed, so that nobody has to open a disassembler.

use cascata_config::{Determinism, GuestForm, InstanceMode, Interruption, WasmHandler};

use super::abi::{CORE_ABI, Import, imports};
use super::capability;
use super::component::world;
use super::error::{LoadErrorKind, Report, nearest};
use super::shape::{Extern, Shape};

/// The import module of WASI preview 1.
pub(super) const WASI: &str = "wasi_snapshot_preview1";

type Checked<T> = Result<T, LoadErrorKind>;

/// Exports of a core stage with their types: name, text of the type, whether it must be there.
const CORE_EXPORTS: &[(&str, &str, bool)] = &[
    ("memory", "memory", true),
    ("stage_run", "() -> i32", true),
    ("stage_init", "() -> i32", false),
    ("_initialize", "() -> ()", false),
];

const CORE_NEEDS: &str = "an import from `cascata_v1`; exports `memory` (memory) and `stage_run` (() -> i32)";
const COMMAND_NEEDS: &str = "the export `_start` (() -> ())";

/// Finds out which form a module is.
pub(super) fn form(shape: &Shape, handler: &WasmHandler) -> Checked<GuestForm> {
    if shape.is_component {
        return component_form(shape, handler);
    }
    check_version(shape)?;
    let is_core = shape.imports_from(CORE_ABI) || shape.export("stage_run").is_some();
    let is_command = shape.export("_start").is_some();
    match (handler.form, is_core, is_command) {
        (Some(GuestForm::Component), ..) => {
            Err(LoadErrorKind::OtherForm { said: "component", found: "a core module, no component" })
        }
        (Some(form), ..) => Ok(form),
        (None, true, false) => Ok(GuestForm::Core),
        (None, false, true) => Ok(GuestForm::Command),
        (None, true, true) => Err(LoadErrorKind::Ambiguous { report: ambiguous(shape) }),
        (None, false, false) => Err(LoadErrorKind::NoForm { report: no_form(shape) }),
    }
}

fn component_form(shape: &Shape, handler: &WasmHandler) -> Checked<GuestForm> {
    let (is_stage, is_command) = (world::is_stage(shape), world::run_of_command(shape).is_some());
    match (handler.form, is_stage, is_command) {
        (Some(GuestForm::Core), ..) => {
            Err(LoadErrorKind::OtherForm { said: "core", found: "a component, no core module" })
        }
        (Some(form), ..) => Ok(form),
        (None, true, false) => Ok(GuestForm::Component),
        (None, false, true) => Ok(GuestForm::Command),
        (None, true, true) => Err(LoadErrorKind::Ambiguous { report: ambiguous(shape) }),
        (None, false, false) => Err(LoadErrorKind::NoForm { report: no_form(shape) }),
    }
}

/// An import from another version of the ABI says more than everything else that would then be missing.
fn check_version(shape: &Shape) -> Checked<()> {
    let is_version = |module: &str| {
        module
            .strip_prefix("cascata_v")
            .is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
    };
    match shape.imports.iter().find(|(module, _, _)| is_version(module) && module != CORE_ABI) {
        Some((module, _, _)) => {
            Err(LoadErrorKind::UnknownAbi { found: module.clone(), spoken: format!("`{CORE_ABI}`") })
        }
        None => Ok(()),
    }
}

fn found(shape: &Shape) -> String {
    /// Enough to recognise a module by; a Go program exports little and imports dozens.
    const SHOWN: usize = 12;
    let list = |names: Vec<String>| match names.len() {
        0 => "none".to_owned(),
        1..=SHOWN => names.join(", "),
        more => {
            let shown = names.get(..SHOWN).unwrap_or_default().join(", ");
            format!("{shown} and {} more", more.saturating_sub(SHOWN))
        }
    };
    let import = |(module, name, _): &(String, String, Extern)| match name.as_str() {
        "" => format!("`{module}`"),
        name => format!("`{module}` `{name}`"),
    };
    let imports = shape.imports.iter().map(import).collect();
    let exports = shape.exports.iter().map(|(name, ty)| format!("`{name}` ({ty})")).collect();
    format!("imports {}; exports {}", list(imports), list(exports))
}

fn ambiguous(shape: &Shape) -> Report {
    let report = Report::default().line("found", found(shape));
    if shape.is_component {
        return report
            .line("component stage", "it imports `cascata:stage`, or exports a function `run`")
            .line("WASI command", "it exports `wasi:cli/run`")
            .line("fix", "say which is meant with `handler.form: component` or `handler.form: command`");
    }
    report
        .line("core stage", "it has an import from `cascata_v1` or the export `stage_run`")
        .line("WASI command", "it has the export `_start`")
        .line("fix", "say which is meant with `handler.form: core` or `handler.form: command`, or build it as a library without `main`")
}

fn no_form(shape: &Shape) -> Report {
    if shape.is_component {
        return Report::default()
            .line("found", found(shape))
            .line("a component stage needs", world::STAGE_NEEDS)
            .line("a WASI command needs", "the export `wasi:cli/run@0.2.0`")
            .line("fix", "build the component for the world `cascata:stage/stage`, or as a command for WASI 0.2");
    }
    let exports = CORE_EXPORTS.iter().map(|(name, _, _)| *name).chain(["_start"]);
    let near_export = shape.exports.iter().find_map(|(name, _)| Some((name, nearest(name, exports.clone())?)));
    let near_import =
        shape.imports.iter().find_map(|(module, _, _)| Some((module, nearest(module, [CORE_ABI, WASI])?)));
    let near = near_export.or(near_import);
    let fix = match near {
        Some((name, meant)) => format!("rename `{name}` to `{meant}`"),
        None => "build the stage with the stage SDK, or as a WASI command".to_owned(),
    };
    Report::default()
        .line("found", found(shape))
        .line("a core stage needs", CORE_NEEDS)
        .line("a WASI command needs", COMMAND_NEEDS)
        .maybe("near miss", near.map(|(name, meant)| format!("`{name}` is close to `{meant}`")))
        .line("fix", fix)
}

/// Checks imports, exports, starting sizes and settings of a module whose form is known.
pub(super) fn check(shape: &Shape, form: GuestForm, handler: &WasmHandler) -> Checked<()> {
    minimum("bytes of memory", shape.memory_bytes, handler.memory_bytes, "memory_bytes")?;
    minimum("table elements", shape.table_elements, handler.table_elements, "table_elements")?;
    if shape.is_component {
        return check_component(shape, form);
    }
    match form {
        GuestForm::Core => {
            check_core_exports(shape)?;
            check_imports(shape, true)
        }
        GuestForm::Command => {
            export(shape, "_start", "() -> ()", true, "the program needs a `main`")?;
            export(shape, "memory", "memory", true, "don't import the memory")?;
            check_imports(shape, false)
        }
        // A core module is no component: `form` said so before.
        GuestForm::Component => {
            Err(LoadErrorKind::OtherForm { said: "component", found: "a core module, no component" })
        }
    }
}

/// The types of functions are held against the world once it is compiled.
fn check_component(shape: &Shape, form: GuestForm) -> Checked<()> {
    let is_stage = form == GuestForm::Component;
    let imports = &shape.imports;
    imports.iter().try_for_each(|(name, _, ty)| world::check_import(name, ty, is_stage))?;
    if is_stage {
        let fix = "export the functions of the world `cascata:stage/stage` from the world itself, in no interface";
        // A stage may do without `init`; a name next to it is a slip.
        let has_slip = nearest("init", shape.exports.iter().map(|(name, _)| name.as_str())).is_some();
        return [("run", true), ("init", has_slip)]
            .into_iter()
            .try_for_each(|(name, required)| export(shape, name, "function", required, fix));
    }
    match world::run_of_command(shape) {
        Some(_) => Ok(()),
        None => Err(LoadErrorKind::NoForm { report: no_form(shape) }),
    }
}

const fn minimum(resource: &'static str, declared: u64, limit: u64, key: &'static str) -> Checked<()> {
    if declared > limit { Err(LoadErrorKind::Minimum { resource, declared, limit, key }) } else { Ok(()) }
}

fn check_core_exports(shape: &Shape) -> Checked<()> {
    for (name, ty, required) in CORE_EXPORTS {
        let fix = match *name {
            "memory" => "export the module's memory as `memory`; don't import it",
            "stage_run" => {
                "export the stage's function as `stage_run`, without parameters and with one i32 (0 done, 1 failed)"
            }
            _ => "give it the type that is needed, or leave it out",
        };
        export(shape, name, ty, *required, fix)?;
    }
    if shape.imports_from(CORE_ABI) {
        return Ok(());
    }
    let report = Report::default()
        .line("found", found(shape))
        .line("a core stage needs", CORE_NEEDS)
        .line("fix", "import `set_result` from `cascata_v1`: without it the stage can't answer");
    Err(LoadErrorKind::NoForm { report })
}

fn export(shape: &Shape, name: &'static str, needed: &str, required: bool, fix: &str) -> Checked<()> {
    let found_type = match shape.export(name) {
        Some(ty) if ty.to_string() == needed => return Ok(()),
        None if !required => return Ok(()),
        found => found.map_or_else(|| "no such export".to_owned(), ToString::to_string),
    };
    let near = nearest(name, shape.exports.iter().map(|(export, _)| export.as_str()));
    let report = Report::default()
        .line("found", found_type)
        .line("needed", format!("`{name}` ({needed})"))
        .maybe("near miss", near.map(|near| format!("`{near}`")))
        .line("fix", fix);
    Err(LoadErrorKind::Export { name, report })
}

fn check_imports(shape: &Shape, is_core: bool) -> Checked<()> {
    shape.imports.iter().try_for_each(|(module, name, ty)| {
        let refuse = |report| Err(LoadErrorKind::Import { module: module.clone(), name: name.clone(), report });
        match module.as_str() {
            CORE_ABI if is_core => check_core_import(imports(), name, ty).or_else(refuse),
            // Names and types are checked against the linker, which has the list.
            WASI => Ok(()),
            "env" if name == "abort" && is_core => Ok(()),
            module if is_core && is_capability(module) => match capability::of_module(module) {
                Some(known) if known.is_built() => check_core_import(known.imports, name, ty).or_else(refuse),
                // Whether the stage may have it is asked next, with what the stage is given.
                Some(_) => Ok(()),
                None => Err(LoadErrorKind::Capability { module: module.to_owned() }),
            },
            module => refuse(unknown_import(module, name, ty, is_core)),
        }
    })
}

/// `cascata_kv_v1` and the like.
fn is_capability(module: &str) -> bool {
    module.starts_with("cascata_") && module.ends_with("_v1")
}

fn check_core_import(offered: &[Import], name: &str, ty: &Extern) -> Result<(), Report> {
    let known = offered.iter().find(|import| import.name == name);
    match (known, ty) {
        (Some(import), Extern::Func { params, results }) if import.matches(params, results) => Ok(()),
        (Some(import), found) => Err(Report::default()
            .line("found", found.to_string())
            .line("offered", import.to_string())
            .line("fix", "declare it with the type that is offered")),
        (None, found) => {
            let names = || offered.iter().map(|import| import.name);
            Err(Report::default()
                .line("found", found.to_string())
                .line("offered", names().collect::<Vec<_>>().join(", "))
                .maybe("near miss", nearest(name, names()).map(|near| format!("`{near}`")))
                .line("fix", "use an import that is offered"))
        }
    }
}

fn unknown_import(module: &str, name: &str, ty: &Extern, is_core: bool) -> Report {
    let offered =
        if is_core { "`cascata_v1`, `wasi_snapshot_preview1` and `env` `abort`" } else { "`wasi_snapshot_preview1`" };
    let near = if is_core { &[CORE_ABI, WASI][..] } else { &[WASI] }.iter().copied();
    let fix = match (module, name, ty) {
        (_, _, Extern::Memory) => {
            "define and export the memory in the module; the host offers none (drop `--import-memory`)"
        }
        (_, _, Extern::Table) => "define the table in the module (drop `--import-table`)",
        ("wbg" | "__wbindgen_placeholder__" | "__wbindgen_externref_xform__", ..) => {
            "the module was built for a browser with wasm-bindgen; build the crate without it"
        }
        ("gojs" | "go", ..) => "the module was built with GOOS=js; build it with GOOS=wasip1",
        ("env", ..) => {
            "a function is declared and nowhere defined: link what defines it, or name its import module `cascata_v1`"
        }
        ("cascata_v1", ..) => "a WASI command reads standard input; build a library without `main` to use `cascata_v1`",
        _ => "remove the dependency that needs it",
    };
    Report::default()
        .line("found", ty.to_string())
        .line("offered", offered)
        .maybe("near miss", nearest(module, near).map(|near| format!("`{near}`")))
        .line("fix", fix)
}

/// Checks the settings that don't depend on the module.
pub(super) fn settings(handler: &WasmHandler) -> Checked<()> {
    let refuse = |key, message: &str| Err(LoadErrorKind::Setting { key, message: message.to_owned() });
    let at_least = |key, value: u64, least: u64| {
        if value >= least {
            return Ok(());
        }
        Err(LoadErrorKind::Setting { key, message: format!("{value} is too little, the least is {least}") })
    };
    at_least("fuel", handler.fuel.unwrap_or(1), 1)?;
    at_least("fuel_per_ms", handler.fuel_per_ms, 1)?;
    at_least("yield_interval", handler.yield_interval, 1_000)?;
    at_least("memory_bytes", handler.memory_bytes, 1)?;
    at_least("wasm_stack_bytes", handler.wasm_stack_bytes, 16_384)?;
    if handler.wasm_stack_bytes > 8 << 20 {
        return refuse("wasm_stack_bytes", "the most is 8388608");
    }
    if handler.interruption == Interruption::Epoch && handler.fuel.is_some() {
        return refuse("fuel", "there is no fuel with `interruption: epoch`; remove one of the two");
    }
    if let InstanceMode::Pooled(pooled) = handler.instance {
        at_least("instance.pooled.max", u64::from(pooled.max), 1)?;
        at_least("instance.pooled.max_calls", pooled.max_calls, 1)?;
        at_least("instance.pooled.idle_ms", pooled.idle_ms, 1)?;
        at_least("instance.pooled.max_age_ms", pooled.max_age_ms, 1)?;
    }
    capability_settings(handler)?;
    match handler.determinism {
        Determinism::Off => Ok(()),
        Determinism::Strict if handler.interruption == Interruption::Epoch => refuse(
            "determinism",
            "strict needs `interruption: fuel`: a clock tick never falls on the same instruction twice",
        ),
        Determinism::Strict if handler.fuel.is_none() => refuse(
            "determinism",
            "strict needs an explicit `fuel`: what is left of a timeout differs from call to call",
        ),
        Determinism::Strict if allows(handler, "http") => {
            refuse("determinism", "strict can't be with the capability `http`: a service may answer otherwise tomorrow")
        }
        Determinism::Strict if allows(handler, "kv") => {
            refuse("determinism", "strict can't be with the capability `kv`: what is kept changes from call to call")
        }
        Determinism::Strict if allows(handler, "secrets") => {
            refuse("determinism", "strict can't be with the capability `secrets`: no record holds what they were")
        }
        Determinism::Strict if handler.instance != InstanceMode::Fresh => {
            refuse("determinism", "strict needs `instance: fresh`: a kept instance remembers earlier events")
        }
        Determinism::Strict => Ok(()),
    }
}

fn allows(handler: &WasmHandler, capability: &str) -> bool {
    handler.allow.iter().any(|allowed| allowed == capability)
}

/// Settings of capabilities are there where the capability is, so that nobody believes to have limited what is not.
fn capability_settings(handler: &WasmHandler) -> Checked<()> {
    let there =
        [("http", handler.http.is_some()), ("kv", handler.kv.is_some()), ("secrets", !handler.secrets.is_empty())];
    for (key, is_set) in there {
        if is_set && !allows(handler, key) {
            let message = format!("says what the capability `{key}` may do, and `allow` does not list it");
            return Err(LoadErrorKind::Setting { key, message });
        }
    }
    if allows(handler, "secrets") && handler.secrets.is_empty() {
        let message = "the capability `secrets` shows the secrets that are listed: `secrets: [API_TOKEN]`".to_owned();
        return Err(LoadErrorKind::Setting { key: "secrets", message });
    }
    Ok(())
}

/// Checks the settings that depend on the form.
pub(super) fn form_settings(handler: &WasmHandler, form: GuestForm) -> Checked<()> {
    let refuse = |key, message: &str| Err(LoadErrorKind::Setting { key, message: message.to_owned() });
    match form {
        GuestForm::Command if handler.instance != InstanceMode::Fresh => {
            refuse("instance", "a WASI command runs once and ends, so it always gets a fresh instance")
        }
        GuestForm::Core | GuestForm::Component if handler.fields.is_some() => refuse(
            "fields",
            "is for WASI commands; any other stage reads what it needs, and declares it in its manifest",
        ),
        _ => Ok(()),
    }
}
