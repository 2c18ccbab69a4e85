//! `cascata fmt`: one way to write a cascade file.

use std::path::{Path, PathBuf};

use cascata::files::Folder;
use cascata_compiler::format::{self, ConditionForm, Syntax};
use cascata_compiler::{Limits, Options, Source};
use clap::ValueEnum;

use super::exit::{Exit, Failure};
use super::{load, terminal, write};

/// Arguments of `fmt`.
#[derive(clap::Args)]
#[command(
    after_help = "Keys come in the order of the reference page, short conditions and actions on one line, an empty line
between stages; comments stay with what they are about, `x-` keys and free settings keep their order. A text with YAML anchors keeps
the order of all keys. JSON stays JSON. What a file means never changes: every result is compiled again, and a file whose program
hash would differ is left alone.

--to yaml and --to json write one file in the other syntax, to stdout or -o; JSON has no comments, so they are left out and counted.
--to text writes conditions as expressions (`when`) and --to mapping as mappings (`condition`), in place. Conditions with comments inside,
of rules that are switched off, and those that only text can say stay as they are and are counted.

Files are written whole or not at all; a canonical one is not touched. --check names the files that are not canonical and ends
with 1 if there are any. A file that cannot be read ends with 3, after the others are done.

Examples:
  cascata fmt cascades/*.yaml
  cascata fmt --check cascades/*.yaml
  cascata fmt --stdin < payments.yaml
  cascata fmt --stdin payments.json < payments.json    (the name says: JSON)
  cascata fmt --to json payments.yaml -o payments.json
  cascata fmt --to text payments.yaml"
)]
pub struct Args {
    /// Cascade files
    #[arg(value_name = "FILE", required_unless_present = "stdin")]
    files: Vec<PathBuf>,
    /// Change nothing; end with 1 if a file is not canonical
    #[arg(long)]
    check: bool,
    /// Read stdin and write stdout; a FILE only says what stdin is called
    #[arg(long)]
    stdin: bool,
    /// Write the one file in another syntax, or conditions in another form
    #[arg(long, value_enum, value_name = "FORM", conflicts_with = "check")]
    to: Option<To>,
    /// Where the text in another syntax goes; `-` is stdout
    #[arg(short, long, value_name = "OUT", requires = "to")]
    output: Option<PathBuf>,
}

/// What a file can be written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum To {
    /// YAML
    Yaml,
    /// JSON
    Json,
    /// Conditions as expressions
    Text,
    /// Conditions as mappings
    Mapping,
}

/// Runs the verb.
pub fn run(args: &Args) -> Result<Exit, Failure> {
    match args.to {
        Some(To::Yaml) => return convert(args, Syntax::Yaml),
        Some(To::Json) => return convert(args, Syntax::Json),
        Some(To::Text) => return rewrite(args, ConditionForm::Text),
        Some(To::Mapping) => return rewrite(args, ConditionForm::Mapping),
        None if args.stdin => return stdin(args),
        None => {}
    }
    let (mut changed, mut refused) = (0_u64, 0_u64);
    for file in &args.files {
        let source = load::source(file)?;
        let text = match format::format(&source, &Options::default()) {
            Ok(text) => text,
            Err(refusal) => {
                eprintln!("{}: {refusal}", source.name);
                refused += 1;
                continue;
            }
        };
        if text == source.text {
            continue;
        }
        changed += 1;
        if args.check {
            eprintln!("{}: not canonical from line {}", source.name, first_difference(&source.text, &text));
        } else {
            write::all(file, text.as_bytes())?;
            eprintln!("{}: formatted", source.name);
        }
    }
    if changed + refused == 0 {
        eprintln!("{} canonical", terminal::count(args.files.len() as u64, "file"));
    }
    Ok(match (refused, changed) {
        (1.., _) => Exit::Cascade,
        (_, 1..) if args.check => Exit::Findings,
        _ => Exit::Ok,
    })
}

/// Stdin, called as the arguments say.
fn stdin_source(args: &Args) -> Result<Source, Failure> {
    if args.files.len() > 1 {
        return Err(Failure::new(Exit::Usage, "--stdin is one text; give at most one FILE to name it"));
    }
    let mut source = load::source(Path::new("-"))?;
    if let Some(file) = args.files.first() {
        source.name = file.display().to_string();
        source = source.with_files(&Folder::of(file), &Limits::default());
    }
    Ok(source)
}

fn convert(args: &Args, to: Syntax) -> Result<Exit, Failure> {
    let source = match args.files.as_slice() {
        _ if args.stdin => stdin_source(args)?,
        [file] => load::source(file)?,
        _ => return Err(Failure::new(Exit::Usage, "--to writes one text; give one FILE")),
    };
    let converted = format::convert(&source, to, &Options::default())
        .map_err(|refusal| Failure::new(Exit::Cascade, format_args!("{}: {refusal}", source.name)))?;
    write::all(args.output.as_deref().unwrap_or(Path::new("-")), converted.source.text.as_bytes())?;
    if converted.comments > 0 {
        let comments = terminal::count(converted.comments as u64, "comment");
        eprintln!("{}: {comments} left out, JSON has none", source.name);
    }
    Ok(Exit::Ok)
}

/// Writes conditions in another form: files in place, stdin to stdout.
fn rewrite(args: &Args, form: ConditionForm) -> Result<Exit, Failure> {
    if args.output.is_some() {
        return Err(Failure::new(Exit::Usage, "-o is for another syntax; conditions are written in place"));
    }
    let mut exit = Exit::Ok;
    let files = if args.stdin { &args.files[..0] } else { args.files.as_slice() };
    if args.stdin {
        let source = stdin_source(args)?;
        let rewritten = format::rewrite(&source, form, &Options::default())
            .map_err(|refusal| Failure::new(Exit::Cascade, format_args!("{}: {refusal}", source.name)))?;
        super::print(&rewritten.text)?;
        report(&source.name, &rewritten);
    }
    for file in files {
        let source = load::source(file)?;
        match format::rewrite(&source, form, &Options::default()) {
            Ok(rewritten) => {
                if rewritten.text != source.text {
                    write::all(file, rewritten.text.as_bytes())?;
                }
                report(&source.name, &rewritten);
            }
            Err(refusal) => {
                eprintln!("{}: {refusal}", source.name);
                exit = Exit::Cascade;
            }
        }
    }
    Ok(exit)
}

fn report(name: &str, rewritten: &format::Rewritten) {
    let left = match rewritten.left {
        0 => String::new(),
        left => format!(", {} left as they are", terminal::thousands(left as u64)),
    };
    eprintln!("{name}: {} rewritten{left}", terminal::count(rewritten.rewritten as u64, "condition"));
}

fn stdin(args: &Args) -> Result<Exit, Failure> {
    let source = stdin_source(args)?;
    let text = format::format(&source, &Options::default())
        .map_err(|refusal| Failure::new(Exit::Cascade, format_args!("{}: {refusal}", source.name)))?;
    if args.check {
        return Ok(if text == source.text { Exit::Ok } else { Exit::Findings });
    }
    super::print(&text)
}

/// The first line, from 1, in which two texts differ.
fn first_difference(before: &str, after: &str) -> usize {
    let same = before.lines().zip(after.lines()).take_while(|(before, after)| before == after).count();
    same + 1
}
