//! Rule sets, one rule after the other.

use std::cmp::Ordering;

use serde_json::{Value, json};

use super::condition::{Outcome, evaluate};
use super::config::{Cascade, Refused, Rule};
use super::path::Facts;
use super::sample;

/// What a rule set answers: `matches`, `else`, `shadow` and `errors`, each the names of rules in order.
pub fn matches(config: &Value, name: &str, select: &str, event: &Value) -> Result<Value, Refused> {
    let cascade = Cascade::read(config)?;
    let (_, rules) = cascade.rulesets.iter().find(|(set, _)| set == name).ok_or("no such rule set")?;
    let facts = Facts { event, results: &[] };
    let (mut matched, mut otherwise) = (Vec::<&Rule>::new(), Vec::new());
    let (mut shadow, mut errors) = (Vec::new(), Vec::new());
    for rule in rules.iter().filter(|rule| sample::takes(rule, facts)) {
        match evaluate(&rule.condition, facts, &mut Vec::new()) {
            Outcome::Error => errors.push(rule.name.as_str()),
            Outcome::False if rule.otherwise.is_null() => {}
            _ if rule.shadow => shadow.push(rule.name.as_str()),
            Outcome::False => otherwise.push(rule.name.as_str()),
            Outcome::True => {
                matched.push(rule);
                if rule.stop || select == "first" {
                    break;
                }
            }
        }
    }
    if select == "best" {
        matched.sort_by(|a, b| {
            let scores = b.score.order(&a.score).unwrap_or(Ordering::Equal);
            scores.then(a.order.cmp(&b.order))
        });
        matched.truncate(1);
    }
    let matched: Vec<&str> = matched.iter().map(|rule| rule.name.as_str()).collect();
    Ok(json!({ "matches": matched, "else": otherwise, "shadow": shadow, "errors": errors }))
}
