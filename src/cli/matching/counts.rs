//! What is counted.

use std::io::{self, Write};

use cascata_runtime::matching::Matching;
use cascata_vm::{ListId, RuleId};

/// Counts over a chunk of events.
#[derive(Default)]
pub struct Counts {
    /// Events read, the bad ones included.
    pub events: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Events that are no JSON object.
    pub bad: u64,
    /// Rules that could not be decided.
    pub errors: u64,
    /// Every rule that matched, once an event.
    pub matched: Vec<RuleId>,
}

/// Counts over all events.
pub struct Totals {
    /// Events read, the bad ones included.
    pub events: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Events that are no JSON object.
    pub bad: u64,
    /// Rules that could not be decided.
    pub errors: u64,
    /// Matches.
    pub matches: u64,
    /// By rule number.
    by_rule: Vec<u64>,
}

impl Totals {
    /// Zero, for a program with so many rules.
    pub fn new(rules: usize) -> Self {
        Self { events: 0, bytes: 0, bad: 0, errors: 0, matches: 0, by_rule: vec![0; rules] }
    }

    /// Adds those of a chunk.
    pub fn add(&mut self, counts: &Counts) {
        self.events += counts.events;
        self.bytes += counts.bytes;
        self.bad += counts.bad;
        self.errors += counts.errors;
        self.matches += counts.matched.len() as u64;
        for rule in &counts.matched {
            if let Some(count) = self.by_rule.get_mut(rule.index()) {
                *count += 1;
            }
        }
    }

    /// `ID COUNT`, a line for every rule, in the order of the file.
    pub fn write(&self, matching: &Matching, lists: &[ListId], out: &mut dyn Write) -> io::Result<()> {
        let mut out = io::BufWriter::new(out);
        for list in lists {
            let mut rules: Vec<_> = matching.program().list_rules(*list).collect();
            rules.sort_by_key(cascata_vm::image::Rule::order);
            for rule in rules {
                let count = self.by_rule.get(rule.id().index()).copied().unwrap_or_default();
                writeln!(out, "{} {count}", rule.name())?;
            }
        }
        out.flush()
    }
}
