//! `stage.toml`: how a stage's project is built, and what has to be there for it.

use std::collections::HashMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cascata_config::GuestForm;
use serde::Deserialize;

use crate::cli::exit::{Exit, Failure};
use crate::cli::load;

/// The file's name.
pub const FILE: &str = "stage.toml";

/// What the file says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Project {
    /// The SDK it uses.
    pub language: String,
    /// What the finished module is.
    pub form: GuestForm,
    /// What the commands make, from the project's folder.
    pub output: PathBuf,
    /// Commands, one after another, in the project's folder; no shell.
    pub build: Vec<Vec<String>>,
    /// The unit tests, the same way.
    #[serde(default)]
    pub test: Vec<Vec<String>>,
    /// Files of the SDK that a new project gets.
    #[serde(default)]
    pub sdk: Vec<SdkFile>,
    /// What has to be there, in this order.
    #[serde(default)]
    pub tool: Vec<Tool>,
}

/// Files of the SDK and where they go.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SdkFile {
    /// From the SDK's folder; a folder stands for all files in it.
    pub from: String,
    /// From the project's folder.
    pub to: String,
}

/// A tool that the commands need.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// What the commands begin with.
    pub name: String,
    /// Commands to be used in its place where it is not found, in this order.
    #[serde(default)]
    pub or: Vec<Vec<String>>,
    /// Succeeds if it is there and good.
    pub check: Vec<String>,
    /// What people do to get it.
    pub install: String,
}

impl Project {
    /// Reads the file of a project's folder.
    pub fn read(folder: &Path) -> Result<Self, Failure> {
        let path = folder.join(FILE);
        let bytes = load::read(&path).map_err(|failure| {
            let hint = "`cascata stage new NAME --lang LANGUAGE` makes a project";
            Failure::new(failure.exit, format_args!("{}; {hint}", failure.message))
        })?;
        Self::parse(&String::from_utf8_lossy(&bytes))
            .map_err(|error| Failure::new(Exit::Usage, format_args!("{}: {error}", path.display())))
    }

    /// Reads the file's text.
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    /// Finds every tool, or says which are missing and how each is installed.
    pub fn tools(&self, folder: &Path) -> Result<Tools, Failure> {
        let mut tools = Tools { folder: folder.to_owned(), commands: HashMap::new() };
        let mut missing = String::new();
        for tool in &self.tool {
            match tools.find(tool) {
                Ok(command) => drop(tools.commands.insert(tool.name.clone(), command)),
                // Writing into a string cannot fail.
                Err(why) => drop(writeln!(missing, "  {}: {why}; install it: {}", tool.name, tool.install)),
            }
        }
        if missing.is_empty() {
            return Ok(tools);
        }
        let message = format!("building a stage in {} needs what is not here:\n{}", self.language, missing.trim_end());
        Err(Failure::new(Exit::Tool, message))
    }
}

/// The tools of a project, found.
pub struct Tools {
    folder: PathBuf,
    commands: HashMap<String, Vec<String>>,
}

impl Tools {
    /// The command that stands for a tool: its own name, or the first of the others that passes the check.
    fn find(&self, tool: &Tool) -> Result<Vec<String>, String> {
        let own = vec![tool.name.clone()];
        let mut first = None;
        for candidate in std::iter::once(&own).chain(&tool.or) {
            let check = match tool.check.split_first() {
                Some((word, rest)) if *word == tool.name => [candidate.as_slice(), rest].concat(),
                _ => self.resolve(&tool.check),
            };
            match passes(&check, &self.folder) {
                Ok(()) => return Ok(candidate.clone()),
                Err(why) => drop(first.get_or_insert(why)),
            }
        }
        Err(first.unwrap_or_else(|| "it has no check".to_owned()))
    }

    /// A command with what was found in place of its tool.
    fn resolve(&self, command: &[String]) -> Vec<String> {
        match command.split_first().and_then(|(word, rest)| Some((self.commands.get(word)?, rest))) {
            Some((found, rest)) => [found.as_slice(), rest].concat(),
            None => command.to_vec(),
        }
    }

    /// Runs commands in the project's folder, until one fails.
    pub fn run(&self, commands: &[Vec<String>]) -> Result<(), Failure> {
        for command in commands {
            let command = self.resolve(command);
            let Some((program, arguments)) = command.split_first() else { continue };
            let line = command.join(" ");
            let status = Command::new(program)
                .args(arguments)
                .current_dir(&self.folder)
                .stdin(Stdio::null())
                .status()
                .map_err(|error| Failure::new(Exit::Tool, format_args!("`{line}`: {error}")))?;
            if !status.success() {
                return Err(Failure::new(Exit::Findings, format_args!("`{line}` failed: {status}")));
            }
        }
        Ok(())
    }
}

/// Runs a check: silent, with nothing on standard input.
fn passes(command: &[String], folder: &Path) -> Result<(), String> {
    let Some((program, arguments)) = command.split_first() else { return Err("its check is empty".to_owned()) };
    let ran = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .output();
    match ran {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(format!("`{program}` is not found")),
        Err(error) => Err(format!("`{program}`: {error}")),
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            let line = said.lines().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
            Err(format!("`{}` fails: {}", command.join(" "), line.trim()))
        }
    }
}
