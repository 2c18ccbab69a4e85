//! What is known of the patterns of a cascade, each looked into once.

use std::collections::HashMap;
use std::rc::Rc;

use super::atom::Points;
use super::pattern::{Facts, Matching};
use crate::model::Constant;

/// The patterns met so far.
#[derive(Debug, Default)]
pub(super) struct Patterns(HashMap<String, Rc<Facts>>);

impl Patterns {
    /// What is known of a pattern.
    pub(super) fn get(&mut self, pattern: &str) -> Rc<Facts> {
        if let Some(facts) = self.0.get(pattern) {
            return Rc::clone(facts);
        }
        let facts = Rc::new(Facts::of(pattern));
        self.0.insert(pattern.to_owned(), Rc::clone(&facts));
        facts
    }
}

impl Facts {
    /// Adds the texts that the pattern tells apart.
    pub(super) fn add_to(&self, points: &mut Points) {
        match &self.texts {
            Matching::Exactly(texts) => texts.iter().for_each(|text| points.add(&Constant::Text(text.clone()))),
            Matching::Prefixes(prefixes) | Matching::Within(prefixes) => {
                prefixes.iter().for_each(|prefix| points.add_prefix(prefix));
            }
            Matching::Unknown => {}
        }
    }
}
