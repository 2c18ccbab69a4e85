//! `cascata stage new`: a project in one of the languages, ready to build.

use std::path::{Component, Path, PathBuf};

use super::embedded;
use super::project::Project;
use crate::cli::exit::{Exit, Failure};

/// What stands for the stage's name in templates.
const NAME: &str = "{{name}}";

/// Arguments of `stage new`.
#[derive(clap::Args)]
#[command(
    after_help = "Writes a folder with a small stage, its unit test, the files of the SDK it needs and a stage.toml for `build` and `test`.
Nothing is downloaded. An unknown language lists those there are.

Examples:
  cascata stage new amount-check --lang rust
  cascata stage new amount-check --lang c --dir stages/amount-check"
)]
pub struct Args {
    /// The stage's name: letters, digits and `-`, beginning with a letter
    #[arg(value_name = "NAME")]
    name: String,
    /// The language
    #[arg(short, long, value_name = "LANGUAGE")]
    lang: String,
    /// Where to [default: a folder of the stage's name]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Runs the subcommand.
pub fn run(args: &Args) -> Result<Exit, Failure> {
    let usage = |message: String| Err(Failure::new(Exit::Usage, message));
    let letters = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if !args.name.starts_with(|c: char| c.is_ascii_alphabetic()) || !args.name.chars().all(letters) {
        return usage(format!(
            "`{}` is no name of a stage: letters, digits and `-`, beginning with a letter",
            args.name
        ));
    }
    let languages = embedded::languages();
    if !languages.contains(&args.lang.as_str()) {
        return usage(format!("there is no template for `{}`; there are {}", args.lang, languages.join(", ")));
    }
    let folder = args.dir.clone().unwrap_or_else(|| PathBuf::from(&args.name));
    if folder.exists() {
        return usage(format!("{} is there already", folder.display()));
    }
    let written = write(&folder, &args.name, &args.lang)?;
    let show = folder.display();
    crate::cli::print(&format!(
        "{show}: {written} files\n\n  cascata stage build {show}\n  cascata stage test {show}\n"
    ))
}

/// Writes a project. Gives how many files it has.
fn write(folder: &Path, name: &str, language: &str) -> Result<usize, Failure> {
    let mut written = 0;
    for (path, bytes) in embedded::template(language) {
        // A template is text; what is not is copied as it is.
        let bytes = match std::str::from_utf8(bytes) {
            Ok(text) => text.replace(NAME, name).into_bytes(),
            Err(_) => bytes.to_vec(),
        };
        let path = path.replace(NAME, name);
        put(folder, path.strip_suffix(".in").unwrap_or(&path), &bytes)?;
        written += 1;
    }
    let project = Project::read(folder)?;
    for file in &project.sdk {
        for (below, bytes) in embedded::sdk(&file.from) {
            let to = if below.is_empty() { file.to.clone() } else { format!("{}/{below}", file.to) };
            put(folder, &to, bytes)?;
            written += 1;
        }
    }
    Ok(written)
}

fn put(folder: &Path, path: &str, bytes: &[u8]) -> Result<(), Failure> {
    let path = Path::new(path);
    if !path.components().all(|part| matches!(part, Component::Normal(_))) {
        return Err(Failure::new(Exit::Io, format_args!("{}: leaves the project", path.display())));
    }
    let path = folder.join(path);
    let fail = |error| Failure::io(path.display(), error);
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(fail)?;
    }
    std::fs::write(&path, bytes).map_err(fail)
}
