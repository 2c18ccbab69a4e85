//! The examples on the pages of the codes are what they say they are.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test speaks by failing")]

mod options;

use cascata_compiler::{Code, compile};
use options::{options, with_files};

#[test]
fn the_failing_example_of_every_code_is_reported_and_the_fixed_one_is_clean() {
    let mut wrong = String::new();
    for code in Code::ALL {
        let (fails, fixed) = code.examples().unwrap_or_else(|| panic!("{code} has no examples in compiler/src/pages"));
        let source = with_files(fails.source());
        let found = compile(&source, &options(&source)).diagnostics;
        if !found.iter().any(|diagnostic| diagnostic.code == *code) {
            wrong += &format!("{code} is not reported: {found:#?}\n{}\n", source.text);
        }
        let source = with_files(fixed.source());
        let found = compile(&source, &options(&source)).diagnostics;
        if !found.is_empty() {
            wrong += &format!("the fixed example of {code} has {found:#?}\n{}\n", source.text);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_page_is_of_a_code() {
    let mut found = 0;
    for page in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/pages")).unwrap() {
        let path = page.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "md") {
            let text = std::fs::read_to_string(&path).unwrap();
            for heading in text.lines().filter_map(|line| line.strip_prefix("## ")) {
                assert!(Code::parse(heading).is_some(), "{}: {heading}", path.display());
                found += 1;
            }
        }
    }
    assert_eq!(found, Code::ALL.len());
}

/// The list of findings in `docs/language.md` is the table of codes.
#[test]
fn the_language_page_lists_every_finding() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/language.md");
    let page = std::fs::read_to_string(path).unwrap();
    let (start, end) = ("<!-- findings: generated from the table of codes -->\n", "<!-- end of findings -->");
    let (before, rest) = page.split_once(start).unwrap();
    let (_, after) = rest.split_once(end).unwrap();
    let mut list = String::from("\n| code | name | reports |\n|---|---|---|\n");
    for code in Code::ALL.iter().filter(|code| code.as_str().starts_with("W2")) {
        list += &format!("| {code} | `{}` | {} |\n", code.in_words(), code.title());
    }
    let wanted = format!("{before}{start}{list}\n{end}{after}");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, &wanted).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), wanted, "run with UPDATE=1 to write it");
}
