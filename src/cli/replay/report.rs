//! What replaying came to.

use std::fmt::Write;

use cascata_record::DecisionRecord;
use serde_json::{Value, json};

use super::differences::Difference;
use crate::cli::Format;
use crate::cli::place::short;
use crate::cli::terminal::{count, thousands};

/// Differences of one decision that are shown one by one.
const MAX_SHOWN: usize = 20;

/// Where a decision parts, or why it cannot be made again.
pub type Replayed = Result<Vec<Difference>, String>;

/// Counts, and the first decisions that part or cannot be made again.
pub struct Report {
    show: usize,
    identical: u64,
    different: u64,
    unfit: u64,
    first: Vec<One>,
}

/// A decision that is shown.
struct One {
    id: String,
    line: Option<Value>,
    replayed: Replayed,
}

impl Report {
    /// Nothing yet; `show` decisions are shown one by one.
    pub const fn new(show: usize) -> Self {
        Self { show, identical: 0, different: 0, unfit: 0, first: Vec::new() }
    }

    /// Takes what came of a record.
    pub fn take(&mut self, record: &DecisionRecord, replayed: Replayed) {
        match &replayed {
            Ok(differences) if differences.is_empty() => {
                self.identical += 1;
                return;
            }
            Ok(_) => self.different += 1,
            Err(_) => self.unfit += 1,
        }
        if self.first.len() < self.show {
            let line = record.metadata.get("line").cloned();
            self.first.push(One { id: record.id.clone(), line, replayed });
        }
    }

    /// Whether there was nothing.
    pub const fn none(&self) -> bool {
        self.identical + self.different + self.unfit == 0
    }

    /// Whether every decision was proved to be the same.
    pub const fn same(&self) -> bool {
        self.different + self.unfit == 0
    }

    /// The report as text.
    pub fn render(&self, format: Format) -> String {
        match format {
            Format::Human => self.human(),
            Format::Json => format!("{}\n", self.json()),
        }
    }

    fn json(&self) -> Value {
        let (mut parting, mut unfit) = (Vec::new(), Vec::new());
        for one in &self.first {
            match &one.replayed {
                Ok(differences) => parting.push(json!({"id": one.id, "line": one.line, "differences": differences})),
                Err(why) => unfit.push(json!({"id": one.id, "line": one.line, "why": why})),
            }
        }
        json!({
            "identical": self.identical, "different": self.different, "not_replayable": self.unfit,
            "first": parting, "first_not_replayable": unfit,
        })
    }

    fn human(&self) -> String {
        let mut out = String::new();
        for one in &self.first {
            let line = one.line.as_ref().map(|line| format!(" (line {line})")).unwrap_or_default();
            // Writing into a string cannot fail; so below.
            match &one.replayed {
                Ok(differences) => {
                    let _ = writeln!(out, "{}{line}: decided otherwise", one.id);
                    list(&mut out, differences);
                }
                Err(why) => _ = writeln!(out, "{}{line}: cannot be replayed: {why}", one.id),
            }
        }
        let hidden = self.different + self.unfit - self.first.len() as u64;
        if hidden > 0 {
            let _ = writeln!(out, "and {} more", thousands(hidden));
        }
        let all = self.identical + self.different + self.unfit;
        let _ = write!(out, "{}: {} identical", count(all, "decision"), thousands(self.identical));
        let _ = write!(out, ", {} decided otherwise", thousands(self.different));
        if self.unfit > 0 {
            let _ = write!(out, ", {} that cannot be replayed", thousands(self.unfit));
        }
        out.push('\n');
        out
    }
}

fn list(out: &mut String, differences: &[Difference]) {
    for one in differences.iter().take(MAX_SHOWN) {
        let _ = writeln!(out, "  {}: recorded {}, now {}", one.at, short(&one.recorded), short(&one.replayed));
    }
    if differences.len() > MAX_SHOWN {
        let _ = writeln!(out, "  and {} more", differences.len() - MAX_SHOWN);
    }
}
