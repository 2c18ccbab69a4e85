//! What was seen at one path of the events, and below it.

use std::collections::HashMap;

use cascata_vm::Value;

use super::InferOptions;
use super::words::Words;
use crate::back::compare_numbers;
use crate::model::Constant;
use crate::schema::{Kind, Kinds};

/// Below this depth values are not looked into.
const DEEPEST: usize = 24;

/// Keys longer than this, in bytes, are not listed.
const LONGEST_KEY: usize = 200;

/// What is left of the limits.
#[derive(Clone, Debug)]
pub(super) struct Room {
    pub(super) max_enum: usize,
    max_keys: usize,
    fields: usize,
}

impl Room {
    pub(super) const fn new(options: &InferOptions) -> Self {
        Self { max_enum: options.max_enum, max_keys: options.max_keys, fields: options.max_fields }
    }

    fn take(&mut self) -> bool {
        let left = self.fields.checked_sub(1);
        self.fields = left.unwrap_or_default();
        left.is_some()
    }
}

/// The values that were seen at a path.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    /// How many.
    pub(super) count: u64,
    pub(super) kinds: Kinds,
    pub(super) objects: u64,
    pub(super) texts: u64,
    pub(super) words: Words,
    pub(super) numbers: Option<(Constant, Constant)>,
    /// The same of those that fit 64 bits, which are quick to compare.
    within: Option<(i64, i64)>,
    pub(super) keys: Keys,
    pub(super) items: Option<Box<Self>>,
}

impl Default for Seen {
    fn default() -> Self {
        Self {
            count: 0,
            kinds: Kinds::NONE,
            objects: 0,
            texts: 0,
            words: Words::default(),
            numbers: None,
            within: None,
            keys: Keys::Listed(Listed::default()),
            items: None,
        }
    }
}

/// The keys of objects.
#[derive(Clone, Debug)]
pub(super) enum Keys {
    /// Few enough to be listed.
    Listed(Listed),
    /// So many that they are data themselves.
    Any(Any),
}

/// What stands under any of the keys of a map.
#[derive(Clone, Debug)]
pub(super) struct Any {
    pub(super) seen: Box<Seen>,
    /// Whether there were values that were not looked at.
    pub(super) more: bool,
}

/// Keys in the order in which they were first seen.
#[derive(Clone, Debug, Default)]
pub(super) struct Listed {
    pub(super) entries: Vec<(String, Seen)>,
    places: HashMap<String, usize>,
    /// Whether there were others.
    pub(super) more: bool,
}

impl Seen {
    pub(super) fn add(&mut self, value: Value<'_>, depth: usize, room: &mut Room) {
        self.count = self.count.saturating_add(1);
        let kind = match value {
            Value::Missing | Value::Null => Kind::Null,
            Value::Bool(_) => Kind::Boolean,
            Value::Int(number) => {
                let (least, most) = self.within.unwrap_or((i64::MAX, i64::MIN));
                if number < least || number > most {
                    self.within = Some((least.min(number), most.max(number)));
                    self.number(&Constant::Int(number.to_string()));
                }
                Kind::Integer
            }
            Value::BigInt(digits) => {
                self.number(&Constant::Int(digits.to_owned()));
                Kind::Integer
            }
            Value::Float(number) => {
                self.number(&Constant::Float(number));
                Kind::Number
            }
            Value::Text(_) | Value::EscapedText(_) => {
                self.texts = self.texts.saturating_add(1);
                self.words.add(&value.text().unwrap_or_default(), room.max_enum);
                Kind::String
            }
            Value::Array(list) => {
                if depth < DEEPEST {
                    for element in list.iter() {
                        self.items.get_or_insert_default().add(element, depth.saturating_add(1), room);
                    }
                }
                Kind::Array
            }
            Value::Object(map) => {
                self.objects = self.objects.saturating_add(1);
                if depth < DEEPEST {
                    self.object(map, depth.saturating_add(1), room);
                }
                Kind::Object
            }
        };
        self.kinds = self.kinds.with(kind);
    }

    fn number(&mut self, number: &Constant) {
        let Some((least, most)) = &mut self.numbers else {
            self.numbers = Some((number.clone(), number.clone()));
            return;
        };
        if compare_numbers(number, least).is_lt() {
            *least = number.clone();
        } else if compare_numbers(number, most).is_gt() {
            *most = number.clone();
        }
    }

    fn object(&mut self, map: cascata_vm::Object<'_>, depth: usize, room: &mut Room) {
        // The event itself is a record, however many fields it has.
        let most = if depth == 1 { usize::MAX } else { room.max_keys };
        let listed = match &mut self.keys {
            Keys::Listed(listed) => listed,
            Keys::Any(any) => {
                map.iter().for_each(|(_, value)| any.seen.add(value, depth, room));
                return;
            }
        };
        // Of duplicate keys the last counts, so values wait until all keys have come.
        let mut values: Vec<Option<Value<'_>>> = vec![None; listed.entries.len()];
        let (before, mut left) = (listed.more, Vec::new());
        for (at, (key, value)) in map.iter().enumerate() {
            match listed.place(&key, at, most, room) {
                Some(place) => {
                    values.resize(listed.entries.len(), None);
                    if let Some(slot) = values.get_mut(place) {
                        *slot = Some(value);
                    }
                }
                None if listed.entries.len() > most => left.push(value),
                None => {}
            }
        }
        for ((_, seen), value) in listed.entries.iter_mut().zip(values) {
            if let Some(value) = value {
                seen.add(value, depth, room);
            }
        }
        if listed.entries.len() > most {
            let mut any = std::mem::take(listed).collapse(room);
            any.more = before;
            left.into_iter().for_each(|value| any.seen.add(value, depth, room));
            self.keys = Keys::Any(any);
        }
    }

    /// Takes over what was seen elsewhere.
    fn merge(&mut self, other: Self, room: &mut Room) {
        self.count = self.count.saturating_add(other.count);
        self.kinds = self.kinds.or(other.kinds);
        self.texts = self.texts.saturating_add(other.texts);
        self.words.merge(other.words, room.max_enum);
        if let Some((least, most)) = other.numbers {
            self.number(&least);
            self.number(&most);
        }
        match (&mut self.items, other.items) {
            (Some(items), Some(other)) => items.merge(*other, room),
            (slot @ None, items) => *slot = items,
            (Some(_), None) => {}
        }
        self.objects = self.objects.saturating_add(other.objects);
        let keys = std::mem::replace(&mut self.keys, Keys::Listed(Listed::default()));
        self.keys = match (keys, other.keys) {
            (Keys::Listed(mut listed), Keys::Listed(other)) => {
                listed.merge(other, room);
                Keys::Listed(listed)
            }
            (Keys::Any(mut any), other) | (other, Keys::Any(mut any)) => {
                let other = match other {
                    Keys::Any(other) => other,
                    Keys::Listed(listed) => listed.collapse(room),
                };
                any.more |= other.more;
                any.seen.merge(*other.seen, room);
                Keys::Any(any)
            }
        };
    }
}

impl Listed {
    /// Where a key stands, which is most likely where it stood in the event before; nothing if there is no room.
    fn place(&mut self, key: &str, likely: usize, most: usize, room: &mut Room) -> Option<usize> {
        if self.entries.get(likely).is_some_and(|(known, _)| known == key) {
            return Some(likely);
        }
        if let Some(place) = self.places.get(key) {
            return Some(*place);
        }
        // One more than the limit is let in, by which it is seen that there are too many.
        if key.len() > LONGEST_KEY || self.entries.len() > most || !room.take() {
            self.more = true;
            return None;
        }
        let place = self.entries.len();
        self.entries.push((key.to_owned(), Seen::default()));
        self.places.insert(key.to_owned(), place);
        Some(place)
    }

    /// All keys as one.
    fn collapse(self, room: &mut Room) -> Any {
        let mut seen = Seen::default();
        for (_, of_key) in self.entries {
            room.fields = room.fields.saturating_add(1);
            seen.merge(of_key, room);
        }
        Any { seen: Box::new(seen), more: self.more }
    }

    fn merge(&mut self, other: Self, room: &mut Room) {
        self.more |= other.more;
        for (at, (key, seen)) in other.entries.into_iter().enumerate() {
            let place = self.place(&key, at, usize::MAX, room);
            if let Some((_, known)) = place.and_then(|place| self.entries.get_mut(place)) {
                known.merge(seen, room);
            }
        }
    }
}
