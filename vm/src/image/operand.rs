//! Constants that stand for something else: the way to a member, the lists on the way, networks.

use alloc::vec::Vec;

use crate::isa::DEEPEST;
use crate::ops::Network;
use crate::{Segment, Value};

/// The path of a constant like `["a", 0]`.
pub(crate) fn tail(value: Value<'_>) -> Option<Vec<Segment>> {
    let Value::Array(array) = value else { return None };
    let segment = |value: Value<'_>| match value {
        Value::Int(index) => u32::try_from(index).ok().map(Segment::Index),
        key => key.text().map(|key| Segment::Key(key.into_owned())),
    };
    array.iter().map(segment).collect()
}

/// The paths of a constant like `[["items"], ["price"]]`: at most [`DEEPEST`].
pub(crate) fn tails(value: Value<'_>) -> Option<Vec<Vec<Segment>>> {
    let Value::Array(array) = value else { return None };
    let tails: Vec<_> = array.iter().map(tail).collect::<Option<_>>()?;
    (tails.len() <= DEEPEST).then_some(tails)
}

/// The networks of a constant like `["10.0.0.0/8", "::1"]`.
pub(super) fn networks(value: Value<'_>) -> Option<Vec<Network>> {
    let Value::Array(array) = value else { return None };
    array.iter().map(|network| Network::parse(&network.text()?)).collect()
}
