//! `cascata test`: events with the parts of the decision that are expected.
//!
//! ```text
//! find ─▶ Suite (cascade + cases) ─▶ decide (scripted or real stages) ─▶ view ─▶ compare ─▶ report
//!                                                   │                                └────▶ update (rewrites what is expected)
//!                                                   └ evaluations ─▶ coverage
//! ```

mod compare;
mod coverage;
mod decide;
mod find;
mod report;
mod script;
mod suite;
mod update;
mod view;
mod yaml;

use std::path::PathBuf;

use super::exit::{Exit, Failure};
use super::handlers::{self, ModuleArgs};
use super::terminal::count;
use coverage::{CoverageForm, Coverages};
use report::{Report, Status, SuiteReport};
use suite::Suite;

/// Arguments of `test`.
#[derive(clap::Args)]
#[command(
    after_help = "Tests stand in NAME.test.yaml (or .test.json) beside NAME.yaml, or under `tests` of the cascade itself:

  tests:
    - name: blocked countries are denied
      event: {amount: 500, country: KP}
      expect: {outcome: deny, fired: [blocked_country]}
    - name: an unsure model asks people
      event: {amount: 500, country: DE}
      stages:
        MODEL: {result: fraud, confidence: 0.4, time_ms: 20}
        LOOKUP: [{error: unreachable}, {result: known}]   # the second attempt succeeds
      expect:
        path: [RULES, MODEL, LOOKUP]
        stages: {LOOKUP: {attempts: 2}}
        skipped: {ARCHIVE: disabled}
        final_data: {review: {level: high}}

`expect` names parts of the decision record (`cascata schema --decision`), `path` the stages that ran. Mappings may leave
parts out, lists are compared whole unless they are `{contains: [...]}`, numbers exactly. Stages that are not scripted run for
real. Scripted times pass on a clock of the test's own: nothing waits.

Ends with 1 if a test fails or coverage is too low, with 2 if a file cannot be used.

Examples:
  cascata test
  cascata test payments.yaml --filter denied
  cascata test cascades/ --format junit > tests.xml
  cascata test cascades/ --coverage lcov=coverage.info --min-coverage 90
  cascata test payments.test.yaml --update"
)]
pub struct Args {
    /// Files of tests, cascades, or directories to search [default: the current directory]
    #[arg(value_name = "FILE|DIR")]
    paths: Vec<PathBuf>,
    /// Run only tests whose name contains this
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// End at the first test that fails
    #[arg(long)]
    fail_fast: bool,
    /// How the results are printed
    #[arg(long, value_enum, default_value_t)]
    format: report::Format,
    /// Rewrite what is expected to what was decided, in place; everything else in the file stays as it is
    #[arg(long)]
    update: bool,
    /// Tell which rules fired and how conditions came out: `text`, `lcov`, or `lcov=FILE`
    #[arg(long, value_name = "FORM")]
    coverage: Option<CoverageForm>,
    /// Fail if less than this share of all outcomes of rules and conditions is covered
    #[arg(long, value_name = "PERCENT", value_parser = coverage::percent)]
    min_coverage: Option<f64>,
    #[command(flatten)]
    modules: ModuleArgs,
}

/// Runs the verb.
pub fn run(args: &Args) -> Result<Exit, Failure> {
    let found = find::suites(&args.paths)?;
    let mut coverages = (args.coverage.is_some() || args.min_coverage.is_some()).then(Coverages::default);
    let mut report = Report { file_errors: found.errors, ..Report::default() };
    let host = handlers::host(&args.modules)?;
    for suite in &found.suites {
        let modules = handlers::modules(&suite.folder, &host, &args.modules);
        // An update wants to know of all that fail.
        let fail_fast = args.fail_fast && !args.update;
        let runner = decide::Runner { suite, modules, fail_fast, filter: args.filter.as_deref() };
        let mut ran = runner.run(&mut coverages);
        if args.update {
            update_file(suite, &runner, &mut ran, &mut report)?;
        }
        let stop = args.fail_fast && ran.cases.iter().any(|case| case.status.is_failure());
        report.suites.push(ran);
        if stop {
            break;
        }
    }
    if report.cases() == 0 && report.file_errors == 0 {
        let what = match &args.filter {
            Some(filter) => format!("no test's name contains `{filter}`"),
            None => "no tests found: write NAME.test.yaml beside NAME.yaml, or `tests` into the cascade".to_owned(),
        };
        return Err(Failure::new(Exit::Usage, what));
    }
    let coverage = coverages.as_ref().map(Coverages::summary);
    // A report that goes where the coverage goes as well would spoil it.
    let shared = matches!(args.coverage, Some(CoverageForm::Lcov(None)));
    let text = report.render(args.format, &found.suites, coverage.as_ref(), !shared);
    if shared {
        eprint!("{text}")
    } else {
        super::print(&text).map(drop)?
    }
    let enough = match &coverages {
        Some(coverages) => finish_coverage(args, coverages, coverage.as_ref().map_or(100.0, |all| all.percent()))?,
        None => true,
    };
    Ok(match (report.file_errors, report.failures(), enough) {
        (1.., ..) => Exit::Usage,
        (_, 0, true) => Exit::Ok,
        _ => Exit::Findings,
    })
}

/// Rewrites the file of a suite where that makes failed tests pass.
fn update_file(
    suite: &Suite,
    runner: &decide::Runner<'_>,
    ran: &mut SuiteReport,
    report: &mut Report,
) -> Result<(), Failure> {
    let failed: Vec<_> = ran.cases.iter().filter(|case| case.status == Status::Failed).collect();
    if failed.is_empty() {
        return Ok(());
    }
    let edits = failed.iter().flat_map(|case| update::edits(&suite.source, &case.differences)).collect();
    let text = update::apply(&suite.source.text, edits);
    let mut refuse = |why: &str| report.notes.push(format!("{}: not updated: {why}", suite.source.name));
    let Some(updated) = suite.reread(&text) else {
        refuse("the new text could not be read");
        return Ok(());
    };
    let again = decide::Runner { suite: &updated, modules: runner.modules.clone(), ..*runner }.run(&mut None);
    // A test that passed before must not fail for the sake of another: an alias shares text, for example.
    let pairs = || ran.cases.iter().zip(&again.cases);
    if pairs().any(|(before, after)| before.status == Status::Ok && after.status.is_failure()) {
        refuse("tests that passed would fail");
        return Ok(());
    }
    let fixed: Vec<bool> =
        pairs().map(|(before, after)| before.status == Status::Failed && !after.status.is_failure()).collect();
    let count_fixed = fixed.iter().filter(|fixed| **fixed).count();
    if count_fixed == 0 {
        refuse("what is expected has to be changed by hand");
        return Ok(());
    }
    super::write::all(&suite.path, text.as_bytes())?;
    for (case, _) in ran.cases.iter_mut().zip(fixed).filter(|(_, fixed)| *fixed) {
        case.status = Status::Updated;
    }
    report.notes.push(format!("{}: {} updated", suite.source.name, count(count_fixed as u64, "test")));
    Ok(())
}

/// Prints or writes the coverage; whether it is enough.
fn finish_coverage(args: &Args, coverages: &Coverages, percent: f64) -> Result<bool, Failure> {
    match &args.coverage {
        Some(CoverageForm::Text) if args.format == report::Format::Text => {
            super::print(&coverages.text())?;
        }
        Some(CoverageForm::Text) => eprint!("{}", coverages.text()),
        Some(CoverageForm::Lcov(None)) => {
            super::print(&coverages.lcov())?;
        }
        Some(CoverageForm::Lcov(Some(path))) => super::write::all(path, coverages.lcov().as_bytes())?,
        None => {}
    }
    let Some(least) = args.min_coverage else { return Ok(true) };
    let enough = percent >= least;
    if !enough {
        eprintln!("coverage is {percent:.1} %, --min-coverage asks for {least} %");
    }
    Ok(enough)
}
