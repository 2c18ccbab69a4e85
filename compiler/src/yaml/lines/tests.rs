//! What is read line by line is what the parser reads.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};

use crate::limits::Limits;
use crate::yaml::readers_agree;

/// Whether a text is read line by line, which must give what the parser gives.
fn agrees(text: &str) -> bool {
    let agree = readers_agree(text, &Limits::default());
    assert_ne!(agree, Some(false), "{text}");
    agree.is_some()
}

#[test]
fn texts_as_people_write_them_are_read_line_by_line() {
    for text in [
        "a: 1\nb: two words\n",
        "# before\n\na: 1 # behind\n\n  # between\nb:   2   ",
        "a:\n  b:\n    c: x\n  d: y\ne: z",
        "a:\n- 1\n- 2\nb:\n  - 3\n  -   4\n",
        "- a: 1\n  b: 2\n-\n  a: 3\n- - 4\n  - 5\n- - - 6\n- 7\n",
        "a: {b: 1, c: [x, 'y', \"z\"], d: {}, e: [[], [1]]}\nf: [ {g: -1.5} , h ]  # i\n",
        "a: \"say \\\"hi\\\"\\n\\t\\\\\"\nb: 'it''s'\n'c d': \"\"\n\"e\": ''\nf: '''g'''\n",
        "a: yes\nb: 010\nc: 1:30\nd: ~\ne: null\nf: http://g/h#i\ng: 2024-01-01\nh: .inf\n",
        "on: 1\n1: 2\nnull: 3\ntrue: {no: 4}\n",
        "a: ä\nb: [ö, \"日本\"]\n# ü\nc: '\u{1F600}'\n",
        "a: 1\na: 2\n",
        "a: x[0].y{z}, w\nb: -x\nc: <\nd: a#b\ne: a:b\n",
    ] {
        assert!(agrees(text), "left to the parser: {text}");
    }
}

#[test]
fn what_is_unusual_is_left_to_the_parser() {
    for text in [
        "",
        "# nothing\n",
        "a",
        "a:\n",
        "a: 1\n---\nb: 2\n",
        "a: &x 1\n",
        "a: *x\n",
        "a: !t 1\n",
        "a: |\n  b\n",
        "a: one\n  two\n",
        "a: 'one\n  two'\n",
        "a: [1,\n  2]\n",
        "a: [1, ]\n",
        "a: {b}\n",
        "a: {b: }\n",
        "a: [b: c]\n",
        "a: b: c\n",
        "a: - b\n",
        "a:\tb\n",
        "a: b\r\n",
        "a: \"\\x41\"\n",
        " a: 1\n",
        "a:\n   b: 1\n  c: 2\n",
        "a: 1\n b: 2\n",
        "a: 1\n- b\n",
        "- a\nb: 1\n",
        "? a\n: b\n",
        "a: 'b' c\n",
        "a: [b] c\n",
        "a: 'b'#c\n",
        "a: %b\n",
        "a: @b\n",
        "a: \u{85}\n",
        "a: [b]]\n",
        "a: [b}\n",
        "a : b\n",
    ] {
        assert!(!agrees(text), "read line by line: {text}");
    }
}

#[test]
fn limits_are_told_by_the_parser() {
    let deep = format!("{}1{}", "[".repeat(100), "]".repeat(100));
    let limits = Limits { depth: 20, nodes: 50, number_digits: 10, ..Limits::default() };
    for text in [format!("a: {deep}\n"), "a: 1\n".repeat(60), format!("a: {}\n", "1".repeat(20))] {
        assert_eq!(readers_agree(&text, &limits), None, "{text}");
    }
}

/// Lines put together from the pieces that lines are made of: mostly such as fit together, sometimes any.
fn lines() -> impl Strategy<Value = String> {
    let pick = |usual: &'static [&'static str], any: &'static [&'static str]| prop_oneof![12 => prop::sample::select(usual), 1 => prop::sample::select(any)];
    let start = pick(&["", "", "", "  ", "  ", "    "], &["   ", " ", "      "]);
    let dash = pick(&["", "", "- "], &["-", "-   ", "- - ", "- # c"]);
    let key = pick(
        &["a: ", "b: ", "c: ", "d:", "e:"],
        &["", "\"c\": ", "'d e':   ", "f", "1: ", "no: ", "g :", "#", "\u{e4}: "],
    );
    let value = pick(
        &["x", "1", "'q'", "\"r\"", "[a, b]", "{a: 1, b: [x, {c: d}]}", "", ""],
        &[
            "x y",
            "-1",
            "'q''r'",
            "\"s\\\"t\\n\"",
            "[]",
            "{}",
            "[a",
            "]",
            "{a: b, }",
            "~",
            "yes",
            "x # y",
            "# z",
            "x:y",
            "x: y",
            "'a' b",
            "\"\\u00e9\"",
            "&a",
            "*a",
            "!t",
            "|",
            ">",
            "-",
            "--",
            "---",
            "...",
            "%",
            "<<",
            "=",
            "{\"a\": 1}",
            "{\"a\":1}",
            "[a b , c]",
            "[a:b, c#d]",
            "[a #b]",
            "{a: b:c}",
            "\u{e4}",
            "\u{2028}",
            "@",
            "`",
            "?",
            "? a",
            ",",
            "[-]",
            "[- a]",
            "[-a]",
            "{'a': 'b'}",
            "[a]: b",
            "\"x\"y",
            "-x",
            "- x",
            "$a",
            "^a+$",
            "(a)",
            "<=",
            "!=",
            "\\d+",
            "a, b",
            "1:30",
            "0x1f",
            "''",
            "\"\"",
            "[ 'a' , {b: \"c\"} ]",
        ],
    );
    let end = pick(&["\n", "\n", "\n\n"], &[" \n", " # c\n", "#d\n", "\n# e\n", "\n   # f\n", ""]);
    let line = (start, dash, key, value, end)
        .prop_map(|(start, dash, key, value, end)| format!("{start}{dash}{key}{value}{end}"));
    prop::collection::vec(line, 1..7).prop_map(|lines| lines.concat())
}

#[test]
fn any_lines_are_read_as_the_parser_reads_them() {
    let mut runner =
        TestRunner::new_with_rng(ProptestConfig::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let strategy = lines();
    let read = (0..10_000).filter(|_| agrees(&strategy.new_tree(&mut runner).unwrap().current())).count();
    assert!(read > 500, "{read} of 10000 texts");
}

#[test]
fn examples_are_read_as_the_parser_reads_them() {
    for folder in ["../examples/cascades", "tests/diagnostics"] {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/").to_owned() + folder;
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let yaml = files.filter(|path| path.extension().is_some_and(|extension| extension == "yaml"));
        let read = yaml.filter(|path| std::fs::read_to_string(path).is_ok_and(|text| agrees(&text))).count();
        assert!(read > 0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4096, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_as_the_parser_reads_it(text in "([ab:#,'\"\\-\\[\\]{} \n]|- |: |a: |\n  ){0,24}") {
        agrees(&text);
    }
}
