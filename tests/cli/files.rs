//! Cascades in several files, and lists, in every verb.

use std::path::Path;

use crate::support::*;

const CASCADE: &str = r#"name: c
version: "1"
include: [rules/screen.yaml]
stages:
  REVIEW:
    name: REVIEW
    depends_on: [SCREEN]
    handler: {kind: none}
    routing_rules:
      - {name: vip, when: user in lists.vip, action: {type: terminate, outcome: allow}}
outcome: '"review"'
tests:
  - {name: blocked, event: {country: KP}, expect: {outcome: deny}}
  - {name: vip, event: {user: alice}, expect: {outcome: allow}}
"#;

const SCREEN: &str = r#"stages:
  SCREEN:
    name: SCREEN
    handler: {kind: none}
    routing_rules:
      - name: blocked
        condition: {field: country, operator: IN, value_list: blocked}
        action: {type: terminate, outcome: deny}
lists:
  blocked: {file: ../blocked.txt}
  vip: [alice, bob]
rulesets:
  ROUTES:
    - {name: embargo, when: country in lists.blocked}
"#;

/// The cascade in a folder of its own; the name of its file.
fn folder(scratch: &tempfile::TempDir) -> String {
    std::fs::create_dir(scratch.path().join("rules")).expect("a folder");
    put(scratch, "rules/screen.yaml", SCREEN.as_bytes());
    put(scratch, "blocked.txt", b"# embargo\nKP\nIR\n");
    put(scratch, "c.yaml", CASCADE.as_bytes())
}

#[test]
fn run_match_compile_and_test_know_included_files_and_lists() {
    let scratch = scratch();
    let file = folder(&scratch);
    let events = put(&scratch, "events.ndjson", b"{\"country\": \"KP\"}\n{\"user\": \"bob\"}\n{\"n\": 1}\n");
    assert_eq!(cascata(&["run", &file, &events]).exits(0).outcomes(), ["deny", "allow", "review"]);
    let matched = cascata(&["match", &file, &events, "--count"]).exits(0);
    assert!(matched.out.contains("embargo 1"), "{}", matched.out);
    cascata(&["test", &file]).exits(0);
    let image = scratch.path().join("c.cbc").display().to_string();
    cascata(&["compile", &file, "-o", &image]).exits(0);
    assert_eq!(cascata(&["run", &image, &events]).exits(0).outcomes(), ["deny", "allow", "review"]);
    cascata(&["graph", &file]).exits(0);
    assert!(cascata(&["test", "--coverage", "lcov", &file]).exits(0).out.contains("rules/screen.yaml"));
}

#[test]
fn diagnostics_and_explanations_name_the_included_file() {
    let scratch = scratch();
    let file = folder(&scratch);
    let ran = cascata(&["explain", &file, r#"{"country": "DE"}"#]).exits(0);
    assert!(ran.out.contains("rules/screen.yaml:7"), "{}", ran.out);
    put(&scratch, "rules/screen.yaml", SCREEN.replace("value_list: blocked", "value_list: bloked").as_bytes());
    let ran = cascata(&["check", &file]).exits(3);
    assert!(ran.err.contains("rules/screen.yaml:7") && ran.err.contains("did you mean `blocked`?"), "{}", ran.err);
    let ran = cascata(&["check", "--format", "json", &file]).exits(3);
    let found = &ran.lines()[0];
    assert!(found["source"].as_str().is_some_and(|source| source.ends_with("rules/screen.yaml")), "{found}");
    assert_eq!(found["labels"][0]["line"], 7);
}

#[test]
fn names_of_two_files_are_shown_with_both_places() {
    let scratch = scratch();
    let file = folder(&scratch);
    put(&scratch, "c.yaml", CASCADE.replace("REVIEW", "SCREEN").replace("    depends_on: [SCREEN]\n", "").as_bytes());
    let ran = cascata(&["check", &file]).exits(3).says("E1005");
    assert!(ran.err.contains("c.yaml:5") && ran.err.contains("rules/screen.yaml:2"), "{}", ran.err);
}

#[test]
fn fmt_keeps_names_of_lists_in_both_forms_and_leaves_other_files_alone() {
    let scratch = scratch();
    let file = folder(&scratch);
    for (form, wanted) in [("mapping", "value_list: vip"), ("text", "lists.vip")] {
        cascata(&["fmt", "--to", form, &file]).exits(0);
        let text = std::fs::read_to_string(&file).expect("a file");
        assert!(text.contains(wanted) && !text.contains("alice\", \"bob"), "{text}");
    }
    assert_eq!(std::fs::read_to_string(scratch.path().join("rules/screen.yaml")).expect("a file"), SCREEN);
}

#[test]
fn diff_tells_what_a_list_has_gained() {
    let scratch = scratch();
    let file = folder(&scratch);
    let old = scratch.path().join("old.cbc").display().to_string();
    let other = tempfile::tempdir().expect("a folder");
    let changed = folder(&other);
    put(&other, "blocked.txt", b"KP\nIR\nSY\n");
    let ran = cascata(&["diff", &file, &changed]).exits(1);
    assert!(ran.out.contains("lists.blocked") && ran.out.contains("SY"), "{}", ran.out);
    cascata(&["compile", &file, "-o", &old]).exits(0);
    cascata(&["diff", &file, &file]).exits(0);
}

#[test]
fn files_outside_of_the_folder_are_refused_through_links_too() {
    let scratch = scratch();
    let file = folder(&scratch);
    put(&scratch, "c.yaml", CASCADE.replace("rules/screen.yaml", "../screen.yaml").as_bytes());
    cascata(&["check", &file]).exits(3).says("E1002");
    let other = tempfile::tempdir().expect("a folder");
    let secret = put(&other, "screen.yaml", SCREEN.as_bytes());
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(Path::new(&secret), scratch.path().join("link.yaml")).expect("a link");
        put(&scratch, "c.yaml", CASCADE.replace("rules/screen.yaml", "link.yaml").as_bytes());
        cascata(&["check", &file]).exits(3).says("E1001");
    }
}
