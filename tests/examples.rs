//! The example cascades, end to end: compiler, engine, WASM stages, a service.
//!
//! On the sample events every decision must be the expected one (`CASCATA_UPDATE_EXPECTED=1` writes what is decided, to be
//! looked at before it is kept). On the real data, where it lies beside the project, quality must not fall below what
//! was measured when the weights were learned, and labels must not matter.

#[path = "examples/cascade.rs"]
mod cascade;
#[path = "examples/quality.rs"]
mod quality;
#[path = "examples/service.rs"]
mod service;

use cascade::{NAMES, Runner, examples, read_lines, summary};
use serde_json::{Value, json};

#[test]
fn every_sample_event_is_decided_as_expected() {
    for name in NAMES {
        let runner = Runner::new(name);
        let events = read_lines(&examples().join(format!("events/{name}.ndjson")));
        let decided: Vec<Value> =
            events.iter().enumerate().map(|(at, event)| summary(&runner, at + 1, event)).collect();
        let path = examples().join(format!("expected/{name}.ndjson"));
        if std::env::var_os("CASCATA_UPDATE_EXPECTED").is_some() {
            let text: String = decided.iter().map(|row| format!("{row}\n")).collect();
            std::fs::write(&path, text).unwrap();
        }
        let expected = read_lines(&path);
        assert_eq!(expected.len(), decided.len(), "{name}: as many expected rows as events");
        for (row, (expected, decided)) in expected.iter().zip(&decided).enumerate() {
            assert_eq!(expected, decided, "{name}: event {}", row + 1);
        }
    }
}

#[test]
fn the_tests_of_every_cascade_pass_and_cover_its_rules() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_cascata"))
        .args(["test", "--coverage", "text", "--min-coverage", "95"])
        .arg(examples().join("cascades"))
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}{err}");
    for name in NAMES {
        assert!(out.contains(&format!("{name}.test.yaml")), "{name} is not tested:\n{out}");
    }
}

#[test]
fn the_quick_start_event_goes_through_all_three_checks() {
    let runner = Runner::new("trust_scoring");
    let record = runner.decide(&json!({"user_id": "user_12345", "action": "withdraw", "amount": 10_000}));
    let stages: Vec<_> =
        record.stages.iter().map(|s| (s.name.as_str(), s.result.clone(), s.confidence.clone())).collect();
    let expected = [
        ("FAST_CHECK", json!("review"), Some(json!(0.4))),
        ("MEDIUM_CHECK", json!("pass"), Some(json!(0.85))),
        ("EXPENSIVE_CHECK", json!("pass"), Some(json!(0.99))),
    ];
    assert_eq!(stages, expected);
    let fired: Vec<_> = record.fired.iter().map(|rule| rule.rule.as_str()).collect();
    assert_eq!(fired, ["low_confidence_escalate", "still_uncertain"]);
    assert!(record.success && !record.terminated);
}

#[test]
fn the_engine_scores_as_the_training_scripts_do() {
    for name in ["message_moderation", "flow_triage"] {
        let runner = Runner::new(name);
        let events = read_lines(&examples().join(format!("events/{name}.ndjson")));
        let mut compared = 0;
        for row in read_lines(&examples().join(format!("expected/{name}.scores.ndjson"))) {
            let event = events.iter().find(|event| event["id"] == row["id"]).unwrap();
            let record = runner.decide(event);
            for stage in &record.stages {
                let Some(trained) = row[&stage.name].as_f64() else {
                    continue;
                };
                let data = stage.data.as_ref().unwrap();
                let scored = data["logit"].as_f64().unwrap();
                assert!(
                    (scored - trained).abs() < 0.0002,
                    "{name} {}: {} {scored}, trained {trained}",
                    row["id"],
                    stage.name
                );
                compared += 1;
            }
        }
        assert!(compared > 10, "{name}: {compared} scores compared");
    }
}

#[test]
fn labels_and_ids_of_samples_change_nothing() {
    for name in ["message_moderation", "flow_triage"] {
        let runner = Runner::new(name);
        for event in read_lines(&examples().join(format!("events/{name}.ndjson"))) {
            let plain = runner.verdict(&event);
            for changed in cascade::relabelled(&event) {
                assert_eq!(runner.verdict(&changed), plain, "{name}: {event}");
            }
        }
    }
}

#[test]
fn strict_stages_spend_the_same_fuel_every_time() {
    let runner = Runner::new("flow_triage");
    for event in read_lines(&examples().join("events/flow_triage.ndjson")) {
        let fuel = || runner.decide(&event).stages.iter().map(|stage| stage.fuel).collect::<Vec<_>>();
        assert_eq!(fuel(), fuel());
    }
}
