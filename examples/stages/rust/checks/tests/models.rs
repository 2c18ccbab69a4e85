//! The learned stages score the sample events as the training scripts do.

use std::path::Path;

use cascata_stage::testing::{self, Call};
use serde_json::Value;

fn lines(file: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../..")
        .join(file);
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The sample events of a cascade that its models take, each with its row of scores.
fn scored(cascade: &str) -> Vec<(Value, Value)> {
    let events = lines(&format!("events/{cascade}.ndjson"));
    let find = |id: &Value| {
        events
            .iter()
            .find(|event| event["id"] == *id)
            .unwrap()
            .clone()
    };
    let rows = lines(&format!("expected/{cascade}.scores.ndjson"));
    assert!(rows.len() > 15, "{} rows", rows.len());
    rows.into_iter()
        .map(|row| (find(&row["id"]), row))
        .collect()
}

fn logit(call: Call, stage: &cascata_stage::Stage) -> f64 {
    let outcome = call.run(stage).answer.unwrap();
    let data: Value = serde_json::from_str(&outcome.data.unwrap()).unwrap();
    let logit = data["logit"].as_f64().unwrap();
    let positive = ["spam", "attack"].contains(&outcome.result.as_ref());
    assert_eq!(positive, logit >= 0.0, "the label follows the score");
    logit
}

/// Four decimals are written on both sides.
fn assert_near(ours: f64, row: &Value, stage: &str) {
    let theirs = row[stage].as_f64().unwrap();
    assert!(
        (ours - theirs).abs() < 0.0002,
        "{}: {stage} scores {ours}, training {theirs}",
        row["id"]
    );
}

#[test]
fn message_models_score_as_trained() {
    for (event, row) in scored("message_moderation") {
        let text = event.to_string();
        assert_near(
            logit(Call::new(&text), &message_tokens::STAGE),
            &row,
            "FAST",
        );
        let heard = format!(r#"{{"FAST":{{"data":{{"logit":{}}}}}}}"#, row["FAST"]);
        assert_near(
            logit(Call::new(&text).stages(&heard), &message_ngrams::STAGE),
            &row,
            "DEEP",
        );
    }
}

#[test]
fn flow_models_score_as_trained() {
    for (event, row) in scored("flow_triage") {
        let text = event.to_string();
        assert_near(logit(Call::new(&text), &flow_additive::STAGE), &row, "FAST");
        assert_near(logit(Call::new(&text), &flow_trees::STAGE), &row, "DEEP");
    }
}

#[test]
fn a_label_in_the_event_changes_no_score() {
    for (event, _) in scored("flow_triage") {
        let mut bare = event.clone();
        bare.as_object_mut()
            .unwrap()
            .retain(|key, _| key != "label" && key != "id");
        for stage in [&flow_additive::STAGE, &flow_trees::STAGE] {
            let run = |event: &Value| testing::run(stage, &event.to_string()).unwrap();
            assert_eq!(run(&event), run(&bare));
        }
    }
}

#[test]
fn events_of_another_kind_are_refused() {
    for stage in [
        &message_tokens::STAGE,
        &message_ngrams::STAGE,
        &flow_additive::STAGE,
        &flow_trees::STAGE,
    ] {
        for event in [
            "{}",
            r#"{"message":{"text":5},"flow":null}"#,
            r#"{"message":[],"flow":7}"#,
        ] {
            assert_eq!(
                testing::run(stage, event).unwrap_err().code,
                cascata_stage::ErrorCode::InvalidInput
            );
        }
    }
}

#[test]
fn odd_values_of_fields_still_get_an_answer() {
    let event = r#"{"flow":{"protocol_type":"tcp","service":["x"],"flag":null,"duration":"long","src_bytes":1e400,
        "dst_bytes":-9223372036854775809,"land":1},"login":5,"window":{"count":{}}}"#;
    for stage in [&flow_additive::STAGE, &flow_trees::STAGE] {
        let confidence = testing::run(stage, event).unwrap().confidence.unwrap();
        assert!((0.5..=1.0).contains(&confidence));
    }
}
