//! The event, the configuration, and facts about the call.

use core::marker::PhantomData;

use crate::imports::host;
use crate::value::Value;

/// The event being routed, read field by field. Handed to the stage's function.
pub struct Event {
    // Not constructible elsewhere: values borrow from it and so can't outlive the call.
    call: PhantomData<()>,
}

/// A path known to the host by number. `fields: { AMOUNT: "amount" }` of [`stage!`](crate::stage) makes these
/// as constants; reading by slot lets no string cross.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Slot(u32);

impl Slot {
    /// The slot of the n-th entry of the manifest's fields.
    #[must_use]
    pub const fn manifest(index: u32) -> Self {
        Self(index)
    }
}

/// What [`Event::get`] takes: a [`Slot`], or a path as text (`"geo.country"`, `"items[0].price"`, `"stages.A.result"`).
pub trait Field {
    /// The host's number for the field; negative if the text can't be a path.
    fn number(self) -> i32;
}

impl Field for Slot {
    fn number(self) -> i32 {
        i32::try_from(self.0).unwrap_or(-1)
    }
}

impl Field for &str {
    fn number(self) -> i32 {
        host::slot(self)
    }
}

impl Event {
    pub(crate) const fn new() -> Self {
        Self { call: PhantomData }
    }

    /// The value of a field; missing if the event has none, or the text is no path.
    ///
    /// A [`Slot`] costs one crossing, a text two.
    #[must_use]
    pub fn get(&self, field: impl Field) -> Value<'_> {
        match field.number() {
            slot if slot < 0 => Value::new(0),
            slot => Value::new(host::get(slot)),
        }
    }

    /// Makes a slot of a path that is known only at run time; `None` if it is none.
    #[must_use]
    pub fn slot(&self, path: &str) -> Option<Slot> {
        u32::try_from(host::slot(path)).ok().map(Slot)
    }
}

/// A key of the stage's `with:` block; missing if it isn't there. `config("")` is the whole block.
#[must_use]
pub fn config(key: &str) -> Value<'static> {
    Value::new(host::get_cfg(key))
}

/// Which attempt this is, counted from 1.
#[must_use]
pub fn attempt() -> u32 {
    u32::try_from(host::meta(0)).unwrap_or(1)
}

/// Milliseconds left before the host ends the call.
#[must_use]
pub fn remaining_ms() -> u64 {
    u64::try_from(host::meta(1)).unwrap_or(0)
}

/// A number that rises with every owner of this piece of work, to hand to stores that refuse late writers;
/// `None` if the engine gave none.
#[must_use]
pub fn fencing_token() -> Option<u64> {
    u64::try_from(host::meta(2)).ok()
}
