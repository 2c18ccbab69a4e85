//! `cascata records stats`: counts over records.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

use cascata_record::DecisionRecord;
use serde::Serialize;
use serde_json::json;

use super::select::Selection;
use super::{failure, open, tell};
use crate::cli::Format;
use crate::cli::exit::{Exit, Failure};
use crate::cli::run::funnel::{self, Funnel};
use crate::cli::terminal::{count, table, thousands};

/// Distinct rules, programs and error codes that are counted apart, each; so memory is bounded whatever the records are.
const MAX_KEYS: usize = 4_096;

/// Arguments of `records stats`.
#[derive(clap::Args)]
pub struct Args {
    /// A folder of records, or one file
    #[arg(value_name = "RECORDS")]
    records: PathBuf,
    #[command(flatten)]
    selection: Selection,
    /// How the counts are printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Default)]
struct Stats {
    funnel: Funnel,
    first: Option<String>,
    last: Option<String>,
    redacted: u64,
    programs: BTreeMap<String, u64>,
    errors: BTreeMap<String, u64>,
    rules: BTreeMap<(String, String), RuleCounts>,
}

/// What a rule did.
#[derive(Clone, Copy, Debug, Default, Serialize)]
struct RuleCounts {
    /// How often it acted.
    fired: u64,
    /// How often it would have acted, in shadow mode.
    shadow: u64,
    /// How often it could not be decided, in shadow mode.
    shadow_errors: u64,
}

/// Runs the verb.
pub fn run(args: &Args) -> Result<Exit, Failure> {
    args.selection.check()?;
    let mut records = open(&args.records)?.records();
    let mut stats = Stats::default();
    let mut left = args.selection.limit.unwrap_or(u64::MAX);
    while left > 0
        && let Some(record) = records.next()
    {
        let record = record.map_err(failure)?;
        if args.selection.takes(&record) {
            left -= 1;
            stats.take(&record);
        }
    }
    let text = match args.format {
        Format::Human => stats.human(),
        Format::Json => format!("{}\n", stats.json()),
    };
    crate::cli::print(&text)?;
    Ok(tell(records.reader().damages(), records.reader().damage_count()))
}

impl Stats {
    fn take(&mut self, record: &DecisionRecord) {
        self.funnel.count_record(record);
        if self.first.as_ref().is_none_or(|first| record.now < *first) {
            self.first = Some(record.now.clone());
        }
        if self.last.as_ref().is_none_or(|last| record.now > *last) {
            self.last = Some(record.now.clone());
        }
        self.redacted += u64::from(!record.redacted.is_empty());
        *slot(&mut self.programs, record.program_hash.clone()) += 1;
        for error in &record.errors {
            *slot(&mut self.errors, format!("{} {}", error.code, error.kind)) += 1;
        }
        for fired in &record.fired {
            slot(&mut self.rules, (fired.stage.clone(), fired.rule.clone())).fired += 1;
        }
        for shadow in &record.shadow {
            let counts = slot(&mut self.rules, (shadow.stage.clone(), shadow.rule.clone()));
            counts.shadow += u64::from(shadow.trap.is_none());
            counts.shadow_errors += u64::from(shadow.trap.is_some());
        }
    }

    fn json(&self) -> serde_json::Value {
        let rules = self.rules.iter().map(|((stage, rule), counts)| {
            json!({"stage": stage, "rule": rule, "fired": counts.fired, "shadow": counts.shadow, "shadow_errors": counts.shadow_errors})
        });
        json!({
            "records": self.funnel.decided, "first": self.first, "last": self.last, "redacted": self.redacted,
            "programs": self.programs, "errors": self.errors, "rules": rules.collect::<Vec<_>>(), "funnel": self.funnel,
        })
    }

    fn human(&self) -> String {
        let mut out = count(self.funnel.decided, "record");
        if let (Some(first), Some(last)) = (&self.first, &self.last) {
            // Writing into a string cannot fail; so below.
            let _ = write!(out, " from {first} to {last}");
        }
        let _ = writeln!(out, " of {}", count(self.programs.len() as u64, "program"));
        if self.redacted > 0 {
            let _ = writeln!(out, "{} with redacted fields", thousands(self.redacted));
        }
        out += &funnel::counts(&self.funnel);
        for (error, number) in &self.errors {
            let _ = writeln!(out, "{error}: {}", thousands(*number));
        }
        if !self.rules.is_empty() {
            let mut rows = vec![["stage", "rule", "fired", "shadow", "shadow errors"].map(str::to_owned).to_vec()];
            for ((stage, rule), counts) in &self.rules {
                let numbers = [counts.fired, counts.shadow, counts.shadow_errors].map(thousands);
                rows.push([stage.clone(), rule.clone()].into_iter().chain(numbers).collect());
            }
            out += &table(&rows);
        }
        out
    }
}

/// The count of a key; those beyond the limit share that of the last key.
fn slot<K: Ord + Clone, C: Default>(counts: &mut BTreeMap<K, C>, key: K) -> &mut C {
    let full = counts.len() >= MAX_KEYS && !counts.contains_key(&key);
    let key = if full { counts.last_key_value().map_or(key, |(last, _)| last.clone()) } else { key };
    counts.entry(key).or_default()
}
