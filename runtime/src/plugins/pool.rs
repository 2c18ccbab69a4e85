//! State of plugins that is shared between stages and outlives a change of program.
//!
//! The programs that use a state own it; the pool only knows it. So a program that turns out not to load takes nothing
//! with it, and what no program uses any more is gone without anybody cleaning up.

use super::PluginError;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// States of one plugin, by name.
#[derive(Debug)]
pub(super) struct Pool<T> {
    plugin: &'static str,
    names: Mutex<BTreeMap<String, Vec<Entry<T>>>>,
}

/// One state in use. A name has several for as long as programs with different options run side by side.
#[derive(Debug)]
struct Entry<T> {
    /// Its options as JSON text with every default written out.
    options: String,
    /// The program that asked for it last.
    program: [u8; 32],
    state: Weak<T>,
}

/// A state for a program.
#[derive(Debug)]
pub(super) struct Shared<T> {
    pub(super) state: Arc<T>,
    /// The name is in use with other options, which this state does not continue.
    pub(super) reset: bool,
}

impl<T> Pool<T> {
    pub(super) const fn new(plugin: &'static str) -> Self {
        Self { plugin, names: Mutex::new(BTreeMap::new()) }
    }

    /// The state of this name with these options, made if there is none.
    ///
    /// # Errors
    /// When the same program gives the name other options too.
    pub(super) fn get_or_create(
        &self,
        name: &str,
        options: &str,
        program: [u8; 32],
        stage: &str,
        make: impl FnOnce() -> T,
    ) -> Result<Shared<T>, PluginError> {
        let mut names = self.lock();
        names.retain(|_, entries| {
            entries.retain(|entry| entry.state.strong_count() > 0);
            !entries.is_empty()
        });
        let entries = names.entry(name.to_owned()).or_default();
        if entries.iter().any(|entry| entry.program == program && entry.options != options) {
            return Err(PluginError::Conflict { stage: stage.to_owned(), plugin: self.plugin, name: name.to_owned() });
        }
        let equal = entries.iter_mut().find(|entry| entry.options == options);
        if let Some((entry, state)) = equal.and_then(|entry| entry.state.upgrade().map(|state| (entry, state))) {
            entry.program = program;
            return Ok(Shared { state, reset: false });
        }
        let reset = !entries.is_empty();
        let state = Arc::new(make());
        entries.push(Entry { options: options.to_owned(), program, state: Arc::downgrade(&state) });
        Ok(Shared { state, reset })
    }

    /// The state made last under a name.
    pub(super) fn get(&self, name: &str) -> Option<Arc<T>> {
        self.lock().get(name)?.iter().rev().find_map(|entry| entry.state.upgrade())
    }

    /// Every state in use, by name.
    pub(super) fn all(&self) -> Vec<(String, Arc<T>)> {
        let names = self.lock();
        let mut all = Vec::new();
        for (name, entries) in names.iter() {
            all.extend(entries.iter().filter_map(|entry| Some((name.clone(), entry.state.upgrade()?))));
        }
        all
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Vec<Entry<T>>>> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: [u8; 32] = [1; 32];
    const NEW: [u8; 32] = [2; 32];

    fn get(pool: &Pool<u32>, name: &str, options: &str, program: [u8; 32], value: u32) -> Shared<u32> {
        pool.get_or_create(name, options, program, "s", || value).unwrap()
    }

    #[test]
    fn equal_options_continue_the_state_in_the_next_program() {
        let pool = Pool::new("test");
        let old = get(&pool, "a", "{}", OLD, 1);
        let new = get(&pool, "a", "{}", NEW, 2);
        assert!(Arc::ptr_eq(&old.state, &new.state));
        assert!(!new.reset);
    }

    #[test]
    fn other_options_in_the_next_program_start_afresh() {
        let pool = Pool::new("test");
        let old = get(&pool, "a", "{}", OLD, 1);
        let new = get(&pool, "a", "{x}", NEW, 2);
        assert!(new.reset);
        assert_eq!((*old.state, *new.state), (1, 2));
        assert_eq!(pool.get("a").as_deref(), Some(&2));
    }

    #[test]
    fn a_program_that_is_given_up_leaves_the_old_state_in_place() {
        let pool = Pool::new("test");
        let old = get(&pool, "a", "{}", OLD, 1);
        drop(get(&pool, "a", "{x}", NEW, 2));
        assert_eq!(pool.get("a").as_deref(), Some(&1));
        assert_eq!(pool.all().len(), 1);
        drop(old);
        assert_eq!(pool.get("a"), None);
    }

    #[test]
    fn one_program_with_two_sets_of_options_for_a_name_is_refused() {
        let pool = Pool::new("test");
        let _first = get(&pool, "a", "{}", OLD, 1);
        let error = pool.get_or_create("a", "{x}", OLD, "s", || 2).unwrap_err();
        assert_eq!(error.code(), "R2003");
    }
}
