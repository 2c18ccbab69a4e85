//! The example cascades with their WASM stages, as the README runs them.

use serde_json::Value;

use crate::support::*;

const EXAMPLES: [&str; 3] = ["trust_scoring", "flow_triage", "message_moderation"];

fn example(name: &str) -> [String; 2] {
    let root = env!("CARGO_MANIFEST_DIR");
    [format!("{root}/examples/cascades/{name}.yaml"), format!("{root}/examples/events/{name}.ndjson")]
}

/// A decision without what differs from run to run.
fn stripped(mut record: Value) -> Value {
    let object = record.as_object_mut().expect("a record is an object");
    for key in ["id", "now", "time_us", "timeline"] {
        object.remove(key);
    }
    for stage in object.get_mut("stages").and_then(Value::as_array_mut).into_iter().flatten() {
        stage.as_object_mut().expect("a stage is an object").remove("time_us");
    }
    record
}

#[test]
fn every_example_checks_and_decides_the_same_on_any_number_of_jobs() {
    for name in EXAMPLES {
        let [cascade, events] = example(name);
        cascata(&["check", "--strict", &cascade]).exits(0);
        let decide = |jobs: &str| {
            let ran = cascata(&["run", "--jobs", jobs, &cascade, &events]).exits(0);
            ran.lines().into_iter().map(stripped).collect::<Vec<_>>()
        };
        let one = decide("1");
        assert!(one.len() >= 20, "{name}: {} decisions", one.len());
        assert_eq!(one, decide("3"), "{name}");
    }
}

#[test]
fn a_stage_in_wasm_is_explained_with_result_and_fuel() {
    let [cascade, events] = example("trust_scoring");
    let event = format!("{events}:1");
    let ran = cascata(&["explain", &cascade, "--event", &event]).exits(0);
    for text in ["FAST_CHECK", "confidence", "fuel", "low_confidence_escalate", "trust_fast.wasm@"] {
        assert!(ran.out.contains(text), "{text:?} is not in:\n{}", ran.out);
    }
}

#[test]
fn compiled_modules_are_kept_where_they_are_told_to() {
    let scratch = scratch();
    let cache = scratch.path().join("modules");
    let [cascade, events] = example("trust_scoring");
    let run = |cache: &str| cascata(&["run", "--quiet", "--module-cache", cache, &cascade, &events]);
    run(cache.to_str().expect("UTF-8")).exits(0);
    assert!(std::fs::read_dir(&cache).expect("the cache is there").count() >= 3);
    run(cache.to_str().expect("UTF-8")).exits(0);
    run("none").exits(0);
}
