//! `cascata compile`: a cascade file to an image.

use std::path::{Path, PathBuf};

use cascata_compiler::{Options, Source, intermediate};
use cascata_vm::image::{LoadOptions, Program};
use clap::ValueEnum;
use serde_json::json;

use super::exit::{Exit, Failure};
use super::{Format, disasm, load, terminal, write};

/// Arguments of `compile`.
#[derive(clap::Args)]
#[command(
    after_help = "The image is checked by the same verifier that loads it. The same source gives the same bytes; the hash
covers what a cascade means, so comments and layout do not change it.

Examples:
  cascata compile payments.yaml -o payments.cbc
  cascata compile payments.yaml --emit ir
  cascata compile payments.yaml --emit asm
  cascata run payments.cbc events.ndjson"
)]
pub struct Args {
    /// The cascade file; `-` is stdin
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Where the result goes; `-` is stdout. Default: the file's name with .cbc, or stdout for text
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,
    /// What to write
    #[arg(long, value_enum, default_value_t)]
    emit: Emit,
    /// Unknown keys are errors
    #[arg(long)]
    strict: bool,
    /// The most that one list of rules may cost at worst; no image is written where one may cost more
    #[arg(long, value_name = "COST")]
    max_cost: Option<u64>,
    /// How diagnostics and the summary are printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// What `compile` writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Emit {
    /// The image
    #[default]
    Image,
    /// Its tests and the decision graph of each rule as text
    Ir,
    /// Its instructions as text; the assembler reads them back
    Asm,
}

/// Runs the verb.
pub fn run(args: &Args) -> Result<Exit, Failure> {
    let source = load::source(&args.file)?;
    let mut options = Options::default();
    options.strict = args.strict;
    options.max_cost = args.max_cost;
    let image = load::compile(&source, &options, args.format)?;
    let size = image.len();
    let program = Program::verify(image.as_slice(), &LoadOptions::default())
        .map_err(|error| Failure::new(Exit::Cascade, format_args!("the image made is refused: {error}")))?;
    let (bytes, default) = match args.emit {
        Emit::Ir => (ir(&source, &options)?.into_bytes(), PathBuf::from("-")),
        Emit::Asm => (disasm::text(&program).into_bytes(), PathBuf::from("-")),
        Emit::Image if args.file == Path::new("-") => (image.clone(), PathBuf::from("-")),
        Emit::Image => (image.clone(), args.file.with_extension("cbc")),
    };
    let output = args.output.as_ref().unwrap_or(&default);
    write::all(output, &bytes)?;
    if args.emit != Emit::Image {
        return Ok(Exit::Ok);
    }
    let hash = load::hex(&program.hash());
    match args.format {
        Format::Json => eprintln!(
            "{}",
            json!({"output": output, "bytes": size, "hash": hash, "name": program.name(), "version": program.version(),
                   "stages": program.stage_count()})
        ),
        Format::Human => eprintln!(
            "{}: {} bytes, {}, hash {hash}",
            output.display(),
            terminal::thousands(size as u64),
            terminal::count(program.stage_count() as u64, "stage"),
        ),
    }
    Ok(Exit::Ok)
}

fn ir(source: &Source, options: &Options) -> Result<String, Failure> {
    intermediate(source, options).ok_or_else(|| Failure::new(Exit::Cascade, "the cascade has no intermediate form"))
}
