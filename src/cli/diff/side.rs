//! What a cascade says, as settings that can be compared one by one: of the cascade, of each stage, of each rule.

use std::collections::HashMap;

use cascata_compiler::expression;
use cascata_vm::image::{Action, Program, Rule, RuleKind, Stage};
use cascata_vm::isa::{describe_condition, disassemble_rule, given};
use cascata_vm::{Segment, StageId, Value as VmValue, json};
use serde_json::{Map, Value, json};

use crate::cli::written::Written;

/// The settings of one thing, in the order in which they are told.
pub type Settings = Map<String, Value>;

/// One of the two cascades.
pub struct Side {
    /// The settings of the cascade.
    pub cascade: Settings,
    /// The stages, in the order of the file.
    pub stages: Vec<(String, Settings)>,
    /// The lists of rules, in the order of the file.
    pub lists: Vec<List>,
}

/// A list of rules.
pub struct List {
    /// Where it is: a stage, `__global__`, or a rule set.
    pub place: String,
    /// The kind of its rules.
    pub kind: &'static str,
    /// Its rules, in the order in which they are asked.
    pub rules: Vec<RuleSide>,
}

/// A rule.
pub struct RuleSide {
    /// Its name, with a number for the second and later ones of that name in its list.
    pub key: String,
    /// What it says.
    pub settings: Settings,
}

/// Where the cases of the verdict are.
const OUTCOME: &str = "__outcome__";

impl Side {
    /// What a program says. Conditions are told as expressions where its source is there, else as instructions.
    pub fn new(program: &Program<'_>, written: Option<&Written>) -> Self {
        let reader = Reader { program, written };
        let mut lists = vec![reader.list(cascata_record::GLOBAL, RuleKind::Global, program.globals())];
        if let Some(outcome) = program.outcome() {
            lists.push(reader.list(OUTCOME, RuleKind::Outcome, outcome));
        }
        for stage in program.stages() {
            for kind in [RuleKind::Precondition, RuleKind::Routing, RuleKind::Postcondition] {
                lists.push(reader.list(stage.name(), kind, stage.list(kind)));
            }
        }
        for ruleset in program.rulesets() {
            lists.push(reader.list(ruleset.name(), RuleKind::Match, ruleset.list()));
        }
        Self {
            cascade: reader.cascade(),
            stages: program.stages().map(|stage| (stage.name().to_owned(), reader.stage(&stage))).collect(),
            lists,
        }
    }
}

struct Reader<'p> {
    program: &'p Program<'p>,
    written: Option<&'p Written>,
}

impl Reader<'_> {
    fn cascade(&self) -> Settings {
        let program = self.program;
        let mut settings = settings(json!({
            "name": program.name(),
            "version": program.version(),
            "global_timeout_ms": program.global_timeout_ms(),
            "max_parallel_stages": program.max_parallel_stages(),
            "enable_caching": program.enable_caching(),
            "cache_key_fields": program.cache_key_paths().map(|path| path_text(&program.path(path))).collect::<Vec<_>>(),
            "order": self.names(program.plan()),
        }));
        add_host(&mut settings, program.host_json());
        // Conditions name lists, so what is in them is told once.
        for list in self.written.iter().flat_map(|written| &written.cascade.lists) {
            settings.insert(format!("lists.{}", list.name), list.entries.to_expression().into());
        }
        settings
    }

    fn stage(&self, stage: &Stage<'_>) -> Settings {
        let mut settings = settings(json!({
            "enabled": stage.enabled(),
            "timeout_ms": stage.timeout_ms(),
            "max_retries": stage.max_retries(),
            "retry_delay_ms": stage.retry_delay_ms(),
            "can_run_parallel": stage.can_run_parallel(),
            "parallel_group": stage.parallel_group(),
            "depends_on": self.names(stage.depends_on()),
            "cache_enabled": stage.cache_enabled(),
            "cache_ttl_seconds": stage.cache_ttl_seconds(),
        }));
        add_host(&mut settings, stage.host_json());
        settings
    }

    fn names(&self, stages: impl Iterator<Item = StageId>) -> Vec<&str> {
        stages.filter_map(|stage| self.program.stage(stage)).map(|stage| stage.name()).collect()
    }

    fn list(&self, place: &str, kind: RuleKind, list: cascata_vm::ListId) -> List {
        let mut seen: HashMap<&str, u32> = HashMap::new();
        let rules: Vec<_> = self.program.list_rules(list).collect();
        let sides = rules.iter().map(|rule| {
            let times = seen.entry(rule.name()).and_modify(|times| *times += 1).or_insert(1);
            let key = if *times == 1 { rule.name().to_owned() } else { format!("{} #{times}", rule.name()) };
            RuleSide { key, settings: self.rule(rule) }
        });
        List { place: place.to_owned(), kind: kind.name(), rules: sides.collect() }
    }

    fn rule(&self, rule: &Rule<'_>) -> Settings {
        let mut settings = Settings::new();
        let model = self.written.and_then(|written| Some((&written.cascade, written.rule(rule.id())?)));
        match model {
            Some((cascade, model)) => {
                settings.insert("condition".to_owned(), expression::text_of(cascade, &model.condition).into());
                // Part of the instructions where there is no source.
                if let Some(sample) = model.sample {
                    let key = cascade.paths.get(sample.key).map(|path| path_text(path));
                    let percent = f64::from(sample.share) / 100.0;
                    settings.insert("sample".to_owned(), json!({"percent": percent, "key": key}));
                }
            }
            None => _ = settings.insert("instructions".to_owned(), disassemble_rule(self.program, rule.id()).into()),
        }
        let gives = given(self.program, rule.id()).and_then(|pc| describe_condition(self.program, pc));
        settings.insert("action".to_owned(), gives.map_or_else(|| self.action(&rule.action()), Value::from));
        settings.insert("priority".to_owned(), rule.priority().into());
        if let Some(otherwise) = rule.otherwise() {
            settings.insert("else".to_owned(), self.action(&otherwise));
        }
        if rule.stops() {
            settings.insert("stop".to_owned(), true.into());
        }
        if rule.is_shadow() {
            settings.insert("mode".to_owned(), "shadow".into());
        }
        let tags: Vec<_> = rule.tags().collect();
        if !tags.is_empty() {
            settings.insert("tags".to_owned(), json!(tags));
        }
        if let Some(score) = rule.score() {
            settings.insert("score".to_owned(), value(&score));
        }
        settings
    }

    fn action(&self, action: &Action<'_>) -> Value {
        let mut told = settings(json!({"type": action.name()}));
        match action {
            Action::Terminate { outcome, reason } => {
                told.extend(outcome.as_ref().map(|outcome| ("outcome".to_owned(), value(outcome))));
                told.extend(reason.map(|reason| ("reason".to_owned(), reason.into())));
            }
            Action::SkipTo(target) => {
                _ = told.insert("target".to_owned(), json!(self.names([*target].into_iter()).first()))
            }
            Action::EnableStages(stages) | Action::DisableStages(stages) => {
                told.insert("stages".to_owned(), json!(self.names(stages.clone())));
            }
            Action::SetField { path, value: written } => {
                told.insert("field".to_owned(), path_text(&self.program.path(*path)).into());
                told.insert("value".to_owned(), value(written));
            }
            Action::Emit(emitted) => _ = told.insert("value".to_owned(), value(emitted)),
            Action::Nothing => {}
        }
        Value::Object(told)
    }
}

fn settings(value: Value) -> Settings {
    match value {
        Value::Object(settings) => settings,
        _ => Settings::new(),
    }
}

/// Adds what only the host reads, key by key.
fn add_host(settings: &mut Settings, host: &str) {
    let host: Value = serde_json::from_str(host).unwrap_or_default();
    if let Value::Object(host) = host {
        for (key, value) in host {
            // What a file has at its top is in one mapping here.
            match (key.as_str(), value) {
                ("x", Value::Object(extensions)) => settings.extend(extensions),
                (_, value) => _ = settings.insert(key, value),
            }
        }
    }
}

fn value(value: &VmValue<'_>) -> Value {
    let mut text = String::new();
    json::write_value(value, &mut text);
    serde_json::from_str(&text).unwrap_or_default()
}

/// A path as rules write it.
pub fn path_text(path: &[Segment]) -> String {
    let mut out = String::new();
    for segment in path {
        match segment {
            Segment::Key(key) if key.contains(['.', '[', ']', '"']) => {
                out += &format!("[{}]", Value::from(key.as_str()))
            }
            Segment::Key(key) => out += &format!("{}{key}", if out.is_empty() { "" } else { "." }),
            Segment::Index(index) => out += &format!("[{index}]"),
        }
    }
    out
}
