//! `cascata stage build`: runs the commands of a project, and makes the module what its form asks for.

use std::path::{Path, PathBuf};

use cascata_config::GuestForm;
use cascata_runtime::wasm::WasmHost;

use super::module::{SettingArgs, name};
use super::project::{Project, Tools};
use super::wrap;
use crate::cli::exit::{Exit, Failure};
use crate::cli::load;
use crate::cli::terminal::thousands;

/// Arguments of `stage build`.
#[derive(clap::Args)]
#[command(
    after_help = "Runs the commands of the project's stage.toml, in its folder and without a shell, after looking for every tool they need. A tool that is
missing is named with what installs it; the command then ends with 6. A component is made of the core module here, without further
tools. The result is checked as a cascade would, so that what is built also loads.

Examples:
  cascata stage build
  cascata stage build amount-check"
)]
pub struct Args {
    /// The project's folder
    #[arg(value_name = "DIR", default_value = ".")]
    project: PathBuf,
    #[command(flatten)]
    settings: SettingArgs,
}

/// Runs the subcommand.
pub fn run(args: &Args) -> Result<Exit, Failure> {
    let project = Project::read(&args.project)?;
    let tools = project.tools(&args.project)?;
    let module = build(&project, &tools, &args.project)?;
    let bytes = load::read(&module)?;
    let handler = args.settings.handler(&module)?;
    let examined = WasmHost::examine(&name(&module), &bytes, &handler).map_err(|error| {
        Failure::new(Exit::Handler, format_args!("{}: {}: {error}", module.display(), error.code()))
    })?;
    let (form, manifest) = (examined.form, examined.manifest);
    if form != project.form {
        let message = format!("{}: stage.toml says {:?}, the module is {form:?}", module.display(), project.form);
        return Err(Failure::new(Exit::Handler, message));
    }
    let named = if manifest.name.is_empty() { String::new() } else { format!("{}, ", manifest.name) };
    let size = thousands(bytes.len() as u64);
    let form = format!("{form:?}").to_lowercase();
    crate::cli::print(&format!("{}: {named}{form}, {size} bytes\n", module.display()))
}

/// Builds a project. Gives the finished module.
pub fn build(project: &Project, tools: &Tools, folder: &Path) -> Result<PathBuf, Failure> {
    tools.run(&project.build)?;
    let output = folder.join(&project.output);
    if project.form != GuestForm::Component {
        return Ok(output);
    }
    let core = load::read(&output)?;
    let wrapped = wrap::component(&core)
        .map_err(|error| Failure::new(Exit::Handler, format_args!("{}: {error}", output.display())))?;
    match wrapped {
        None => Ok(output),
        Some(component) => {
            let path = finished(project, folder);
            std::fs::write(&path, component).map_err(|error| Failure::io(path.display(), error))?;
            Ok(path)
        }
    }
}

/// Where the finished module of a project lies. A component that is made here lies beside stage.toml, so that what the
/// commands make stays as they made it.
pub fn finished(project: &Project, folder: &Path) -> PathBuf {
    let output = folder.join(&project.output);
    let beside = folder.join("stage.component.wasm");
    let is_component = std::fs::read(&output).is_ok_and(|bytes| bytes.get(4..8) == Some(&[13, 0, 1, 0]));
    if project.form == GuestForm::Component && !is_component { beside } else { output }
}
