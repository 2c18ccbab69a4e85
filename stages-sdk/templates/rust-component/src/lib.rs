//! The stage {{name}}, as a component. `cascata stage build` makes the component of the module that cargo builds.

wit_bindgen::generate!({ path: "wit", world: "stage" });

use cascata::stage::types::{ErrorCode, Value};
use cascata::stage::{config, event};

/// What the host knows of the module without running it.
#[unsafe(link_section = "cascata-manifest")]
#[used]
static MANIFEST: [u8; include_bytes!("../manifest.json").len()] = *include_bytes!("../manifest.json");

struct Stage;

export!(Stage);

impl Guest for Stage {
    fn init() -> Result<(), StageError> {
        Ok(())
    }

    fn run() -> Result<Outcome, StageError> {
        // Slot 0 is the first of the manifest's fields.
        let amount = number(&event::get(0)).ok_or_else(|| invalid("amount is not a number"))?;
        let limit = number(&config::get("limit")).unwrap_or(1000.0);
        let result = if amount > limit { "review" } else { "pass" };
        Ok(Outcome { result: result.to_owned(), confidence: Some(0.9), data: None })
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Integer(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        Value::BigInteger(digits) => digits.parse().ok(),
        _ => None,
    }
}

fn invalid(message: &str) -> StageError {
    StageError {
        code: ErrorCode::InvalidInput,
        message: message.to_owned(),
        retryable: false,
        status: None,
        retry_after_ms: None,
    }
}
