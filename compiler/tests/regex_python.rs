//! Translated patterns against answers recorded from CPython (`data/gen_regex.py`).

use cascata_compiler::regex::{PatternErrorKind, translate};
use regex_automata::{Anchored, Input, meta};
use serde_json::Value;

/// What is wrong with our answer to one row.
fn fault(row: &Value) -> Option<String> {
    let pattern = row["pattern"].as_str()?;
    let features = texts(&row["features"]);
    let translated = translate(pattern);
    if let Some(python) = row["error"].as_str() {
        return translated.is_ok().then(|| format!("accepted; Python says {python}"));
    }
    let translated = match translated {
        Ok(translated) => translated.pattern,
        Err(error) => {
            let excused = match error.kind {
                PatternErrorKind::LookAround => features.contains(&"look_around"),
                PatternErrorKind::BackReference => features.contains(&"back_reference"),
                PatternErrorKind::Conditional => features.contains(&"conditional"),
                PatternErrorKind::Atomic => features.contains(&"atomic"),
                PatternErrorKind::Unsupported => pattern.contains(r"\B") || pattern.contains(r"\N"),
                _ => false,
            };
            return (!excused).then(|| format!("refused: {error} ({:?})", error.kind));
        }
    };
    if features.iter().any(|&feature| feature != "atomic") {
        return Some(format!("accepted as {translated} in spite of {features:?}"));
    }
    let regex = match meta::Regex::new(&translated) {
        Ok(regex) => regex,
        Err(error) => return Some(format!("translated to {translated}, which does not compile: {error}")),
    };
    let matches = |text: &&str| regex.is_match(Input::new(*text).anchored(Anchored::Yes));
    let missed = texts(&row["matches"]).into_iter().find(|text| !matches(text));
    let extra = texts(&row["misses"]).into_iter().find(|text| matches(text));
    let (text, ours) = missed.map(|text| (text, false)).or(extra.map(|text| (text, true)))?;
    Some(format!("as {translated:?} on {text:?} gives {ours}"))
}

fn texts(list: &Value) -> Vec<&str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

#[test]
fn every_recorded_answer_of_python_is_ours() {
    let recorded = match std::env::var_os("CASCATA_REGEX_ROWS") {
        Some(path) => std::fs::read_to_string(path).expect("the rows are readable"),
        None => include_str!("data/regex_python.jsonl").to_owned(),
    };
    let mut answered = 0;
    let mut faults = Vec::new();
    for line in recorded.lines() {
        let row: Value = serde_json::from_str(line).expect("rows are JSON");
        match fault(&row) {
            Some(fault) => faults.push(format!("{:?} {fault}", row["pattern"].as_str().unwrap_or_default())),
            None => answered += 1,
        }
    }
    println!("regex: {answered} passed, {} failed", faults.len());
    assert!(faults.is_empty() && answered > 1000, "{}", faults.join("\n"));
}
