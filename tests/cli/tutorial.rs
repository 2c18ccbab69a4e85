//! The tutorial of the learner runs as it is written, and prints what it says it prints.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::*;

/// Commands with what they print; the place of that in the page.
struct Step {
    commands: String,
    printed: Option<(usize, usize)>,
}

fn page() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/tutorial-learn.md")
}

/// The `sh` blocks in order, each with the `text` block that follows it.
fn steps(lines: &[&str]) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let kind = lines[at];
        at += 1;
        if kind != "```sh" && kind != "```text" {
            continue;
        }
        let end = at + lines[at..].iter().position(|line| *line == "```").expect("a block ends");
        match (kind, steps.last_mut()) {
            ("```sh", _) => steps.push(Step { commands: lines[at..end].join("\n"), printed: None }),
            (_, Some(step)) if step.printed.is_none() => step.printed = Some((at, end)),
            _ => panic!("line {at}: printed by which commands?"),
        }
        at = end + 1;
    }
    steps
}

/// Without times, which differ from run to run.
fn timeless(text: &str) -> String {
    let is_unit = |word: &str| ["µs", "ms", "s", "min"].contains(&word.trim_end_matches(['\n', ',', ';', ')']));
    let mut out: Vec<&str> = Vec::new();
    for word in text.split(' ') {
        let number = out.last().is_some_and(|last| last.starts_with(|sign: char| sign.is_ascii_digit()));
        if is_unit(word) && number {
            out.pop();
            out.push("…");
        }
        out.push(word);
    }
    out.join(" ")
}

#[test]
fn the_tutorial_of_the_learner_runs_and_prints_what_it_says() {
    let Ok(awk) = Command::new("awk").arg("BEGIN {}").status() else {
        println!("skipped: there is no awk here");
        return;
    };
    assert!(awk.success());
    let text = std::fs::read_to_string(page()).expect("the page is there");
    let lines: Vec<&str> = text.lines().collect();
    let scratch = scratch();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    std::os::unix::fs::symlink(root.join("examples"), scratch.path().join("examples")).expect("a link");
    let tool = Path::new(env!("CARGO_BIN_EXE_cascata")).parent().expect("a folder").to_owned();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(std::iter::once(tool).chain(std::env::split_paths(&path))).expect("a path");
    let mut renewed: Vec<Option<String>> = lines.iter().map(|line| Some((*line).to_owned())).collect();
    for step in steps(&lines) {
        let ran = Command::new("bash")
            .args(["-euo", "pipefail", "-c", &step.commands])
            .current_dir(scratch.path())
            .env("PATH", &path)
            .env("NO_COLOR", "1")
            .output()
            .expect("bash runs");
        let (out, err) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
        assert!(ran.status.success(), "{}\n{out}\n{err}", step.commands);
        let Some((from, to)) = step.printed else { continue };
        let wanted = lines[from..to].join("\n");
        if std::env::var_os("UPDATE").is_some() {
            renewed[from..to].fill(None);
            renewed[from - 1] = Some(format!("```text\n{}", out.trim_end()));
        } else {
            assert_eq!(timeless(out.trim_end()), timeless(&wanted), "{}", step.commands);
        }
    }
    if std::env::var_os("UPDATE").is_some() {
        let text: String = renewed.into_iter().flatten().map(|line| line + "\n").collect();
        std::fs::write(page(), text).expect("the page is written");
    }
}
