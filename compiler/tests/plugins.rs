//! What a cascade's names for plugins become in its image.

use cascata_compiler::{Options, Source, compile};
use cascata_vm::image::{LoadOptions, Program};
use serde_json::{Value, json};

/// The plugins of stage `S`, as the runtime reads them.
fn plugins(text: &str) -> Value {
    let compiled = compile(&Source::new("c.yaml", text.to_owned()), &Options::default());
    let image = compiled.image.unwrap_or_else(|| panic!("{:?}", compiled.diagnostics));
    let program = Program::verify(image, &LoadOptions::default()).unwrap();
    let host: Value = serde_json::from_str(program.stages().next().unwrap().host_json()).unwrap();
    host["plugins"].clone()
}

/// A cascade with one stage.
fn cascade(shared: &str, own: &str) -> String {
    format!("name: c\nversion: \"1\"\nplugins: {shared}\nstages:\n  S: {{name: S, plugins: {own}}}\n")
}

/// The names of plugins.
fn names(plugins: &Value) -> Vec<String> {
    let name = |plugin: &Value| match plugin {
        Value::String(name) => name.clone(),
        other => other.as_object().unwrap().keys().next().unwrap().clone(),
    };
    plugins.as_array().unwrap().iter().map(name).collect()
}

#[test]
fn a_name_becomes_its_plugins_and_the_name_of_their_instances() {
    let shared =
        "{backend: {circuit_breaker: {failure_threshold: 9}}, careful: [metrics, backend, {timeout: {timeout_ms: 7}}]}";
    let listed = plugins(&cascade(shared, "[careful, retry]"));
    assert_eq!(names(&listed), ["metrics", "circuit_breaker", "timeout", "retry"]);
    assert_eq!(listed[1]["circuit_breaker"]["name"], "backend");
    assert_eq!(listed[1]["circuit_breaker"]["failure_threshold"], 9);
}

#[test]
fn default_is_the_recommended_order_as_a_word_and_as_an_entry() {
    let order = ["metrics", "bulkhead", "circuit_breaker", "retry", "timeout", "metrics"];
    assert_eq!(names(&plugins(&cascade("{}", "default"))), order);
    assert_eq!(names(&plugins(&cascade("{}", "[default]"))), order);
    let named = plugins(&cascade("{}", "[{default: {bulkhead: false, cache: {ttl_seconds: 5}}}]"));
    assert_eq!(names(&named), ["metrics", "cache", "circuit_breaker", "retry", "timeout", "metrics"]);
}

#[test]
fn names_are_no_part_of_what_a_program_is() {
    let shared = cascade("{again: {retry: {max_retries: 1}}}", "[again]");
    assert_eq!(plugins(&shared), plugins(&cascade("{}", "[{retry: {max_retries: 1}}]")));
    assert_eq!(plugins(&shared)[0]["retry"]["max_retries"], json!(1));
}
