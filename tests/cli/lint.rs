//! `cascata lint` and `cascata check --fix`.

use crate::support::*;

const WARNED: &str = "name: c\nversion: \"1\"\ndescription: for people\nenable_caching: yes\n";

#[test]
fn warnings_are_shown_and_denied_by_name() {
    let scratch = scratch();
    let file = put(&scratch, "warned.yaml", WARNED.as_bytes());
    cascata(&["lint", &file]).exits(0).says("W1001").says("W1003").says("1 file: 0 errors, 0 denied, 2 warnings");
    cascata(&["lint", "--deny", "unknown-key", &file]).exits(1).says("1 denied, 1 warning");
    cascata(&["lint", "--deny", "W1003", &file]).exits(1);
    cascata(&["lint", "--deny", "ignored-key", &file]).exits(0);
    let ran = cascata(&["lint", "--allow", "unknown-key", &file]).exits(0).says("W1003");
    assert!(!ran.err.contains("W1001"), "{}", ran.err);
    cascata(&["lint", "--deny", "all", "--allow", "unknown-key", "--allow", "boolean-word", &file]).exits(0);
    cascata(&["lint", "--deny", "all", "--allow", "unknown-key", &file]).exits(1).says("1 denied");
    let lines = cascata(&["lint", "--deny", "all", "--format", "json", &file]).exits(1).lines();
    assert!(lines.len() == 2 && lines.iter().all(|line| line["severity"] == "error"));
}

#[test]
fn a_comment_with_a_reason_allows_one_place() {
    let scratch = scratch();
    let text = WARNED.replace("people\n", "people  # cascata: allow(unknown-key) the catalogue reads it\n");
    let file = put(&scratch, "allowed.yaml", text.as_bytes());
    let ran = cascata(&["lint", "--deny", "unknown-key", &file]).exits(0).says("1 warning");
    assert!(!ran.err.contains("W1001"), "{}", ran.err);
    let unused =
        put(&scratch, "unused.yaml", WARNED.replace("yes", "true # cascata: allow(boolean-word) x").as_bytes());
    cascata(&["lint", "--deny", "unused-allow", &unused]).exits(1).says("W1031");
}

#[test]
fn names_are_listed_and_wrong_ones_refused() {
    let ran = cascata(&["lint", "--list"]).exits(0);
    assert!(ran.out.lines().any(|line| line.starts_with("unknown-key ") && line.contains("W1001")), "{}", ran.out);
    cascata(&["lint"]).exits(2);
    cascata(&["lint", "--deny", "unknown-kez", &fixture("rules.yaml")]).exits(2).says("unknown-kez");
    cascata(&["lint", "--allow", "E0101", &fixture("rules.yaml")]).exits(2).says("is an error");
    cascata(&["lint", &fixture("broken.yaml")]).exits(3);
}

#[test]
fn fixes_are_written_shown_and_checked_again() {
    let scratch = scratch();
    let text = "name: c # the name\nversion: \"1\"\nenable_cachin: yes\nstages: {A: {name: A, depend_on: []}}\n";
    let file = put(&scratch, "c.yaml", text.as_bytes());
    let ran = cascata(&["check", "--fix", &file]).exits(0);
    for line in ["c.yaml:3:1: E0203: `enable_cachin` became `enable_caching`", "`yes` became `true`", "c.yaml: ok"] {
        assert!(ran.err.contains(line), "{line} is not in:\n{}", ran.err);
    }
    let mended = "name: c # the name\nversion: \"1\"\nenable_caching: true\nstages: {A: {name: A, depends_on: []}}\n";
    assert_eq!(std::fs::read_to_string(&file).unwrap(), mended);
    assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 1, "nothing temporary is left");
    let ran = cascata(&["check", "--fix", &file]).exits(0);
    assert!(!ran.err.contains("became"), "{}", ran.err);
}

#[test]
fn what_has_no_fix_is_still_reported() {
    let scratch = scratch();
    let file = put(&scratch, "c.yaml", b"name: c\nenable_cachin: true\n");
    cascata(&["check", "--fix", &file]).exits(3).says("E0202").says("became `enable_caching`");
    with_stdin(&["check", "--fix", "-"], b"name: c\n").exits(2).says("stdin");
}
