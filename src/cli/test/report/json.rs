//! Results for tools: one object, the same for the same results.

use cascata_compiler::{LineIndex, Span};
use serde_json::{Value, json};

use super::{Case, Report, Status, Suite, Summary};

pub(super) fn render(report: &Report, suites: &[Suite], coverage: Option<&Summary>) -> String {
    let suites: Vec<Value> = report
        .suites
        .iter()
        .zip(suites)
        .map(|(ran, suite)| {
            let index = LineIndex::new(&suite.source.text);
            let cases: Vec<_> = ran.cases.iter().map(|case| case_json(case, &index)).collect();
            json!({"file": ran.name, "cascade": ran.cascade, "tests": cases, "not_run": ran.not_run})
        })
        .collect();
    let mut out = json!({
        "tests": report.cases(),
        "ok": report.count(|status| *status == Status::Ok),
        "failed": report.count(|status| *status == Status::Failed),
        "errors": report.count(|status| matches!(status, Status::Error(_))),
        "updated": report.count(|status| *status == Status::Updated),
        "file_errors": report.file_errors,
        "suites": suites,
    });
    if let (Some(coverage), Some(out)) = (coverage, out.as_object_mut()) {
        out.insert("coverage".to_owned(), coverage.to_json());
    }
    format!("{out}\n")
}

fn case_json(case: &Case, index: &LineIndex<'_>) -> Value {
    let place = |span: Span| index.position(span.start);
    let differences: Vec<_> = case
        .differences
        .iter()
        .map(|one| {
            let place = place(one.expected.span);
            json!({"at": one.at, "line": place.line, "column": place.column, "expected": one.expected.to_json(),
               "seen": one.seen, "message": one.words()})
        })
        .collect();
    let mut out = json!({"name": case.name.value, "line": place(case.name.span).line, "status": case.status.name()});
    if let Some(out) = out.as_object_mut() {
        if let Status::Error(message) = &case.status {
            out.insert("message".to_owned(), message.clone().into());
        }
        if !differences.is_empty() {
            out.insert("differences".to_owned(), differences.into());
        }
    }
    out
}
