//! Counts what one function of this program executes.

use std::path::Path;
use std::process::{Command, Stdio};

/// The name by which callgrind finds [`counted_work`].
const FUNCTION: &str = "*counted_work*";

/// Does the work of a workload. Everything before and after it, making events and images for instance, is not counted.
#[inline(never)]
pub fn counted_work(work: &mut dyn FnMut()) {
    work();
    // Keeps the call from being the last thing done, which would be a jump without a return to be seen.
    std::hint::black_box(());
}

/// Whether valgrind can be run.
pub fn is_there() -> bool {
    let run = Command::new("valgrind").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    run.is_ok_and(|status| status.success())
}

/// The instructions that a workload takes. Where a hash table is seeded by chance the count varies a little, so it is the
/// least of two.
pub fn count(name: &str) -> Result<u64, String> {
    Ok(count_once(name)?.min(count_once(name)?))
}

fn count_once(name: &str) -> Result<u64, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let (Some(folder), Some(file)) = (program.parent(), program.file_name()) else {
        return Err(format!("{} is no file in a folder", program.display()));
    };
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--collect-atstart=no"])
        .arg(format!("--toggle-collect={FUNCTION}"))
        // The stack begins with the path of the program and the environment, whose sizes would move everything.
        .arg(Path::new(".").join(file))
        .args(["run", name])
        .current_dir(folder)
        .env_clear()
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("valgrind: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let collected = said.lines().find_map(|line| line.split_once("Collected :")).map(|(_, count)| count.trim());
    let count = collected.and_then(|count| count.parse().ok()).filter(|count| *count > 0);
    count.filter(|_| output.status.success()).ok_or_else(|| format!("{name} was not counted:\n{said}"))
}
