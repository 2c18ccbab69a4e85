//! Tests that take longer: parts of texts, members of lists, patterns.

use alloc::boxed::Box;

use super::Left;
use crate::image::Program;
use crate::{Array, Facts, PathId, Value, ops};

/// One such test. It is asked only if what the fields leave depends on it.
#[derive(Debug)]
pub(super) struct Ask {
    pub(super) path: PathId,
    pub(super) what: What,
    /// The ways that it is a test of.
    pub(super) concerned: u64,
    /// The ways that are left open if it is false, and if it is true.
    pub(super) left: [u64; 2],
    /// The rules that have to be run where a look at the value does not tell, or the test fails.
    pub(super) rules: u64,
}

/// What is asked.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum What {
    /// Whether a text or list has the text in it.
    Contains(Box<str>),
    /// Whether the pattern of that number matches a text.
    Matches(u32),
}

impl Ask {
    /// What the answer leaves.
    #[inline(always)]
    pub(super) fn put<F: Facts>(&self, program: &Program<'_>, facts: &F) -> Left {
        let holds = match &self.what {
            What::Contains(wanted) => self.contains(wanted, facts),
            What::Matches(pattern) => self.matches(*pattern, program, facts),
        };
        let [no, yes] = self.left;
        match holds {
            Some(true) => Left { ways: yes, run: 0 },
            Some(false) => Left { ways: no, run: 0 },
            None => Left { ways: u64::MAX, run: self.rules },
        }
    }

    #[inline(always)]
    fn contains<F: Facts>(&self, wanted: &str, facts: &F) -> Option<bool> {
        if let Some(text) = facts.text(self.path) {
            return Some(ops::has_text(text, wanted));
        }
        if let Some(json) = facts.json_array(self.path) {
            return ops::has_element(Array::Json(json), wanted);
        }
        match facts.get(self.path) {
            Value::Missing | Value::Null => Some(false),
            Value::Array(array) => ops::has_element(array, wanted),
            _ => None,
        }
    }

    #[inline(always)]
    fn matches<F: Facts>(&self, pattern: u32, program: &Program<'_>, facts: &F) -> Option<bool> {
        match facts.text(self.path) {
            Some(text) => Some(program.patterns().get(pattern as usize)?.matches_at_start(text)),
            None => facts.get(self.path).is_nil().then_some(false),
        }
    }
}
