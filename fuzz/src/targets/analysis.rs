use std::sync::OnceLock;

use serde_json::{Value, json};

use super::choices::Choices;
use crate::claims::{Checked, check};

/// Bytes as choices among small cascades: no event of a small universe, and no run on one, refutes what the analysis
/// claims.
pub fn analysis(data: &[u8]) {
    let mut choices = Choices::new(data);
    let config = cascade(&mut choices);
    let Checked::Claims(claims) = check(&config, events()) else { return };
    for (name, refuted) in claims {
        assert_eq!(refuted, None, "{name}\n{config}");
    }
}

/// Every pair of values under `a` and `b`.
fn events() -> &'static [Value] {
    static EVENTS: OnceLock<Vec<Value>> = OnceLock::new();
    EVENTS.get_or_init(|| {
        let values = json!([
            null, true, -0.0, 1, 2.5, 5, "", "a", "ab", "b", "5", "a\n", [], [1, 2], ["a", null], {"b": 1}, {"b": "ab"}, [{"b": 1}, {"b": "ab"}],
            "2026-01-31T22:00:00Z", "10.1.2.3"
        ]);
        let values = values.as_array().expect("a list");
        let pairs = values.iter().flat_map(|a| values.iter().map(move |b| json!({"a": a, "b": b})));
        pairs.chain(values.iter().map(|a| json!({ "a": a }))).chain([json!({})]).collect()
    })
}

const FIELDS: [&str; 7] = ["a", "b", "a.b", "b.b", "a[0]", "a[].b", "b[]"];
const LEAVES: [&str; 28] = [
    "EXISTS",
    "==",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "IN",
    "NOT_IN",
    "CONTAINS",
    "MATCHES",
    "IS_NULL",
    "ALL",
    "ANY",
    "NONE",
    "SUM",
    "MAX",
    "COUNT",
    "STARTS_WITH",
    "ENDS_WITH",
    "IEQUALS",
    "CIDR",
    "LENGTH",
    "HOUR",
    "WEEKDAY",
    "BEFORE",
    "AFTER",
    "AGE",
];
const PARTS: [&str; 7] = ["", "a", "A", "ab", "b", "Z", "c"];
const NETWORKS: [&str; 4] = ["10.0.0.0/8", "10.1.0.0/16", "11.0.0.1", "::/0"];
const MOMENTS: [&str; 3] = ["2026-01-31", "2026-02-01T00:00:00+02:00", "2026-02-01"];
const COUNTS: [i64; 8] = [0, 1, 2, 6, 7, 22, 23, 24];
const SPANS: [&str; 3] = ["0s", "1d", "30d"];
const COMPARES: [&str; 6] = ["==", "!=", "<", "<=", ">", ">="];
const PATTERNS: [&str; 8] = ["a", "^a$", "ab?", "[0-9]+", ".*b", "$a", "", "a\\Z"];

fn constant(choices: &mut Choices<'_>) -> Value {
    let all = json!([
        0, 1, 2, 2.5, 5, 10, -7, null, true, false, "", "a", "ab", "b", "5", [], [1], [1, 2], ["a"], {}, {"b": 1}
    ]);
    all[choices.below(21)].clone()
}

fn condition(choices: &mut Choices<'_>, depth: usize) -> Value {
    let operator = match choices.below(if depth == 0 { 4 } else { 8 }) {
        0..=3 => return leaf(choices),
        4 | 5 => "AND",
        6 => "OR",
        _ => return json!({"operator": "NOT", "conditions": [condition(choices, depth - 1)]}),
    };
    let parts: Vec<_> = (0..=choices.below(3)).map(|_| condition(choices, depth - 1)).collect();
    json!({"operator": operator, "conditions": parts})
}

fn leaf(choices: &mut Choices<'_>) -> Value {
    let operator = LEAVES[choices.below(LEAVES.len())];
    let field = FIELDS[choices.below(FIELDS.len())];
    let mut leaf = json!({"field": field, "operator": operator});
    if matches!(operator, "LENGTH" | "HOUR" | "WEEKDAY" | "AGE") {
        leaf["compare"] = json!(COMPARES[choices.below(COMPARES.len())]);
    }
    leaf["value"] = match operator {
        "STARTS_WITH" | "ENDS_WITH" | "IEQUALS" => json!(PARTS[choices.below(PARTS.len())]),
        "CIDR" => json!(NETWORKS[choices.below(NETWORKS.len())]),
        "BEFORE" | "AFTER" => json!(MOMENTS[choices.below(MOMENTS.len())]),
        "AGE" => json!(SPANS[choices.below(SPANS.len())]),
        "LENGTH" | "HOUR" | "WEEKDAY" => json!(COUNTS[choices.below(COUNTS.len())]),
        "EXISTS" | "IS_NULL" => return leaf,
        "MATCHES" => json!(PATTERNS[choices.below(PATTERNS.len())]),
        "IN" | "NOT_IN" => (0..choices.below(4)).map(|_| constant(choices)).collect(),
        _ => constant(choices),
    };
    leaf
}

fn action(choices: &mut Choices<'_>) -> Value {
    let stage = ["R", "S", "T"][choices.below(3)];
    match choices.below(6) {
        0..=2 => {
            let field = ["x", "b", "a.b"][choices.below(3)];
            json!({"type": "set_field", "field": field, "value": choices.below(3)})
        }
        3 => json!({"type": "terminate"}),
        4 => json!({"type": "skip_to", "target": stage}),
        _ => json!({"type": "enable_stages", "stages": [stage]}),
    }
}

fn rule(choices: &mut Choices<'_>, number: usize) -> Value {
    let kind = ["routing", "precondition", "postcondition"][choices.below(3)];
    let mut rule = json!({
        "name": format!("r{number}"), "type": kind, "priority": choices.below(3), "condition": condition(choices, 2),
        "action": action(choices),
    });
    match choices.below(10) {
        0..=5 => {}
        6 => rule["stop"] = json!(true),
        7 => rule["mode"] = json!("shadow"),
        8 => rule["sample"] = json!({"percent": 50, "key": "a"}),
        _ => rule["else"] = action(choices),
    }
    rule
}

fn cascade(choices: &mut Choices<'_>) -> Value {
    let mut stages = serde_json::Map::new();
    for name in ["R", "S", "T"] {
        let rules: Vec<_> = (0..choices.below(4)).map(|number| rule(choices, number)).collect();
        let mut stage = json!({"name": name, "routing_rules": rules, "enabled": choices.below(5) < 4});
        if name != "R" && choices.below(4) == 3 {
            stage["depends_on"] = json!(["R"]);
        }
        stages.insert(name.to_owned(), stage);
    }
    let globals: Vec<_> = (0..choices.below(3)).map(|_| condition(choices, 1)).collect();
    let on_rule_error = if choices.below(2) == 0 { "stop" } else { "skip" };
    json!({
        "name": "c", "version": "1", "stages": stages, "global_termination_conditions": globals,
        "on_rule_error": on_rule_error,
    })
}
