//! Any text gives diagnostics: never a panic, an overflow of the stack, or more than a moment.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "a test speaks by failing"
)]

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use cascata_compiler::{Options, Source, check};
use proptest::prelude::*;

const CASCADE: &str = r#"name: c
version: "1"
execution_order: [A, B]
x-base: &base {field: a, operator: "==", value: [1, 2.5, "x", null, {k: no}]}
stages:
  A:
    name: A
    enabled: yes
    handler: {kind: wasm, module: a.wasm, instance: {pooled: {max: 2}}}
    plugins: [metrics, {retry: {max_retries: 2}}]
    routing_rules:
      - name: r
        priority: 5
        condition:
          operator: AND
          conditions:
            - *base
            - {field: stages.A.data["x.y"][0], operator: MATCHES, value: '^\d+(a|b)$'}
            - operator: NOT
              conditions: [{field: n, operator: ALL, compare: ">", value: 1e3}]
        action: {type: set_field, field: p.q.r, value: {deep: [1, [2, [3]]]}}
  B: {name: B, depends_on: [A], custom_properties: {at: 2026-01-01}}
"#;

/// Compiles a text under both names, and gives the number of diagnostics.
fn compile(text: &str) -> usize {
    let mut count = 0;
    for name in ["c.yaml", "c.json"] {
        let source = Source::new(name, text);
        let (model, diagnostics) = check(&source, &Options::default());
        assert_eq!(model.is_none(), diagnostics.iter().any(cascata_compiler::Diagnostic::is_error), "{text}");
        for label in diagnostics.iter().flat_map(|diagnostic| &diagnostic.labels) {
            assert!(text.get(label.span.start..label.span.end).is_some(), "{label:?} in {text}");
        }
        for fix in diagnostics.iter().filter_map(|diagnostic| diagnostic.fix.as_ref()) {
            assert!(text.get(fix.span.start..fix.span.end).is_some(), "{fix:?} in {text}");
        }
        count += diagnostics.len();
    }
    count
}

fn quick(what: &str, text: &str) {
    let start = Instant::now();
    compile(text);
    assert!(start.elapsed() < Duration::from_secs(20), "{what} took {:?}", start.elapsed());
}

#[test]
fn nesting_of_any_depth_is_an_error_and_not_an_overflow() {
    for depth in [64, 127, 128, 129, 1000, 100_000] {
        for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("- ", ""), ("? ", "")] {
            let mut text = format!("x: {}1{}", open.repeat(depth), close.repeat(depth));
            quick(open, &text);
            text.truncate(text.len() / 2);
            quick(open, &text);
        }
        let mut condition = r#"{"field":"a","operator":"EXISTS"}"#.to_owned();
        for _ in 0..depth.min(1000) {
            condition = format!(r#"{{"operator":"NOT","conditions":[{condition}]}}"#);
        }
        quick("conditions", &format!(r#"{{"name":"c","version":"1","global_termination_conditions":[{condition}]}}"#));
        let mut text = "x:\n".to_owned();
        for level in 0..depth.min(2000) {
            writeln!(text, "{:level$}a:", "").unwrap();
        }
        quick("block mappings", &text);
    }
}

#[test]
fn aliases_of_aliases_are_bounded() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..40 {
        let previous = level - 1;
        let aliases = vec![format!("*a{previous}"); 9].join(", ");
        writeln!(text, "a{level}: &a{level} [{aliases}]").unwrap();
    }
    quick("alias bomb", &text);
    let mut text = "a0: &a0 [x]\n".to_owned();
    for level in 1..3000 {
        writeln!(text, "a{level}: &a{level} [*a{}]", level - 1).unwrap();
    }
    quick("alias chain", &text);
}

#[test]
fn large_texts_take_a_moment() {
    quick("unknown keys", &(0..50_000).map(|at| format!("k{at}: no\n")).collect::<String>());
    quick("duplicate keys", &"k: 1\n".repeat(50_000));
    quick("one long line", &format!("[{}]", "\"\\ud83d\\ude00é\",".repeat(100_000)));
    quick("digits", &format!("x: {}", "9".repeat(1_000_000)));
    quick("blanks", &" ".repeat(1_000_000));
    quick("quotes", &"\"".repeat(100_000));
    quick("colons", &": ".repeat(20_000));
    quick("sexagesimal", &format!("x: 1{}", ":30".repeat(1000)));
    quick("anchors", &"- &a *a\n".repeat(20_000));
    quick("brackets", &format!("name: c\nversion: 1\ncache_key_fields: ['{}']", "[0]".repeat(100_000)));
    quick("no end", "global_termination_conditions: [");
    quick("byte order mark", "\u{feff}name: c\nversion: 1\n");
    let stages: String =
        (0..20_000).map(|at| format!("  s{at}: {{name: s{at}, depends_on: [s{}]}}\n", (at + 1) % 20_000)).collect();
    quick("a circle of stages", &format!("name: c\nversion: 1\nstages:\n{stages}"));
}

#[test]
fn every_prefix_gives_an_answer() {
    assert_eq!(compile(""), 2);
    for (at, _) in CASCADE.char_indices() {
        compile(&CASCADE[..at]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_gives_an_answer(text in "\\PC{0,80}") {
        compile(&text);
    }

    #[test]
    fn yaml_like_text_gives_an_answer(text in "[-a-c0-2:.,\\[\\]{}\"'|>&*!?#%@ \n\t\\\\~]{0,60}") {
        compile(&text);
    }

    #[test]
    fn a_changed_cascade_gives_an_answer(
        changes in prop::collection::vec((0..CASCADE.len(), 0..40_usize, "[-a-z0-9:.,\\[\\]{}\"'|>&*!?#\n ]{0,6}"), 1..4),
    ) {
        let mut text = CASCADE.to_owned();
        for (at, length, insert) in changes {
            let at = at.min(text.len());
            let end = (at + length / 8).min(text.len());
            if text.is_char_boundary(at) && text.is_char_boundary(end) {
                text.replace_range(at..end, &insert);
            }
        }
        compile(&text);
    }
}
