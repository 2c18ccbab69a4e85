//! The engine inside a host: two stages are WASM modules, one is the host's own async function.
//!
//! ```sh
//! cargo run --example 02_embed_engine
//! ```

use std::path::Path;
use std::sync::Arc;

use cascata::compiler::{Options, Source, compile};
use cascata::modules::ModuleFolder;
use cascata::record::Mode;
use cascata::runtime::engine::Engine;
use cascata::runtime::{FailureKind, StageCall, StageFailure, StageOutput, handler_fn};
use cascata::vm::image::{LoadOptions, Program};
use cascata::vm::{Segment, Value};
use serde_json::{Map, json};

/// Stands in for the module of MEDIUM_CHECK: asks a service of the host about the user. Whatever it returns goes through
/// the same rules as a module's answer.
async fn ask_reputation(call: StageCall) -> Result<StageOutput, StageFailure> {
    let user = match call.field(&[Segment::Key("user_id".to_owned())]) {
        Value::Text(user) => user.to_owned(),
        _ => {
            return Err(StageFailure::new(FailureKind::Handler, "an event without user_id"));
        }
    };
    // Other events are decided while this one waits; the stage's timeout_ms ends it if it waits too long.
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    let reputation = if user.ends_with('7') { 0.97 } else { 0.6 };
    let data = Map::from_iter([("sound".to_owned(), json!(reputation)), ("asked".to_owned(), json!(user))]);
    Ok(StageOutput::new("pass").with_confidence(reputation).with_data(&data))
}

fn program(cascade: &Path) -> Result<Program<'static>, Box<dyn std::error::Error>> {
    let source = Source::new(cascade.display().to_string(), std::fs::read_to_string(cascade)?);
    let compiled = compile(&source, &Options::default());
    let image = compiled.image.ok_or_else(|| format!("{:?}", compiled.diagnostics))?;
    Ok(Program::verify(image, &LoadOptions::default())?)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let cascades = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/cascades");
    let program = program(&cascades.join("trust_scoring.yaml"))?;

    // Modules are found in the folder of the cascade and nowhere else.
    let modules = ModuleFolder::new(&cascades);
    let engine = Engine::builder(program)
        .source(Arc::new(modules))
        .handler("MEDIUM_CHECK", handler_fn(ask_reputation))
        .metadata("host", "02_embed_engine")
        .build()?;

    // Many events at a time: the engine is cheap to clone and every call stands alone.
    let decide = |user: &'static str| {
        let engine = engine.clone();
        async move {
            let event = json!({"user_id": user, "action": "withdraw", "amount": 10_000});
            engine.execute(event.to_string().as_bytes()).await
        }
    };
    let (known, unknown) = tokio::join!(decide("user_12347"), decide("user_12345"));

    for decision in [known?, unknown?] {
        let record = decision.record(Mode::Summary);
        println!("{} after {:?}", record.outcome, decision.executed().collect::<Vec<_>>());
        for stage in &record.stages {
            let confidence = stage.confidence.as_ref().map_or("-".to_owned(), ToString::to_string);
            let fuel = stage.fuel.map_or("native".to_owned(), |fuel| format!("{fuel} fuel"));
            println!("    {:<16} {:<8} {confidence:<6} {fuel}", stage.name, stage.result);
        }
        assert!(record.success, "{:?}", record.errors);
    }
    for (stage, figures) in engine.statistics() {
        println!("{stage}: {figures:?}");
    }
    Ok(())
}
