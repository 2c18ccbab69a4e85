//! The promise of image format 1: images that were made once are read for good, and decide as they did.
//!
//! `tests/images/v1` of the project holds images with the sources they were made of. Nothing in there is ever written again: what
//! is new in the format comes with new images beside them. `UPDATE=1` writes only what is not there yet.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use cascata_vm::eval::{Cursor, NoTrace, Step, Vm};
use cascata_vm::image::{FORMAT, ImageErrorKind, LoadOptions, Program, RuleKind, Section};
use cascata_vm::isa::{Instruction, Opcode, disassemble};
use cascata_vm::json::{Extraction, JsonFacts, PathTrie, ReadOptions};
use cascata_vm::{Facts, ListId, PathId, Value};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/images/v1")
}

/// The committed images, by name.
fn images() -> Vec<(PathBuf, Vec<u8>)> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "cbc"));
    files.sort();
    files.into_iter().map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
}

/// Compares with a file that, once it is there, never changes.
fn recorded(path: &Path, text: &str) {
    if std::env::var_os("UPDATE").is_some() && !path.exists() {
        std::fs::write(path, text).unwrap();
    }
    let known = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert_eq!(known, text, "{} is the promise of the format and stays as it is", path.display());
}

/// An event at a known time: ages have an answer.
struct At<'e>(JsonFacts<'e>);

impl Facts for At<'_> {
    fn get(&self, path: PathId) -> Value<'_> {
        self.0.get(path)
    }

    fn now_us(&self) -> Option<i64> {
        Some(1_795_000_000_000_000)
    }
}

fn program(image: &[u8], options: &LoadOptions) -> Program<'static> {
    Program::verify(image.to_vec(), options).unwrap_or_else(|error| panic!("{error}"))
}

/// What every list of a program says of an event: the rules that fire, those that fail with `!`, an `else` with `~`.
fn decisions(program: &Program<'_>, event: &str) -> String {
    let paths: Vec<_> = (0..program.path_count()).map(|path| program.path(PathId::new(path as u32))).collect();
    let trie = PathTrie::new(&paths);
    let mut extraction = Extraction::new();
    let text = extraction.read(&trie, event.as_bytes(), &ReadOptions::default()).unwrap();
    let facts = At(JsonFacts::new(text, &extraction));
    let mut lists = vec![("globals".to_owned(), program.globals())];
    for stage in program.stages() {
        for kind in [RuleKind::Precondition, RuleKind::Routing, RuleKind::Postcondition] {
            lists.push((format!("{} {}", stage.name(), kind.name()), stage.list(kind)));
        }
    }
    lists.extend(program.rulesets().map(|ruleset| (format!("ruleset {}", ruleset.name()), ruleset.list())));
    lists.extend(program.outcome().map(|list| ("outcome".to_owned(), list)));
    let mut out = format!("{event}\n");
    for (name, list) in lists {
        let answers = answers(program, list, &facts);
        if !answers.is_empty() {
            writeln!(out, "  {name}: {}", answers.join(" ")).unwrap();
        }
    }
    out
}

fn answers(program: &Program<'_>, list: ListId, facts: &At<'_>) -> Vec<String> {
    let name = |rule| program.rule(rule).unwrap().name().to_owned();
    let (mut cursor, mut said) = (Cursor::start(list), Vec::new());
    loop {
        match Vm::new().next(program, &mut cursor, facts, &mut NoTrace) {
            Step::Fired(rule) => said.push(name(rule)),
            Step::Otherwise(rule) => said.push(format!("~{}", name(rule))),
            Step::Error { rule, trap } => said.push(format!("!{}({:?})", name(rule), trap.kind)),
            Step::Done => return said,
        }
    }
}

#[test]
fn committed_images_load_and_decide_as_recorded() {
    let images = images();
    assert!(images.len() >= 2, "the images are gone");
    for (path, image) in &images {
        let events = std::fs::read_to_string(path.with_extension("events.jsonl")).unwrap();
        for options in [LoadOptions::default(), LoadOptions::default().trusted(true)] {
            let program = program(image, &options);
            let hash: String = program.hash().iter().map(|byte| format!("{byte:02x}")).collect();
            let decided: String = events.lines().map(|event| decisions(&program, event)).collect();
            recorded(&path.with_extension("decisions"), &format!("program {hash}\n{decided}"));
            recorded(&path.with_extension("asm"), &disassemble(&program));
        }
    }
}

#[test]
fn committed_images_have_every_instruction() {
    let mut missing: Vec<Opcode> = Opcode::ALL.to_vec();
    for (path, _) in images() {
        let assembly = std::fs::read_to_string(path.with_extension("asm")).unwrap();
        let words: Vec<&str> =
            assembly.lines().filter_map(|line| line.split_whitespace().find(|word| !word.ends_with(':'))).collect();
        missing.retain(|op| !words.contains(&op.mnemonic()));
    }
    let missing: Vec<&str> = missing.iter().map(|op| op.mnemonic()).collect();
    // The compiler lays rules out without it; tests in assembly have it.
    assert_eq!(missing, ["jump"]);
}

#[test]
fn instructions_and_sections_of_format_1_keep_their_numbers_operands_and_costs() {
    assert_eq!(FORMAT, 1);
    let mut text = String::new();
    for op in Opcode::ALL {
        writeln!(text, "instruction {:02x} {} {:?} cost {}", *op as u8, op.mnemonic(), op.operands(), op.cost())
            .unwrap();
    }
    for section in Section::ALL {
        writeln!(text, "section {} {} semantic {}", *section as u32, section.name(), section.is_semantic()).unwrap();
    }
    let path = folder().join("table.txt");
    if std::env::var_os("UPDATE").is_some() && !path.exists() {
        std::fs::write(&path, &text).unwrap();
    }
    let frozen = std::fs::read_to_string(path).unwrap();
    // Rows may be added, with new numbers; none is changed or taken away.
    let today: Vec<&str> = text.lines().collect();
    let gone: Vec<&str> = frozen.lines().filter(|row| !today.contains(row)).collect();
    assert_eq!(gone, [""; 0]);
    let numbers: std::collections::BTreeSet<u8> = Opcode::ALL.iter().map(|op| *op as u8).collect();
    assert_eq!(numbers.len(), Opcode::ALL.len());
    assert!(Opcode::ALL.iter().all(|op| Instruction::new(*op).encode()[0] == *op as u8));
}

/// An image with a header field changed and sealed again.
fn with(image: &[u8], at: usize, value: u32) -> Vec<u8> {
    let mut image = image.to_vec();
    image[at..at + 4].copy_from_slice(&value.to_le_bytes());
    image
}

#[test]
fn other_formats_features_and_sections_are_refused_by_their_code() {
    let (_, image) = images().remove(0);
    let refusal =
        |image: Vec<u8>| Program::verify(image, &LoadOptions::default()).map(|program| program.hash()).unwrap_err();
    for format in [0, 2, u32::MAX] {
        let error = refusal(with(&image, 8, format));
        assert_eq!((error.kind, error.kind.code()), (ImageErrorKind::Format, "V0002"));
    }
    assert_eq!(refusal(with(&image, 12, 1)).kind.code(), "V0003");
    let sections = Section::ALL.len() as u32;
    assert_eq!(refusal(with(&image, 16, sections + 1)).kind.code(), "V0003");
    assert_eq!(refusal(with(&image, 16, sections - 1)).kind.code(), "V0007");
}
