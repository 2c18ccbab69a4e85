//! The keys of every mapping of a cascade file. A test compares them with the schema made from the configuration types,
//! which say what each is for.

/// The keys a mapping may have.
#[derive(Debug)]
pub(crate) struct Shape {
    /// What the mapping is, in messages.
    pub(crate) what: &'static str,
    /// Keys that are read.
    pub(crate) known: &'static [&'static str],
    /// Whether keys that start with `x-` are kept for the host.
    pub(crate) extensible: bool,
}

pub(crate) const RULE_LINE: Shape = Shape { what: "a rule as a JSON line", known: &["id", "all"], extensible: true };

pub(crate) const CASCADE: Shape = Shape {
    what: "a cascade",
    known: &[
        "name",
        "version",
        "stages",
        "rulesets",
        "execution_order",
        "global_timeout_ms",
        "max_parallel_stages",
        "global_termination_conditions",
        "enable_caching",
        "cache_key_fields",
        "domain_config",
        "on_rule_error",
        "events",
        "outcome",
        "on_error",
        "include",
        "lists",
        "stores",
        "plugins",
        "schema",
        "tests",
    ],
    extensible: true,
};

pub(crate) const STAGE: Shape = Shape {
    what: "a stage",
    known: &[
        "name",
        "enabled",
        "handler_type",
        "handler",
        "plugins",
        "idempotent",
        "timeout_ms",
        "max_retries",
        "retry_delay_ms",
        "can_run_parallel",
        "parallel_group",
        "depends_on",
        "routing_rules",
        "cache_enabled",
        "cache_ttl_seconds",
        "on_error",
        "cost",
        "custom_properties",
    ],
    extensible: true,
};

pub(crate) const RULE: Shape = Shape {
    what: "a rule",
    known: &[
        "name",
        "type",
        "priority",
        "condition",
        "when",
        "action",
        "else",
        "enabled",
        "tags",
        "score",
        "stop",
        "mode",
        "sample",
    ],
    extensible: true,
};

pub(crate) const RULESET_RULE: Shape = Shape {
    what: "a rule of a rule set",
    known: &[
        "name",
        "priority",
        "condition",
        "when",
        "action",
        "else",
        "enabled",
        "tags",
        "score",
        "stop",
        "mode",
        "sample",
    ],
    extensible: true,
};

pub(crate) const SAMPLE: Shape = Shape { what: "`sample`", known: &["percent", "key"], extensible: false };

pub(crate) const EMIT: Shape = Shape { what: "an action of a rule set", known: &["type", "value"], extensible: false };

pub(crate) const CONDITION: Shape = Shape {
    what: "a condition",
    known: &[
        "operator",
        "field",
        "value",
        "value_field",
        "value_list",
        "compare",
        "zone",
        "conditions",
        "with",
        "when",
    ],
    extensible: false,
};

pub(crate) const ACTION: Shape = Shape {
    what: "an action",
    known: &["type", "target", "stages", "field", "value", "outcome", "reason"],
    extensible: false,
};

pub(crate) const EVENTS: Shape = Shape { what: "`events`", known: &["duplicate_keys", "hide"], extensible: false };

pub(crate) const CASCADE_ON_ERROR: Shape = Shape { what: "`on_error`", known: &["outcome"], extensible: false };

pub(crate) const LIST_FILE: Shape = Shape { what: "a list", known: &["file", "column"], extensible: false };

pub(crate) const OUTCOME_CASE: Shape =
    Shape { what: "a case of `outcome`", known: &["when", "condition", "value", "expression"], extensible: false };

pub(crate) const SCHEMA: Shape = Shape {
    what: "a schema",
    known: &[
        "type",
        "properties",
        "required",
        "additionalProperties",
        "items",
        "enum",
        "const",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "title",
        "description",
        "format",
        "default",
        "examples",
        "deprecated",
        "$schema",
        "$id",
        "$comment",
    ],
    extensible: true,
};

pub(crate) const TEST_FILE: Shape = Shape { what: "a file of tests", known: &["cascade", "tests"], extensible: true };

pub(crate) const TEST_CASE: Shape =
    Shape { what: "a test", known: &["name", "event", "now", "stages", "expect"], extensible: true };

pub(crate) const ATTEMPT: Shape = Shape {
    what: "a scripted stage",
    known: &["result", "confidence", "data", "writes", "error", "time_ms"],
    extensible: false,
};

pub(crate) const FAILURE: Shape =
    Shape { what: "a scripted `error`", known: &["kind", "message", "status", "retryable"], extensible: false };

pub(crate) const EXPECT: Shape = Shape {
    what: "`expect`",
    known: &[
        "outcome",
        "outcome_source",
        "reason",
        "path",
        "stages",
        "fired",
        "skipped",
        "decisions",
        "writes",
        "final_data",
        "errors",
        "terminated",
        "termination",
        "success",
    ],
    extensible: false,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_keys_are_those_of_the_schema() {
        let schema = cascata_config::schema();
        let tests = cascata_config::test_schema();
        let root = schema.get("properties");
        let of = |name: &str| schema.pointer(&format!("/$defs/{name}/properties"));
        let shapes = [
            (CASCADE, root),
            (STAGE, of("StageFile")),
            (RULE, of("RuleFile")),
            (RULESET_RULE, of("RulesetRuleFile")),
            (SAMPLE, of("SampleFile")),
            (EMIT, of("EmitFile")),
            (CONDITION, of("ConditionFile")),
            (ACTION, of("ActionFile")),
            (EVENTS, of("EventSettings")),
            (CASCADE_ON_ERROR, of("CascadeOnError")),
            (LIST_FILE, of("ListFile")),
            (OUTCOME_CASE, of("OutcomeCase")),
            (SCHEMA, of("SchemaFile")),
            (TEST_FILE, tests.get("properties")),
            (TEST_CASE, of("TestCase")),
            (ATTEMPT, of("Attempt")),
            (FAILURE, of("FailureScript")),
            (EXPECT, of("Expectation")),
        ];
        for (shape, properties) in shapes {
            let properties = properties.and_then(serde_json::Value::as_object).unwrap();
            let mut documented: Vec<_> = properties.keys().map(String::as_str).collect();
            let mut known = shape.known.to_vec();
            documented.sort_unstable();
            known.sort_unstable();
            assert_eq!(known, documented, "{}", shape.what);
        }
    }
}
