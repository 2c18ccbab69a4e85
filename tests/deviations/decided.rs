//! What the reference decides otherwise, or never.

use cascata::record::WhySkipped;
use cascata::runtime::testing::{ScriptedHandler, Step};
use serde_json::{Value, json};

use crate::support::*;

#[test]
fn a_dependency_that_can_no_longer_run_is_reported() {
    let stages = json!({"A": {"enabled": false}, "B": {"depends_on": ["A"]}});
    let (a, b) = (says(json!(1)), says(json!(2)));
    let record = Cascade::new(&stages, &Value::Null, &[("A", &a), ("B", &b)]).decide(&json!({"n": 1}));
    assert_eq!(ran(&record), [""; 0]);
    assert_eq!(errors(&record), [("B", "unmet_dependency")]);
}

#[test]
fn a_path_reads_the_latest_value_after_its_parent_was_written() {
    let child = |value: i64| json!({"field": "user.level", "operator": "==", "value": value});
    let rules = json!([
        {"name": "reads", "priority": 9, "condition": child(1), "action": {"type": "set_field", "field": "seen", "value": 1}},
        {"name": "writes", "priority": 8, "condition": always(),
         "action": {"type": "set_field", "field": "user", "value": {"level": 2}}},
        {"name": "reads_again", "priority": 7, "condition": child(2), "action": {"type": "terminate", "outcome": "new"}},
    ]);
    let stages = json!({"A": {"handler": "none", "routing_rules": rules}});
    let record = Cascade::new(&stages, &Value::Null, &[]).decide(&json!({"n": 1, "user": {"level": 1}}));
    assert_eq!(record.outcome, "new");
    assert_eq!(record.final_data.expect("asked for")["seen"], 1);
}

#[test]
fn a_path_through_a_scalar_of_a_result_is_missing() {
    let condition = json!({"field": "stages.A.score.value", "operator": "EXISTS"});
    let stages =
        json!({"A": {"routing_rules": [rule("routing", condition, json!({"type": "terminate", "outcome": "seen"}))]}});
    let a = says(json!({"result": "x", "data": {"score": 5}}));
    let record = Cascade::new(&stages, &json!({}), &[("A", &a)]).decide(&json!({"n": 1}));
    assert!(record.fired.is_empty() && !record.terminated);
}

#[test]
fn internals_of_a_result_are_no_fields() {
    for name in ["__class__", "to_dict", "from_dict", "__dict__"] {
        let condition = json!({"field": format!("stages.A.{name}"), "operator": "EXISTS"});
        let stages = json!({"A": {"routing_rules": [rule("routing", condition, json!({"type": "terminate"}))]}});
        let a = says(json!({"result": "x"}));
        let record = Cascade::new(&stages, &json!({}), &[("A", &a)]).decide(&json!({"n": 1}));
        assert!(!record.terminated, "{name}");
    }
}

#[test]
fn data_that_is_a_list_is_read_as_a_whole() {
    let holds = json!({"field": "stages.A.data", "operator": "CONTAINS", "value": 2});
    let inside = json!({"field": "stages.A.x", "operator": "EXISTS"});
    let rules = json!([
        rule("routing", inside, json!({"type": "terminate", "outcome": "inside"})),
        rule("postcondition", holds, json!({"type": "terminate", "outcome": "whole"})),
    ]);
    let a = says(json!({"result": "x", "data": [1, 2]}));
    let record =
        Cascade::new(&json!({"A": {"routing_rules": rules}}), &json!({}), &[("A", &a)]).decide(&json!({"n": 1}));
    assert_eq!(record.outcome, "whole");
    assert!(record.success);
}

#[test]
fn stages_enabled_by_pre_and_postconditions_are_queued() {
    for kind in ["precondition", "postcondition"] {
        let enable = rule(kind, always(), json!({"type": "enable_stages", "stages": ["B"]}));
        let stages = json!({"A": {"routing_rules": [enable]}, "B": {"enabled": false}});
        let (a, b) = (says(json!(1)), says(json!(2)));
        let more = json!({"execution_order": ["A"]});
        let record = Cascade::new(&stages, &more, &[("A", &a), ("B", &b)]).decide(&json!({"n": 1}));
        assert!(ran(&record).contains(&"B"), "{kind}: {:?}", ran(&record));
    }
}

#[test]
fn stages_enabled_before_a_failing_rule_run() {
    let rules = json!([
        {"name": "enables", "priority": 2, "condition": always(), "action": {"type": "enable_stages", "stages": ["B"]}},
        {"name": "fails", "priority": 1, "condition": failing(), "action": {"type": "terminate"}},
    ]);
    let stages = json!({"A": {"routing_rules": rules}, "B": {"enabled": false}});
    let (a, b) = (says(json!(1)), says(json!(2)));
    let more = json!({"execution_order": ["A"]});
    let record = Cascade::new(&stages, &more, &[("A", &a), ("B", &b)]).decide(&json!({"n": 1}));
    assert_eq!(ran(&record), ["A", "B"]);
    assert_eq!(errors(&record), [("A", "rule_condition")]);
}

#[test]
fn a_failing_precondition_is_recorded_and_counts_as_false() {
    let stages = json!({"A": {"routing_rules": [rule("precondition", failing(), json!({"type": "terminate"}))]}});
    let a = says(json!("ran"));
    let record = Cascade::new(&stages, &json!({}), &[("A", &a)]).decide(&json!({"n": 1}));
    assert_eq!(ran(&record), ["A"]);
    assert_eq!(errors(&record), [("A", "rule_condition")]);
}

#[test]
fn a_failing_global_condition_is_recorded_once_and_counts_as_false() {
    let more = json!({"global_termination_conditions": [failing()]});
    let (a, b) = (says(json!(1)), says(json!(2)));
    let stages = json!({"A": {}, "B": {}});
    let record = Cascade::new(&stages, &more, &[("A", &a), ("B", &b)]).decide(&json!({"n": 1}));
    assert_eq!(ran(&record), ["A", "B"]);
    assert_eq!(errors(&record), [("__global__", "rule_condition")]);
}

#[test]
fn a_written_value_is_never_shared_with_the_configuration() {
    let rules = json!([
        {"name": "writes", "priority": 2, "condition": always(),
         "action": {"type": "set_field", "field": "box", "value": {"items": []}}},
        {"name": "changes", "priority": 1, "condition": json!({"field": "n", "operator": "==", "value": 1}),
         "action": {"type": "set_field", "field": "box.mark", "value": true}},
    ]);
    let cascade = Cascade::new(&json!({"A": {"handler": "none", "routing_rules": rules}}), &json!({}), &[]);
    let first = cascade.decide(&json!({"n": 1})).final_data.expect("asked for");
    assert_eq!(first["box"], json!({"items": [], "mark": true}));
    let second = cascade.decide(&json!({"n": 2})).final_data.expect("asked for");
    assert_eq!(second["box"], json!({"items": []}));
}

#[test]
fn a_kept_result_has_confidence_and_data_like_the_first() {
    let sure = json!({"field": "stages.A.confidence", "operator": ">=", "value": 0.9});
    let rules = json!([rule("routing", sure, json!({"type": "terminate", "outcome": "sure"}))]);
    let stages = json!({"A": {"cache_enabled": true, "routing_rules": rules}});
    let a = says(json!({"result": "x", "confidence": 0.95, "data": {"k": [1]}}));
    let cascade = Cascade::new(&stages, &json!({"enable_caching": true}), &[("A", &a)]);
    let (first, second) = (cascade.decide(&json!({"n": 1})), cascade.decide(&json!({"n": 1})));
    assert_eq!(a.calls(), 1);
    assert_eq!((&first.outcome, &second.outcome), (&json!("sure"), &json!("sure")));
    let [first, second] = [&first, &second].map(|record| &record.stages[0]);
    assert_eq!((&first.result, &first.confidence, &first.data), (&second.result, &second.confidence, &second.data));
    assert!(first.cached.is_none() && second.cached.is_some());
}

#[test]
fn results_are_kept_by_the_event_as_it_was_before_the_stage() {
    let write = rule("routing", always(), json!({"type": "set_field", "field": "n", "value": 7}));
    let stages = json!({"A": {"cache_enabled": true, "routing_rules": [write]}});
    let a = says(json!("x"));
    let more = json!({"enable_caching": true, "cache_key_fields": ["n"]});
    let cascade = Cascade::new(&stages, &more, &[("A", &a)]);
    for event in [json!({"n": 1}), json!({"n": 1}), json!({"n": 7})] {
        cascade.decide(&event);
    }
    assert_eq!(a.calls(), 2, "the event with n = 1 is answered from the cache, the one with n = 7 is not");
}

#[test]
fn parallel_stages_run_at_the_same_time() {
    let stages = json!({"A": {"parallel_group": "g"}, "B": {"parallel_group": "g"}});
    let slow = || ScriptedHandler::new(vec![Step::After(300, Box::new(Step::Return(json!(1))))]);
    let (a, b) = (slow(), slow());
    let record = Cascade::new(&stages, &json!({}), &[("A", &a), ("B", &b)]).decide(&json!({"n": 1}));
    assert_eq!(ran(&record), ["A", "B"]);
    let one_by_one: u64 = record.stages.iter().map(|stage| stage.time_us).sum();
    assert!(record.time_us < one_by_one, "{} µs together, {one_by_one} µs one by one", record.time_us);
}

#[test]
fn the_event_stays_as_it_came_and_the_decision_carries_the_data() {
    let write = rule("routing", always(), json!({"type": "set_field", "field": "n", "value": 2}));
    let stages = json!({"A": {"handler": "none", "routing_rules": [write]}});
    let record = Cascade::new(&stages, &json!({}), &[]).decide(&json!({"n": 1}));
    assert_eq!(record.event, Some(json!({"n": 1})));
    assert_eq!(record.final_data, Some(json!({"n": 2})));
}

#[test]
fn on_a_global_timeout_what_was_known_is_the_decision() {
    let (a, b) = (says(json!("done")), ScriptedHandler::new(vec![Step::Hang]));
    let stages = json!({"A": {}, "B": {}});
    let more = json!({"global_timeout_ms": 100, "on_error": {"outcome": "deny"}});
    let record = Cascade::new(&stages, &more, &[("A", &a), ("B", &b)]).decide(&json!({"n": 1}));
    assert_eq!(record.stages[0].result, "done");
    assert_eq!(errors(&record), [("__global__", "global_timeout")]);
    assert_eq!(record.outcome, "deny");
}

#[test]
fn what_was_passed_over_and_what_fired_is_in_the_record() {
    let block = rule("precondition", always(), json!({"type": "disable_stages", "stages": ["C"]}));
    let stages = json!({"A": {}, "B": {"routing_rules": [block]}, "C": {}});
    let (a, b, c) = (says(json!(1)), says(json!(2)), says(json!(3)));
    let record = Cascade::new(&stages, &json!({}), &[("A", &a), ("B", &b), ("C", &c)]).decide(&json!({"n": 1}));
    let skipped: Vec<_> = record.skipped.iter().map(|skipped| (skipped.stage.as_str(), skipped.why)).collect();
    assert_eq!(skipped, [("B", WhySkipped::Blocked), ("C", WhySkipped::Disabled)]);
    assert_eq!(record.fired[0].rule, "a_precondition");
}

#[test]
fn a_pattern_on_a_list_or_mapping_is_an_error_of_its_rule() {
    let matches = json!({"field": "n", "operator": "MATCHES", "value": "\\["});
    let stages =
        json!({"A": {"handler": "none", "routing_rules": [rule("routing", matches, json!({"type": "terminate"}))]}});
    let cascade = Cascade::new(&stages, &json!({}), &[]);
    for event in [json!({"n": [1]}), json!({"n": {"a": 1}})] {
        let record = cascade.decide(&event);
        assert_eq!(errors(&record), [("A", "rule_condition")]);
        assert_eq!(record.errors[0].trap.as_deref(), Some("V0101"));
    }
}
