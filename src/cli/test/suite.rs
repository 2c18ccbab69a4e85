//! One file with tests and the cascade they test.

use std::path::{Path, PathBuf};

use cascata_compiler::testing::{TestCase, unknown_stages};
use cascata_compiler::{Code, Diagnostic, Options, Source};
use cascata_config::{HandlerConfig, StageHost};
use cascata_runtime::FailureKind;
use cascata_runtime::event::Timestamp;
use cascata_vm::image::{MAGIC, Program};

use super::find;
use crate::cli::exit::{Exit, Failure};
use crate::cli::{Format, diagnostics, load};

/// Tests and what they test.
pub struct Suite {
    /// The text the tests stand in.
    pub source: Source,
    /// Its file.
    pub path: PathBuf,
    /// The file of the tested cascade, the same one for tests inside.
    pub cascade: PathBuf,
    /// The folder that the cascade's modules are relative to.
    pub folder: PathBuf,
    /// The image of the cascade.
    pub image: Vec<u8>,
    /// The tests.
    pub cases: Vec<TestCase>,
}

impl Suite {
    /// Loads a file; nothing for a cascade without tests. What is wrong is reported on stderr.
    pub fn load(path: &Path, is_test_file: bool) -> Result<Option<Self>, Failure> {
        if !is_test_file && load::read(path)?.starts_with(&MAGIC) {
            return Ok(None);
        }
        let source = load::source(path)?;
        let (cases, cascade) = if is_test_file {
            let (file, found) = cascata_compiler::check_tests(&source, &Options::default());
            let file = file.ok_or_else(|| refused(&source, &found))?;
            diagnostics::print(&source, &found, Format::Human);
            let named = file.cascade.map(|cascade| path.parent().unwrap_or(Path::new("")).join(cascade.value));
            let beside = || {
                let message =
                    format!("{}: which cascade? No file of this name beside it, and no `cascade`", source.name);
                find::cascade_beside(path).ok_or_else(|| Failure::new(Exit::Usage, message))
            };
            (file.tests, named.map_or_else(beside, Ok)?)
        } else {
            let (model, found) = cascata_compiler::check(&source, &Options::default());
            let model = model.ok_or_else(|| refused(&source, &found))?;
            (model.tests, path.to_path_buf())
        };
        if !is_test_file && cases.is_empty() {
            return Ok(None);
        }
        let loaded = load::program(&cascade)?;
        let (image, folder) = (loaded.program.image().to_vec(), loaded.folder);
        let suite = Self { source, path: path.to_path_buf(), cascade, folder, image, cases };
        suite.check(&loaded.program)?;
        Ok(Some(suite))
    }

    /// The same suite from another text of its file; nothing if that has mistakes.
    pub fn reread(&self, text: &str) -> Option<Self> {
        let source = self.source.with_text(text);
        let options = Options::default();
        let cases = if find::is_test_file(&self.path) {
            cascata_compiler::check_tests(&source, &options).0?.tests
        } else {
            cascata_compiler::check(&source, &options).0?.tests
        };
        if cases.len() != self.cases.len() {
            return None;
        }
        Some(Self {
            source,
            path: self.path.clone(),
            cascade: self.cascade.clone(),
            folder: self.folder.clone(),
            image: self.image.clone(),
            cases,
        })
    }

    /// What only the cascade, or the runtime, can tell of the tests.
    fn check(&self, program: &Program<'_>) -> Result<(), Failure> {
        let names: Vec<_> = program.stages().map(|stage| stage.name()).collect();
        let mut found = unknown_stages(&self.cases, &names);
        for case in &self.cases {
            found.extend(unknown_moment(case));
            for script in &case.stages {
                let kinds = script.attempts.iter().filter_map(|attempt| attempt.failure.as_ref()?.kind.as_ref());
                let unknown = kinds.filter(|kind| FailureKind::from_name(&kind.value).is_none());
                found.extend(unknown.map(|kind| unknown_kind(&kind.value, kind.span)));
                let rules_only = !script.attempts.is_empty() && is_rules_only(program, &script.stage.value);
                if rules_only {
                    let message = format!("`{}` has rules only: nothing of it can be scripted", script.stage.value);
                    let diagnostic = Diagnostic::new(Code::IgnoredKey, message);
                    found.push(diagnostic.label(script.stage.span, "has no effect"));
                }
            }
        }
        if found.iter().any(Diagnostic::is_error) {
            return Err(refused(&self.source, &found));
        }
        diagnostics::print(&self.source, &found, Format::Human);
        Ok(())
    }
}

/// Reports what is wrong with a source.
fn refused(source: &Source, found: &[Diagnostic]) -> Failure {
    let counts = diagnostics::print(source, found, Format::Human);
    let errors = crate::cli::terminal::count(counts.errors as u64, "error");
    Failure::new(Exit::Usage, format_args!("{}: {errors}; its tests do not run", source.name))
}

fn is_rules_only(program: &Program<'_>, stage: &str) -> bool {
    let host = program.stage_named(stage).and_then(|stage| program.stage(stage)).map(|stage| stage.host_json());
    let host: Option<StageHost> = host.and_then(|json| serde_json::from_str(json).ok());
    host.is_some_and(|host| host.handler == Some(HandlerConfig::None))
}

fn unknown_moment(case: &TestCase) -> Option<Diagnostic> {
    let now = case.now.as_ref().filter(|now| Timestamp::parse(&now.value).is_err())?;
    let diagnostic = Diagnostic::new(Code::WrongType, format!("`now` is a moment, not `{}`", now.value));
    Some(diagnostic.label(now.span, "expected ISO 8601").help("now: \"2024-02-29T12:00:00Z\""))
}

fn unknown_kind(kind: &str, span: cascata_compiler::Span) -> Diagnostic {
    let names: Vec<_> = FailureKind::ALL.iter().map(|kind| kind.name()).collect();
    Diagnostic::new(Code::InvalidWord, format!("no failure of a stage is called `{kind}`"))
        .label(span, "no such kind")
        .help(format!("the kinds are {}", names.join(", ")))
}
