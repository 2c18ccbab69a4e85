//! The templates, as people use them: `cascata stage new`, `build`, `test`, `run`.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

/// Languages whose projects build in seconds and without a network.
const QUICK: &[&str] = &["c", "cpp", "zig", "assemblyscript", "d"];

/// The command line, with the tools on its path that `examples/stages/toolchains.sh` installs.
fn cascata(arguments: &[&str]) -> Output {
    let home = PathBuf::from(std::env::var_os("HOME").unwrap_or_default());
    let installed =
        std::env::var_os("CASCATA_TOOLCHAINS").map_or_else(|| home.join(".cache/cascata-toolchains"), PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = [installed.join("venv/bin"), installed.join("npm/node_modules/.bin")];
    let path = std::env::join_paths(std::env::split_paths(&path).chain(folders)).unwrap();
    Command::new(env!("CARGO_BIN_EXE_cascata")).args(arguments).env("PATH", path).output().unwrap()
}

fn succeeds(what: &str, output: Output) -> String {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{what}: {}\n{out}{err}", output.status);
    out.into_owned()
}

/// A new project builds, passes its own tests, and decides in the engine's host. Without its compiler, that is said.
fn begin(language: &str) {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().join("my-stage");
    let project = project.to_str().unwrap();
    succeeds(language, cascata(&["stage", "new", "my-stage", "--lang", language, "--dir", project]));
    let built = cascata(&["stage", "build", project]);
    if built.status.code() == Some(6) {
        eprintln!("NOT BUILT: {}", String::from_utf8_lossy(&built.stderr));
        return;
    }
    let built = succeeds(language, built);
    let last = built.lines().last().unwrap_or_default();
    let (module, what) = last.split_once(": ").unwrap_or_else(|| panic!("{language}: {built}"));
    assert!(what.starts_with("my-stage, "), "{language}: the manifest's name is missing in {what}");
    succeeds(language, cascata(&["stage", "test", project]));

    let run = |event: &str, with: &str| {
        let output = cascata(&["stage", "run", module, event, "--with", with, "--format", "json"]);
        serde_json::from_slice::<Value>(&output.stdout).unwrap_or_else(|error| {
            panic!("{language}: {error}\n{}", String::from_utf8_lossy(&output.stderr));
        })
    };
    let passed = run(r#"{"amount": 20}"#, "{}");
    assert_eq!((&passed["result"], &passed["confidence"]), (&json!("pass"), &json!(0.9)), "{language}: {passed}");
    assert_eq!(run(r#"{"amount": 20}"#, r#"{"limit": 10}"#)["result"], "review", "{language}");
    let failed = run("{}", "{}");
    assert!(failed.to_string().contains("amount is not a number"), "{language}: {failed}");
    assert_eq!(failed["ok"], false, "{language}");
}

/// The languages that have a template.
fn languages() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("stages-sdk/templates");
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    let mut names: Vec<_> = entries
        .filter(|entry| entry.file_type().unwrap().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_new_project_builds_passes_its_tests_and_decides() {
    QUICK.iter().for_each(|language| begin(language));
}

#[test]
#[ignore = "fetches crates and compiles the runtimes of Go, JavaScript and Python: minutes"]
fn a_new_project_of_the_slower_languages_does_as_well() {
    languages().iter().filter(|language| !QUICK.contains(&language.as_str())).for_each(|language| begin(language));
}

#[test]
fn every_language_of_the_example_has_a_template() {
    let languages = languages();
    for language in super::COMMITTED.iter().chain(super::ON_DEMAND) {
        assert!(languages.iter().any(|name| name == language), "{language} has no template");
    }
}
