//! `stages.S.data` of a stage with plugins: its own data, and what the plugins did.
//!
//! The texts are made when somebody reads them. Cache keys never see them: how often a call was tried is no part of what it decided.

use std::sync::OnceLock;

use cascata_vm::{Segment, Value, json};

use super::raw::entries;
use crate::stage::Marks;

/// What the plugins of a stage did, and the texts made of it.
#[derive(Clone, Debug)]
pub(super) struct Resilience {
    marks: Marks,
    /// The stage's attempts, whether the result was kept, and the kind of its failure.
    facts: (u32, bool, Option<&'static str>),
    own: OnceLock<String>,
    merged: OnceLock<String>,
}

impl Resilience {
    pub(super) fn new(marks: Marks, attempts: u32, cached: bool, failure: Option<&'static str>) -> Self {
        // A kept result took no attempt.
        let attempts = if cached { 0 } else { attempts };
        Self { marks, facts: (attempts, cached, failure), own: OnceLock::new(), merged: OnceLock::new() }
    }

    /// What lies at a path below `stages.S.data`; `None` where the stage's own data has to answer.
    pub(super) fn read<'a>(&'a self, data: Option<&'a str>, below: &[Segment]) -> Option<Value<'a>> {
        let Some((Segment::Key(key), rest)) = below.split_first() else {
            return below.is_empty().then(|| json::parse(self.merged(data)));
        };
        match key.as_str() {
            "resilience" => Some(json::lookup(self.own(), rest)),
            "retry" => self.marks.retry.as_deref().map(|text| json::lookup(text, rest)),
            "degraded" if self.marks.degraded && rest.is_empty() => Some(Value::Bool(true)),
            _ => None,
        }
    }

    fn own(&self) -> &str {
        let (attempts, cached, failure) = self.facts;
        self.own.get_or_init(|| self.marks.to_json(attempts, cached, failure))
    }

    /// The stage's data with the plugins' keys in place of its own of that name. Data that is no mapping has no room for any.
    pub(super) fn merged<'a>(&'a self, data: Option<&'a str>) -> &'a str {
        let data = data.unwrap_or("{}");
        if !data.trim_start().starts_with('{') {
            return data;
        }
        self.merged.get_or_init(|| {
            let mut added = vec![("resilience", self.own())];
            added.extend(self.marks.retry.as_deref().map(|text| ("retry", text)));
            added.extend(self.marks.degraded.then_some(("degraded", "true")));
            let kept = entries(data).filter(|(key, _)| !added.iter().any(|(name, _)| name == key));
            let all: Vec<String> =
                kept.chain(added.iter().copied()).map(|(key, value)| format!("\"{key}\":{value}")).collect();
            format!("{{{}}}", all.join(","))
        })
    }

    /// About how many bytes it holds.
    pub(super) fn held_bytes(&self) -> usize {
        let texts = [self.own.get(), self.merged.get()];
        let texts = texts.into_iter().flatten().map(String::capacity);
        texts.fold(self.marks.retry.as_ref().map_or(0, |text| text.len()), usize::saturating_add)
    }
}
