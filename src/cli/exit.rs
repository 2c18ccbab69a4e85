//! How the process ends: the codes scripts rely on, and the error every verb returns.

use std::fmt;
use std::process::ExitCode;

/// Why the process ends the way it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All was done. Events that failed are counted, not an error, unless `--fail-fast` asks for it.
    Ok,
    /// Something was found: a bad or failed event under `--fail-fast`, a warning under `--strict`, a test that fails,
    /// a difference between two cascades.
    Findings,
    /// The command line is wrong, or a file of tests.
    Usage,
    /// The cascade does not compile, or the image is refused.
    Cascade,
    /// A file, pipe or stream cannot be read or written.
    Io,
    /// A stage handler cannot be loaded.
    Handler,
    /// A tool that a stage's project needs is not there.
    Tool,
    /// Ctrl-C. What was decided until then is written.
    Interrupted,
}

/// The part of `--help` that lists the codes.
pub const HELP: &str = "Exit codes:
  0    done
  1    a finding: a bad or failed event under --fail-fast, a warning under --strict, a file to be formatted,
       a test that fails, a difference, records that cannot be read or replayed
  2    the command line is wrong; of `test` also: a file that cannot be used
  3    the cascade does not compile, or the image is refused
  4    a file or stream cannot be read or written
  5    a stage handler cannot be loaded
  6    a tool that building a stage needs is missing
  130  interrupted; what was decided until then is written";

impl Exit {
    /// The number the process ends with.
    pub const fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Findings => 1,
            Self::Usage => 2,
            Self::Cascade => 3,
            Self::Io => 4,
            Self::Handler => 5,
            Self::Tool => 6,
            Self::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// What ends a verb before it is done: a message for stderr and the exit code.
#[derive(Debug)]
pub struct Failure {
    /// How the process ends.
    pub exit: Exit,
    /// What people read.
    pub message: String,
}

impl Failure {
    /// Ends with `exit` after printing `message`.
    pub fn new(exit: Exit, message: impl fmt::Display) -> Self {
        Self { exit, message: message.to_string() }
    }

    /// A file or stream named `name` cannot be read or written.
    pub fn io(name: impl fmt::Display, error: impl fmt::Display) -> Self {
        Self::new(Exit::Io, format_args!("{name}: {error}"))
    }
}
