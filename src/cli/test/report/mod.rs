//! What came out of the tests, for people, for tools, and for build servers.

mod json;
mod junit;
mod text;

use std::time::Duration;

use cascata_compiler::testing::Located;
use clap::ValueEnum;

use super::compare::{Ask, Difference};
use super::coverage::Summary;
use super::suite::Suite;
use crate::cli::place::short;

/// How results are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Text for people
    #[default]
    Text,
    /// One JSON object
    Json,
    /// `JUnit` XML, as build servers read it
    Junit,
}

/// Everything that ran.
#[derive(Default)]
pub struct Report {
    pub suites: Vec<SuiteReport>,
    /// Files that could not be used.
    pub file_errors: usize,
    /// Further lines for people.
    pub notes: Vec<String>,
}

/// What came out of one suite.
pub struct SuiteReport {
    /// The file the tests stand in.
    pub name: String,
    /// The file of the cascade.
    pub cascade: String,
    pub cases: Vec<Case>,
    /// Tests left out after the first failure.
    pub not_run: usize,
}

/// What came out of one test.
pub struct Case {
    pub name: Located<String>,
    pub status: Status,
    pub differences: Vec<Difference>,
    /// How long it took by the machine's clock.
    pub time: Duration,
}

/// How a test came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// As expected.
    Ok,
    /// Decided otherwise.
    Failed,
    /// Not decided, and why.
    Error(String),
    /// Decided otherwise, and what is expected was rewritten.
    Updated,
}

impl Status {
    /// Whether it counts as a failure.
    pub const fn is_failure(&self) -> bool {
        matches!(self, Self::Failed | Self::Error(_))
    }

    const fn name(&self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::Error(_) => "error",
            Self::Updated => "updated",
        }
    }
}

impl SuiteReport {
    /// Of a suite of which nothing ran yet.
    pub fn new(name: &str, cascade: impl std::fmt::Display) -> Self {
        Self { name: name.to_owned(), cascade: cascade.to_string(), cases: Vec::new(), not_run: 0 }
    }

    fn count(&self, is: impl Fn(&Status) -> bool) -> usize {
        self.cases.iter().filter(|case| is(&case.status)).count()
    }
}

impl Report {
    /// The tests that ran.
    pub fn cases(&self) -> usize {
        self.suites.iter().map(|suite| suite.cases.len()).sum()
    }

    /// The tests that failed.
    pub fn failures(&self) -> usize {
        self.count(Status::is_failure)
    }

    fn count(&self, is: impl Fn(&Status) -> bool + Copy) -> usize {
        self.suites.iter().map(|suite| suite.count(is)).sum()
    }

    /// The report as text in a form; `suites` are those that ran, in the same order.
    pub fn render(&self, format: Format, suites: &[Suite], coverage: Option<&Summary>, stdout: bool) -> String {
        match format {
            Format::Text => text::render(self, suites, stdout),
            Format::Json => json::render(self, suites, coverage),
            Format::Junit => junit::render(self, suites),
        }
    }
}

impl Difference {
    /// What differs, in words.
    fn words(&self) -> String {
        let expected = short(&self.expected.to_json());
        match self.ask {
            Ask::Equal => format!("expected {expected}, seen {}", short(&self.seen)),
            Ask::Contain => format!("expected to contain {expected}, seen {}", short(&self.seen)),
            Ask::Nothing => "nothing is expected; --update writes what is seen".to_owned(),
        }
    }

    /// What was seen, in words that stand beside what is expected.
    fn seen_words(&self) -> String {
        match self.ask {
            Ask::Equal => format!("seen {}", short(&self.seen)),
            Ask::Contain => format!("not in {}", short(&self.seen)),
            Ask::Nothing => "compares nothing".to_owned(),
        }
    }
}
