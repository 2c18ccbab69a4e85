//! Older names of plugin options, and the change of unit that goes with them.

use super::PluginUseError;
use serde_json::{Map, Number, Value};

/// An older name of an option.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct OptionAlias {
    /// The older name.
    pub alias: &'static str,
    /// The name to write today.
    pub canonical: &'static str,
    /// What happens to the value.
    pub conversion: AliasConversion,
}

/// How the value under an older name becomes the value of the canonical one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum AliasConversion {
    /// Taken as it is.
    Same,
    /// Seconds, with a fraction, become whole milliseconds (rounded).
    SecondsToMillis,
    /// A total number of attempts becomes the number of retries: one less.
    AttemptsToRetries,
    /// Taken as the only step of a list of steps, under the older name.
    OnlyStep,
}

const fn same(alias: &'static str, canonical: &'static str) -> OptionAlias {
    OptionAlias { alias, canonical, conversion: AliasConversion::Same }
}

const fn seconds(alias: &'static str, canonical: &'static str) -> OptionAlias {
    OptionAlias { alias, canonical, conversion: AliasConversion::SecondsToMillis }
}

const fn only_step(alias: &'static str) -> OptionAlias {
    OptionAlias { alias, canonical: "steps", conversion: AliasConversion::OnlyStep }
}

/// For plugins whose options never had other names.
pub(super) const NONE: &[OptionAlias] = &[];

/// Older names of the options of `cache`.
pub(super) const CACHE: &[OptionAlias] = &[
    same("ttl", "ttl_seconds"),
    same("cache_ttl_seconds", "ttl_seconds"),
    same("max_size", "max_entries"),
    same("stale_while_revalidate", "stale_seconds"),
];

/// Older names of the options of `retry`.
pub(super) const RETRY: &[OptionAlias] = &[
    OptionAlias { alias: "max_attempts", canonical: "max_retries", conversion: AliasConversion::AttemptsToRetries },
    same("delay_ms", "base_ms"),
    same("retry_delay_ms", "base_ms"),
    same("backoff_base_ms", "base_ms"),
    seconds("base_delay", "base_ms"),
    same("backoff_factor", "multiplier"),
    same("backoff_multiplier", "multiplier"),
    same("max_backoff_ms", "cap_ms"),
    same("max_delay_ms", "cap_ms"),
    seconds("max_delay", "cap_ms"),
    same("backoff_strategy", "strategy"),
    same("jitter_max_percent", "jitter_percent"),
    same("tool_policies", "stage_policies"),
    same("status_code_policies", "status_policies"),
];

/// Older names of the options of `circuit_breaker`.
pub(super) const CIRCUIT_BREAKER: &[OptionAlias] = &[
    seconds("reset_timeout_seconds", "reset_timeout_ms"),
    seconds("reset_timeout", "reset_timeout_ms"),
    seconds("recovery_timeout", "reset_timeout_ms"),
    same("recovery_timeout_ms", "reset_timeout_ms"),
    seconds("sliding_window_seconds", "window_ms"),
];

/// Older names of the options of `timeout`.
pub(super) const TIMEOUT: &[OptionAlias] = &[
    seconds("timeout", "timeout_ms"),
    seconds("timeout_seconds", "timeout_ms"),
    seconds("default_seconds", "timeout_ms"),
    same("timeout_message", "message"),
];

/// Older names of the options of `bulkhead`.
pub(super) const BULKHEAD: &[OptionAlias] =
    &[seconds("timeout", "max_wait_ms"), same("max_concurrency", "max_concurrent")];

/// Older names of the options of `adaptive_bulkhead`.
pub(super) const ADAPTIVE_BULKHEAD: &[OptionAlias] = &[
    seconds("timeout", "max_wait_ms"),
    same("initial_limit", "initial"),
    same("min_limit", "min"),
    same("max_limit", "max"),
];

/// Short forms of the one option of `fallback`: a list with a single step.
pub(super) const FALLBACK: &[OptionAlias] = &[only_step("value"), only_step("stage"), only_step("handler")];

/// Older names of the options of `hedge`.
pub(super) const HEDGE: &[OptionAlias] = &[same("delay_ms", "after_ms"), seconds("delay", "after_ms")];

/// Older names of the options of `idempotency`.
pub(super) const IDEMPOTENCY: &[OptionAlias] = &[
    same("ttl", "ttl_seconds"),
    same("max_key_length", "max_key_bytes"),
    seconds("lease", "lease_ms"),
    seconds("wait_timeout", "wait_timeout_ms"),
];

/// Older names of the options of `rate_limit` and `throttle`.
pub(super) const RATE: &[OptionAlias] = &[
    same("calls", "rate"),
    same("max_requests", "rate"),
    same("max_calls", "rate"),
    seconds("per", "per_ms"),
    seconds("period", "per_ms"),
    seconds("window_size", "per_ms"),
    same("capacity", "burst"),
    same("initial_tokens", "initial"),
    seconds("max_wait", "max_wait_ms"),
];

/// Replaces older names by canonical ones, in place, and converts their values.
pub(super) fn canonical(
    plugin: &'static str,
    aliases: &'static [OptionAlias],
    options: Map<String, Value>,
) -> Result<Map<String, Value>, PluginUseError> {
    let mut written: Vec<(&'static str, String)> = Vec::new();
    let mut out = Map::new();
    for (key, value) in options {
        let alias = aliases.iter().find(|alias| alias.alias == key);
        let Some(target) = alias
            .map(|alias| alias.canonical)
            .or_else(|| aliases.iter().map(|alias| alias.canonical).find(|name| *name == key))
        else {
            out.insert(key, value);
            continue;
        };
        if let Some((_, first)) = written.iter().find(|(name, _)| *name == target) {
            return Err(PluginUseError::BothNames {
                plugin: plugin.to_owned(),
                first: first.clone(),
                second: key,
                canonical: target,
            });
        }
        let value = match alias {
            Some(alias) => convert(plugin, alias, value)?,
            None => value,
        };
        out.insert(target.to_owned(), value);
        written.push((target, key));
    }
    Ok(out)
}

/// The value of an older name in the unit of the canonical one.
fn convert(plugin: &'static str, alias: &'static OptionAlias, value: Value) -> Result<Value, PluginUseError> {
    let refused = |expected| PluginUseError::AliasValue { plugin: plugin.to_owned(), alias: alias.alias, expected };
    match alias.conversion {
        AliasConversion::Same => Ok(value),
        AliasConversion::OnlyStep => {
            let step = Map::from_iter([(alias.alias.to_owned(), value)]);
            Ok(Value::Array(vec![Value::Object(step)]))
        }
        AliasConversion::SecondsToMillis => {
            // Past 2^53 ms a double no longer holds every millisecond, and no delay is meant to be that long.
            const LARGEST: f64 = 9_007_199_254_740_992.0;
            let millis = value.as_f64().map(|seconds| (seconds * 1000.0).round());
            match millis {
                // The cast is exact: the value is whole and below 2^53.
                Some(millis) if (0.0..LARGEST).contains(&millis) => Ok(Value::Number(Number::from(millis as u64))),
                _ => Err(refused("a number of seconds, 0 or more")),
            }
        }
        AliasConversion::AttemptsToRetries => value
            .as_u64()
            .and_then(|attempts| attempts.checked_sub(1))
            .map(|retries| Value::Number(Number::from(retries)))
            .ok_or_else(|| refused("a whole number of attempts, 1 or more")),
    }
}
