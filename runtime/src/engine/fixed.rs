//! What records say of a program, which is the same for every event: written as JSON once, and copied from there.

use std::sync::OnceLock;

use cascata_record::ActionKind;
use cascata_vm::image::Program;
use serde::Serialize;

use super::journal::Fired;
use super::load::LoadedStage;
use super::record;
use crate::state::FactsPlan;

/// Pieces of the records of one program.
pub(super) struct Fixed {
    /// What stands between the id and the time: name, version and hash of the program.
    pub program: String,
    /// By stage number.
    pub stages: Vec<FixedStage>,
    /// By rule number, for its action and its `else`: what is recorded of a rule that acted. Written when it first does, because most rules of a
    /// large program never do; empty where a record tells nothing of it.
    rules: Vec<[OnceLock<Box<str>>; 2]>,
}

/// Pieces of what is recorded of a stage.
pub(super) struct FixedStage {
    /// Its name and the end of an object that ends with it.
    pub named: String,
    /// The beginning of its object up to its result, where it succeeded.
    pub begins: String,
    /// The end of its object: its module and what that may do.
    pub ends: String,
}

impl Fixed {
    pub(super) fn new(program: &Program<'_>, facts: &FactsPlan, stages: &[LoadedStage]) -> Self {
        let (name, version, hash) = (json(program.name()), json(program.version()), record::hex(&program.hash()));
        let mut rules = Vec::new();
        rules.resize_with(program.rule_count(), Default::default);
        Self {
            program: format!(r#"","cascade":{name},"version":{version},"program_hash":"{hash}","now":""#),
            stages: stages.iter().map(|stage| FixedStage::new(facts.stage_name(stage.id), stage)).collect(),
            rules,
        }
    }

    /// What is recorded of a rule that acted; empty where that is nothing.
    pub(super) fn fired(&self, program: &Program<'_>, facts: &FactsPlan, fired: Fired) -> &str {
        let kept = self.rules.get(fired.rule.index());
        let Some(kept) = kept.and_then(|kept| kept.get(usize::from(fired.otherwise))) else { return "" };
        kept.get_or_init(|| write_fired(program, facts, fired).unwrap_or_default().into())
    }
}

impl FixedStage {
    fn new(name: &str, stage: &LoadedStage) -> Self {
        let name = json(name);
        let module = stage.module.as_ref().map(|module| format!(r#","module":{}"#, json(module)));
        let can = Some(&stage.capabilities).filter(|can| !can.is_empty());
        let can = can.map(|can| format!(r#","capabilities":{}"#, json(can)));
        Self {
            begins: format!(r#"{{"name":{name},"status":"ok","result":"#),
            ends: format!("{}{}}}", module.unwrap_or_default(), can.unwrap_or_default()),
            named: name + "}",
        }
    }
}

fn write_fired(program: &Program<'_>, facts: &FactsPlan, fired: Fired) -> Option<String> {
    let record::Acted { rule, kind } = record::action_of(program, fired)?;
    let stage = json(record::stage_of(facts, rule.stage()));
    let (name, of, kind) = (json(rule.name()), json(&record::rule_type(rule.kind())), json::<ActionKind>(&kind));
    let otherwise = if fired.otherwise { r#","else":true"# } else { "" };
    Some(format!(r#"{{"stage":{stage},"rule":{name},"type":{of},"action":{kind}{otherwise}}}"#))
}

/// Plain data as JSON, which cannot fail.
fn json<T: Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
