//! Cascades that write rules: whatever a stage can call, be it a model over HTTP, a component or the host's own code.

use std::error::Error;
use std::io;

use cascata_learn::proposals::RuleWriter;
use cascata_record::Mode;
use cascata_runtime::engine::Engine;
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

/// A cascade as a writer of rules: it decides the event `{"prompt": …}`, and its verdict is the answer, a text or an object.
pub struct CascadeWriter {
    engine: Engine,
    runtime: Runtime,
}

impl CascadeWriter {
    /// Asks this engine, on a thread of its own choosing: not to be used inside an async runtime.
    ///
    /// # Errors
    /// When the async runtime cannot be made.
    pub fn new(engine: Engine) -> io::Result<Self> {
        Ok(Self { engine, runtime: Builder::new_current_thread().enable_all().build()? })
    }
}

impl RuleWriter for CascadeWriter {
    fn write(&mut self, prompt: &str) -> Result<String, Box<dyn Error + Send + Sync>> {
        let event = json!({ "prompt": prompt }).to_string();
        let decided = self.runtime.block_on(self.engine.execute_unrecorded(event.as_bytes()));
        let record = decided.map_err(|error| format!("{}: {error}", error.code()))?.record(Mode::Full);
        if let Some(error) = record.errors.first() {
            return Err(format!("{}: {}", error.code, error.message).into());
        }
        match record.outcome {
            Value::String(text) => Ok(text),
            Value::Null => Err("the verdict of the cascade that writes rules is null".into()),
            other => Ok(other.to_string()),
        }
    }
}
