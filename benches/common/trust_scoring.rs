//! The trust-scoring example, for benches of whole cascades: its program, its three modules, and events that all three of them see.
//!
//! A bench that cannot be set up ends there: each `expect` says what was missing.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use cascata::compiler::{Options, Source, compile};
use cascata::modules::ModuleFolder;
use cascata::runtime::engine::Engine;
use cascata::vm::image::{LoadOptions, Program};

fn cascades() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/cascades")
}

pub fn program() -> Program<'static> {
    let text = std::fs::read_to_string(cascades().join("trust_scoring.yaml")).expect("the example cascade");
    let compiled = compile(&Source::new("trust_scoring.yaml", text), &Options::default());
    let image = compiled.image.unwrap_or_else(|| panic!("{:?}", compiled.diagnostics));
    Program::verify(image, &LoadOptions::default()).expect("a valid image")
}

pub fn wasm() -> Engine {
    Engine::builder(program()).source(Arc::new(ModuleFolder::new(cascades()))).build().expect("an engine")
}

pub fn events() -> Vec<String> {
    (0..64).map(|n| format!(r#"{{"user_id":"user_12345","action":"withdraw","amount":{}}}"#, 10_000 + n)).collect()
}

/// Sees to it that an event runs all three stages.
pub async fn check(engine: &Engine, event: &str) {
    let decision = engine.execute(event.as_bytes()).await.expect("a decision");
    assert_eq!(decision.executed().collect::<Vec<_>>(), ["FAST_CHECK", "MEDIUM_CHECK", "EXPENSIVE_CHECK"]);
}
