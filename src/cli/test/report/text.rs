//! Results for people: a line a test, and for each that failed what differs, with the lines that expect it.

use std::fmt::Write;

use cascata_compiler::Severity;

use super::{Case, Report, Status, Suite};
use crate::cli::excerpt::{Excerpt, Renderer};
use crate::cli::terminal::{color_stderr, color_stdout, count};

/// Differences of one test that are shown one by one.
const MAX_SHOWN: usize = 20;

pub(super) fn render(report: &Report, suites: &[Suite], stdout: bool) -> String {
    let color = if stdout { color_stdout() } else { color_stderr() };
    let mut out = String::new();
    // Writing into a string cannot fail; every result below is dropped for that reason.
    for (ran, suite) in report.suites.iter().zip(suites) {
        if ran.cases.is_empty() {
            continue;
        }
        let _ = writeln!(out, "{}", ran.name);
        let renderer = Renderer::new(&suite.source, color);
        for case in &ran.cases {
            write_case(&mut out, case, &renderer, color);
        }
    }
    for note in &report.notes {
        let _ = writeln!(out, "{note}");
    }
    summary(&mut out, report);
    out
}

fn write_case(out: &mut String, case: &Case, renderer: &Renderer, color: bool) {
    let (word, paint) = match case.status {
        Status::Ok => ("ok     ", 32),
        Status::Updated => ("updated", 33),
        Status::Failed => ("FAILED ", 31),
        Status::Error(_) => ("ERROR  ", 31),
    };
    let word = if color { format!("\u{1b}[{paint}m{word}\u{1b}[0m") } else { word.to_owned() };
    let _ = writeln!(out, "  {word} {}", case.name.value);
    let (message, texts) = match &case.status {
        Status::Ok | Status::Updated => return,
        Status::Error(message) => (message.clone(), Vec::new()),
        Status::Failed => {
            for difference in case.differences.iter().take(MAX_SHOWN) {
                let _ = writeln!(out, "    {}: {}", difference.at, difference.words());
            }
            if case.differences.len() > MAX_SHOWN {
                let _ = writeln!(out, "    and {} more", case.differences.len() - MAX_SHOWN);
            }
            let texts: Vec<_> = case.differences.iter().map(|one| (one.expected.span, one.seen_words())).collect();
            (format!("{}: decided otherwise", case.name.value), texts)
        }
    };
    let mut labels: Vec<_> = texts.iter().take(MAX_SHOWN).map(|(span, text)| (*span, text.as_str())).collect();
    if labels.is_empty() {
        labels.push((case.name.span, "this test"));
    }
    let excerpt = Excerpt { code: None, severity: Severity::Error, message: &message, labels, help: None };
    for line in renderer.render(&excerpt).lines() {
        let _ = writeln!(out, "    {line}");
    }
}

fn summary(out: &mut String, report: &Report) {
    let ok = report.count(|status| *status == Status::Ok);
    let updated = report.count(|status| *status == Status::Updated);
    let _ = write!(out, "{}: {ok} ok, {} failed", count(report.cases() as u64, "test"), report.failures());
    if updated > 0 {
        let _ = write!(out, ", {updated} updated");
    }
    let not_run: usize = report.suites.iter().map(|suite| suite.not_run).sum();
    if not_run > 0 {
        let _ = write!(out, ", {not_run} not run");
    }
    if report.file_errors > 0 {
        let _ = write!(out, "; {} could not be used", count(report.file_errors as u64, "file"));
    }
    out.push('\n');
}
