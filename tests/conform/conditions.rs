//! One condition on one mapping, through three engines: the machine on the compiler's image, the machine on that image
//! read back from a file, and the oracle.

use serde_json::{Value, json};

use super::{Tally, allows, each_row};
use crate::oracle::condition::{Outcome, refused};
use crate::oracle::value::identical;
use crate::support::machine::{
    Traced, hosting, image_of, oracle_rules, program_of, program_reloaded_from_disk, run_rules,
};

pub fn suite(name: &str, answer: &str) -> Option<Tally> {
    each_row(name, |row| check(row, &row[answer]))
}

fn check(row: &Value, wanted: &Value) -> Result<(), String> {
    let condition = &row["condition"];
    let results = row["stage_results"].as_array().cloned().unwrap_or_default();
    let image = match image_of(&hosting(std::slice::from_ref(condition), &results)) {
        Ok(image) => image,
        Err(_) if *wanted == "error" || allows(row, "load_error") => return Ok(()),
        Err(why) => return Err(format!("wants {wanted}, refused: {why}")),
    };
    let fresh = run_rules(&program_of(image.clone()), &row["data"], &results);
    let reloaded = run_rules(&program_reloaded_from_disk(&image), &row["data"], &results);
    same("reloaded image and fresh one", &reloaded, &fresh)?;
    let got = answer(&fresh);
    if got != *wanted {
        return Err(format!("wants {wanted} got {got}"));
    }
    if refused(condition).is_some() {
        return Ok(());
    }
    same("machine and oracle", &fresh, &oracle_rules(std::slice::from_ref(condition), &row["data"], &results))
}

fn answer(traced: &Traced) -> Value {
    match traced.rules.first() {
        Some(Outcome::True) => json!(true),
        Some(Outcome::False) => json!(false),
        Some(Outcome::Error) => json!("error"),
        None => json!("no rule"),
    }
}

/// Two evaluations agree on every rule and on every leaf they came to, with its value.
pub fn same(what: &str, a: &Traced, b: &Traced) -> Result<(), String> {
    let leaves = a.leaves.len() == b.leaves.len()
        && a.leaves.iter().zip(&b.leaves).all(|(a, b)| a.1 == b.1 && identical(&a.0, &b.0));
    if a.rules == b.rules && leaves {
        return Ok(());
    }
    Err(format!("{what} differ: {a:?} and {b:?}"))
}
