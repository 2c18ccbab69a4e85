//! `cascata fmt`.

use crate::support::*;

const WILD: &str = "version: '1'\nstages: {A: {name: A}} # all of them\nname: wild\n";
const TAME: &str = "name: wild\nversion: \"1\"\n\nstages:  # all of them\n  A:\n    name: A\n";

#[test]
fn files_are_written_in_canonical_form_once() {
    let scratch = scratch();
    let file = put(&scratch, "wild.yaml", WILD.as_bytes());
    cascata(&["fmt", "--check", &file]).exits(1).says("wild.yaml: not canonical from line 1");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), WILD);
    cascata(&["fmt", &file]).exits(0).says("wild.yaml: formatted");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), TAME);
    cascata(&["fmt", "--check", &file]).exits(0).says("1 file canonical");
    assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 1, "nothing temporary is left");
}

#[test]
fn stdin_goes_to_stdout() {
    let ran = with_stdin(&["fmt", "--stdin"], WILD.as_bytes()).exits(0);
    assert_eq!(ran.out, TAME);
    let ran = with_stdin(&["fmt", "--stdin", "c.json"], br#"{"version":"1","name":"c"}"#).exits(0);
    assert_eq!(ran.out, "{\"name\": \"c\", \"version\": \"1\"}\n");
    with_stdin(&["fmt", "--stdin", "--check"], WILD.as_bytes()).exits(1);
}

#[test]
fn a_file_that_cannot_be_read_is_left_alone_and_the_others_are_done() {
    let scratch = scratch();
    let broken = put(&scratch, "broken.yaml", b"name: [\n");
    let wild = put(&scratch, "wild.yaml", WILD.as_bytes());
    cascata(&["fmt", &broken, &wild]).exits(3).says("broken.yaml: the text cannot be read");
    assert_eq!(std::fs::read_to_string(&broken).unwrap(), "name: [\n");
    assert_eq!(std::fs::read_to_string(&wild).unwrap(), TAME);
}

#[cfg(unix)]
#[test]
fn links_and_permissions_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let scratch = scratch();
    let file = put(&scratch, "wild.yaml", WILD.as_bytes());
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
    let link = scratch.path().join("link.yaml");
    symlink(&file, &link).unwrap();
    cascata(&["fmt", link.to_str().unwrap()]).exits(0);
    assert!(link.is_symlink());
    assert_eq!(std::fs::read_to_string(&file).unwrap(), TAME);
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
}

#[test]
fn a_file_is_written_in_the_other_syntax() {
    let scratch = scratch();
    let wild = put(&scratch, "wild.yaml", WILD.as_bytes());
    let json = "{\n  \"name\": \"wild\",\n  \"version\": \"1\",\n  \"stages\": {\n    \"A\": {\n      \"name\": \"A\"\n    }\n  }\n}\n";
    let ran = cascata(&["fmt", "--to", "json", &wild]).exits(0).says("1 comment left out");
    assert_eq!(ran.out, json);
    let out = scratch.path().join("wild.json").to_str().unwrap().to_owned();
    cascata(&["fmt", "--to", "json", &wild, "-o", &out]).exits(0);
    cascata(&["diff", &wild, &out]).exits(0);
    cascata(&["fmt", "--check", &out]).exits(0);
    let back = cascata(&["fmt", "--to", "yaml", &out]).exits(0);
    assert_eq!(back.out, TAME.replace("  # all of them", ""));
    let stdin = with_stdin(&["fmt", "--stdin", "--to", "json"], WILD.as_bytes()).exits(0);
    assert_eq!(stdin.out, json);
    cascata(&["fmt", "--to", "json", &wild, &out]).exits(2).says("one FILE");
    cascata(&["fmt", "--to", "json", &fixture("broken.yaml")]).exits(3).says("mistakes");
}

#[test]
fn conditions_are_written_in_the_other_form() {
    let scratch = scratch();
    let text = std::fs::read_to_string(fixture("rules.yaml")).unwrap();
    let old = put(&scratch, "old.yaml", text.as_bytes());
    let new = put(&scratch, "new.yaml", text.as_bytes());
    cascata(&["fmt", &old]).exits(0);
    cascata(&["fmt", "--to", "text", &new]).exits(0).says("rewritten");
    let written = std::fs::read_to_string(&new).unwrap();
    assert!(written.contains("when: ") && !written.contains("condition:"), "{written}");
    cascata(&["diff", &old, &new]).exits(0);
    cascata(&["fmt", "--check", &new]).exits(0);
    cascata(&["fmt", "--to", "mapping", &new]).exits(0);
    assert_eq!(std::fs::read_to_string(&new).unwrap(), std::fs::read_to_string(&old).unwrap());
    let ran = with_stdin(&["fmt", "--stdin", "--to", "text"], text.as_bytes()).exits(0);
    assert_eq!(ran.out, written);
    cascata(&["fmt", "--to", "text", &new, "-o", "x.yaml"]).exits(2);
    cascata(&["fmt", "--to", "text", &fixture("broken.yaml"), &new]).exits(3).says("mistakes");
    assert_eq!(std::fs::read_to_string(&new).unwrap(), written);
}
