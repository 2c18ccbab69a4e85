use super::*;
use serde_json::json;

fn read(value: Value) -> Result<PluginUse, PluginUseError> {
    PluginUse::from_value(value)
}

fn retry(options: Value) -> Result<RetryOptions, String> {
    match read(json!({ "retry": options })) {
        Ok(PluginUse::Retry(options)) => Ok(options),
        Ok(other) => Err(format!("{other:?}")),
        Err(error) => Err(error.to_string()),
    }
}

fn breaker(options: Value) -> Result<CircuitBreakerOptions, String> {
    match read(json!({ "circuit_breaker": options })) {
        Ok(PluginUse::CircuitBreaker(options)) => Ok(options),
        Ok(other) => Err(format!("{other:?}")),
        Err(error) => Err(error.to_string()),
    }
}

#[test]
fn a_name_and_a_mapping_to_nothing_take_the_defaults() {
    for written in [json!("cache"), json!({"cache": null}), json!({"cache": {}})] {
        assert_eq!(read(written).unwrap(), PluginUse::Cache(CacheOptions::default()));
    }
    assert_eq!(read(json!("metrics")).unwrap(), PluginUse::Metrics(MetricsOptions {}));
}

#[test]
fn defaults_are_the_documented_ones() {
    let cache = CacheOptions::default();
    assert_eq!((cache.ttl_seconds, cache.max_entries.get(), cache.cacheable), (300, 10_000, false));
    let retry = RetryOptions::default();
    assert_eq!((retry.max_retries, retry.base_ms, retry.multiplier, retry.cap_ms), (3, 100, 2.0, 60_000));
    assert_eq!((retry.strategy, retry.jitter, retry.jitter_percent), (RetryStrategy::Exponential, Jitter::None, 25.0));
    let breaker = CircuitBreakerOptions::default();
    assert_eq!((breaker.failure_threshold.get(), breaker.reset_timeout_ms), (5, 60_000));
    assert_eq!((breaker.half_open_max_calls.get(), breaker.success_threshold.get()), (1, 1));
    assert_eq!((breaker.failure_rate_threshold, breaker.window_ms.get(), breaker.min_calls), (None, 60_000, None));
}

#[test]
fn unknown_names_are_kept_for_the_host() {
    assert_eq!(read(json!("audit")).unwrap(), PluginUse::Custom { name: "audit".into(), options: json!({}) });
    assert_eq!(
        read(json!({"audit": {"level": 2}})).unwrap(),
        PluginUse::Custom { name: "audit".into(), options: json!({"level": 2}) }
    );
}

#[test]
fn every_other_shape_is_refused() {
    for wrong in [json!(null), json!(3), json!([]), json!({}), json!({"cache": {}, "retry": {}})] {
        assert!(matches!(read(wrong), Err(PluginUseError::Shape { .. })));
    }
    assert!(matches!(read(json!({"cache": 5})), Err(PluginUseError::OptionsShape { found: "a number", .. })));
}

#[test]
fn unknown_and_out_of_range_options_are_refused() {
    for wrong in [
        json!({"cache": {"ttl_secs": 1}}),
        json!({"cache": {"max_entries": 0}}),
        json!({"cache": {"ttl_seconds": -1}}),
        json!({"metrics": {"x": 1}}),
        json!({"retry": {"max_retries": -1}}),
        json!({"retry": {"strategy": "quadratic"}}),
        json!({"retry": {"multiplier": 0.5}}),
        json!({"retry": {"jitter_percent": 101}}),
        json!({"retry": {"attempt_timeout_ms": 0}}),
        json!({"retry": {"jitter": "some"}}),
        json!({"circuit_breaker": {"failure_threshold": 0}}),
        json!({"circuit_breaker": {"failure_rate_threshold": 0}}),
        json!({"circuit_breaker": {"failure_rate_threshold": 1.5}}),
        json!({"circuit_breaker": {"window_ms": 0}}),
        json!({"circuit_breaker": {"half_open_max_calls": 0}}),
    ] {
        assert!(matches!(read(wrong.clone()), Err(PluginUseError::Options { .. })), "{wrong}");
    }
}

#[test]
fn older_names_convert_their_units() {
    assert_eq!(breaker(json!({"reset_timeout_seconds": 60})).unwrap().reset_timeout_ms, 60_000);
    assert_eq!(breaker(json!({"recovery_timeout": 0.25})).unwrap().reset_timeout_ms, 250);
    assert_eq!(breaker(json!({"recovery_timeout_ms": 30_000})).unwrap().reset_timeout_ms, 30_000);
    assert_eq!(breaker(json!({"sliding_window_seconds": 10})).unwrap().window_ms.get(), 10_000);
    assert_eq!(retry(json!({"max_attempts": 3})).unwrap().max_retries, 2);
    assert_eq!(retry(json!({"delay_ms": 7})).unwrap().base_ms, 7);
    assert_eq!(retry(json!({"base_delay": 1.5, "backoff_factor": 3, "max_delay": 5})).unwrap().cap_ms, 5_000);
    assert_eq!(retry(json!({"jitter": true, "jitter_max_percent": 20})).unwrap().jitter, Jitter::Equal);
    assert_eq!(retry(json!({"jitter": false})).unwrap().jitter, Jitter::None);
    for wrong in [json!({"max_attempts": 0}), json!({"base_delay": -1}), json!({"base_delay": "1s"})] {
        assert!(matches!(read(json!({"retry": wrong})), Err(PluginUseError::AliasValue { .. })));
    }
}

#[test]
fn two_names_of_one_option_are_refused_in_either_order() {
    for wrong in [
        json!({"base_ms": 1, "delay_ms": 1}),
        json!({"delay_ms": 1, "base_ms": 1}),
        json!({"delay_ms": 1, "backoff_base_ms": 1}),
    ] {
        let error = read(json!({ "retry": wrong })).unwrap_err();
        assert!(matches!(error, PluginUseError::BothNames { canonical: "base_ms", .. }), "{error}");
    }
}

#[test]
fn writing_and_reading_gives_the_same_use() {
    for written in [
        json!("cache"),
        json!({"cache": {"ttl_seconds": 1, "cacheable": true}}),
        json!({"retry": {"jitter": "decorrelated", "seed": 7, "multiplier": 1.5, "retry_on": ["timeout"]}}),
        json!({"circuit_breaker": {"name": "shared", "failure_rate_threshold": 0.5, "min_calls": 3, "ignore": ["no_handler"]}}),
        json!({"audit": {"level": 2}}),
        json!("audit"),
    ] {
        let first = read(written).unwrap();
        let text = serde_json::to_string(&first).unwrap();
        let again: PluginUse = serde_json::from_str(&text).unwrap();
        assert_eq!(first, again, "{text}");
    }
    assert_eq!(serde_json::to_string(&PluginUse::Retry(RetryOptions::default())).unwrap(), "\"retry\"");
}

#[test]
fn every_alias_leads_to_an_option_of_its_plugin() {
    for builtin in BUILTIN_PLUGINS {
        let plain = PluginUse::new(builtin.name, Value::Null).unwrap();
        let schema = option_schemas(&mut SchemaGenerator::default());
        assert!(schema.contains_key(plain.name()));
        for alias in builtin.aliases {
            // A list fits no option: the message then names the canonical key's type, not an unknown field.
            let error = PluginUse::new(builtin.name, json!({ alias.canonical: [[]] })).unwrap_err();
            assert!(!error.to_string().contains("unknown field"), "{}: {error}", alias.alias);
            // Any value may be a fallback's.
            let fits_all = alias.alias == "value";
            assert!(fits_all || PluginUse::new(builtin.name, json!({ alias.alias: [[]] })).is_err(), "{}", alias.alias);
        }
    }
}

#[test]
fn the_schema_names_every_option() {
    let mut generator = SchemaGenerator::default();
    let schema = PluginUse::json_schema(&mut generator).to_value().to_string();
    let definitions = serde_json::to_string(generator.definitions()).unwrap();
    for name in ["cache", "retry", "metrics", "circuit_breaker"] {
        assert!(schema.contains(name));
    }
    for option in ["ttl_seconds", "max_retries", "failure_rate_threshold", "exclusiveMinimum"] {
        assert!(definitions.contains(option), "{option}");
    }
}

#[test]
fn a_preset_changes_the_defaults_and_what_is_written_counts() {
    let sensitive = breaker(json!({"preset": "sensitive", "reset_timeout": 5})).unwrap();
    assert_eq!((sensitive.failure_threshold.get(), sensitive.reset_timeout_ms), (3, 5_000));
    assert_eq!(sensitive.failure_rate_threshold, Some(0.3));
    let aggressive = retry(json!({"preset": "aggressive", "max_attempts": 2})).unwrap();
    assert_eq!((aggressive.max_retries, aggressive.cap_ms, aggressive.jitter), (1, 2_000, Jitter::Equal));
    assert!(retry(json!({"preset": "sensitive"})).is_err());
}

#[test]
fn every_preset_can_be_read_and_written() {
    for (plugin, presets) in [
        ("retry", ["aggressive", "conservative", "lexigram", "contextforge"]),
        ("circuit_breaker", ["sensitive", "tolerant", "lexigram", "contextforge"]),
    ] {
        let plain = PluginUse::new(plugin, Value::Null).unwrap();
        for preset in presets {
            let first = PluginUse::new(plugin, json!({ "preset": preset })).unwrap();
            let again: PluginUse = serde_json::from_str(&serde_json::to_string(&first).unwrap()).unwrap();
            assert_eq!(first, again);
            assert_ne!(first, plain, "{preset}");
        }
    }
}

#[test]
fn statuses_are_whole_numbers() {
    let options = retry(json!({"status_code_policies": {"429": {"backoff_base_ms": 7}}})).unwrap();
    assert_eq!(options.status_policies[&429].base_ms, Some(7));
    let error = read(json!({"retry": {"status_policies": {"4xx": {}}}})).unwrap_err();
    assert!(error.to_string().contains("`4xx` is no status"), "{error}");
}

#[test]
fn a_single_step_may_be_written_without_its_list() {
    let short = read(json!({"fallback": {"value": null}})).unwrap();
    assert_eq!(short, read(json!({"fallback": {"steps": [{"value": null}]}})).unwrap());
    let error = read(json!({"fallback": {"value": 1, "stage": "x"}})).unwrap_err();
    assert!(matches!(error, PluginUseError::BothNames { canonical: "steps", .. }), "{error}");
}
