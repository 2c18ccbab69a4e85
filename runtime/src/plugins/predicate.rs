//! Questions of the host about outcomes, which options of plugins name.

use super::Registry;
use crate::{StageFailure, StageOutput};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

/// Says yes or no to the outcome of an attempt. Called for attempts that are about to end a call, so be quick, and do not panic.
pub type Predicate = Arc<dyn Fn(Result<&StageOutput, &StageFailure>) -> bool + Send + Sync>;

/// The predicates of a registry, by name.
#[derive(Default)]
pub(super) struct Predicates(RwLock<BTreeMap<String, Predicate>>);

impl Predicates {
    /// The predicate that an option names, if it names one.
    ///
    /// # Errors
    /// There is none of that name.
    pub(super) fn named(&self, option: &str, name: Option<&String>) -> Result<Option<Predicate>, String> {
        let Some(name) = name else { return Ok(None) };
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let found = all.get(name).cloned().map(Some);
        found.ok_or_else(|| match all.keys().map(String::as_str).collect::<Vec<_>>().join(", ") {
            known if known.is_empty() => format!("`{option}`: the host has no predicate `{name}`, nor any other"),
            known => format!("`{option}`: the host has no predicate `{name}`; there are {known}"),
        })
    }
}

impl fmt::Debug for Predicates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        f.debug_set().entries(all.keys()).finish()
    }
}

impl Registry {
    /// Gives a name to a question about outcomes, for `retry_if`, `retry_result_if` and `abort_if` of retry plugins. Programs that are
    /// loaded keep the predicates they were built with.
    pub fn predicate(
        &self,
        name: impl Into<String>,
        says: impl Fn(Result<&StageOutput, &StageFailure>) -> bool + Send + Sync + 'static,
    ) {
        let mut all = self.states.predicates.0.write().unwrap_or_else(PoisonError::into_inner);
        all.insert(name.into(), Arc::new(says));
    }
}
