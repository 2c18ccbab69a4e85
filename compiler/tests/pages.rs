//! The examples on the pages of the codes are what they say they are.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test speaks by failing")]

mod options;

use cascata_compiler::{Code, compile};
use options::options;

#[test]
fn the_failing_example_of_every_code_is_reported_and_the_fixed_one_is_clean() {
    let mut wrong = String::new();
    for code in Code::ALL {
        let (fails, fixed) = code.examples().unwrap_or_else(|| panic!("{code} has no examples in compiler/src/pages"));
        let source = fails.source();
        let found = compile(&source, &options(&source)).diagnostics;
        if !found.iter().any(|diagnostic| diagnostic.code == *code) {
            wrong += &format!("{code} is not reported: {found:#?}\n{}\n", source.text);
        }
        let source = fixed.source();
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
