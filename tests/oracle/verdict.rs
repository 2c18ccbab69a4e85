//! What a cascade comes to when it has ended.

use serde_json::Value;

use super::cascade::Run;
use super::condition::Outcome;
use super::path::{Facts, steps};

impl Run<'_> {
    /// What the cascade comes to: where an error was recorded what `on_error` says, else what the first `terminate` that acted
    /// says, else the first case of `outcome` that holds, else the last result.
    pub(super) fn verdict(&mut self) -> (&'static str, Value) {
        let terminated = self.seen.terminated_with.clone().flatten();
        let given = if terminated.is_some() { None } else { self.given() };
        if let (Some(outcome), false) = (&self.cascade.on_error, self.seen.errors.is_empty()) {
            return ("on_error", outcome.clone());
        }
        if let Some(outcome) = terminated {
            return ("terminate", outcome);
        }
        match (given, self.seen.results.last()) {
            (Some(given), _) => ("outcome", given),
            (None, Some(last)) => ("last_result", last.result.clone()),
            (None, None) => ("none", Value::Null),
        }
    }

    /// What the cases of `outcome` give; one that fails is an error, and the next one is asked.
    fn given(&mut self) -> Option<Value> {
        for case in &self.cascade.outcome {
            let holds = case.get("condition").map_or(Outcome::True, |condition| self.evaluate(condition));
            match holds {
                Outcome::True => {
                    let facts = Facts { event: &self.seen.final_data, results: &self.seen.results };
                    let path = case.get("expression").and_then(Value::as_str);
                    return Some(path.map_or_else(|| case["value"].clone(), |path| facts.get(&steps(path))));
                }
                Outcome::False => {}
                Outcome::Error => self.error("__global__", "rule_condition", None),
            }
        }
        None
    }
}
