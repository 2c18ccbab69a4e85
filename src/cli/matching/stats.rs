//! Figures of a run of `match`.

use std::fmt::Write as _;
use std::time::Duration;

use cascata_vm::IndexStats;
use serde_json::json;

use super::counts::Totals;
use super::many;
use crate::cli::index;
use crate::cli::terminal::{count, duration_us, thousands};

/// What a run was and took.
pub struct Stats<'a> {
    /// Rules matched with.
    pub rules: usize,
    /// From the file to a verified program, its index included.
    pub compiled: Duration,
    /// Size of the image.
    pub image_bytes: usize,
    /// From the first event to the last.
    pub seconds: Duration,
    /// CPU time of all threads in that time, where the system tells.
    pub cpu: Option<Duration>,
    /// What was counted.
    pub totals: &'a Totals,
    /// What the indexes of the rule sets are like together, where there are any.
    pub index: Option<IndexStats>,
}

impl Stats<'_> {
    fn cpu_ns_per_event(&self) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "a figure to look at")]
        let events = self.totals.events.max(1) as f64;
        self.cpu.map(|cpu| (cpu.as_secs_f64() * 1e10 / events).round() / 10.0)
    }

    /// One object. `index` is null where no list is long enough, `cpu_ns_per_event` and `peak_rss` (bytes) are null where the system does not tell.
    pub fn json(&self) -> String {
        let totals = self.totals;
        json!({
            "rules": self.rules,
            "compile_ms": (self.compiled.as_secs_f64() * 1e6).round() / 1e3,
            "image_bytes": self.image_bytes,
            "events": totals.events,
            "bad_events": totals.bad,
            "bytes": totals.bytes,
            "matches": totals.matches,
            "errors": totals.errors,
            "seconds": (self.seconds.as_secs_f64() * 1e6).round() / 1e6,
            "cpu_ns_per_event": self.cpu_ns_per_event(),
            "peak_rss": peak_rss(),
            "index": index::json(self.index),
        })
        .to_string()
    }

    /// The same for people.
    pub fn human(&self) -> String {
        let us = |time: Duration| duration_us(u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
        let totals = self.totals;
        let mut out = format!("{}\n", self.line());
        // Writing into a string cannot fail.
        let _ =
            writeln!(out, "compiled in {}, image of {} bytes", us(self.compiled), thousands(self.image_bytes as u64));
        let _ = writeln!(out, "matched in {}, {} bytes of events", us(self.seconds), thousands(totals.bytes));
        if let Some(ns) = self.cpu_ns_per_event() {
            let _ = writeln!(out, "{ns} ns of CPU time an event");
        }
        if let Some(index) = &self.index {
            let _ = writeln!(out, "{}, {} bytes", index::words(index), thousands(index.bytes as u64));
        }
        if let Some(bytes) = peak_rss() {
            let _ = writeln!(out, "at most {} bytes of memory", thousands(bytes));
        }
        out
    }

    /// `3 rules, 1,000 events: 17 matches`.
    pub fn line(&self) -> String {
        let totals = self.totals;
        let (rules, events) = (count(self.rules as u64, "rule"), count(totals.events, "event"));
        let mut out = format!("{rules}, {events}: {}", many(totals.matches, "match"));
        for (number, noun) in [(totals.errors, "rule error"), (totals.bad, "bad event")] {
            if number > 0 {
                let _ = write!(out, ", {}", count(number, noun));
            }
        }
        out
    }
}

/// CPU time of this process so far.
#[cfg(unix)]
pub fn cpu_time() -> Option<Duration> {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Some(Duration::new(u64::try_from(time.tv_sec).ok()?, u32::try_from(time.tv_nsec).ok()?))
}

/// CPU time of this process so far.
#[cfg(not(unix))]
pub fn cpu_time() -> Option<Duration> {
    None
}

/// The most memory this process ever had resident, in bytes, where the system tells by a file.
fn peak_rss() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}
