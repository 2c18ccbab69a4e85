use super::*;
use serde_json::json;

#[test]
fn routing_decisions_are_tagged_by_type() {
    let decisions = vec![
        RoutingDecision::EnableStage { stage: "A".to_owned() },
        RoutingDecision::SkipTo { target: "B".to_owned() },
    ];
    assert_eq!(
        serde_json::to_value(decisions).expect("has a JSON form"),
        json!([{"type": "enable_stage", "stage": "A"}, {"type": "skip_to", "target": "B"}])
    );
}

#[test]
fn a_record_reads_back_as_written() {
    let record = DecisionRecord {
        v: VERSION,
        mode: Mode::Summary,
        id: "1".to_owned(),
        cascade: "c".to_owned(),
        version: "1".to_owned(),
        program_hash: "00".repeat(32),
        now: "2026-01-01T00:00:00Z".to_owned(),
        event: None,
        event_hash: Some("11".repeat(32)),
        outcome: json!("pass"),
        outcome_source: OutcomeSource::LastResult,
        reason: None,
        stages: vec![StageRecord {
            name: "A".to_owned(),
            status: StageStatus::Error,
            cause: Some("timeout".to_owned()),
            result: json!(null),
            confidence: None,
            data: None,
            error: Some(StageError {
                cause: None,
                kind: "timeout".to_owned(),
                code: "R0002".to_owned(),
                message: "Timeout after 5ms".to_owned(),
                status: None,
                backtrace: None,
            }),
            attempts: 1,
            time_us: 5000,
            fuel: None,
            memory: None,
            module: None,
            capabilities: Vec::new(),
            cached: Some(Cached { age_ms: 3 }),
            logs: Vec::new(),
        }],
        fired: Vec::new(),
        shadow: Vec::new(),
        skipped: vec![SkippedStage { stage: "B".to_owned(), why: WhySkipped::Blocked, rule: Some("r".to_owned()) }],
        decisions: Vec::new(),
        writes: Vec::new(),
        errors: Vec::new(),
        timeline: Vec::new(),
        metadata: serde_json::Map::new(),
        terminated: true,
        termination: Some(Termination::Global),
        success: false,
        time_us: 6000,
        redacted: Vec::new(),
        final_data: None,
    };
    let text = serde_json::to_string(&record).expect("has a JSON form");
    assert_eq!(serde_json::from_str::<DecisionRecord>(&text).expect("reads back"), record);
}

#[test]
fn the_schema_names_every_top_level_field() {
    let schema = schema();
    let properties = schema["properties"].as_object().expect("an object schema");
    for field in ["v", "id", "program_hash", "now", "outcome", "stages", "fired", "skipped", "errors", "termination"] {
        assert!(properties.contains_key(field), "{field}");
    }
}
