//! The entry of a ContextForge plugin file for its retry-with-backoff plugin, read as it is written there.
//!
//! ```text
//! default_policy, retry_conditions ─▶ the options of `retry`      circuit_breaker ─▶ `circuit_breaker`, behind it
//! status_code_policies, tool_policies, error_patterns ─▶ its policies, where a tool is a stage
//! mode: permissive ─▶ advice, as that plugin gives it; enforce ─▶ calls are made again; disabled ─▶ nothing
//! ```

use super::{PluginUse, PluginUseError};
use serde_json::{Map, Value, json};

/// What the `kind` of the entry ends with.
const KIND: &str = "RetryWithBackoffPlugin";

/// Keys of the entry that say nothing about retries.
const DESCRIPTION: &[&str] =
    &["description", "author", "version", "namespace", "hooks", "tags", "priority", "conditions", "applied_to"];

/// A plugin entry of ContextForge as plugins of a stage.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Manifest {
    /// The name that stages list.
    pub name: String,
    /// What that name stands for, outermost first.
    pub plugins: Vec<PluginUse>,
}

impl Manifest {
    /// Reads an entry.
    ///
    /// # Errors
    /// It is none of the retry-with-backoff plugin, or a setting in it is unknown or out of its range.
    pub fn from_value(entry: Value) -> Result<Self, PluginUseError> {
        let Value::Object(mut entry) = entry else {
            return Err(refused("an entry of this list is a mapping with `name`, `kind` and `config`"));
        };
        let Some(name) = text(&mut entry, "name") else { return Err(refused("the entry needs a `name`")) };
        let kind = text(&mut entry, "kind").unwrap_or_default();
        if !kind.ends_with(KIND) {
            return Err(refused(format!("`kind` is `{kind}`; the only entry that is known here is `…{KIND}`")));
        }
        let mode = text(&mut entry, "mode");
        let mode = match mode.as_deref() {
            None | Some("permissive") => "annotate",
            Some("enforce" | "enforce_ignore_error") => "execute",
            Some("disabled") => return Ok(Self { name, plugins: Vec::new() }),
            Some(other) => return Err(refused(format!("unknown `mode` `{other}`"))),
        };
        let config = match entry.shift_remove("config") {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(config)) => config,
            Some(_) => return Err(refused("`config` must be a mapping")),
        };
        if let Some(key) = entry.keys().find(|key| !DESCRIPTION.contains(&key.as_str())) {
            return Err(refused(format!("unknown field `{key}`")));
        }
        let plugins = plugins(config, mode)?;
        Ok(Self { plugins: plugins.into_iter().map(|plugin| plugin.named(&name)).collect(), name })
    }
}

fn plugins(mut config: Map<String, Value>, mode: &str) -> Result<Vec<PluginUse>, PluginUseError> {
    let breaker = mapping(&mut config, &["circuit_breaker"])?;
    let mut retry = mapping(&mut config, &["default_policy"])?;
    retry.extend(mapping(&mut config, &["retry_conditions", "conditions"])?);
    retry.insert("mode".to_owned(), mode.into());
    let annotate = mapping(&mut config, &["annotation", "annotations", "metadata", "annotate"])?;
    if !annotate.is_empty() {
        retry.insert("annotate".to_owned(), Value::Object(switches(annotate)?));
    }
    for key in ["error_patterns", "error_pattern_policies", "error_policies"] {
        if let Some(patterns) = config.shift_remove(key) {
            retry.insert("error_patterns".to_owned(), patterns_of(patterns)?);
        }
    }
    // The rest has the names of options, or older names of them: policies by status and tool, and the flat form of the policy.
    for (key, value) in config {
        retry.insert(key, value);
    }
    let mut plugins = vec![PluginUse::new("retry", Value::Object(retry))?];
    plugins.extend(breaker_of(breaker)?);
    Ok(plugins)
}

/// The breaker, where the entry has one and does not switch it off.
fn breaker_of(mut breaker: Map<String, Value>) -> Result<Option<PluginUse>, PluginUseError> {
    let written = !breaker.is_empty();
    let enabled = breaker.shift_remove("enabled");
    if !written || enabled == Some(Value::Bool(false)) {
        return Ok(None);
    }
    PluginUse::new("circuit_breaker", Value::Object(breaker)).map(Some)
}

/// Policies by message: a list of mappings with `pattern`, the policy beside it or under `policy`; or a mapping from patterns to
/// policies.
fn patterns_of(patterns: Value) -> Result<Value, PluginUseError> {
    let rows = match patterns {
        Value::Array(rows) => rows,
        Value::Object(by_pattern) => {
            by_pattern.into_iter().map(|(pattern, policy)| json!({"pattern": pattern, "policy": policy})).collect()
        }
        _ => return Err(refused("`error_patterns` is a list or a mapping")),
    };
    let flat = |row: Value| match row {
        Value::Object(mut row) => {
            if let Some(Value::Object(policy)) = row.shift_remove("policy") {
                row.extend(policy);
            }
            Value::Object(row)
        }
        other => other,
    };
    Ok(rows.into_iter().map(flat).collect())
}

/// What the annotation tells, under the names of `retry.annotate`; the request's own begin with `include_`.
fn switches(annotate: Map<String, Value>) -> Result<Map<String, Value>, PluginUseError> {
    let renamed = |(key, value): (String, Value)| {
        let name = key.trim_start_matches("include_").trim_start_matches("add_");
        let name = match name {
            "policy" | "retry_policy" => "policy",
            "next_retry_time" | "next_retry" => "next_retry_time",
            "attempt_count" | "attempts" => "attempt_count",
            "circuit_breaker_state" | "circuit_breaker" | "circuit_state" => "circuit_breaker_state",
            _ => return Err(refused(format!("unknown field `{key}` of the annotation"))),
        };
        Ok((name.to_owned(), value))
    };
    annotate.into_iter().map(renamed).collect()
}

fn text(entry: &mut Map<String, Value>, key: &str) -> Option<String> {
    match entry.shift_remove(key)? {
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    }
}

/// The mapping under the first of these keys that is there.
fn mapping(config: &mut Map<String, Value>, keys: &[&str]) -> Result<Map<String, Value>, PluginUseError> {
    for key in keys {
        match config.shift_remove(*key) {
            None => {}
            Some(Value::Null) => return Ok(Map::new()),
            Some(Value::Object(map)) => return Ok(map),
            Some(_) => return Err(refused(format!("`{key}` must be a mapping"))),
        }
    }
    Ok(Map::new())
}

fn refused(message: impl Into<String>) -> PluginUseError {
    PluginUseError::Options { plugin: KIND.to_owned(), message: message.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(mode: &str, config: Value) -> Result<Manifest, PluginUseError> {
        Manifest::from_value(json!({
            "name": "RetryWithBackoff",
            "kind": "plugins.retry_with_backoff.retry.RetryWithBackoffPlugin",
            "description": "Annotate retry/backoff policy in metadata",
            "version": "0.1.0",
            "hooks": ["tool_post_invoke", "resource_post_fetch"],
            "mode": mode,
            "priority": 7,
            "config": config,
        }))
    }

    #[test]
    fn policies_conditions_and_breaker_become_plugins() {
        let read = manifest(
            "permissive",
            json!({
                "default_policy": {"max_retries": 2, "backoff_strategy": "exponential", "backoff_base_ms": 200,
                    "backoff_multiplier": 2.0, "max_backoff_ms": 5000, "jitter": true, "jitter_max_percent": 20},
                "status_code_policies": {"429": {"max_retries": 5, "backoff_strategy": "exponential", "backoff_base_ms": 1000}},
                "tool_policies": {"web_scraper": {"max_retries": 3, "backoff_base_ms": 1000, "retry_on_status": [429]}},
                "error_patterns": [{"pattern": "timeout", "policy": {"max_retries": 3}}],
                "circuit_breaker": {"enabled": true, "failure_threshold": 5, "recovery_timeout_ms": 30000, "half_open_max_calls": 3},
                "retry_conditions": {"retry_on_timeout": true, "never_retry_status": [400]},
                "annotation": {"include_policy": false},
            }),
        );
        let read = read.unwrap();
        let [PluginUse::Retry(retry), PluginUse::CircuitBreaker(breaker)] = read.plugins.as_slice() else {
            panic!("{read:?}")
        };
        assert_eq!((retry.max_retries, retry.base_ms, retry.cap_ms, retry.jitter_percent), (2, 200, 5_000, 20.0));
        assert_eq!((retry.status_policies[&429].max_retries, retry.error_patterns[0].max_retries), (Some(5), Some(3)));
        assert_eq!(retry.stage_policies["web_scraper"].retry_on_status, Some(vec![429]));
        assert_eq!((retry.never_retry_status.as_slice(), retry.annotate.policy), (&[400][..], false));
        assert_eq!(retry.mode, super::super::RetryMode::Annotate);
        assert_eq!((breaker.name.as_deref(), breaker.reset_timeout_ms), (Some("RetryWithBackoff"), 30_000));
    }

    #[test]
    fn the_flat_form_and_the_other_modes_are_read() {
        let flat = json!({"max_retries": 1, "backoff_base_ms": 5, "max_backoff_ms": 9, "retry_on_status": [503]});
        let read = manifest("enforce", flat).unwrap();
        let [PluginUse::Retry(retry)] = read.plugins.as_slice() else { panic!("{read:?}") };
        assert_eq!((retry.base_ms, retry.cap_ms, retry.mode), (5, 9, super::super::RetryMode::Execute));
        assert_eq!(manifest("disabled", json!({"anything": 1})).unwrap().plugins, []);
    }

    #[test]
    fn what_is_unknown_is_refused() {
        assert!(manifest("permissive", json!({"default_policy": {"retries": 1}})).is_err());
        assert!(manifest("sometimes", json!({})).is_err());
        assert!(Manifest::from_value(json!({"name": "Other", "kind": "plugins.other.Other"})).is_err());
    }
}
