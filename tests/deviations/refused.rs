//! What the reference takes and trips over later: here it does not compile.

use serde_json::{Value, json};

use crate::support::*;

/// A cascade of one stage of rules with this rule in it.
fn with_rule(condition: Value, action: Value) -> Value {
    json!({"A": {"handler": "none", "routing_rules": [rule("routing", condition, action)]}})
}

#[track_caller]
fn refuses(stages: &Value, more: &Value, code: &str) {
    let codes = refusals(stages, more);
    assert!(codes.contains(&code), "{code} is not among {codes:?}");
}

#[track_caller]
fn refuses_condition(condition: Value, code: &str) {
    refuses(&with_rule(condition, json!({"type": "terminate"})), &json!({}), code);
}

#[test]
fn a_cycle_is_refused_with_an_execution_order_too() {
    let stages = json!({"A": {"depends_on": ["B"]}, "B": {"depends_on": ["A"]}});
    refuses(&stages, &json!({"execution_order": ["A", "B"]}), "E0303");
}

#[test]
fn an_action_on_an_unknown_stage_is_refused() {
    for action in [
        json!({"type": "enable_stages", "stages": ["NOWHERE"]}),
        json!({"type": "disable_stages", "stages": ["NOWHERE"]}),
        json!({"type": "skip_to", "target": "NOWHERE"}),
    ] {
        refuses(&with_rule(always(), action), &json!({}), "E0301");
    }
}

#[test]
fn a_write_that_stage_results_would_hide_is_refused() {
    let action = json!({"type": "set_field", "field": "stages.A.result", "value": 1});
    refuses(&with_rule(always(), action), &json!({}), "E0503");
}

#[test]
fn a_not_with_several_children_is_refused() {
    refuses_condition(json!({"operator": "NOT", "conditions": [always(), always()]}), "E0406");
}

#[test]
fn a_condition_without_operator_is_refused() {
    refuses_condition(json!({"field": "n", "value": 1}), "E0401");
}

#[test]
fn a_field_that_is_not_text_is_refused() {
    refuses_condition(json!({"field": ["a", "b"], "operator": "EXISTS"}), "E0404");
}

#[test]
fn text_where_a_list_of_stages_belongs_is_refused() {
    refuses(&json!({"A": {}, "B": {"depends_on": "A"}}), &json!({}), "E0201");
    refuses(&json!({"A": {}}), &json!({"execution_order": "A"}), "E0201");
    refuses(&with_rule(always(), json!({"type": "enable_stages", "stages": "A"})), &json!({}), "E0201");
}

#[test]
fn a_stage_whose_name_is_not_its_key_is_refused() {
    refuses(&json!({"A": {"name": "B"}}), &json!({}), "E0302");
}

#[test]
fn a_negative_number_of_retries_is_refused() {
    refuses(&json!({"A": {"max_retries": -1}}), &json!({}), "E0206");
}

#[test]
fn a_pattern_without_linear_time_equal_is_refused() {
    for pattern in ["(?=a)b", "(?<!x)y", r"(a)\1"] {
        refuses_condition(json!({"field": "n", "operator": "MATCHES", "value": pattern}), "E0602");
    }
}

#[test]
fn an_operand_that_can_never_work_is_refused() {
    refuses_condition(json!({"field": "n", "operator": "<", "value": {"a": 1}}), "E0407");
    refuses_condition(json!({"field": "n", "operator": "IN", "value": 5}), "E0407");
    refuses_condition(json!({"field": "n", "operator": "MATCHES", "value": 5}), "E0407");
}

#[test]
fn a_misspelt_key_is_refused() {
    refuses(&json!({"A": {"dependson": []}}), &json!({}), "E0203");
}

#[test]
fn a_key_that_stands_twice_is_refused() {
    use cascata::compiler::{Options, Source, compile};
    let source = Source::new("cascade.yaml", "name: a\nname: b\nversion: '1'\n");
    let codes: Vec<_> =
        compile(&source, &Options::default()).diagnostics.iter().map(|found| found.code.as_str()).collect();
    assert_eq!(codes, ["E0103"]);
}

#[test]
fn plain_text_that_yaml_readers_differ_on_is_refused() {
    use cascata::compiler::{Options, Source, compile};
    let source = Source::new("cascade.yaml", "name: a\nversion: 1_0\n");
    let codes: Vec<_> =
        compile(&source, &Options::default()).diagnostics.iter().map(|found| found.code.as_str()).collect();
    assert_eq!(codes, ["E0104"]);
}

#[test]
fn events_that_are_not_json_are_refused() {
    use cascata::vm::json::{ReadOptions, validate};
    for event in [&br#"{"n": NaN}"#[..], br#"{"n": Infinity}"#, br#"{"n": "\ud83d"}"#, b"{\"n\": \"\xff\"}"] {
        assert!(validate(event, &ReadOptions::default()).is_err(), "{event:?}");
    }
}
