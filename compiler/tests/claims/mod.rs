//! Holds the claims of one cascade against events.

mod elements;
pub mod schema;

use std::collections::HashSet;

use cascata_compiler::analyze::{Claim, OfElement, analyze};
use cascata_compiler::model::{Cascade, RuleRef, StageRef};
use cascata_compiler::schema::Schema;
use cascata_compiler::{Options, Source};
use serde_json::{Value, json};

use crate::oracle::cascade::{Observed, decide};
use crate::oracle::condition::{Outcome, evaluate};
use crate::oracle::path::Facts;

/// What became of a configuration.
pub enum Checked {
    /// The compiler refuses it.
    Refused,
    /// Each claim with what refutes it.
    Claims(Vec<(&'static str, Option<String>)>),
}

/// Makes the claims of a cascade and holds each against the events.
pub fn check(config: &Value, events: &[Value]) -> Checked {
    let text = config.to_string();
    let mut options = Options::default();
    options.analysis = false;
    // What the schema makes an error is a claim as well, so the model is made without it.
    let mut plain = config.clone();
    let stated = plain.as_object_mut().unwrap().remove("schema");
    let (Some(mut cascade), _) = cascata_compiler::check(&Source::new("c.json", plain.to_string()), &options) else {
        return Checked::Refused;
    };
    let mut fitting = None;
    if let Some(stated) = stated {
        let Some(known) = Schema::of(&Source::new("c.json", text.clone()), &options) else { return Checked::Refused };
        for event in events {
            assert_eq!(known.fits(event).is_ok(), schema::fits(&stated, event), "{stated}\n{event}");
        }
        fitting = Some(events.iter().filter(|event| schema::fits(&stated, event)).cloned().collect::<Vec<_>>());
        cascade.schema = Some(known);
    }
    let events = fitting.as_deref().unwrap_or(events);
    let findings = analyze(&cascade, &text);
    let mut runs = None;
    let judged = findings.into_iter().map(|finding| {
        let judge = Judge { config, cascade: &cascade, events };
        judge.judge(&finding.claim, &mut runs)
    });
    Checked::Claims(judged.collect())
}

/// Runs of the whole cascade are dear, so only some events are run.
const RUN_EVERY: usize = 7;

struct Judge<'c> {
    config: &'c Value,
    cascade: &'c Cascade,
    events: &'c [Value],
}

type Runs = Option<Vec<(Value, Observed)>>;

impl Judge<'_> {
    fn judge(&self, claim: &Claim, runs: &mut Runs) -> (&'static str, Option<String>) {
        match claim {
            Claim::NeverTrue { rule, at } => {
                let condition = self.part(*rule, at);
                ("never-true", self.against(&[&condition], |event| outcome(&condition, event) == Outcome::True))
            }
            Claim::AlwaysTrue { rule, at } => {
                let condition = self.part(*rule, at);
                ("always-true", self.against(&[&condition], |event| outcome(&condition, event) != Outcome::True))
            }
            Claim::TrueWhenPresent { rule, at } => {
                let condition = self.part(*rule, at);
                let exists = json!({"field": condition["field"], "operator": "EXISTS"});
                let wrong = |event: &Value| {
                    outcome(&exists, event) == Outcome::True && outcome(&condition, event) != Outcome::True
                };
                ("true-when-present", self.against(&[&condition], wrong))
            }
            Claim::Redundant { rule, at } => {
                let whole = self.part(*rule, &[]);
                let mut reduced = whole.clone();
                let (last, above) = at.split_last().unwrap();
                let parent = above.iter().fold(&mut reduced, |part, at| &mut part["conditions"][*at]);
                parent["conditions"].as_array_mut().unwrap().remove(*last);
                ("redundant", self.against(&[&whole], |event| outcome(&whole, event) != outcome(&reduced, event)))
            }
            Claim::Duplicate { rule, first } => {
                let (one, other) = (self.part(*rule, &[]), self.part(*first, &[]));
                ("duplicate", self.against(&[&one, &other], |event| outcome(&one, event) != outcome(&other, event)))
            }
            Claim::Shadowed { rule, holding, .. } if self.cascade.globals.contains(rule) => {
                let (one, others) = (self.part(*rule, &[]), holding.iter().map(|other| self.part(*other, &[])));
                let others: Vec<_> = others.collect();
                let wrong = |event: &Value| {
                    outcome(&one, event) == Outcome::True
                        && others.iter().all(|other| outcome(other, event) != Outcome::True)
                };
                {
                    let reads: Vec<_> = std::iter::once(&one).chain(&others).collect();
                    ("shadowed", self.against(&reads, wrong))
                }
            }
            Claim::Shadowed { rule, .. } => ("shadowed", self.runs(runs, |_, seen| self.fired(seen, *rule).is_some())),
            Claim::NeverRuns { stage } => {
                ("never-runs", self.runs(runs, |_, seen| seen.results.iter().any(|r| r.stage == self.stage(*stage))))
            }
            Claim::Drains { rule, .. } => ("drains", self.runs(runs, |_, seen| !self.ends(seen, *rule))),
            Claim::Overwritten { rule, by } => {
                let wrong = |_: &Value, seen: &Observed| match (self.fired(seen, *rule), self.fired(seen, *by)) {
                    (Some(first), Some(second)) => second < first,
                    (Some(_), None) => !self.action_failed(seen, *rule),
                    (None, _) => false,
                };
                ("overwritten", self.runs(runs, wrong))
            }
            Claim::Hidden { .. } => ("hidden", None),
            Claim::Fails { rule, at } => {
                let condition = self.part(*rule, at);
                let exists = json!({"field": condition["field"], "operator": "EXISTS"});
                let wrong = |event: &Value| {
                    outcome(&exists, event) == Outcome::True && outcome(&condition, event) != Outcome::Error
                };
                ("fails", self.against(&[&condition], wrong))
            }
            Claim::Unknown { closed: false, .. } => ("unlisted", None),
            Claim::Unknown { rule, at, .. } => {
                let condition = self.part(*rule, at);
                let exists = json!({"field": condition["field"], "operator": "EXISTS"});
                ("unknown", self.against(&[&condition], |event| outcome(&exists, event) == Outcome::True))
            }
            Claim::Mixed { rule, at, other, other_at } => {
                let (one, other) = (self.part(*rule, at), self.part(*other, other_at));
                let wrong =
                    |event: &Value| outcome(&one, event) == Outcome::True && outcome(&other, event) != Outcome::Error;
                ("mixed", self.against(&[&one, &other], wrong))
            }
            Claim::OfElements { says: OfElement::Unknown { closed: false }, .. } => ("unlisted", None),
            Claim::OfElements { rule, at, inside, says } => {
                let whole = self.part(*rule, at);
                ("of-elements", self.against(&[&whole], |event| elements::refute(&whole, inside, *says, event)))
            }
            Claim::OutsideConditions => ("outside-conditions", None),
        }
    }

    /// The first event for which something is wrong. Of events that differ in nothing that the conditions read one is asked.
    fn against(&self, conditions: &[&Value], wrong: impl Fn(&Value) -> bool) -> Option<String> {
        let mut read = HashSet::new();
        conditions.iter().for_each(|condition| fields(condition, &mut read));
        let mut asked = HashSet::new();
        let mut events = self.events.iter().filter(|event| {
            let parts = event.as_object().unwrap().iter().filter(|(key, _)| read.contains(key.as_str()));
            asked.insert(parts.map(|(key, value)| format!("{key}: {value},")).collect::<String>())
        });
        events.find(|event| wrong(event)).map(|event| format!("refuted by {event}"))
    }

    /// The same for runs of the whole cascade, in which every stage has a handler.
    fn runs(&self, runs: &mut Runs, wrong: impl Fn(&Value, &Observed) -> bool) -> Option<String> {
        let runs = runs.get_or_insert_with(|| {
            let names = self.cascade.stages.values().map(|stage| stage.name.clone());
            let script: Value = names.map(|name| (name, json!([{"return": {"result": 1}}]))).collect();
            let some = self.events.iter().step_by(RUN_EVERY);
            some.filter_map(|event| Some((event.clone(), decide(self.config, event, &script).ok()?))).collect()
        });
        runs.iter().find(|(event, seen)| wrong(event, seen)).map(|(event, _)| format!("refuted by a run of {event}"))
    }

    fn rule(&self, rule: RuleRef) -> (String, String) {
        let name = self.cascade.rules[rule].name.clone();
        let of = |stage: &cascata_compiler::model::StageModel| {
            [&stage.preconditions, &stage.routing, &stage.postconditions].into_iter().any(|list| list.contains(&rule))
        };
        let stage = self.cascade.stages.values().find(|stage| of(stage)).map(|stage| stage.name.clone());
        (stage.unwrap_or_default(), name)
    }

    fn stage(&self, stage: StageRef) -> &str {
        &self.cascade.stages[stage].name
    }

    /// A condition of a rule as it is written.
    fn part(&self, rule: RuleRef, at: &[usize]) -> Value {
        let (stage, name) = self.rule(rule);
        let whole = match name.strip_prefix("global_termination_") {
            Some(number) => &self.config["global_termination_conditions"][number.parse::<usize>().unwrap()],
            None => {
                let rules = self.config["stages"][stage]["routing_rules"].as_array().unwrap();
                &rules.iter().find(|rule| rule["name"] == json!(name)).unwrap()["condition"]
            }
        };
        at.iter().fold(whole.clone(), |part, at| child(&part, *at))
    }

    /// When a rule fired, counted in rules. An `else` that acts is no firing. A global condition that holds is the last
    /// thing that happens.
    fn fired(&self, seen: &Observed, rule: RuleRef) -> Option<usize> {
        let (stage, name) = self.rule(rule);
        seen.fired.iter().position(|fired| {
            fired["stage"] == json!(stage) && fired["rule"] == json!(name) && fired.get("else").is_none()
        })
    }

    /// Whether nothing ran behind the stage whose rule fired.
    fn ends(&self, seen: &Observed, rule: RuleRef) -> bool {
        let Some(at) = self.fired(seen, rule) else { return true };
        let (stage, _) = self.rule(rule);
        // A later skip_to of the same stage wins.
        let overruled =
            seen.fired[at + 1..].iter().any(|fired| fired["stage"] == json!(stage) && fired["action"] == "skip_to");
        overruled || seen.fired[at..].iter().all(|fired| fired["stage"] == json!(stage))
    }

    fn action_failed(&self, seen: &Observed, rule: RuleRef) -> bool {
        let (stage, _) = self.rule(rule);
        seen.errors.iter().any(|error| error.stage == stage && error.kind == "rule_action")
    }
}

/// The top-level keys of events that a condition reads.
fn fields<'c>(condition: &'c Value, read: &mut HashSet<&'c str>) {
    for path in ["field", "value_field", "with"] {
        read.extend(condition[path].as_str().and_then(|path| path.split(['.', '[']).next()));
    }
    condition["conditions"].as_array().into_iter().flatten().for_each(|child| fields(child, read));
}

/// A child of a condition; those of BETWEEN are its two bounds.
fn child(condition: &Value, at: usize) -> Value {
    if condition["operator"] == "BETWEEN" {
        let operator = if at == 0 { ">=" } else { "<=" };
        return json!({"field": condition["field"], "operator": operator, "value": condition["value"][at]});
    }
    condition["conditions"][at].clone()
}

fn outcome(condition: &Value, event: &Value) -> Outcome {
    evaluate(condition, Facts { event, results: &[] }, &mut Vec::new())
}
