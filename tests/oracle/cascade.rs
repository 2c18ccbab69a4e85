//! A whole cascade, run to its end on a virtual clock.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::{Map, Value, json};

use super::condition::{Outcome, evaluate};
use super::config::{Cascade, Kind, Refused, Rule};
pub use super::observed::{ErrorSeen, Observed};
use super::path::Facts;
use super::sample;
use super::script::{Ended, Script};

/// Runs one event through a cascade.
pub fn decide(config: &Value, event: &Value, script: &Value) -> Result<Observed, Refused> {
    let cascade = Cascade::read(config)?;
    let mut run = Run::new(&cascade, event, Script::new(script));
    run.all();
    run.seen.verdict = run.verdict();
    run.seen.attempts = run.script.calls;
    Ok(run.seen)
}

/// What asking a rule comes to.
enum Asked {
    Nothing,
    Error,
    /// Its action, or with true its `else`.
    Acts(bool),
}

pub(super) struct Run<'c> {
    pub(super) cascade: &'c Cascade,
    script: Script,
    queue: VecDeque<String>,
    executed: BTreeSet<String>,
    /// Set by actions, over what the file says.
    switched: BTreeMap<String, bool>,
    /// Stages a precondition has blocked, or that had nothing to run, since the last stage ran.
    blocked: BTreeSet<String>,
    /// Enabled in this turn.
    enabled: Vec<String>,
    skip_to: Option<String>,
    /// Global conditions whose error is recorded already.
    global_failed: BTreeSet<usize>,
    now_ms: u64,
    pub(super) seen: Observed,
}

impl<'c> Run<'c> {
    fn new(cascade: &'c Cascade, event: &Value, script: Script) -> Run<'c> {
        Run {
            cascade,
            script,
            queue: cascade.plan.iter().cloned().collect(),
            executed: BTreeSet::new(),
            switched: BTreeMap::new(),
            blocked: BTreeSet::new(),
            enabled: Vec::new(),
            skip_to: None,
            global_failed: BTreeSet::new(),
            now_ms: 0,
            seen: Observed { final_data: event.clone(), ..Observed::default() },
        }
    }

    fn all(&mut self) {
        let mut waited = 0;
        while !self.queue.is_empty() && self.seen.termination.is_none() && !self.seen.timed_out {
            if waited >= self.queue.len() {
                let left = std::mem::take(&mut self.queue);
                left.into_iter().for_each(|stage| self.error(&stage, "unmet_dependency", None));
                return;
            }
            if self.global_condition_holds() {
                self.seen.termination = Some("global");
                return;
            }
            if let Some(target) = self.skip_to.take() {
                while self.queue.front().is_some_and(|stage| *stage != target) {
                    self.queue.pop_front();
                }
            }
            let Some(stage) = self.queue.pop_front() else { return };
            if !self.enabled(&stage) || self.executed.contains(&stage) {
                waited = 0;
            } else if !self.dependencies_met(&stage) {
                self.queue.push_back(stage);
                waited += 1;
            } else {
                waited = 0;
                self.run_batch(stage);
            }
        }
    }

    fn enabled(&self, stage: &str) -> bool {
        self.switched.get(stage).copied().unwrap_or(self.cascade.stage(stage).enabled)
    }

    fn dependencies_met(&self, stage: &str) -> bool {
        self.cascade.stage(stage).depends_on.iter().all(|needed| self.executed.contains(needed))
    }

    /// The stages that run together with `first`, which has left the queue already.
    fn take_batch(&mut self, first: String) -> Vec<String> {
        let mut batch = vec![first];
        let kind = self.cascade.stage(&batch[0]).batch.clone();
        while kind.is_some() && batch.len() < self.cascade.max_parallel_stages.max(1) {
            let joins = self.queue.front().is_some_and(|stage| {
                self.cascade.stage(stage).batch == kind
                    && self.enabled(stage)
                    && self.dependencies_met(stage)
                    && !self.executed.contains(stage)
                    && !batch.contains(stage)
            });
            if !joins {
                break;
            }
            batch.extend(self.queue.pop_front());
        }
        batch
    }

    /// All members see the state before the batch; what they did is taken up in plan order when all have finished.
    fn run_batch(&mut self, first: String) {
        let batch = self.take_batch(first);
        let asked: Vec<(Option<Rule>, Vec<Rule>)> = batch.iter().map(|stage| self.preconditions(stage)).collect();
        let (blocking, otherwise): (Vec<Option<Rule>>, Vec<Vec<Rule>>) = asked.into_iter().unzip();
        // A stage that runs alone sees what the `else`s of its preconditions did.
        let mut otherwise: VecDeque<Vec<Rule>> = otherwise.into();
        if let ([alone], Some(rules)) = (&batch[..], otherwise.front_mut()) {
            let rules = std::mem::take(rules);
            self.act_all(alone, &rules);
        }
        let budget = self.cascade.global_timeout_ms - self.now_ms;
        let runs = |(stage, blocked): &(&String, &Option<Rule>)| blocked.is_none() && self.script.has(stage);
        let running: Vec<String> = batch.iter().zip(&blocking).filter(runs).map(|(stage, _)| stage.clone()).collect();
        let mut ended: BTreeMap<String, Option<Ended>> = BTreeMap::new();
        for stage in &running {
            let end = self.script.run(self.cascade.stage(stage), budget);
            ended.insert(stage.clone(), end);
        }
        self.seen.batches.push(running);
        let late = ended.values().any(Option::is_none);
        self.now_ms += ended.values().flatten().map(|end| end.after_ms).max().unwrap_or(0);
        for (stage, blocked) in batch.iter().zip(blocking) {
            let rules = otherwise.pop_front().unwrap_or_default();
            if !late {
                self.act_all(stage, &rules);
            }
            match (blocked, ended.remove(stage)) {
                // Nothing acts any more once the cascade's time is over.
                (Some(_), _) if late => {}
                (Some(rule), _) => self.block(stage, &rule),
                (None, Some(Some(end))) => self.settle(stage, end, late),
                (None, Some(None)) => {}
                (None, None) => {
                    self.blocked.insert(stage.clone());
                    let message = format!("No handler registered for stage: {stage}");
                    self.error(stage, "no_handler", Some(message));
                }
            }
            self.queue_enabled();
        }
        if late {
            self.error("__global__", "global_timeout", None);
            self.seen.timed_out = true;
        }
    }

    /// The first precondition that holds, and those before it whose `else` acts; an error counts as false.
    fn preconditions(&mut self, stage: &str) -> (Option<Rule>, Vec<Rule>) {
        let mut otherwise = Vec::new();
        for rule in self.rules(stage, Kind::Precondition) {
            match self.ask(stage, &rule) {
                Asked::Nothing => {}
                Asked::Error => self.error(stage, "rule_condition", None),
                Asked::Acts(false) => return (Some(rule), otherwise),
                Asked::Acts(true) => otherwise.push(rule),
            }
        }
        (None, otherwise)
    }

    fn act_all(&mut self, stage: &str, otherwise: &[Rule]) {
        for rule in otherwise {
            if !self.act(&rule.otherwise) {
                self.error(stage, "rule_action", None);
            }
        }
    }

    /// Evaluates a rule and records what comes of it; nothing comes of one that only watches or does not look.
    fn ask(&mut self, stage: &str, rule: &Rule) -> Asked {
        if !sample::takes(rule, Facts { event: &self.seen.final_data, results: &self.seen.results }) {
            return Asked::Nothing;
        }
        let outcome = self.evaluate(&rule.condition);
        let mut seen = json!({ "stage": stage, "rule": rule.name, "type": rule.kind.name() });
        let action = match outcome {
            Outcome::True => &rule.action,
            Outcome::False if rule.otherwise.is_null() => return Asked::Nothing,
            Outcome::False => &rule.otherwise,
            Outcome::Error if rule.shadow => {
                self.seen.shadow.push(seen);
                return Asked::Nothing;
            }
            Outcome::Error => return Asked::Error,
        };
        seen["action"] = action["type"].clone();
        if outcome == Outcome::False {
            seen["else"] = json!(true);
        }
        if rule.shadow {
            self.seen.shadow.push(seen);
            return Asked::Nothing;
        }
        self.seen.fired.push(seen);
        Asked::Acts(outcome == Outcome::False)
    }

    fn block(&mut self, stage: &str, rule: &Rule) {
        self.blocked.insert(stage.to_owned());
        if !self.act(&rule.action) {
            self.error(stage, "rule_action", None);
        }
    }

    fn settle(&mut self, stage: &str, end: Ended, late: bool) {
        self.seen.results.push(end.result);
        self.executed.insert(stage.to_owned());
        self.blocked.clear();
        if let Some((kind, message)) = end.failure {
            self.error(stage, kind, Some(message));
        }
        if late {
            return;
        }
        for kind in [Kind::Routing, Kind::Postcondition] {
            for rule in self.rules(stage, kind) {
                let failed = match self.ask(stage, &rule) {
                    Asked::Nothing => None,
                    Asked::Error => Some("rule_condition"),
                    Asked::Acts(otherwise) => {
                        let action = if otherwise { &rule.otherwise } else { &rule.action };
                        let acted = self.act(action);
                        if acted && !otherwise && rule.stop {
                            break;
                        }
                        (!acted).then_some("rule_action")
                    }
                };
                if let Some(kind) = failed {
                    self.error(stage, kind, None);
                    if !self.cascade.skip_failed_rules {
                        return;
                    }
                }
            }
        }
    }

    fn rules(&self, stage: &str, kind: Kind) -> Vec<Rule> {
        self.cascade.stage(stage).rules.iter().filter(|rule| rule.kind == kind).cloned().collect()
    }

    fn global_condition_holds(&mut self) -> bool {
        for (index, condition) in self.cascade.global_conditions.iter().enumerate() {
            match self.evaluate(condition) {
                Outcome::True => return true,
                Outcome::False => {}
                Outcome::Error if !self.global_failed.insert(index) => {}
                Outcome::Error => self.error("__global__", "rule_condition", None),
            }
        }
        false
    }

    pub(super) fn evaluate(&mut self, condition: &Value) -> Outcome {
        let facts = Facts { event: &self.seen.final_data, results: &self.seen.results };
        evaluate(condition, facts, &mut self.seen.trace)
    }

    /// Carries an action out; false where it cannot be.
    fn act(&mut self, action: &Value) -> bool {
        let named = |key: &str| action[key].as_str().unwrap_or_default().to_owned();
        let stages = || action["stages"].as_array().into_iter().flatten().filter_map(Value::as_str);
        match action["type"].as_str() {
            Some("terminate") => {
                self.seen.termination = Some("action");
                self.seen.terminated_with.get_or_insert(action.get("outcome").cloned());
            }
            Some("skip_to") => {
                self.seen.decisions.push(json!({ "type": "skip_to", "target": named("target") }));
                self.skip_to = Some(named("target"));
            }
            Some("enable_stages") => stages().for_each(|stage| self.switch(stage, true)),
            Some("disable_stages") => stages().for_each(|stage| self.switch(stage, false)),
            _ => return set(&mut self.seen.final_data, &named("field"), &action["value"]),
        }
        true
    }

    fn switch(&mut self, stage: &str, on: bool) {
        let kind = if on { "enable_stage" } else { "disable_stage" };
        self.seen.decisions.push(json!({ "type": kind, "stage": stage }));
        self.switched.insert(stage.to_owned(), on);
        if on {
            self.enabled.push(stage.to_owned());
        }
    }

    /// What was enabled in a stage's turn is queued at its end.
    fn queue_enabled(&mut self) {
        for stage in std::mem::take(&mut self.enabled) {
            if !self.queue.contains(&stage) && !self.executed.contains(&stage) && !self.blocked.contains(&stage) {
                self.queue.push_back(stage);
            }
        }
    }

    pub(super) fn error(&mut self, stage: &str, kind: &'static str, message: Option<String>) {
        self.seen.errors.push(ErrorSeen { stage: stage.to_owned(), kind, message });
    }
}

/// Writes a value under a dotted path, making the mappings in between; false, and nothing written, where something that
/// is no mapping is in the way.
fn set(event: &mut Value, path: &str, value: &Value) -> bool {
    let Value::Object(object) = event else { return false };
    match path.split_once('.') {
        None => {
            object.insert(path.to_owned(), value.clone());
            true
        }
        Some((first, rest)) => {
            if object.contains_key(first) {
                return set(&mut object[first], rest, value);
            }
            let mut made = Value::Object(Map::new());
            let written = set(&mut made, rest, value);
            object.insert(first.to_owned(), made);
            written
        }
    }
}
