//! The product against recorded behaviour: `cargo test --test conformance`.
//!
//! Prints one line per file of rows, `NAME: N passed, M failed`, and fails if anything failed. The rows are looked for in
//! `conformance` under `CASCATA_SHARED`, else under `../shared`; a file that is absent is skipped with a line that says so.
//! The suites of other matchers need records as well: `CASCATA_CITYLOTS` names their folder.
//! `CASCATA_CONFORMANCE_REPORT` names a file to which every mismatch is written.

mod conform;
mod oracle;
mod support;

use std::process::ExitCode;

use conform::{Tally, cascades, conditions, events, learned, matchers, plans, texts};

fn main() -> ExitCode {
    let suites: [(&str, fn(&str) -> Option<Tally>); 9] = [
        ("conditions_public", |name| conditions::suite(name, "expected")),
        ("conditions_quirks", |name| conditions::suite(name, "ours")),
        ("corpus_public", |name| cascades::suite(name, "expected")),
        ("corpus_quirks", |name| cascades::suite(name, "ours")),
        ("flatten", events::suite),
        ("json", texts::suite),
        ("matchers_expected", matchers::suite),
        ("optimizer", plans::suite),
        ("apls", learned::suite),
    ];
    let only: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let mut failures = Vec::new();
    for (name, suite) in suites {
        if !only.is_empty() && !only.iter().any(|wanted| name.contains(wanted.as_str())) {
            continue;
        }
        match suite(name) {
            None => println!("{name}: skipped, the recorded rows are not here"),
            Some(tally) => {
                println!("{name}: {} passed, {} failed", tally.passed, tally.failures.len());
                tally.failures.iter().take(10).for_each(|failure| println!("    {failure}"));
                failures.extend(tally.failures.into_iter().map(|failure| format!("{name} {failure}")));
            }
        }
    }
    if let Some(report) = std::env::var_os("CASCATA_CONFORMANCE_REPORT") {
        let lines: String = failures.iter().map(|failure| format!("{failure}\n")).collect();
        std::fs::write(report, lines).expect("the report can be written");
    }
    if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
