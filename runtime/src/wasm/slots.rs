//! Paths that an instance has interned: text to number, number to where the value is read.

use std::collections::HashMap;
use std::sync::Arc;

use cascata_vm::{Facts, PathId, Segment, Value};

use super::path;
use crate::state::{FactsPlan, State};

/// The most slots an instance may have.
const MAX_SLOTS: usize = 4_096;

struct Slot {
    path: Vec<Segment>,
    /// The program's own number for the path; without one it is looked up segment by segment.
    id: Option<PathId>,
    /// The handle given out in this call, so that reading a field twice costs one entry of the arena.
    tagged: Option<(u32, i64)>,
}

/// The slots of one instance.
pub(super) struct Slots {
    /// The manifest's fields, whose texts are interned already.
    fields: Arc<[(String, Vec<Segment>)]>,
    by_text: HashMap<String, i32>,
    slots: Vec<Slot>,
    /// The plan that the ids are of.
    plan: Option<Arc<FactsPlan>>,
}

impl Slots {
    pub fn new(fields: Arc<[(String, Vec<Segment>)]>) -> Self {
        let slots = fields.iter().map(|(_, path)| Slot { path: path.clone(), id: None, tagged: None }).collect();
        Self { fields, by_text: HashMap::new(), slots, plan: None }
    }

    /// Resolves every slot against a program's paths, unless that is done already.
    pub fn bind(&mut self, plan: &Arc<FactsPlan>) {
        if self.plan.as_ref().is_some_and(|bound| Arc::ptr_eq(bound, plan)) {
            return;
        }
        for slot in &mut self.slots {
            slot.id = plan.path_id(&slot.path);
        }
        self.plan = Some(Arc::clone(plan));
    }

    /// The number of a path; `None` if the text is none or there are too many.
    pub fn intern(&mut self, text: &str) -> Option<i32> {
        let field = self.fields.iter().position(|(field, _)| field == text).and_then(|at| i32::try_from(at).ok());
        if let Some(number) = field.or_else(|| self.by_text.get(text).copied()) {
            return Some(number);
        }
        if self.slots.len() >= MAX_SLOTS {
            return None;
        }
        let path = path::parse(text).ok()?;
        let number = i32::try_from(self.slots.len()).ok()?;
        let id = self.plan.as_ref().and_then(|plan| plan.path_id(&path));
        self.slots.push(Slot { path, id, tagged: None });
        self.by_text.insert(text.to_owned(), number);
        Some(number)
    }

    fn slot(&self, slot: u32) -> Option<&Slot> {
        self.slots.get(usize::try_from(slot).ok()?)
    }

    /// The tagged value given out for a slot in this call.
    pub fn known(&self, slot: u32, generation: u32) -> Option<i64> {
        self.slot(slot)?.tagged.filter(|(of, _)| *of == generation).map(|(_, tagged)| tagged)
    }

    pub fn remember(&mut self, slot: u32, generation: u32, tagged: i64) {
        if let Some(slot) = usize::try_from(slot).ok().and_then(|at| self.slots.get_mut(at)) {
            slot.tagged = Some((generation, tagged));
        }
    }

    /// The value at a slot; `None` for a slot never given out.
    pub fn read<'s>(&self, slot: u32, state: &'s State) -> Option<Value<'s>> {
        let slot = self.slot(slot)?;
        Some(match slot.id {
            Some(id) => state.get(id),
            None => state.field(&slot.path),
        })
    }
}
