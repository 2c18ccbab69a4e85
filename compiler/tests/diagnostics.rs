//! Golden diagnostics: every fixture of `tests/diagnostics/` with the text beside it. `UPDATE=1 cargo test` writes the
//! texts anew, to be reviewed as a diff.
//!
//! A first line `# options: depth=4 strict` sets limits and options.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "a test speaks by failing"
)]

mod options;

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use cascata_compiler::{Code, Diagnostic, Options, Severity, Source, SourceIndex, compile};
use options::{options, with_files};

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diagnostics")
}

fn fixtures() -> Vec<(String, Source)> {
    let mut fixtures: Vec<_> = fs::read_dir(directory())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "yaml" || ending == "json"))
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
            (stem, with_files(Source::new(name, fs::read_to_string(&path).unwrap())))
        })
        .collect();
    fixtures.sort_by(|(a, _), (b, _)| a.cmp(b));
    fixtures
}

fn text(source: &Source, diagnostics: &[Diagnostic]) -> String {
    let index = SourceIndex::new(source);
    let place = |offset| {
        let position = index.position(offset);
        let file = match index.file(offset) {
            0 => String::new(),
            file => format!("{}:", index.name(file)),
        };
        format!("{file}{}:{}", position.line, position.column)
    };
    let mut out = String::new();
    for diagnostic in diagnostics {
        let severity = if diagnostic.severity == Severity::Error { "error" } else { "warning" };
        writeln!(out, "{severity}[{}]: {}", diagnostic.code, diagnostic.message).unwrap();
        for label in &diagnostic.labels {
            let excerpt: String = source.slice(label.span).chars().take(60).collect();
            writeln!(out, "  {} {excerpt:?}: {}", place(label.span.start), label.text).unwrap();
        }
        if let Some(help) = &diagnostic.help {
            writeln!(out, "  help: {help}").unwrap();
        }
        if let Some(fix) = &diagnostic.fix {
            writeln!(out, "  fix: {}..{} becomes {:?}", place(fix.span.start), place(fix.span.end), fix.replacement)
                .unwrap();
        }
    }
    out
}

#[test]
fn diagnostics_read_as_written_down() {
    let update = std::env::var_os("UPDATE").is_some();
    for (stem, source) in fixtures() {
        let diagnostics = compile(&source, &options(&source)).diagnostics;
        let actual = text(&source, &diagnostics);
        let path = directory().join(format!("{stem}.txt"));
        if update {
            fs::write(&path, &actual).unwrap();
        }
        let expected = fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(actual, expected, "{stem}: run with UPDATE=1 to write the text anew");
    }
}

/// `InvalidYaml` to `invalid_yaml`.
fn snake(name: &str) -> String {
    let mut out = String::new();
    for character in name.chars() {
        if character.is_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.extend(character.to_lowercase());
    }
    out
}

#[test]
fn every_code_has_a_fixture_of_its_name() {
    let fixtures = fixtures();
    for code in Code::ALL {
        let name = snake(code.name());
        let (_, source) =
            fixtures.iter().find(|(stem, _)| *stem == name).unwrap_or_else(|| panic!("{code}: no fixture {name}"));
        let diagnostics = compile(source, &options(source)).diagnostics;
        assert!(
            diagnostics.iter().any(|diagnostic| diagnostic.code == *code),
            "{name} does not give {code}: {diagnostics:#?}"
        );
    }
}

#[test]
fn every_fix_mends_what_it_is_offered_for() {
    let mut fixed = HashSet::new();
    for (stem, source) in fixtures() {
        let diagnostics = compile(&source, &options(&source)).diagnostics;
        for diagnostic in &diagnostics {
            let Some(fix) = diagnostic.fix.as_ref().filter(|fix| fix.span.end <= source.text.len()) else { continue };
            let mut mended = source.clone();
            mended.text.replace_range(fix.span.start..fix.span.end, &fix.replacement);
            let after = compile(&mended, &options(&mended)).diagnostics;
            let still =
                |other: &&Diagnostic| other.code == diagnostic.code && other.span().start == diagnostic.span().start;
            assert_eq!(after.iter().find(still), None, "{stem}: {}", mended.text);
            assert!(
                !after.iter().any(|other| matches!(other.code, Code::InvalidYaml | Code::InvalidJson)),
                "{stem}: {}",
                mended.text
            );
            fixed.insert(diagnostic.code);
        }
    }
    assert!(fixed.len() > 10, "{fixed:?}");
}

#[test]
fn diagnostics_serialise_with_lines_and_columns() {
    let source = Source::new("c.yaml", "name: c\nversion: 1\nstages: [ä, oops]\n");
    let diagnostics = compile(&source, &Options::default()).diagnostics;
    let index = SourceIndex::new(&source);
    let json = serde_json::to_value(diagnostics[0].located(&index)).unwrap();
    assert_eq!(json["code"], "E0201");
    assert_eq!(json["severity"], "error");
    assert_eq!(json["source"], "c.yaml");
    let label = &json["labels"][0];
    assert_eq!((&label["line"], &label["column"], &label["end_column"]), (&3.into(), &9.into(), &18.into()));
}
