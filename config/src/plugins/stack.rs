//! The recommended order of plugins, and a stage's list made of it.
//!
//! ```text
//! metrics ▸ cache ▸ coalesce ▸ fallback ▸ idempotency ▸ rate_limit ▸ throttle ▸ bulkhead ▸ circuit_breaker ▸ retry ▸ hedge ▸ timeout ▸ metrics
//! ```

use super::{BUILTIN_PLUGINS, PluginUse, PluginUseError, kind};
use serde_json::{Map, Value};

/// The name under which the recommended order stands in a stage's list.
pub const DEFAULT_STACK: &str = "default";

/// Outermost first, and which of them are there without being named. The others need a decision of their author: what may be
/// used again, how many calls there may be, what stands in for a result.
const ORDER: &[(&str, bool)] = &[
    ("metrics", true),
    ("cache", false),
    ("coalesce", false),
    ("fallback", false),
    ("idempotency", false),
    ("rate_limit", false),
    ("throttle", false),
    ("bulkhead", true),
    ("adaptive_bulkhead", false),
    ("circuit_breaker", true),
    ("retry", true),
    ("hedge", false),
    ("timeout", true),
    ("metrics", true),
];

/// Which option says whether a breaker counts calls or attempts.
const BREAKER_COUNTS: &str = "breaker_counts";

/// The plugins of `default`, outermost first: those that are always there, and those that the options name.
///
/// An option is a plugin's name with its options, `true` for its defaults, or `false` to leave it out; `breaker_counts:
/// attempts` puts the breaker behind the retry.
///
/// # Errors
/// An option is no plugin's name, or [`PluginUse::new`] refuses the plugin's own options.
pub fn default_stack(options: Value) -> Result<Vec<PluginUse>, PluginUseError> {
    let refused = |message: String| PluginUseError::Options { plugin: DEFAULT_STACK.to_owned(), message };
    let mut options = match options {
        Value::Null => Map::new(),
        Value::Object(map) => map,
        other => return Err(PluginUseError::OptionsShape { plugin: DEFAULT_STACK.to_owned(), found: kind(&other) }),
    };
    let breaker_inside = match options.shift_remove(BREAKER_COUNTS) {
        None => false,
        Some(Value::String(text)) if text == "calls" => false,
        Some(Value::String(text)) if text == "attempts" => true,
        Some(_) => return Err(refused(format!("`{BREAKER_COUNTS}` is `calls` or `attempts`"))),
    };
    let known = |name: &str| BUILTIN_PLUGINS.iter().any(|builtin| builtin.name == name);
    if let Some(name) = options.keys().find(|name| !ORDER.iter().any(|(known, _)| known == name) || !known(name)) {
        let names: Vec<&str> = ORDER.iter().map(|(name, _)| *name).filter(|name| known(name)).collect();
        let names = names.iter().enumerate().filter(|(at, name)| !names[..*at].contains(name)).map(|(_, name)| *name);
        let names = names.collect::<Vec<_>>().join("`, `");
        return Err(refused(format!("unknown field `{name}`, expected one of `{names}`, `{BREAKER_COUNTS}`")));
    }
    // The adaptive bulkhead takes the place of the fixed one, unless both are named.
    if options.get("adaptive_bulkhead").is_some_and(|value| *value != Value::Bool(false)) {
        options.entry("bulkhead").or_insert(Value::Bool(false));
    }
    let mut plugins = Vec::new();
    for (name, always) in ORDER {
        match options.get(*name) {
            None if !always => {}
            Some(Value::Bool(false)) => {}
            None | Some(Value::Bool(true)) => plugins.push(PluginUse::new(name, Value::Null)?),
            Some(own) => plugins.push(PluginUse::new(name, own.clone())?),
        }
    }
    let at = |plugins: &[PluginUse], name: &str| plugins.iter().position(|plugin| plugin.name() == name);
    if let (true, Some(breaker), Some(retry)) = (breaker_inside, at(&plugins, "circuit_breaker"), at(&plugins, "retry"))
    {
        plugins.swap(breaker, retry);
    }
    Ok(plugins)
}

impl PluginUse {
    /// The same under the name of an instance that several stages share, where the plugin has shared instances and no name yet.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        let own = match &mut self {
            Self::CircuitBreaker(options) => &mut options.name,
            Self::Bulkhead(options) => &mut options.name,
            Self::AdaptiveBulkhead(options) => &mut options.name,
            Self::RateLimit(options) => &mut options.name,
            Self::Throttle(options) => &mut options.name,
            Self::Idempotency(options) => &mut options.name,
            _ => return self,
        };
        own.get_or_insert_with(|| name.to_owned());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn names(options: Value) -> Vec<String> {
        default_stack(options).unwrap().iter().map(|plugin| plugin.name().to_owned()).collect()
    }

    #[test]
    fn the_order_is_the_recommended_one() {
        let always = ["metrics", "bulkhead", "circuit_breaker", "retry", "timeout", "metrics"];
        assert_eq!(names(Value::Null), always);
        let named = json!({"fallback": {"value": 1}, "cache": null, "rate_limit": true, "bulkhead": false});
        let expected = ["metrics", "cache", "fallback", "rate_limit", "circuit_breaker", "retry", "timeout", "metrics"];
        assert_eq!(names(named), expected);
        let attempts = ["metrics", "adaptive_bulkhead", "retry", "circuit_breaker", "timeout", "metrics"];
        assert_eq!(names(json!({"breaker_counts": "attempts", "adaptive_bulkhead": {}})), attempts);
    }

    #[test]
    fn what_is_no_plugin_of_the_order_is_refused() {
        for wrong in [json!({"cahce": true}), json!({"breaker_counts": 1}), json!([]), json!({"retry": {"x": 1}})] {
            assert!(default_stack(wrong.clone()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_plugins_with_shared_instances_take_a_name() {
        let breaker = PluginUse::new("circuit_breaker", Value::Null).unwrap().named("b");
        assert_eq!(breaker.options()["name"], "b");
        assert_eq!(breaker.clone().named("c"), breaker);
        let retry = PluginUse::new("retry", Value::Null).unwrap();
        assert_eq!(retry.clone().named("b"), retry);
    }
}
