//! `cascata stage inspect`: what a module is and needs, from its bytes alone.

use std::fmt::Write;
use std::path::PathBuf;

use cascata_config::GuestForm;
use cascata_runtime::wasm::{CORE_ABI, Examined, Extern, LoadError, Manifest, Shape, WasmHost, inspect};
use serde_json::{Value, json};

use super::module::{SettingArgs, name};
use crate::cli::exit::{Exit, Failure};
use crate::cli::terminal::thousands;
use crate::cli::{Format, load};

/// Arguments of `stage inspect`.
#[derive(clap::Args)]
#[command(
    after_help = "Nothing is compiled and nothing runs. A module that can't be loaded is shown as far as it can be read, with the reason, and
ends with 5.

Examples:
  cascata stage inspect check.wasm
  cascata stage inspect check.wasm --format json | jq .imports"
)]
pub struct Args {
    /// The module
    #[arg(value_name = "MODULE")]
    module: PathBuf,
    #[command(flatten)]
    settings: SettingArgs,
    /// How it is printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// What there is to say.
struct Seen {
    file: String,
    bytes: usize,
    hash: String,
    shape: Shape,
    /// Form, manifest and capabilities, or why it can't be loaded.
    examined: Result<Examined, LoadError>,
}

/// Runs the subcommand.
pub fn run(args: &Args) -> Result<Exit, Failure> {
    let bytes = load::read(&args.module)?;
    let shape = inspect(&bytes).map_err(|kind| Failure::new(Exit::Handler, format_args!("{}: {kind}", kind.code())))?;
    let handler = args.settings.handler(&args.module)?;
    let seen = Seen {
        file: args.module.display().to_string(),
        bytes: bytes.len(),
        hash: blake3::hash(&bytes).to_hex().to_string(),
        shape,
        examined: WasmHost::examine(&name(&args.module), &bytes, &handler),
    };
    let printed = crate::cli::print(&match args.format {
        Format::Json => format!("{}\n", seen.json()),
        Format::Human => seen.human(),
    })?;
    match &seen.examined {
        Ok(_) => Ok(printed),
        Err(error) => Err(Failure::new(Exit::Handler, format_args!("{}: {error}", error.code()))),
    }
}

impl Seen {
    /// The interfaces it was built against: names and versions, in order.
    fn abi(&self) -> Vec<String> {
        let mut abi: Vec<String> = Vec::new();
        for (module, _, _) in &self.shape.imports {
            let found = match (self.shape.is_component, module.split_once('/')) {
                (true, Some((package, rest))) => {
                    let version = rest.split_once('@').map_or_else(String::new, |(_, version)| format!("@{version}"));
                    format!("{package}{version}")
                }
                (false, _) => module.clone(),
                (true, None) => continue,
            };
            if !abi.contains(&found) {
                abi.push(found);
            }
        }
        abi
    }

    /// What it says of itself, also where it can't be loaded.
    fn manifest(&self) -> Option<Manifest> {
        match &self.examined {
            Ok(examined) => Some(examined.manifest.clone()),
            Err(_) => self.shape.manifest.as_deref().and_then(|bytes| Manifest::parse(bytes).ok()),
        }
    }

    fn json(&self) -> Value {
        let examined = self.examined.as_ref().ok();
        let import = |(module, name, ty): &(String, String, Extern)| match name.as_str() {
            "" => json!({"name": module, "type": ty.to_string()}),
            name => json!({"module": module, "name": name, "type": ty.to_string()}),
        };
        let export = |(name, ty): &(String, Extern)| json!({"name": name, "type": ty.to_string()});
        let shape = &self.shape;
        json!({
            "file": self.file, "bytes": self.bytes, "blake3": self.hash,
            "component": shape.is_component, "form": examined.map(|examined| examined.form), "abi": self.abi(),
            "imports": shape.imports.iter().map(import).collect::<Vec<_>>(),
            "exports": shape.exports.iter().map(export).collect::<Vec<_>>(),
            "manifest": self.manifest().as_ref().map(manifest_json),
            "capabilities": examined.map(|examined| &examined.capabilities),
            "memory_bytes": shape.memory_bytes, "memories": shape.memories,
            "table_elements": shape.table_elements, "tables": shape.tables,
            "error": self.examined.as_ref().err().map(|error| json!({"code": error.code(), "message": error.to_string()})),
        })
    }

    fn human(&self) -> String {
        let mut out = String::new();
        let mut row = |name: &str, value: &str| {
            // Writing into a string cannot fail.
            let _ = writeln!(out, "{name:<13} {value}");
        };
        let shape = &self.shape;
        let kind = if shape.is_component { "component" } else { "core module" };
        row("file", &format!("{}, {} bytes, {kind}", self.file, thousands(self.bytes as u64)));
        row("blake3", &self.hash);
        if let Ok(Examined { form, .. }) = &self.examined {
            row("form", &form_text(*form));
        }
        match self.manifest() {
            Some(manifest) if manifest != Manifest::default() => manifest_rows(&manifest, &mut row),
            _ => row("manifest", "none"),
        }
        if let Ok(Examined { capabilities, .. }) = &self.examined {
            row("capabilities", &words(capabilities));
        }
        row("abi", &words(&self.abi()));
        let (memory, elements) = (thousands(shape.memory_bytes), thousands(shape.table_elements));
        row("memory", &format!("starts with {memory} bytes in {} memories", shape.memories));
        row("tables", &format!("start with {elements} elements in {} tables", shape.tables));
        for (module, name, ty) in &shape.imports {
            row("import", format!("{module} {name}: {ty}").replace(" : ", ": ").as_str());
        }
        for (name, ty) in &shape.exports {
            row("export", &format!("{name}: {ty}"));
        }
        out
    }
}

fn words(items: &[String]) -> String {
    if items.is_empty() { "none".to_owned() } else { items.join(", ") }
}

fn manifest_rows(manifest: &Manifest, row: &mut impl FnMut(&str, &str)) {
    let listed = |items: &[String], all: &str| if items.is_empty() { all.to_owned() } else { items.join(", ") };
    let name = [manifest.name.as_str(), manifest.version.as_str()].join(" ");
    let sdk = if manifest.sdk.is_empty() { "hand" } else { &manifest.sdk };
    row("manifest", &format!("{}, by {sdk}", name.trim()));
    row("reads", &listed(&manifest.fields, "any field"));
    row("results", &listed(&manifest.results, "any label"));
    row("with", &if manifest.config.is_null() { "anything".to_owned() } else { manifest.config.to_string() });
    row("stateless", if manifest.stateless { "yes" } else { "not said" });
}

fn manifest_json(manifest: &Manifest) -> Value {
    json!({
        "abi": manifest.abi, "sdk": manifest.sdk, "name": manifest.name, "version": manifest.version,
        "fields": manifest.fields, "results": manifest.results, "config": manifest.config,
        "capabilities": manifest.capabilities, "stateless": manifest.stateless,
    })
}

fn form_text(form: GuestForm) -> String {
    match form {
        GuestForm::Core => format!("core: reads fields through the imports of `{CORE_ABI}`"),
        GuestForm::Command => {
            "command: JSON with the event on standard input, with the answer on standard output".to_owned()
        }
        GuestForm::Component => "component: the world `cascata:stage/stage`".to_owned(),
    }
}
