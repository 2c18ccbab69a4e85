//! Results as `JUnit` XML.

use std::fmt::Write;
use std::time::Duration;

use cascata_compiler::LineIndex;

use super::{Case, Report, Status, Suite};
use crate::cli::markup::escape;

pub(super) fn render(report: &Report, suites: &[Suite]) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let total: Duration = report.suites.iter().flat_map(|suite| &suite.cases).map(|case| case.time).sum();
    let counts = |is: &dyn Fn(&Status) -> bool| report.count(is);
    // Writing into a string cannot fail; every result below is dropped for that reason.
    let _ = writeln!(
        out,
        "<testsuites name=\"cascata\" tests=\"{}\" failures=\"{}\" errors=\"{}\" time=\"{:.3}\">",
        report.cases(),
        counts(&|status| *status == Status::Failed),
        counts(&|status| matches!(status, Status::Error(_))) + report.file_errors,
        total.as_secs_f64()
    );
    for (ran, suite) in report.suites.iter().zip(suites) {
        let time: Duration = ran.cases.iter().map(|case| case.time).sum();
        let _ = writeln!(
            out,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{:.3}\">",
            escape(&ran.name),
            ran.cases.len(),
            ran.count(|status| *status == Status::Failed),
            ran.count(|status| matches!(status, Status::Error(_))),
            ran.not_run,
            time.as_secs_f64()
        );
        let index = LineIndex::new(&suite.source.text);
        for case in &ran.cases {
            write_case(&mut out, &ran.name, case, index.position(case.name.span.start).line);
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

fn write_case(out: &mut String, file: &str, case: &Case, line: usize) {
    let _ = write!(
        out,
        "    <testcase classname=\"{file}\" name=\"{}\" file=\"{file}\" line=\"{line}\" time=\"{:.3}\"",
        escape(&case.name.value),
        case.time.as_secs_f64(),
        file = escape(file),
    );
    let _ = match &case.status {
        Status::Ok | Status::Updated => writeln!(out, "/>"),
        Status::Error(message) => {
            writeln!(out, ">\n      <error message=\"{}\"/>\n    </testcase>", escape(message))
        }
        Status::Failed => {
            let lines: Vec<_> = case.differences.iter().map(|one| format!("{}: {}", one.at, one.words())).collect();
            let message = lines.first().map_or("", String::as_str);
            writeln!(
                out,
                ">\n      <failure message=\"{}\">{}</failure>\n    </testcase>",
                escape(message),
                escape(&lines.join("\n"))
            )
        }
    };
}
