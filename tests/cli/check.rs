//! `cascata check` and `cascata schema`.

use serde_json::Value;

use crate::support::*;

#[test]
fn a_sound_file_is_ok() {
    cascata(&["check", &fixture("rules.yaml")]).exits(0).says("rules.yaml: ok");
}

#[test]
fn every_mistake_is_shown_with_its_place() {
    let ran = cascata(&["check", &fixture("broken.yaml")]).exits(3);
    for text in ["E0203", "depends_on", "E0402", "GREATER", "E0301", "NOWHERE", "broken.yaml:7"] {
        assert!(ran.err.contains(text), "{text:?} is not in:\n{}", ran.err);
    }
    assert!(ran.out.is_empty());
}

#[test]
fn json_is_one_object_a_diagnostic() {
    let ran = cascata(&["check", "--format", "json", &fixture("broken.yaml")]).exits(3);
    let lines = ran.lines();
    assert!(lines.len() >= 3, "{}", ran.out);
    let unknown = lines.iter().find(|line| line["code"] == "E0402").expect("the unknown operator");
    assert_eq!(unknown["labels"][0]["line"], 10);
    assert_eq!(unknown["severity"], "error");
}

#[test]
fn a_warning_is_a_finding_only_under_strict() {
    cascata(&["check", &fixture("warned.yaml")]).exits(0).says("W1007").says("1 warning");
    cascata(&["check", "--strict", &fixture("warned.yaml")]).exits(1);
}

#[test]
fn several_files_are_all_checked() {
    let ran = cascata(&["check", &fixture("rules.yaml"), &fixture("broken.yaml"), &fixture("warned.yaml")]).exits(3);
    assert!(ran.err.contains("rules.yaml: ok") && ran.err.contains("warned.yaml: ok"), "{}", ran.err);
}

#[test]
fn a_file_that_is_not_there_is_an_io_error() {
    cascata(&["check", "/nowhere/cascade.yaml"]).exits(4).says("/nowhere/cascade.yaml");
}

#[test]
fn a_wrong_command_line_is_a_usage_error() {
    cascata(&["check"]).exits(2);
    cascata(&["chekc", "x"]).exits(2).says("check");
}

#[test]
fn help_has_examples_and_exit_codes() {
    for verb in [
        "check", "compile", "disasm", "run", "explain", "test", "fmt", "diff", "graph", "lint", "lsp", "match",
        "schema",
    ] {
        let ran = cascata(&[verb, "--help"]).exits(0);
        assert!(ran.out.contains("Examples:"), "{}", ran.out);
    }
    let ran = cascata(&["--help"]).exits(0);
    assert!(ran.out.contains("130"), "{}", ran.out);
}

#[test]
fn hostile_files_give_diagnostics() {
    let scratch = scratch();
    for (name, bytes) in [
        ("empty.yaml", b"".as_slice()),
        ("binary.yaml", b"\xff\xfe\x00\x01"),
        ("deep.yaml", "[".repeat(100_000).as_bytes()),
        ("list.json", b"[1, 2"),
    ] {
        let ran = cascata(&["check", &put(&scratch, name, bytes)]);
        assert_eq!(ran.code, Some(3), "{name}: {}", ran.err);
    }
}

#[test]
fn schemas_are_json_schemas() {
    for arguments in [&["schema"][..], &["schema", "--decision"], &["schema", "--tests"]] {
        let ran = cascata(arguments).exits(0);
        let schema: Value = serde_json::from_str(&ran.out).expect("JSON");
        assert!(schema["$schema"].as_str().is_some_and(|text| text.contains("json-schema.org")), "{}", ran.out);
        assert!(schema["properties"].is_object());
    }
}

#[test]
fn lines_of_any_length_are_reported() {
    let scratch = scratch();
    let long = "x".repeat(200_000);
    let json = format!("{{\"name\": \"{long}\", \"version\": \"1\", \"verison\": 1, \"stages\": []}}");
    let ran = cascata(&["check", &put(&scratch, "long.json", json.as_bytes())]).exits(3).says("E0203").says("E0201");
    assert!(ran.err.contains("long.json:1:2000") && ran.err.len() < 2000, "{}", ran.err.len());
    let yaml = format!("name: c\nversion: \"1\"\nnote: {long}\nstagse: {{}}\n");
    cascata(&["check", &put(&scratch, "long.yaml", yaml.as_bytes())]).exits(3).says("long.yaml:4:1: `stagse`");
}
