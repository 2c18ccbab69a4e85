//! Instruction counts of the ways that are hot, held to a baseline.
//!
//! ```text
//! cascata-counts check    counts each workload under callgrind and compares with baseline.json; status 1 if one is beyond
//!                         its threshold, 77 if this machine's counts cannot be compared
//! cascata-counts update   writes baseline.json anew
//! cascata-counts run NAME does the work of one, as callgrind is to see it
//! ```
//!
//! Instructions hardly depend on what else a machine does, so a change of a few percent is seen that no clock would show. They do
//! depend on the compiler, on the C library and on what the CPU can do (memchr, blake3 and memcpy choose their code by it). Work that
//! uses all of this and none of ours is counted in the same run: if it doesn't take what it took when the baseline was
//! written, nothing can be said, and nothing fails.
#![forbid(unsafe_code)]

mod baseline;
mod callgrind;
mod reference;
mod workloads;

use std::path::Path;
use std::process::ExitCode;

use baseline::Baseline;

/// What a script takes for "could not be done here".
const SKIPPED: u8 = 77;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["check"] => check(),
        ["update"] => update(),
        ["run", name] => run(name),
        ["image", file] => image(file),
        _ => Err("usage: cascata-counts check | update | run NAME".to_owned()),
    };
    outcome.unwrap_or_else(|message| {
        eprintln!("{message}");
        ExitCode::from(2)
    })
}

fn run(name: &str) -> Result<ExitCode, String> {
    match workloads::ALL.iter().find(|workload| workload.name == name) {
        Some(workload) => (workload.run)(),
        None if name == reference::NAME => reference::run(),
        None => return Err(format!("no workload is called {name}")),
    }
    Ok(ExitCode::SUCCESS)
}

/// Makes what one workload starts with.
fn image(file: &str) -> Result<ExitCode, String> {
    workloads::write_image(Path::new(file)).map_err(|error| format!("{file}: {error}"))?;
    Ok(ExitCode::SUCCESS)
}

fn check() -> Result<ExitCode, String> {
    if !callgrind::is_there() {
        println!("SKIPPED: valgrind is not installed");
        return Ok(ExitCode::from(SKIPPED));
    }
    let baseline = Baseline::read()?;
    let reference = callgrind::count(reference::NAME)?;
    if !baseline.is_comparable(reference) {
        println!(
            "SKIPPED: the reference work takes {reference} instructions here and took {} where the baseline is from, so this \
             compiler, C library or CPU is another one",
            baseline.reference
        );
        return Ok(ExitCode::from(SKIPPED));
    }
    let mut failed = false;
    for workload in workloads::ALL {
        let count = callgrind::count(workload.name)?;
        let verdict = baseline.judge(workload.name, workload.threshold, count);
        println!("{:<28} {count:>12}  {verdict}", workload.name);
        failed |= verdict.fails();
    }
    if failed {
        println!("meant so? `cargo run --release -p cascata-counts -- update`, and say in the commit why");
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn update() -> Result<ExitCode, String> {
    if !callgrind::is_there() {
        return Err("valgrind is not installed".to_owned());
    }
    let mut baseline = Baseline { reference: callgrind::count(reference::NAME)?, ..Baseline::default() };
    for workload in workloads::ALL {
        let count = callgrind::count(workload.name)?;
        println!("{:<28} {count:>12}", workload.name);
        baseline.counts.insert(workload.name.to_owned(), count);
    }
    baseline.write()?;
    Ok(ExitCode::SUCCESS)
}
