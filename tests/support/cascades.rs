//! Generated cascades with scripted handlers.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::conditions::conditions;
use super::values::{events, numbers, scalars, texts, values, writable};

/// Names of generated stages.
pub const STAGES: [&str; 6] = ["A", "B", "C", "D", "E", "F"];

/// A cascade, an event and what its handlers do.
#[derive(Debug, Clone)]
pub struct Case {
    pub config: Value,
    pub event: Value,
    pub script: Value,
}

/// Whether stages may share a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Sequential,
    Parallel,
}

pub fn cases(shape: Shape) -> impl Strategy<Value = Case> {
    (1..=STAGES.len()).prop_flat_map(move |count| {
        let stages: Vec<_> = (0..count).map(|index| stage(index, count, shape).boxed()).collect();
        let scripts: Vec<_> = (0..count).map(|_| prop::option::weighted(0.93, steps())).collect();
        let order = prop::option::weighted(0.25, Just(Vec::from(&STAGES[..count])).prop_shuffle());
        let globals = prop::collection::vec(conditions(&STAGES), 0..2);
        let globals = prop_oneof![3 => Just(Vec::new()), 1 => globals];
        // Odd, where every other time is even: nothing ends at the very moment the cascade's time is over.
        let timeout = prop::option::weighted(0.15, prop::sample::select(&[51u32, 151, 251][..]));
        let ending = (prop::option::weighted(0.5, outcome()), prop::option::weighted(0.1, writable(scalars())));
        (stages, scripts, order, globals, events(), 1..4u32, any::<bool>(), (timeout, ending)).prop_map(
            |(stages, scripts, order, globals, event, at_most, skip, (timeout, (outcome, on_error)))| {
                let mut config = json!({ "name": "c", "version": "1", "stages": named(stages.into_iter().map(Some)) });
                if let Some(order) = order {
                    config["execution_order"] = json!(order);
                }
                if !globals.is_empty() {
                    config["global_termination_conditions"] = json!(globals);
                }
                config["max_parallel_stages"] = json!(at_most);
                if let Some(timeout) = timeout {
                    config["global_timeout_ms"] = json!(timeout);
                }
                if skip {
                    config["on_rule_error"] = json!("skip");
                }
                if let Some(outcome) = outcome {
                    config["outcome"] = outcome;
                }
                if let Some(on_error) = on_error {
                    config["on_error"] = json!({ "outcome": on_error });
                }
                Case { config, event, script: named(scripts) }
            },
        )
    })
}

/// The cascade's verdict: a path, a number, or cases.
fn outcome() -> impl Strategy<Value = Value> {
    let paths = || {
        prop::sample::select(&["n", "obj", "absent", "words[0]", "stages.A.result", "stages.B.data", "stages.A.n"][..])
    };
    let case = (prop::option::weighted(0.7, conditions(&STAGES)), prop::option::of(paths()), writable(values()));
    let case = case.prop_map(|(condition, path, value)| {
        let mut case = path.map_or_else(|| json!({ "value": value }), |path| json!({ "expression": path }));
        if let Some(condition) = condition {
            case["condition"] = condition;
        }
        case
    });
    prop_oneof![
        1 => paths().prop_map(|path| json!(path)),
        1 => any::<i32>().prop_map(|number| json!(number)),
        4 => prop::collection::vec(case, 0..4).prop_map(Value::Array),
    ]
}

fn named(parts: impl IntoIterator<Item = Option<Value>>) -> Value {
    let named = STAGES.iter().zip(parts).filter_map(|(name, part)| Some(((*name).to_owned(), part?)));
    Value::Object(Map::from_iter(named))
}

/// The stage at `index` of `count`; it depends on earlier ones only, so there is no cycle.
fn stage(index: usize, count: usize, shape: Shape) -> impl Strategy<Value = Value> {
    let earlier = prop::sample::subsequence(Vec::from(&STAGES[..index]), 0..=index.min(2));
    let depends_on = prop_oneof![2 => Just(Vec::new()), 1 => earlier];
    let rules = prop::collection::vec(rule(count), 0..4);
    let batch = match shape {
        Shape::Sequential => Just(json!({})).boxed(),
        Shape::Parallel => prop::sample::select(vec![
            json!({ "can_run_parallel": true }),
            json!({ "can_run_parallel": true }),
            json!({ "can_run_parallel": true, "parallel_group": "g" }),
            json!({ "can_run_parallel": true, "parallel_group": "h" }),
            json!({}),
        ])
        .boxed(),
    };
    (depends_on, rules, batch, prop::bool::weighted(0.85), 0..3u32, 0..3u32).prop_map(
        move |(depends_on, rules, batch, enabled, retries, delay)| {
            let mut stage =
                json!({ "name": STAGES[index], "enabled": enabled, "timeout_ms": 100, "retry_delay_ms": delay * 10 });
            stage["max_retries"] = json!(retries);
            stage["depends_on"] = json!(depends_on);
            let rules = rules.into_iter().enumerate().map(|(at, mut rule)| {
                rule["name"] = json!(format!("r{at}"));
                rule
            });
            stage["routing_rules"] = rules.collect();
            for (key, value) in batch.as_object().into_iter().flatten() {
                stage[key] = value.clone();
            }
            stage
        },
    )
}

fn rule(count: usize) -> impl Strategy<Value = Value> {
    let kind = prop::sample::select(&["precondition", "routing", "routing", "routing", "postcondition"][..]);
    let always = Just(json!({ "field": "absent", "operator": "IS_NULL" }));
    let condition = prop_oneof![1 => always, 3 => conditions(&STAGES)];
    let otherwise = prop::option::weighted(0.2, action(count));
    (kind, condition, action(count), otherwise, rollout()).prop_map(|(kind, condition, action, otherwise, rollout)| {
        let mut rule = json!({ "type": kind, "condition": condition, "action": action });
        if let Some(otherwise) = otherwise {
            rule["else"] = otherwise;
        }
        with(rule, rollout)
    })
}

/// The rule with these keys too.
fn with(mut rule: Value, keys: Value) -> Value {
    for (key, value) in keys.as_object().into_iter().flatten() {
        rule[key] = value.clone();
    }
    rule
}

/// The keys that every kind of rule may have beside its condition and actions.
fn rollout() -> impl Strategy<Value = Value> {
    let mode = prop::sample::select(&["active", "shadow", "off"][..]);
    let percent = prop::sample::select(&["0", "12.5", "50", "99.99", "100"][..]);
    let key = prop::sample::select(&["n", "s", "flag", "words[0]", "absent"][..]);
    let priority = prop::option::of(-1..3i32);
    let mode = prop::option::weighted(0.2, mode);
    let sample = prop::option::weighted(0.2, (percent, key));
    (priority, prop::bool::weighted(0.15), mode, sample).prop_map(|(priority, stop, mode, sample)| {
        let mut rule = json!({});
        if let Some(priority) = priority {
            rule["priority"] = json!(priority);
        }
        if stop {
            rule["stop"] = json!(true);
        }
        if let Some(mode) = mode {
            rule["mode"] = json!(mode);
        }
        if let Some((percent, key)) = sample {
            let percent: Value = serde_json::from_str(percent).expect("a number");
            rule["sample"] = json!({ "percent": percent, "key": key });
        }
        rule
    })
}

/// A cascade that is nothing but one rule set, `R`.
pub fn rulesets() -> impl Strategy<Value = Value> {
    let emits =
        || prop::option::weighted(0.3, writable(values()).prop_map(|value| json!({ "type": "emit", "value": value })));
    let score = prop::option::of(prop_oneof![(-2..3i32).prop_map(|n| json!(n)), numbers()]);
    let rule = (conditions(&STAGES), emits(), emits(), score, rollout()).prop_map(
        |(condition, action, otherwise, score, rollout)| {
            let mut rule = json!({ "condition": condition });
            for (key, value) in [("action", action), ("else", otherwise), ("score", score)] {
                if let Some(value) = value {
                    rule[key] = value;
                }
            }
            with(rule, rollout)
        },
    );
    prop::collection::vec(rule, 1..8).prop_map(|rules| {
        let rules = rules.into_iter().enumerate().map(|(at, rule)| with(rule, json!({ "name": format!("r{at}") })));
        json!({ "name": "c", "version": "1", "rulesets": { "R": rules.collect::<Vec<_>>() } })
    })
}

fn action(count: usize) -> impl Strategy<Value = Value> {
    let one = move || prop::sample::select(&STAGES[..count]);
    let some = move || prop::collection::vec(one(), 1..3);
    let field = prop::sample::select(&["n", "s", "flag", "obj.n", "obj.a.n", "new.deep.x", "new", "n.x", "absent"][..]);
    prop_oneof![
        1 => Just(json!({ "type": "terminate" })),
        1 => writable(scalars()).prop_map(|outcome| json!({ "type": "terminate", "outcome": outcome })),
        2 => one().prop_map(|target| json!({ "type": "skip_to", "target": target })),
        3 => some().prop_map(|stages| json!({ "type": "enable_stages", "stages": stages })),
        2 => some().prop_map(|stages| json!({ "type": "disable_stages", "stages": stages })),
        4 => (field, writable(prop_oneof![scalars(), values()]))
            .prop_map(|(field, value)| json!({ "type": "set_field", "field": field, "value": value })),
    ]
}

/// The steps of one handler.
fn steps() -> impl Strategy<Value = Value> {
    let message = prop::sample::select(&["boom", "bad gateway", "flaky"][..]);
    let step = prop_oneof![
        8 => returned().prop_map(|value| json!({ "return": value })),
        2 => message.prop_map(|message| json!({ "raise": message })),
        1 => Just(json!({ "hang": true })),
    ];
    prop::collection::vec(step, 1..4).prop_map(Value::Array)
}

fn returned() -> impl Strategy<Value = Value> {
    let result =
        prop_oneof![3 => texts(), 1 => values(), 1 => numbers().prop_map(|n| json!({ "label": "spam", "n": n }))];
    let confidence = prop::option::of((0..=4u32).prop_map(|quarter| f64::from(quarter) / 4.0));
    let data = prop::option::of(
        (numbers(), values()).prop_map(|(n, tags)| json!({ "score": n, "tags": tags, "n": { "n": n } })),
    );
    let returned = (result, confidence, data).prop_map(|(result, confidence, data)| {
        let mut returned = json!({ "result": result });
        if let Some(confidence) = confidence {
            returned["confidence"] = json!(confidence);
        }
        if let Some(data) = data {
            returned["data"] = data;
        }
        returned
    });
    writable(returned)
}

/// The same script with a time for every step: the stage at place i of `finish` takes 2i + 2 milliseconds, all below every
/// timeout, so the members of a batch finish in that order.
pub fn paced(script: &Value, finish: &[&str]) -> Value {
    let mut paced = script.clone();
    for (place, stage) in finish.iter().enumerate() {
        for step in paced.get_mut(*stage).and_then(Value::as_array_mut).into_iter().flatten() {
            step["after_ms"] = json!(2 * place + 2);
        }
    }
    paced
}
