//! `cascata lint`: the warnings of cascade files, each with a name that can be denied or allowed.

use std::path::PathBuf;

use cascata_compiler::{Code, Options, Severity};

use super::exit::{Exit, Failure};
use super::{Format, diagnostics, load, terminal};

/// Arguments of `lint`.
#[derive(clap::Args)]
#[command(
    after_help = "Every warning has a name; `cascata lint --list` shows all, `cascata explain W1002` what one means. A name that is denied
ends the run with 1, one that is allowed is not shown. A name that is denied counts before one that is allowed, and both before
`all`. Errors end with 3.

One place is allowed by a comment on its line or above it, with the reason:
  description: for people  # cascata: allow(unknown-key) the catalogue reads it
A comment that allows nothing is reported (unused-allow).

Examples:
  cascata lint payments.yaml
  cascata lint --deny all --allow boolean-word cascades/*.yaml
  cascata lint --deny unknown-key --format json payments.yaml
  cascata lint --list"
)]
pub struct Args {
    /// Cascade files; `-` is stdin
    #[arg(required_unless_present = "list", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// End with 1 if there is a warning of this name, or any
    #[arg(long, value_name = "NAME|all")]
    deny: Vec<String>,
    /// Do not show warnings of this name
    #[arg(long, value_name = "NAME")]
    allow: Vec<String>,
    /// Show the names of all warnings
    #[arg(long)]
    list: bool,
    /// How diagnostics are printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// What happens to a warning.
struct Levels {
    deny_all: bool,
    deny: Vec<Code>,
    allow: Vec<Code>,
}

impl Levels {
    fn new(args: &Args) -> Result<Self, Failure> {
        let named = |names: &[String]| -> Result<Vec<Code>, Failure> {
            names.iter().filter(|name| *name != "all").map(|name| warning(name)).collect()
        };
        if args.allow.iter().any(|name| name == "all") {
            return Err(Failure::new(Exit::Usage, "--allow takes names; to see errors only, use check"));
        }
        let deny_all = args.deny.iter().any(|name| name == "all");
        Ok(Self { deny_all, deny: named(&args.deny)?, allow: named(&args.allow)? })
    }

    fn denies(&self, code: Code) -> bool {
        self.deny_all || self.deny.contains(&code)
    }
}

fn warning(name: &str) -> Result<Code, Failure> {
    match Code::named(name) {
        Some(code) if code.severity() == Severity::Warning => Ok(code),
        Some(code) => Err(Failure::new(Exit::Usage, format_args!("{code} is an error: it is always denied"))),
        None => {
            Err(Failure::new(Exit::Usage, format_args!("no warning is called `{name}`; see `cascata lint --list`")))
        }
    }
}

/// Runs the verb.
pub fn run(args: &Args) -> Result<Exit, Failure> {
    if args.list {
        return super::print(&list());
    }
    let levels = Levels::new(args)?;
    let options = Options::default();
    let (mut errors, mut denied, mut shown) = (0_u64, 0_u64, 0_u64);
    for file in &args.files {
        let source = load::source(file)?;
        let mut found = cascata_compiler::compile(&source, &options).diagnostics;
        // What is denied by name is not allowed by name.
        found.retain(|diagnostic| {
            diagnostic.is_error() || !levels.allow.contains(&diagnostic.code) || levels.deny.contains(&diagnostic.code)
        });
        for diagnostic in &mut found {
            if diagnostic.is_error() {
                errors += 1;
            } else if levels.denies(diagnostic.code) {
                diagnostic.severity = Severity::Error;
                denied += 1;
            }
        }
        shown += found.len() as u64;
        diagnostics::print(&source, &found, args.format);
    }
    if args.format == Format::Human {
        let files = terminal::count(args.files.len() as u64, "file");
        let others = shown - errors - denied;
        eprintln!(
            "{files}: {}, {} denied, {}",
            terminal::count(errors, "error"),
            terminal::thousands(denied),
            terminal::count(others, "warning"),
        );
    }
    Ok(match (errors, denied) {
        (1.., _) => Exit::Cascade,
        (_, 1..) => Exit::Findings,
        _ => Exit::Ok,
    })
}

/// The names of all warnings, one a line.
fn list() -> String {
    let warnings = Code::ALL.iter().filter(|code| code.severity() == Severity::Warning);
    warnings.map(|code| format!("{:<24} {code}  {}\n", code.in_words(), code.title())).collect()
}
