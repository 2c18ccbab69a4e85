//! Canonical order of keys: as the configuration types document them, then unknown ones, then `x-` keys. Mappings of names
//! (`stages`) and free values keep their order, which may mean something.

use super::tree::{Content, Value};
use crate::settings::Place;

/// Sorts the keys of every mapping whose keys are known. A text with anchors keeps its order: an alias has to come after
/// its anchor. Whether anything could be sorted.
pub(super) fn sort(root: &mut Value, place: &Place) -> bool {
    let sorted = !root.has_anchors();
    if sorted {
        sort_at(root, place);
    }
    raise_comments(root);
    sorted
}

/// The place of an entry's value.
pub(super) fn inner(place: &Place, key: Option<&Value>) -> Place {
    match key.and_then(Value::text) {
        Some(name) => place.key(name),
        None => place.item(),
    }
}

fn sort_at(value: &mut Value, place: &Place) {
    let Content::Collection(collection) = &mut value.content else { return };
    if place.is_free() {
        return;
    }
    if collection.mapping {
        let settings = place.settings();
        if !settings.is_empty() {
            collection.entries.sort_by_key(|entry| {
                let known = settings.iter().position(|setting| setting.name == entry.name());
                (entry.name().starts_with("x-"), known.unwrap_or(usize::MAX))
            });
        }
    }
    for entry in &mut collection.entries {
        let inner = inner(place, entry.key.as_ref());
        sort_at(&mut entry.value, &inner);
    }
}

/// A comment above the first key of a list's element goes above the element, where it is read as well.
fn raise_comments(value: &mut Value) {
    let Content::Collection(collection) = &mut value.content else { return };
    for entry in &mut collection.entries {
        raise_comments(&mut entry.value);
        if entry.key.is_none()
            && let Content::Collection(inner) = &mut entry.value.content
            && let Some(first) = inner.entries.first_mut()
        {
            entry.leading.append(&mut first.leading);
            first.blank = false;
        }
    }
}
