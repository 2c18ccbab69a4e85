//! Every example on the pages of the plugins compiles, loads and decides.

use std::fs;
use std::path::Path;

use cascata::compiler::{Options, Source, compile};
use cascata::runtime::engine::Engine;
use cascata::runtime::testing::ScriptedHandler;
use cascata::vm::image::{LoadOptions, Program};
use serde_json::json;

/// The YAML examples of every page, with the page.
fn examples() -> Vec<(String, String)> {
    let pages = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/plugins");
    let mut all = Vec::new();
    for page in fs::read_dir(pages).expect("the pages") {
        let path = page.expect("a page").path();
        let text = fs::read_to_string(&path).expect("a page");
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let blocks = text.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap_or_default());
        all.extend(blocks.map(|block| (name.clone(), block.to_owned())));
    }
    all
}

/// A cascade whose stage `S` has the example's plugins.
fn engine(example: &str) -> Engine {
    let plugins: String = example.lines().map(|line| format!("    {line}\n")).collect();
    let text = format!(
        "name: page\nversion: \"1\"\nexecution_order: [S]\nstores: {{shared: 'memory:'}}\nstages:\n  S:\n    name: S\n    idempotent: true\n{plugins}  cheap_model: {{name: cheap_model}}\n"
    );
    let compiled = compile(&Source::new("page.yaml", text), &Options::default());
    let image = compiled.image.unwrap_or_else(|| panic!("{example}: {:?}", compiled.diagnostics));
    let program = Program::verify(image, &LoadOptions::default()).expect("a valid image");
    Engine::builder(program)
        .handler("S", ScriptedHandler::returning(json!("done")))
        .handler("cheap_model", ScriptedHandler::returning(json!("guess")))
        .build()
        .expect(example)
}

#[tokio::test(start_paused = true)]
async fn every_example_of_a_plugin_decides() {
    let examples = examples();
    assert!(examples.len() >= 12, "{} examples", examples.len());
    for (page, example) in examples {
        let engine = engine(&example);
        for _ in 0..2 {
            let decision = engine.execute(b"{}").await.expect("a decision");
            let record = decision.record(cascata::record::Mode::Full);
            assert_eq!(record.outcome, json!("done"), "{page}: {example}");
            let data = record.stages[0].data.clone().unwrap_or_default();
            assert_eq!(data["resilience"]["degraded"], json!(false), "{page}: {example}");
        }
    }
}
