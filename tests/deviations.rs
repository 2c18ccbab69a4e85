//! Where decisions differ from the reference on purpose: `docs/deviations.md` names a test of this file for each.

#[path = "deviations/decided.rs"]
mod decided;
#[path = "deviations/refused.rs"]
mod refused;
#[path = "deviations/support.rs"]
mod support;

use std::collections::BTreeSet;

/// The names of the tests in a source text.
fn tests_in(source: &str) -> impl Iterator<Item = String> {
    let after_attribute = source.split("#[test]\n").skip(1);
    after_attribute.filter_map(|text| Some(text.strip_prefix("fn ")?.split_once('(')?.0.to_owned()))
}

#[test]
fn the_page_names_every_test_and_no_other() {
    let sources = [include_str!("deviations/decided.rs"), include_str!("deviations/refused.rs")];
    let tests: BTreeSet<_> = sources.into_iter().flat_map(tests_in).collect();
    let page = include_str!("../docs/deviations.md");
    let named: BTreeSet<_> = page
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|code| code.matches('_').count() >= 3 && code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'))
        .map(str::to_owned)
        .collect();
    assert_eq!(named, tests);
}
