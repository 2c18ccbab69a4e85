//! What is counted: each the same every time, and chosen so that a loss anywhere on a hot way is seen.

#[path = "../../common/mod.rs"]
mod common;

use std::fmt::Write as _;
use std::hint::black_box;
use std::io;
use std::path::Path;
use std::process::Command;

use cascata_compiler::{Options, Source, compile};
use cascata_vm::PathId;
use cascata_vm::eval::{Cursor, Matcher, NoTrace, Select, Step, Vm};
use cascata_vm::image::{LoadOptions, Program, RuleKind};
use cascata_vm::json::{DuplicateKeys, Extraction, JsonFacts, PathTrie, ReadOptions, Validate};

use crate::callgrind::counted_work;

/// One of them.
pub struct Workload {
    pub name: &'static str,
    /// How much more than its baseline it may take, in percent. What one crate's code does in one unit moves by less than a
    /// percent when something else is changed; the compiler is made of many units, and what is inlined where moves with each.
    pub threshold: f64,
    pub run: fn(),
}

/// All of them.
pub const ALL: &[Workload] = &[
    Workload { name: "read_1kb", threshold: 5.0, run: || read(1 << 10, &ReadOptions::default()) },
    Workload { name: "read_10kb", threshold: 5.0, run: || read(10 << 10, &ReadOptions::default()) },
    Workload { name: "read_10kb_trusted_first", threshold: 5.0, run: || read(10 << 10, &trusted()) },
    Workload { name: "ten_rules", threshold: 5.0, run: || ten_rules(|| fired) },
    Workload { name: "ten_rules_sifted", threshold: 5.0, run: || ten_rules(matched) },
    Workload { name: "match_2000_rules", threshold: 5.0, run: match_rules },
    Workload { name: "load_3000_rules", threshold: 5.0, run: load },
    Workload { name: "compile_300_rules", threshold: 10.0, run: compile_rules },
];

fn trusted() -> ReadOptions {
    ReadOptions { validate: Validate::Trusted, duplicate_keys: DuplicateKeys::First, ..ReadOptions::default() }
}

fn image(name: &str, text: String) -> Vec<u8> {
    let compiled = compile(&Source::new(name, text), &Options::default());
    compiled.image.unwrap_or_else(|| panic!("{name} has mistakes: {:?}", compiled.diagnostics.first()))
}

fn verified(name: &str, text: String) -> Program<'static> {
    let image = image(name, text);
    let program = Program::verify(image, &LoadOptions::default().trusted(true));
    let program = program.unwrap_or_else(|error| panic!("{name} is refused: {error}"));
    program.prepare();
    program
}

fn trie(program: &Program<'_>) -> PathTrie {
    let paths: Vec<_> = (0..program.path_count()).map(|path| program.path(PathId::new(path as u32))).collect();
    PathTrie::new(&paths)
}

/// Events of a size read, and ten rules asked.
fn read(bytes: usize, options: &ReadOptions) {
    let program = verified("ten_rules.yaml", common::TEN_RULES.to_owned());
    let trie = trie(&program);
    let places = [common::Place::Early, common::Place::Middle, common::Place::Late];
    let events: Vec<String> = (0..96).map(|seed| common::event(bytes, places[seed as usize % 3], seed)).collect();
    let mut extraction = Extraction::new();
    // Once to fill buffers and prepare what is prepared when it is first needed.
    let mut all = || {
        for event in &events {
            let text = extraction.read(&trie, event.as_bytes(), options).expect("a valid event");
            black_box(fired(&program, &JsonFacts::new(text, &extraction)));
        }
    };
    all();
    counted_work(&mut all);
}

/// The machine alone, in one of its ways through a list.
fn ten_rules<F: FnMut(&Program<'_>, &JsonFacts<'_>) -> u32>(way: impl Fn() -> F) {
    let program = verified("ten_rules.yaml", common::TEN_RULES.to_owned());
    let trie = trie(&program);
    let events: Vec<String> = (0..1024).map(|seed| common::event(0, common::Place::Early, seed)).collect();
    let read = |event: &String| {
        let mut extraction = Extraction::new();
        extraction.read(&trie, event.as_bytes(), &ReadOptions::default()).expect("a valid event");
        extraction
    };
    let extracted: Vec<Extraction> = events.iter().map(read).collect();
    let mut count = way();
    let mut all = || {
        for (event, extraction) in events.iter().zip(&extracted) {
            black_box(count(&program, &JsonFacts::new(event, extraction)));
        }
    };
    all();
    counted_work(&mut all);
}

/// From the first rule to the last.
fn fired(program: &Program<'_>, facts: &JsonFacts<'_>) -> u32 {
    let Some(stage) = program.stages().next() else { return 0 };
    let mut cursor = Cursor::start(stage.list(RuleKind::Routing));
    let mut count = 0;
    loop {
        match Vm::new().next(program, &mut cursor, facts, &mut NoTrace) {
            Step::Fired(_) => count += 1,
            Step::Error { .. } | Step::Otherwise(_) => {}
            Step::Done => return count,
        }
    }
}

/// By a look at each field.
fn matched() -> impl FnMut(&Program<'_>, &JsonFacts<'_>) -> u32 {
    let mut matcher = Matcher::new();
    move |program, facts| {
        let Some(stage) = program.stages().next() else { return 0 };
        matcher.run(program, stage.list(RuleKind::Routing), Select::All, facts, &mut NoTrace);
        matcher.matches().map(|_| 1).sum()
    }
}

/// A rule set that is long enough for an index: equalities, beginnings, ranges and a part of a text.
fn match_rules() {
    let mut rules = String::new();
    for rule in 0..2000 {
        let tests = match rule % 4 {
            0 => format!(r#"{{"field": "user.id", "op": "==", "value": "u{}"}}"#, rule * 7 % 3001),
            1 => format!(
                r#"{{"field": "country", "op": "==", "value": "C{}"}}, {{"field": "amount", "op": ">=", "value": {}}}"#,
                rule % 97,
                rule * 3
            ),
            2 => format!(
                r#"{{"field": "amount", "op": ">=", "value": {}}}, {{"field": "amount", "op": "<", "value": {}}}"#,
                rule * 5,
                rule * 5 + 9
            ),
            _ => format!(r#"{{"field": "note", "op": "CONTAINS", "value": "word{rule}x"}}"#),
        };
        // Writing into a string cannot fail.
        let _ = writeln!(rules, r#"{{"id": {rule}, "all": [{tests}]}}"#);
    }
    let program = verified("rules.jsonl", rules);
    let trie = trie(&program);
    let event = |seed: u32| {
        format!(
            r#"{{"user":{{"id":"u{}"}},"country":"C{}","amount":{},"note":"some words and word{}x"}}"#,
            seed * 31 % 3001,
            seed % 97,
            seed * 17 % 10_000,
            seed % 2000
        )
    };
    let events: Vec<String> = (0..512).map(event).collect();
    let list = program.rulesets().next().expect("a rule set").list();
    let (mut extraction, mut matcher) = (Extraction::new(), Matcher::new());
    let mut all = || {
        for event in &events {
            let text = extraction.read(&trie, event.as_bytes(), &ReadOptions::default()).expect("a valid event");
            matcher.run(&program, list, Select::All, &JsonFacts::new(text, &extraction), &mut NoTrace);
            black_box(matcher.matches().count());
        }
    };
    all();
    counted_work(&mut all);
}

/// Writes the image that [`load`] reads.
pub fn write_image(file: &Path) -> io::Result<()> {
    std::fs::write(file, image("many.yaml", common::many_rules(1000)))
}

/// The image is made by another process. A compiler leaves free memory in pieces, differently each time, because tables are seeded by chance, and
/// finding some among them made loading take up to a tenth more.
fn image_made_elsewhere() -> io::Result<Vec<u8>> {
    let file = std::env::temp_dir().join(format!("cascata-counts-{}.cbc", std::process::id()));
    let made = Command::new(std::env::current_exe()?).arg("image").arg(&file).status()?;
    let image = std::fs::read(&file);
    std::fs::remove_file(&file)?;
    if made.success() { image } else { Err(io::Error::other(format!("{made}"))) }
}

/// An image of 3,000 rules proven and made ready.
fn load() {
    // Nothing can be counted then, and the parent says so of a count that is missing.
    let image = image_made_elsewhere().unwrap_or_else(|error| panic!("no image to load: {error}"));
    counted_work(&mut || {
        let program = Program::verify(black_box(image.as_slice()), &LoadOptions::default()).expect("a valid image");
        black_box(program.hash());
    });
}

/// A file of 300 rules compiled, analysis included.
fn compile_rules() {
    let source = Source::new("many.yaml", common::many_rules(100));
    counted_work(&mut || {
        black_box(compile(&source, &Options::default()).image);
    });
}
