//! `cascata compile` and `cascata disasm`.

use crate::support::*;

#[test]
fn the_same_source_gives_the_same_bytes_and_a_hash() {
    let scratch = scratch();
    let (one, two) = (put(&scratch, "one.cbc", b""), put(&scratch, "two.cbc", b""));
    cascata(&["compile", &fixture("rules.yaml"), "-o", &one]).exits(0).says("hash ").says("2 stages");
    cascata(&["compile", &fixture("rules.yaml"), "-o", &two]).exits(0);
    let (one, two) = (std::fs::read(one).unwrap(), std::fs::read(two).unwrap());
    assert!(!one.is_empty());
    assert_eq!(one, two);
}

#[test]
fn comments_change_neither_hash_nor_decisions() {
    let scratch = scratch();
    let text = std::fs::read_to_string(fixture("rules.yaml")).unwrap();
    let commented = put(&scratch, "commented.yaml", format!("# more\n\n{text}").as_bytes());
    let hash = |file: &str| {
        let out = scratch.path().join("out.cbc");
        let ran = cascata(&["compile", "--format", "json", file, "-o", out.to_str().unwrap()]).exits(0);
        let summary: serde_json::Value = serde_json::from_str(ran.err.trim()).expect("a JSON summary");
        summary["hash"].as_str().expect("a hash").to_owned()
    };
    assert_eq!(hash(&commented), hash(&fixture("rules.yaml")));
}

#[test]
fn an_image_decides_as_its_source() {
    let scratch = scratch();
    let image = scratch.path().join("rules.cbc");
    let image = image.to_str().unwrap();
    cascata(&["compile", &fixture("rules.yaml"), "-o", image]).exits(0);
    let ran = with_stdin(&["run", image, "-"], ndjson().as_bytes()).exits(0);
    assert_eq!(ran.outcomes(), verdicts());
}

#[test]
fn a_broken_file_is_not_compiled() {
    let scratch = scratch();
    let image = scratch.path().join("broken.cbc");
    cascata(&["compile", &fixture("broken.yaml"), "-o", image.to_str().unwrap()]).exits(3);
    assert!(!image.exists());
}

#[test]
fn a_damaged_image_is_refused_with_a_code() {
    let scratch = scratch();
    let image = scratch.path().join("rules.cbc");
    let name = image.to_str().unwrap();
    cascata(&["compile", &fixture("rules.yaml"), "-o", name]).exits(0);
    let mut bytes = std::fs::read(&image).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x40;
    std::fs::write(&image, &bytes).unwrap();
    with_stdin(&["run", name, "-"], b"").exits(3).says("V0006");
    std::fs::write(&image, &bytes[..100]).unwrap();
    with_stdin(&["run", name, "-"], b"").exits(3).says("V00");
}

#[test]
fn disassembly_shows_stages_rules_and_instructions() {
    let from_source = cascata(&["disasm", &fixture("rules.yaml")]).exits(0);
    for text in ["SCREEN", "blocked_country", "REVIEW"] {
        assert!(from_source.out.contains(text), "{text:?} is not in:\n{}", from_source.out);
    }
    let asm = cascata(&["compile", "--emit", "asm", &fixture("rules.yaml")]).exits(0);
    assert_eq!(asm.out, from_source.out);
}

#[test]
fn the_stages_on_the_way_to_an_image_are_shown_and_no_image_is_written() {
    let ir = cascata(&["compile", &fixture("rules.yaml"), "--emit", "ir"]).exits(0);
    assert!(ir.out.contains(" ? accept : reject"), "{}", ir.out);
    let asm = cascata(&["compile", &fixture("rules.yaml"), "--emit", "asm"]).exits(0);
    assert_eq!(asm.out, cascata(&["disasm", &fixture("rules.yaml")]).exits(0).out);
    assert!(!std::path::Path::new(&fixture("rules.yaml")).with_extension("cbc").exists());
}

#[test]
fn rules_over_the_budget_give_no_image() {
    let scratch = scratch();
    let out = scratch.path().join("out.cbc");
    let compile = |cost: &str| {
        let out = out.to_str().unwrap();
        cascata(&["compile", &fixture("rules.yaml"), "--max-cost", cost, "-o", out])
    };
    compile("1").exits(3).says("E0708");
    assert!(!out.exists());
    compile("100000").exits(0);
    assert!(out.exists());
    cascata(&["check", "--max-cost", "1", &fixture("rules.yaml")]).exits(3).says("E0708");
}
