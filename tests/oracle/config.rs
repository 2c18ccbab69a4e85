//! Reading a cascade and refusing what the language refuses before anything runs.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::condition;
use super::number::Num;
use super::value::truthy;

/// A cascade that may run.
#[derive(Debug, Clone)]
pub struct Cascade {
    pub stages: Vec<Stage>,
    /// Name and rules of each rule set, by falling priority, ties in file order.
    pub rulesets: Vec<(String, Vec<Rule>)>,
    /// The queue a run begins with.
    pub plan: Vec<String>,
    pub global_conditions: Vec<Value>,
    pub global_timeout_ms: u64,
    pub max_parallel_stages: usize,
    pub skip_failed_rules: bool,
    /// The cases of `outcome`.
    pub outcome: Vec<Value>,
    pub on_error: Option<Value>,
}

#[derive(Debug, Clone)]
pub struct Stage {
    pub name: String,
    pub enabled: bool,
    pub timeout_ms: u64,
    pub max_retries: u64,
    pub retry_delay_ms: u64,
    pub depends_on: Vec<String>,
    /// The batch this stage may share; `None` runs alone.
    pub batch: Option<Batch>,
    /// By falling priority, ties in file order.
    pub rules: Vec<Rule>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Batch {
    Group(String),
    Ungrouped,
}

#[derive(Debug, Clone)]
pub struct Rule {
    pub name: String,
    pub kind: Kind,
    pub condition: Value,
    /// Null where a rule of a rule set has none.
    pub action: Value,
    /// `else`; null where there is none.
    pub otherwise: Value,
    pub stop: bool,
    pub shadow: bool,
    /// Hundredths of a percent, and the field whose value decides.
    pub sample: Option<(u32, String)>,
    pub score: Num,
    /// Its place in the file.
    pub order: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Precondition,
    Routing,
    Postcondition,
    /// In a rule set.
    Match,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Kind::Precondition => "precondition",
            Kind::Routing => "routing",
            Kind::Postcondition => "postcondition",
            Kind::Match => "match",
        }
    }
}

/// Why a cascade is refused.
pub type Refused = String;

impl Cascade {
    pub fn read(config: &Value) -> Result<Cascade, Refused> {
        let config = mapping(config, "the cascade")?;
        config.get("name").ok_or("name is missing")?;
        config.get("version").ok_or("version is missing")?;
        let stages = match config.get("stages") {
            Some(stages) => mapping(stages, "stages")?.iter().map(|(key, stage)| read_stage(key, stage)).collect(),
            None => Ok(Vec::new()),
        };
        let stages: Vec<Stage> = stages?;
        let known = |name: &String| stages.iter().any(|stage| stage.name == *name);
        let order = names(config.get("execution_order"), "execution_order")?;
        let referred = stages.iter().flat_map(|stage| {
            let actions = stage.rules.iter().flat_map(|rule| [&rule.action, &rule.otherwise]);
            let targets = actions.flat_map(targets);
            stage.depends_on.iter().cloned().chain(targets)
        });
        if let Some(unknown) = order.iter().cloned().chain(referred).find(|name| !known(name)) {
            return Err(format!("there is no stage {unknown}"));
        }
        let sorted = topological(&stages)?;
        let global_conditions = list(config.get("global_termination_conditions"), "global conditions")?;
        if let Some(why) = global_conditions.iter().find_map(condition::refused) {
            return Err(why.to_owned());
        }
        let rulesets = config.get("rulesets").and_then(Value::as_object).into_iter().flatten();
        let rulesets = rulesets.map(|(name, rules)| Ok((name.clone(), read_rules(Some(rules), true)?)));
        let rulesets = rulesets.collect::<Result<Vec<_>, Refused>>()?;
        Ok(Cascade {
            rulesets,
            plan: if order.is_empty() { sorted } else { order },
            stages,
            global_conditions,
            global_timeout_ms: count(config, "global_timeout_ms", 300_000)?,
            max_parallel_stages: count(config, "max_parallel_stages", 5)? as usize,
            outcome: match config.get("outcome") {
                None => Vec::new(),
                Some(Value::Array(cases)) => cases.clone(),
                Some(Value::String(path)) => vec![json!({ "expression": path })],
                Some(constant) => vec![json!({ "value": constant })],
            },
            on_error: config.get("on_error").and_then(|on_error| on_error.get("outcome")).cloned(),
            skip_failed_rules: config.get("on_rule_error").is_some_and(|mode| mode == "skip"),
        })
    }

    pub fn stage(&self, name: &str) -> &Stage {
        self.stages.iter().find(|stage| stage.name == name).expect("names were checked")
    }
}

fn read_stage(key: &str, stage: &Value) -> Result<Stage, Refused> {
    let stage = mapping(stage, key)?;
    let name = text(stage, "name")?;
    if name != key {
        return Err(format!("stage {key} calls itself {name}"));
    }
    let rules = read_rules(stage.get("routing_rules"), false)?;
    let group = stage.get("parallel_group").and_then(Value::as_str).filter(|group| !group.is_empty());
    let alone = stage.get("can_run_parallel") != Some(&Value::Bool(true));
    Ok(Stage {
        name,
        enabled: stage.get("enabled").is_none_or(truthy),
        timeout_ms: count(stage, "timeout_ms", 30_000)?,
        max_retries: count(stage, "max_retries", 0)?,
        retry_delay_ms: count(stage, "retry_delay_ms", 1_000)?,
        depends_on: names(stage.get("depends_on"), "depends_on")?,
        batch: match group {
            Some(group) => Some(Batch::Group(group.to_owned())),
            None if alone => None,
            None => Some(Batch::Ungrouped),
        },
        rules,
    })
}

/// The rules that take part, in evaluation order.
fn read_rules(rules: Option<&Value>, matching: bool) -> Result<Vec<Rule>, Refused> {
    let rules = list(rules, "rules")?;
    let read = rules.iter().enumerate().map(|(order, rule)| read_rule(rule, order, matching));
    let mut read = read.collect::<Result<Vec<_>, _>>()?;
    read.sort_by(|(a, _), (b, _)| b.order(a).expect("priorities are no NaN"));
    let is_off = |rule: &Value| rule["mode"] == "off" || rule.get("enabled").is_some_and(|on| !truthy(on));
    Ok(read.into_iter().map(|(_, rule)| rule).filter(|rule| !is_off(&rules[rule.order])).collect())
}

fn read_rule(rule: &Value, order: usize, matching: bool) -> Result<(Num, Rule), Refused> {
    let rule = mapping(rule, "a rule")?;
    let condition = rule.get("condition").ok_or("a rule without condition")?;
    if let Some(why) = condition::refused(condition) {
        return Err(why.to_owned());
    }
    let (action, otherwise) = (rule.get("action"), rule.get("else"));
    let written = if matching { [action, otherwise] } else { [action.or(Some(&Value::Null)), otherwise] };
    for action in written.into_iter().flatten() {
        if let Some(why) = refused_action(mapping(action, "an action")?, matching) {
            return Err(why.to_owned());
        }
    }
    let kind = match rule.get("type").filter(|_| !matching).map_or(Some("routing"), Value::as_str) {
        Some("precondition") => Kind::Precondition,
        Some("routing") if matching => Kind::Match,
        Some("routing") => Kind::Routing,
        Some("postcondition") => Kind::Postcondition,
        _ => return Err("unknown rule type".to_owned()),
    };
    let priority = rule.get("priority").map_or(Some(Num::Int(0.into())), Num::of).ok_or("priority is no number")?;
    let read = Rule {
        name: text(rule, "name")?,
        kind,
        condition: condition.clone(),
        action: action.cloned().unwrap_or_default(),
        otherwise: otherwise.cloned().unwrap_or_default(),
        stop: rule.get("stop").is_some_and(truthy),
        shadow: rule.get("mode").is_some_and(|mode| mode == "shadow"),
        sample: rule.get("sample").map(|sample| {
            let percent = sample["percent"].as_f64().expect("percent is a number");
            ((percent * 100.0).round() as u32, sample["key"].as_str().expect("key is a path").to_owned())
        }),
        score: rule.get("score").and_then(Num::of).unwrap_or(Num::Int(0.into())),
        order,
    };
    Ok((priority, read))
}

fn refused_action(action: &Map<String, Value>, matching: bool) -> Option<&'static str> {
    let has_text = |key: &str| action.get(key).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    match action.get("type").and_then(Value::as_str) {
        Some("emit") if matching => None,
        _ if matching => Some("a rule of a rule set only emits"),
        Some("terminate") => None,
        Some("skip_to") => (!has_text("target")).then_some("skip_to without target"),
        Some("enable_stages" | "disable_stages") => {
            let stages = names(action.get("stages"), "stages").unwrap_or_default();
            stages.is_empty().then_some("an action on no stages")
        }
        Some("set_field") if !has_text("field") => Some("set_field without field"),
        Some("set_field") => {
            let first = action["field"].as_str().and_then(|field| field.split('.').next());
            (first == Some("stages")).then_some("a stage's result cannot be written")
        }
        _ => Some("unknown action"),
    }
}

/// The stages an action names.
fn targets(action: &Value) -> Vec<String> {
    match action["type"].as_str() {
        Some("skip_to") => action["target"].as_str().map(str::to_owned).into_iter().collect(),
        Some("enable_stages" | "disable_stages") => names(action.get("stages"), "stages").unwrap_or_default(),
        _ => Vec::new(),
    }
}

/// Stages in file order, each freed one behind those already free; the error is a cycle.
fn topological(stages: &[Stage]) -> Result<Vec<String>, Refused> {
    let mut waits: HashMap<&str, usize> = stages.iter().map(|s| (s.name.as_str(), s.depends_on.len())).collect();
    let mut plan: Vec<String> = stages.iter().filter(|s| s.depends_on.is_empty()).map(|s| s.name.clone()).collect();
    let mut at = 0;
    while let Some(done) = plan.get(at).cloned() {
        for stage in stages {
            for _ in stage.depends_on.iter().filter(|dependency| **dependency == done) {
                let left = waits.get_mut(stage.name.as_str()).expect("every stage is counted");
                *left -= 1;
                if *left == 0 {
                    plan.push(stage.name.clone());
                }
            }
        }
        at += 1;
    }
    if plan.len() == stages.len() { Ok(plan) } else { Err("a cycle of dependencies".to_owned()) }
}

fn mapping<'a>(value: &'a Value, what: &str) -> Result<&'a Map<String, Value>, Refused> {
    value.as_object().ok_or_else(|| format!("{what} is no mapping"))
}

fn text(object: &Map<String, Value>, key: &str) -> Result<String, Refused> {
    object.get(key).and_then(Value::as_str).map(str::to_owned).ok_or_else(|| format!("{key} is missing"))
}

fn count(object: &Map<String, Value>, key: &str, default: u64) -> Result<u64, Refused> {
    object.get(key).map_or(Some(default), Value::as_u64).ok_or_else(|| format!("{key} is no count"))
}

fn list(value: Option<&Value>, what: &str) -> Result<Vec<Value>, Refused> {
    match value {
        None => Ok(Vec::new()),
        Some(Value::Array(items)) => Ok(items.clone()),
        Some(Value::Object(nothing)) if nothing.is_empty() => Ok(Vec::new()),
        Some(_) => Err(format!("{what} is no list")),
    }
}

fn names(value: Option<&Value>, what: &str) -> Result<Vec<String>, Refused> {
    let name = |item: &Value| item.as_str().map(str::to_owned).ok_or_else(|| format!("{what} holds no name"));
    list(value, what)?.iter().map(name).collect()
}
