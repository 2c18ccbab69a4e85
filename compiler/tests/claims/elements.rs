//! Claims about elements of lists, held against each element of an event.

use cascata_compiler::analyze::OfElement;
use serde_json::{Value, json};

use crate::oracle::condition::{Outcome, evaluate_in};
use crate::oracle::path::Facts;
use crate::oracle::scope::Scope;

/// Whether some element of an event refutes what is said of the condition that stands `inside` another one.
pub fn refute(whole: &Value, inside: &[usize], says: OfElement, event: &Value) -> bool {
    let mut part = whole.clone();
    let mut scopes = taken(&part["with"], vec![Scope::new(Facts { event, results: &[] })]);
    for at in inside {
        part = super::child(&part, *at);
        scopes = taken(&part["with"], scopes);
    }
    let scopes = taken(&part["field"], scopes);
    let exists = json!({"field": part["field"], "operator": "EXISTS"});
    scopes.iter().any(|scope| {
        let is = |condition: &Value, outcome| evaluate_in(condition, scope, &mut Vec::new()) == outcome;
        let there = || is(&exists, Outcome::True);
        match says {
            OfElement::NeverTrue => is(&part, Outcome::True),
            OfElement::TrueWhenPresent => there() && !is(&part, Outcome::True),
            OfElement::Fails => there() && !is(&part, Outcome::Error),
            OfElement::Unknown { closed } => closed && part["field"].is_string() && there(),
        }
    })
}

/// The scopes with one element of every list that a path goes through at hand, for all elements.
fn taken<'e>(path: &Value, scopes: Vec<Scope<'e>>) -> Vec<Scope<'e>> {
    let Some(path) = path.as_str() else { return scopes };
    let mut all = Vec::new();
    for scope in scopes {
        match scope.open(path) {
            None => all.push(scope),
            Some(open) => {
                let elements = open.list.as_array().cloned().unwrap_or_default();
                all.extend(taken(&json!(path), elements.iter().map(|element| scope.with(&open, element)).collect()));
            }
        }
    }
    all
}
