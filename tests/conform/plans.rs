//! Plans: dependencies by depth, what starts, what costs most.

use cascata::plan::{Plan, Planned, critical_path};
use cascata_compiler::{Options, Source, compile};
use cascata_vm::image::{LoadOptions, Program};
use serde_json::{Map, Value, json};

use super::Tally;
use crate::support::corpus;

/// The rows of `apls.jsonl` that record the plan optimizer.
pub fn suite(_: &str) -> Option<Tally> {
    let mut tally = Tally::default();
    for row in corpus("apls.jsonl")?.iter().filter(|row| row["kind"] == "optimizer") {
        tally.count(row["id"].as_str().unwrap_or("?"), check(row));
    }
    Some(tally)
}

fn check(row: &Value) -> Result<(), String> {
    let text = json!({"name": "plan", "version": "1", "stages": stages(&row["stages"])}).to_string();
    let compiled = compile(&Source::new("plan.json", text), &Options::default());
    let wanted = &row["expected"];
    let Some(image) = compiled.image else {
        // A circle of dependencies is a mistake of the cascade here.
        let refused = wanted["topological"] == "error";
        return if refused { Ok(()) } else { Err(format!("does not compile: {:?}", compiled.diagnostics)) };
    };
    let program = Program::verify(image, &LoadOptions::default()).map_err(|error| error.to_string())?;
    let plan = Plan::new(&program, Some(&row["data"]));
    let mut seen = json!({
        "parallel_groups": plan.parallel_groups, "starting": plan.starting, "topological": plan.topological,
    });
    if let Some(planned) = row["plan"].as_array() {
        let planned: Vec<_> = planned
            .iter()
            .filter_map(|one| {
                let stage = program.stage_named(one["name"].as_str()?)?;
                Some(Planned { stage, cost: one["estimated_cost"].as_f64()? })
            })
            .collect();
        seen["critical"] = json!(critical_path(&program, &planned));
    }
    if same(&seen, wanted) { Ok(()) } else { Err(format!("wants {wanted} got {seen}")) }
}

/// The stages as a cascade file has them: with names, and `depends_on` as a list; the rows have text there too, which a file
/// may not.
fn stages(rows: &Value) -> Map<String, Value> {
    let mut stages = Map::new();
    for (name, row) in rows.as_object().into_iter().flatten() {
        let mut stage = row.clone();
        stage["name"] = json!(name);
        if let Value::String(one) = &row["depends_on"] {
            stage["depends_on"] = json!([one]);
        }
        stages.insert(name.clone(), stage);
    }
    stages
}

/// Whole values, mappings in any order, numbers by value: costs are doubles here and whole numbers there.
fn same(seen: &Value, wanted: &Value) -> bool {
    match (seen, wanted) {
        (Value::Number(seen), Value::Number(wanted)) => seen.as_f64() == wanted.as_f64(),
        (Value::Array(seen), Value::Array(wanted)) => {
            seen.len() == wanted.len() && seen.iter().zip(wanted).all(|(seen, wanted)| same(seen, wanted))
        }
        (Value::Object(seen), Value::Object(wanted)) => {
            seen.len() == wanted.len()
                && wanted.iter().all(|(key, wanted)| seen.get(key).is_some_and(|seen| same(seen, wanted)))
        }
        (seen, wanted) => seen == wanted,
    }
}
