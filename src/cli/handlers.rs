//! From a program to an engine: the modules its stages ask for, and where they may lie.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use cascata::modules::{ModuleError, ModuleFolder};
use cascata_runtime::engine::{Clock, Engine, EngineBuilder, EngineError};
use cascata_runtime::plugins::{Overrides, Registry};
use cascata_runtime::wasm::{LoadError, WasmHost, WasmHostOptions};
use cascata_vm::image::Program;

use super::exit::{Exit, Failure};
use super::secrets::SecretArgs;

/// Arguments of every verb that runs stages.
#[derive(clap::Args)]
pub struct ModuleArgs {
    /// Modules may lie outside the folder of the cascade's file
    #[arg(long)]
    allow_outside: bool,
    /// Where compiled modules are kept; `none` keeps none [default: the user's cache directory]
    #[arg(long, value_name = "DIR")]
    module_cache: Option<PathBuf>,
    #[command(flatten)]
    secrets: SecretArgs,
}

/// An engine for a program whose modules are relative to `folder`.
pub fn engine(program: Program<'static>, folder: &Path, args: &ModuleArgs, clock: Clock) -> Result<Engine, Failure> {
    built(builder(program, folder, args)?.clock(clock))
}

/// The same before it is built.
pub fn builder(program: Program<'static>, folder: &Path, args: &ModuleArgs) -> Result<EngineBuilder, Failure> {
    let modules = modules(folder, &host(args)?, args);
    let builder = Engine::builder(program).source(Arc::new(modules)).plugins(plugins());
    #[cfg(feature = "http")]
    let builder = builder.source(Arc::new(requests(args)?));
    Ok(builder)
}

/// Stages that are requests.
#[cfg(feature = "http")]
fn requests(args: &ModuleArgs) -> Result<cascata_runtime::http::HttpHost, Failure> {
    use cascata_runtime::http::{HttpHost, HttpOptions};
    Ok(HttpHost::new(HttpOptions::default().with_secrets(args.secrets.secrets()?)))
}

/// Builds an engine.
pub fn built(builder: EngineBuilder) -> Result<Engine, Failure> {
    builder.build().map_err(|error| Failure::new(Exit::Handler, message(&error)))
}

/// The plugins, with what the environment says of them. What it says in vain is told.
fn plugins() -> Registry {
    let (overrides, unused) = Overrides::from_vars(variables());
    for variable in unused {
        eprintln!("warning: {variable}");
    }
    Registry::with_builtins().with_overrides(overrides)
}

/// The environment. Variables that are no text name nothing here.
fn variables() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

/// The modules under a folder, on a host that may serve several.
pub fn modules(folder: &Path, host: &WasmHost, args: &ModuleArgs) -> ModuleFolder {
    ModuleFolder::with_host(folder, host.clone()).allow_outside(args.allow_outside)
}

/// A host that keeps compiled modules where the arguments say.
pub fn host(args: &ModuleArgs) -> Result<WasmHost, Failure> {
    let mut options = WasmHostOptions::default().with_secrets(args.secrets.secrets()?);
    let cache = match &args.module_cache {
        Some(none) if none == Path::new("none") => None,
        Some(directory) => Some(directory.clone()),
        None => WasmHostOptions::default_cache_dir(),
    };
    if let Some(directory) = cache {
        options = options.with_cache_dir(directory);
    }
    Ok(WasmHost::new(options))
}

/// An async runtime of one thread with all that stages may need: some wait for sockets.
pub fn runtime() -> tokio::runtime::Builder {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all();
    builder
}

/// The error with the code of what is behind it and, where an option would help, that option.
pub fn message(error: &EngineError) -> String {
    let EngineError::Handler { source, .. } = error else {
        return format!("{}: {error}", error.code());
    };
    if let Some(module) = source.downcast_ref::<ModuleError>() {
        let hint = match module {
            ModuleError::Outside { .. } => "; --allow-outside permits it",
            _ => "",
        };
        return format!("{}: {error}{hint}", module.code());
    }
    let code = source.downcast_ref::<LoadError>().map_or_else(|| error.code(), LoadError::code);
    format!("{code}: {error}")
}
