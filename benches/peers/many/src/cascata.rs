//! Ours: a rule set compiled by `peers-images` from the same lines.

use cascata_vm::eval::{Matcher, NoTrace, Select};
use cascata_vm::image::Program;
use cascata_vm::json::{DuplicateKeys, Extraction, JsonFacts, PathTrie, ReadOptions, Validate};
use cascata_vm::{ListId, RuleId};

use super::{Engine, Task};

pub struct Cascata {
    program: Program<'static>,
    trie: PathTrie,
    list: ListId,
    /// The number of each rule in its file.
    numbers: Vec<u32>,
    extraction: Extraction,
    matcher: Matcher,
    options: ReadOptions,
}

impl Cascata {
    /// With the defaults.
    pub fn new(task: &Task) -> Self {
        Self::reading(task, ReadOptions::default())
    }

    /// For events that are known to be JSON, as its peers take them.
    pub fn trusted(task: &Task) -> Self {
        let (validate, duplicate_keys) = (Validate::Trusted, DuplicateKeys::First);
        Self::reading(task, ReadOptions { validate, duplicate_keys, ..ReadOptions::default() })
    }

    fn reading(task: &Task, options: ReadOptions) -> Self {
        let program = peers_common::program(&format!("{}_{}.cbc", task.mix, task.size));
        let trie = peers_common::trie(&program);
        let list = program.rulesets().next().expect("a rule set").list();
        let mut numbers = Vec::new();
        for rule in program.list_rules(list) {
            let (id, number) = (rule.id().as_u32() as usize, rule.name().parse());
            numbers.resize(numbers.len().max(id + 1), u32::MAX);
            numbers[id] = number.expect("rules are called by their number");
        }
        let (extraction, matcher) = (Extraction::new(), Matcher::new());
        Self { program, trie, list, numbers, extraction, matcher, options }
    }
}

impl Engine for Cascata {
    fn matches(&mut self, event: &str, found: &mut dyn FnMut(usize)) {
        let text = self.extraction.read(&self.trie, event.as_bytes(), &self.options).expect("a valid event");
        let facts = JsonFacts::new(text, &self.extraction);
        self.matcher.run(&self.program, self.list, Select::All, &facts, &mut NoTrace);
        self.matcher.matches().for_each(|rule: RuleId| found(self.numbers[rule.as_u32() as usize] as usize));
    }
}
