//! The published suites of two content-routing matchers: every rule matches as many records as recorded.
//!
//! The records, 360 MB, are looked for in the folder that `CASCATA_CITYLOTS` names; rows whose file is not there are skipped with
//! a line that says so.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::sync::Arc;

use cascata_runtime::engine::Clock;
use cascata_runtime::matching::{MatchWorker, Matching};
use cascata_vm::eval::Select;
use serde_json::{Value, json};

use super::Tally;
use crate::support::corpus;
use crate::support::machine::{image_of, program_of};

pub fn suite(name: &str) -> Option<Tally> {
    let rows = corpus(&format!("{name}.jsonl"))?;
    let mut files: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for row in rows {
        files.entry(row["data"].as_str().unwrap_or("?").to_owned()).or_default().push(row);
    }
    let mut tally: Option<Tally> = None;
    for (file, rows) in files {
        let records = std::env::var_os("CASCATA_CITYLOTS").map(|folder| PathBuf::from(folder).join(&file));
        let Some(records) = records.and_then(|path| File::open(path).ok()) else {
            println!("{name}: {} rows SKIPPED, CASCATA_CITYLOTS names no folder that has {file}", rows.len());
            continue;
        };
        let tally = tally.get_or_insert_default();
        match counts(&rows, BufReader::new(records)) {
            Err(why) => tally.count(&file, Err(why)),
            Ok(counts) => {
                for ((row, count), number) in rows.iter().zip(counts).zip(0..) {
                    let wanted = row["expected"].as_u64();
                    let outcome = if wanted == Some(count) { Ok(()) } else { Err(format!("{count}, not {wanted:?}")) };
                    tally.count(&format!("{file} {number} {}", row["suite"]), outcome);
                }
            }
        }
    }
    tally
}

/// How many records each row's condition holds for.
fn counts(rows: &[Value], records: impl BufRead) -> Result<Vec<u64>, String> {
    let rule = |(number, row): (usize, &Value)| json!({ "name": number.to_string(), "condition": row["ours"] });
    let rules: Vec<Value> = rows.iter().enumerate().map(rule).collect();
    let image = image_of(&json!({ "name": "suites", "version": "1", "rulesets": { "R": rules } }))?;
    let matching = Arc::new(Matching::new(program_of(image), Clock::fixed(0)).map_err(|error| error.to_string())?);
    let program = matching.program();
    let list = program.ruleset_named("R").ok_or("no rule set")?.list();
    let number = |rule| program.rule(rule).and_then(|rule| rule.name().parse::<usize>().ok()).unwrap_or(usize::MAX);
    let mut counts = vec![0; rows.len()];
    let mut worker = MatchWorker::new(Arc::clone(&matching));
    for line in records.split(b'\n') {
        let line = line.map_err(|error| error.to_string())?;
        if line.is_empty() {
            continue;
        }
        worker.begin(&line).map_err(|error| error.to_string())?;
        let found = worker.matches(list, Select::All);
        if let Some(error) = found.errors().first() {
            return Err(format!("rule {} fails: {}", number(error.rule), error.trap));
        }
        for rule in found.matches() {
            *counts.get_mut(number(rule)).ok_or("a rule of no row")? += 1;
        }
    }
    Ok(counts)
}
