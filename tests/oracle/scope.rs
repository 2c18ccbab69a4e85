//! What a condition can read where lists around it have been taken apart: the elements at hand, and everything else.

use serde_json::Value;

use super::path::{Facts, Step, descend, steps};

/// The facts, and the elements that conditions around have taken.
#[derive(Debug, Clone)]
pub struct Scope<'a> {
    facts: Facts<'a>,
    /// The steps that lead to an element, the last of them `[]`, and the element.
    taken: Vec<(Vec<Step>, Value)>,
}

/// A list that a path goes through and nobody has taken apart yet.
pub struct Open {
    /// The steps up to its `[]`, that included.
    steps: Vec<Step>,
    /// Null where it is missing.
    pub list: Value,
}

impl<'a> Scope<'a> {
    pub fn new(facts: Facts<'a>) -> Scope<'a> {
        Scope { facts, taken: Vec::new() }
    }

    /// The first list of a path that nobody has taken apart.
    pub fn open(&self, path: &str) -> Option<Open> {
        let steps = steps(path);
        let at = (self.known(&steps)..steps.len()).find(|at| steps[*at] == Step::Each)?;
        Some(Open { list: self.read(&steps[..at]), steps: steps[..=at].to_vec() })
    }

    /// The same scope with one element of a list at hand.
    pub fn with(&self, open: &Open, element: &Value) -> Scope<'a> {
        let mut inner = self.clone();
        inner.taken.push((open.steps.clone(), element.clone()));
        inner
    }

    /// The value at a path of which no list is open any more.
    pub fn get(&self, path: &str) -> Value {
        self.read(&steps(path))
    }

    /// The elements of what a quantifier or statistic looks at; none where the path leads to no list. With `[]` they are
    /// all that is found below the elements, without what is missing.
    pub fn elements(&self, path: &str) -> Option<Vec<Value>> {
        let Some(open) = self.open(path) else {
            return self.get(path).as_array().cloned();
        };
        let mut found = Vec::new();
        for element in open.list.as_array()? {
            let inner = self.with(&open, element);
            if inner.open(path).is_some() {
                found.extend(inner.elements(path).unwrap_or_default());
            } else {
                found.push(inner.get(path));
            }
        }
        found.retain(|value| !value.is_null());
        Some(found)
    }

    fn read(&self, steps: &[Step]) -> Value {
        let nearest = self.taken.iter().filter(|(to, _)| steps.starts_with(to)).max_by_key(|(to, _)| to.len());
        match nearest {
            Some((to, element)) => descend(element.clone(), &steps[to.len()..]),
            None => self.facts.get(steps),
        }
    }

    /// How many steps lead to the nearest element at hand.
    fn known(&self, steps: &[Step]) -> usize {
        self.taken.iter().filter(|(to, _)| steps.starts_with(to)).map(|(to, _)| to.len()).max().unwrap_or(0)
    }
}
