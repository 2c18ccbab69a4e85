//! Sets of options under one name: other defaults, over which everything that is written counts.

use serde_json::{Map, Value, json};

/// The options of a plugin with those of its `preset` where they are not written. An unknown name is left to the option's type.
pub(super) fn filled_in(plugin: &str, mut options: Map<String, Value>) -> Map<String, Value> {
    let preset = options.get("preset").and_then(Value::as_str).and_then(|name| preset(plugin, name));
    if let Some(Value::Object(preset)) = preset {
        for (key, value) in preset {
            options.entry(key).or_insert(value);
        }
    }
    options
}

fn preset(plugin: &str, name: &str) -> Option<Value> {
    Some(match (plugin, name) {
        ("circuit_breaker", "sensitive") => {
            json!({"failure_threshold": 3, "reset_timeout_ms": 30_000, "success_threshold": 1, "failure_rate_threshold": 0.3})
        }
        ("circuit_breaker", "tolerant") => {
            json!({"failure_threshold": 10, "reset_timeout_ms": 120_000, "success_threshold": 5, "failure_rate_threshold": 0.7})
        }
        ("circuit_breaker", "lexigram") => {
            json!({"failure_threshold": 5, "reset_timeout_ms": 60_000, "success_threshold": 3, "failure_rate_threshold": 0.5})
        }
        ("circuit_breaker", "contextforge") => {
            json!({"failure_threshold": 5, "reset_timeout_ms": 30_000, "half_open_max_calls": 3})
        }
        ("retry", "aggressive") => {
            json!({"max_retries": 4, "base_ms": 100, "multiplier": 1.5, "cap_ms": 2_000, "jitter": "equal"})
        }
        ("retry", "conservative") => {
            json!({"max_retries": 2, "base_ms": 2_000, "multiplier": 2, "cap_ms": 30_000, "jitter": "equal"})
        }
        ("retry", "lexigram") => {
            json!({"max_retries": 2, "base_ms": 1_000, "multiplier": 2, "cap_ms": 60_000, "jitter": "equal"})
        }
        ("retry", "contextforge") => contextforge(),
        _ => return None,
    })
}

/// The default policy of the retry-with-backoff plugin, with its policies for statuses and messages.
fn contextforge() -> Value {
    json!({
        "max_retries": 2, "strategy": "exponential", "base_ms": 200, "multiplier": 2, "cap_ms": 5_000,
        "jitter": "equal", "jitter_percent": 20,
        "retry_on_status": [429, 500, 502, 503, 504],
        "never_retry_status": [400, 401, 403, 404],
        "retry_on_timeout": true,
        "retry_on_connection_error": true,
        "status_policies": {
            "429": {"max_retries": 5, "strategy": "exponential", "base_ms": 1_000, "cap_ms": 30_000},
            "500": {"max_retries": 3, "strategy": "exponential", "base_ms": 500},
            "502": {"max_retries": 3, "strategy": "linear", "base_ms": 1_000},
            "503": {"max_retries": 5, "strategy": "exponential", "base_ms": 2_000},
            "504": {"max_retries": 2, "strategy": "fixed", "base_ms": 3_000},
        },
        "error_patterns": [
            {"pattern": "timeout", "max_retries": 3, "base_ms": 2_000},
            {"pattern": "connection.*reset", "max_retries": 2, "base_ms": 1_000},
            {"pattern": "temporary.*failure", "max_retries": 4, "base_ms": 500},
        ],
    })
}
