//! Up to 100,000 rules on a stream of events: `peers-many ENGINE MIX SIZE`, one engine, mix and size a process, so that memory
//! can be told apart and a panic ends nothing else.
//!
//! The first pass counts the matches of every rule and holds them to the exact counts that `gen_rules.py` has worked out. The time
//! is CPU time, the median of the passes after it, reading JSON included.

mod cascata;
mod quamina;

use std::path::{Path, PathBuf};
use std::time::Duration;

use peers_common::say;
use rustix::time::{ClockId, clock_gettime};

/// Passes over all events, at most.
const PASSES: usize = 5;

/// CPU time after which no pass begins.
const ENOUGH: Duration = Duration::from_secs(4);

/// Ours with its defaults, and where events are known to be JSON: called as in the table of readers.
const CASCATA: &str = "cascata (validate: full, duplicate_keys: last)";
const CASCATA_TRUSTED: &str = "cascata (validate: trusted, duplicate_keys: first)";

/// Tells which rules match an event.
pub trait Engine {
    /// Calls `found` with the number of each rule that matches.
    fn matches(&mut self, event: &str, found: &mut dyn FnMut(usize));
}

/// What a run is about.
pub struct Task {
    pub mix: String,
    pub size: usize,
    pub folder: PathBuf,
}

impl Task {
    /// The file of the rules, with another ending.
    pub fn file(&self, ending: &str) -> PathBuf {
        self.folder.join("rules").join(format!("{}_{}.{ending}", self.mix, self.size))
    }
}

/// CPU time of this process.
fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Resident memory, in bytes.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or_default() * 1024
}

/// The exact counts, by rule.
fn expected(path: &Path) -> Vec<u64> {
    let text = std::fs::read_to_string(path).expect("the counts");
    text.lines().map(|line| line.split(' ').nth(1).and_then(|count| count.parse().ok()).expect("a count")).collect()
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, engine, mix, size] = arguments.as_slice() else { panic!("peers-many ENGINE MIX SIZE") };
    let folder = std::env::var_os("PEERS_DATA").map(PathBuf::from).expect("PEERS_DATA names the folder of the data");
    let text = std::fs::read_to_string(folder.join("citylots2.json")).expect("the events");
    let events: Vec<&str> = text.lines().collect();
    let task = Task { mix: mix.clone(), size: size.parse().expect("a number"), folder };
    let before = memory();
    let mut machine: Box<dyn Engine> = match engine.as_str() {
        CASCATA => Box::new(cascata::Cascata::new(&task)),
        CASCATA_TRUSTED => Box::new(cascata::Cascata::trusted(&task)),
        "quamina-rs" => Box::new(quamina::Patterns::new(&task)),
        other => panic!("no engine is called {other}"),
    };
    let mut counts = vec![0_u64; task.size];
    for event in &events {
        machine.matches(event, &mut |rule| counts[rule] += 1);
    }
    let bytes = memory().saturating_sub(before);
    let wrong = counts.iter().zip(expected(&task.file("counts"))).filter(|(count, wanted)| **count != *wanted).count();
    let (mut times, begun) = (Vec::new(), cpu());
    while times.len() < PASSES && (times.is_empty() || cpu() - begun < ENOUGH) {
        let (mut found, pass) = (0_u64, cpu());
        for event in &events {
            machine.matches(event, &mut |_| found += 1);
        }
        times.push((cpu() - pass).as_nanos() as f64 / events.len() as f64);
        assert_eq!(found, counts.iter().sum::<u64>());
    }
    times.sort_by(f64::total_cmp);
    say(&format!(
        r#"{{"table":"many","case":"{mix}, {size}","contender":"{engine}","ns":{:.1},"low":{:.1},"high":{:.1},"events":{},"rounds":{},"bytes":{bytes},"wrong":{wrong}}}"#,
        times[times.len() / 2],
        times[0],
        times[times.len() - 1],
        events.len(),
        times.len()
    ));
}
