//! Running the tool and looking at what it did.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// What one run of the tool left.
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Ran {
    /// The exit code must be this; the streams are shown if it is not.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }

    /// Stdout as one JSON value a line.
    #[track_caller]
    pub fn lines(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).expect("a JSON line")).collect()
    }

    /// Stdout as one JSON value.
    #[track_caller]
    pub fn lines_as_one(&self) -> Value {
        serde_json::from_str(&self.out).expect("JSON on stdout")
    }

    /// The verdicts of the decisions on stdout.
    #[track_caller]
    pub fn outcomes(&self) -> Vec<String> {
        self.lines().iter().map(|line| line["outcome"].as_str().unwrap_or("null").to_owned()).collect()
    }

    /// Stderr must contain this.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(self.err.contains(text), "{text:?} is not in stderr:\n{}", self.err);
        self
    }
}

/// The tool with a clean environment for colours.
pub fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cascata"));
    command.env("NO_COLOR", "1").env_remove("RUST_LOG");
    command
}

/// Runs the tool.
pub fn cascata<A: AsRef<std::ffi::OsStr>>(arguments: &[A]) -> Ran {
    with_stdin(arguments, b"")
}

/// Runs the tool with something on stdin.
pub fn with_stdin<A: AsRef<std::ffi::OsStr>>(arguments: &[A], stdin: &[u8]) -> Ran {
    let mut child = command()
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the tool starts");
    let mut pipe = child.stdin.take().expect("stdin is piped");
    let bytes = stdin.to_vec();
    // On its own thread: the tool may write before it has read everything.
    let feeder = std::thread::spawn(move || {
        // A tool that ends early closes the pipe.
        let _ = pipe.write_all(&bytes);
    });
    let output = child.wait_with_output().expect("the tool ends");
    feeder.join().expect("the feeder ends");
    Ran {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).expect("UTF-8 on stdout"),
        err: String::from_utf8(output.stderr).expect("UTF-8 on stderr"),
    }
}

/// A file of `tests/cli/fixtures`.
pub fn fixture(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/fixtures").join(name);
    path.to_str().expect("a UTF-8 path").to_owned()
}

/// A directory that goes away with the test.
pub fn scratch() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

/// Writes a file there and names it.
pub fn put(directory: &tempfile::TempDir, name: &str, bytes: &[u8]) -> String {
    let path: PathBuf = directory.path().join(name);
    std::fs::write(&path, bytes).expect("a file is written");
    path.to_str().expect("a UTF-8 path").to_owned()
}

/// Events with the verdict `rules.yaml` gives them.
pub const EVENTS: [(&str, &str); 4] = [
    (r#"{"amount": 5, "country": "US"}"#, "allow"),
    (r#"{"amount": 500, "country": "KP"}"#, "deny"),
    (r#"{"amount": 500, "country": "DE"}"#, "review"),
    (r#"{"amount": 50000, "country": "DE"}"#, "review"),
];

/// [`EVENTS`] one a line.
pub fn ndjson() -> String {
    EVENTS.iter().map(|(event, _)| format!("{event}\n")).collect()
}

/// The verdicts of [`EVENTS`].
pub fn verdicts() -> Vec<String> {
    EVENTS.iter().map(|(_, verdict)| (*verdict).to_owned()).collect()
}
