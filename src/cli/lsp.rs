//! `cascata lsp`: the language server on stdin and stdout.

use cascata::lsp::{Settings, stdio};

use super::exit::{Exit, Failure};

/// Arguments of `lsp`.
#[derive(clap::Args)]
#[command(
    after_help = "Speaks the Language Server Protocol: diagnostics while typing, hover, completion, go to stage, symbols, formatting and quick
fixes. Editors start it; docs/editors.md has the set-up for VS Code, Neovim and Helix.

Examples:
  cascata lsp
  hx --health cascade    (Helix, set up as docs/editors.md says: is the server found?)"
)]
pub struct Args {
    /// How long a text rests before it is checked, in milliseconds
    #[arg(long, default_value_t = 150, value_name = "MS")]
    debounce: u64,
    /// Accepted because some clients pass it: stdio is the only transport
    #[arg(long, hide = true)]
    stdio: bool,
}

/// Runs the verb.
pub fn run(args: &Args) -> Result<Exit, Failure> {
    let _ = args.stdio;
    let settings = Settings::default().debounce(std::time::Duration::from_millis(args.debounce));
    stdio(&settings).map_err(|error| Failure::io("language server", error))?;
    Ok(Exit::Ok)
}
