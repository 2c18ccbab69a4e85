//! `cascata disasm`: what the virtual machine runs.

use std::path::PathBuf;

use cascata_vm::image::Program;

use super::exit::{Exit, Failure};
use super::load;

/// Arguments of `disasm`.
#[derive(clap::Args)]
#[command(after_help = "Shows the sections of the image, then each rule with its instructions and worst-case cost.

Examples:
  cascata disasm payments.yaml
  cascata disasm payments.cbc | less")]
pub struct Args {
    /// A cascade file or an image; `-` is stdin
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// Runs the verb.
pub fn run(args: &Args) -> Result<Exit, Failure> {
    let loaded = load::program(&args.file)?;
    super::print(&text(&loaded.program))
}

/// The listing of a program.
pub fn text(program: &Program<'_>) -> String {
    cascata_vm::isa::disassemble(program)
}
