//! Compiling ahead: a cascade becomes a `.cbc` file once; whoever decides loads it without the compiler.
//!
//! ```sh
//! cargo run --example 03_compile_ahead
//! ```

use std::path::{Path, PathBuf};

use cascata::compiler::{Options, Source, compile};
use cascata::vm::PathId;
use cascata::vm::eval::{NoTrace, Step, Walk};
use cascata::vm::image::{LoadOptions, Program, RuleKind};
use cascata::vm::json::{Extraction, JsonFacts, PathTrie, ReadOptions};

/// Where rules are written: source in, image out.
fn compile_to(cascade: &Path, image: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let source = Source::new(cascade.display().to_string(), std::fs::read_to_string(cascade)?);
    let compiled = compile(&source, &Options::default());
    for diagnostic in &compiled.diagnostics {
        eprintln!("{}: {}", diagnostic.code, diagnostic.message);
    }
    let bytes = compiled.image.ok_or("the cascade has errors")?;
    println!("{} -> {} bytes", cascade.display(), bytes.len());
    std::fs::write(image, bytes)?;
    Ok(())
}

/// Where rules are applied: an image and events in, the names of the rules that fire in the first stage out.
fn fire(image: &[u8], events: &str) -> Result<Vec<Vec<String>>, Box<dyn std::error::Error>> {
    // The program borrows the image: a memory map serves as well as a file read into memory. Nothing is parsed again;
    // `verify` proves that the bytes are a program, so a damaged or hostile file is an error and never a surprise.
    let program = Program::verify(image, &LoadOptions::default())?;
    let stage = program.plan().next().and_then(|id| program.stage(id)).ok_or("the cascade has no stage")?;
    let paths: Vec<_> = (0..).take(program.path_count()).map(|path| program.path(PathId::new(path))).collect();
    let trie = PathTrie::new(&paths);
    let (mut extraction, mut walk) = (Extraction::new(), Walk::new());

    let mut all = Vec::new();
    for line in events.lines() {
        let event = extraction.read(&trie, line.as_bytes(), &ReadOptions::default())?;
        let facts = JsonFacts::new(event, &extraction);
        walk.start(stage.list(RuleKind::Routing));
        let mut fired = Vec::new();
        loop {
            match walk.next(&program, &facts, &mut NoTrace) {
                Step::Fired(rule) => fired.extend(program.rule(rule).map(|rule| rule.name().to_owned())),
                Step::Otherwise(_) => {}
                Step::Error { trap, .. } => return Err(trap.into()),
                Step::Done => break,
            }
        }
        all.push(fired);
    }
    Ok(all)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let image: PathBuf = std::env::temp_dir().join(format!("flow_triage-{}.cbc", std::process::id()));

    compile_to(&examples.join("cascades/flow_triage.yaml"), &image)?;
    let bytes = std::fs::read(&image)?;
    std::fs::remove_file(&image)?;

    let events = std::fs::read_to_string(examples.join("events/flow_triage.ndjson"))?;
    let fired = fire(&bytes, &events)?;
    for (line, rules) in fired.iter().enumerate().filter(|(_, rules)| !rules.is_empty()) {
        println!("event {line:>2}: {}", rules.join(", "));
    }
    assert!(fired.iter().flatten().any(|rule| rule == "syn_flood"));

    // One flipped bit, and the image is refused.
    let mut damaged = bytes;
    if let Some(byte) = damaged.last_mut() {
        *byte ^= 1;
    }
    let refused = Program::verify(damaged, &LoadOptions::default()).err().ok_or("a damaged image was accepted")?;
    println!("damaged image: {refused}");
    Ok(())
}
