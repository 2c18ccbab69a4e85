//! Paths by number: the manifest's fields, resolved once a program, and those that an instance interns at run time.

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwapOption;
use cascata_vm::{Facts, PathId, Segment, Value};

use super::path;
use crate::state::{FactsPlan, State};

/// The most slots an instance may have.
const MAX_SLOTS: usize = 4_096;

/// The manifest's fields, the same for every instance of a stage.
#[derive(Debug, Default)]
pub(super) struct Fields {
    paths: Vec<Vec<Segment>>,
    by_text: HashMap<String, i32>,
    /// Resolved against the program that was seen last; another program replaces it.
    bound: ArcSwapOption<Bound>,
}

/// Fields as a program numbers them.
#[derive(Debug)]
struct Bound {
    plan: Arc<FactsPlan>,
    /// `None` where the program has no number for the path, so that it is looked up segment by segment.
    ids: Vec<Option<PathId>>,
}

impl Fields {
    pub fn new(fields: Vec<(String, Vec<Segment>)>) -> Self {
        let by_text = (0..).zip(&fields).map(|(number, (text, _))| (text.clone(), number)).collect();
        Self { paths: fields.into_iter().map(|(_, path)| path).collect(), by_text, bound: ArcSwapOption::empty() }
    }

    fn bind(&self, plan: &Arc<FactsPlan>) -> Arc<Bound> {
        if let Some(bound) = &*self.bound.load()
            && Arc::ptr_eq(&bound.plan, plan)
        {
            return Arc::clone(bound);
        }
        let ids = self.paths.iter().map(|path| plan.path_id(path)).collect();
        let bound = Arc::new(Bound { plan: Arc::clone(plan), ids });
        self.bound.store(Some(Arc::clone(&bound)));
        bound
    }
}

/// A path interned by the guest.
struct Own {
    path: Vec<Segment>,
    id: Option<PathId>,
}

/// The slots of one instance: first the fields, then its own.
pub(super) struct Slots {
    fields: Arc<Fields>,
    bound: Option<Arc<Bound>>,
    own: Vec<Own>,
    by_text: HashMap<String, i32>,
    /// What each slot gave, and in which call: reading a field twice costs one entry of the arena.
    given: Vec<(u64, i64)>,
}

impl Slots {
    pub fn new(fields: Arc<Fields>) -> Self {
        Self { fields, bound: None, own: Vec::new(), by_text: HashMap::new(), given: Vec::new() }
    }

    /// Resolves every slot against a program's paths, unless that is done already.
    pub fn bind(&mut self, plan: &Arc<FactsPlan>) {
        if self.bound.as_ref().is_some_and(|bound| Arc::ptr_eq(&bound.plan, plan)) {
            return;
        }
        self.bound = Some(self.fields.bind(plan));
        for slot in &mut self.own {
            slot.id = plan.path_id(&slot.path);
        }
    }

    /// The number of a path; `None` if the text is none or there are too many.
    pub fn intern(&mut self, text: &str) -> Option<i32> {
        if let Some(number) = self.fields.by_text.get(text).or_else(|| self.by_text.get(text)) {
            return Some(*number);
        }
        let number = self.fields.paths.len().saturating_add(self.own.len());
        if number >= MAX_SLOTS {
            return None;
        }
        let path = path::parse(text).ok()?;
        let number = i32::try_from(number).ok()?;
        let id = self.bound.as_ref().and_then(|bound| bound.plan.path_id(&path));
        self.own.push(Own { path, id });
        self.by_text.insert(text.to_owned(), number);
        Some(number)
    }

    /// The tagged value that a slot gave earlier in this call.
    pub fn given(&self, slot: u32, call: u64) -> Option<i64> {
        let (of, tagged) = self.given.get(usize::try_from(slot).ok()?)?;
        (*of == call).then_some(*tagged)
    }

    /// Keeps what a slot gave. `slot` is one that [`read`](Self::read) knows.
    pub fn keep(&mut self, slot: u32, call: u64, tagged: i64) {
        let Ok(at) = usize::try_from(slot) else { return };
        if at >= self.given.len() {
            // Calls are counted from 1, so that 0 is none.
            self.given.resize(at.saturating_add(1), (0, 0));
        }
        if let Some(given) = self.given.get_mut(at) {
            *given = (call, tagged);
        }
    }

    /// The program's number for a slot's path, where it has one.
    #[inline]
    pub fn path(&self, slot: u32) -> Option<PathId> {
        let at = usize::try_from(slot).ok()?;
        let bound = self.bound.as_ref()?;
        match bound.ids.get(at) {
            Some(id) => *id,
            None => self.own.get(at.checked_sub(bound.ids.len())?)?.id,
        }
    }

    /// The value at a slot; `None` for a slot never given out.
    pub fn read<'s>(&self, slot: u32, state: &'s State) -> Option<Value<'s>> {
        if let Some(id) = self.path(slot) {
            return Some(state.get(id));
        }
        let at = usize::try_from(slot).ok()?;
        let path = match self.fields.paths.get(at) {
            Some(path) => path,
            None => &self.own.get(at.checked_sub(self.fields.paths.len())?)?.path,
        };
        Some(state.field(path))
    }
}
