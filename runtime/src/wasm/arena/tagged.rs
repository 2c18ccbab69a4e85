//! A value in 64 bits, as guests get it: its tag, its length, its handle.

/// Tag `missing`.
pub const MISSING: i64 = 0;
/// Tag `error`.
pub const ERROR: i64 = tagged(8, 0, 0);

pub const NULL: i64 = tagged(1, 0, 0);
pub const BOOL: u8 = 2;
pub const INT: u8 = 3;
pub const FLOAT: u8 = 4;
pub const TEXT: u8 = 5;
pub const ARRAY: u8 = 6;
pub const OBJECT: u8 = 7;

pub const POSITION_BITS: u32 = 18;
pub const POSITIONS: usize = (1 << POSITION_BITS) - 1;
pub const GENERATIONS: u64 = 1 << (32 - POSITION_BITS);
/// The length field says "this many bytes or more".
pub const LENGTH_OPEN: usize = 0xFF_FFFF;

/// Packs a tagged value.
pub const fn tagged(tag: u8, length: usize, handle: u32) -> i64 {
    let length = if length > LENGTH_OPEN { LENGTH_OPEN } else { length };
    (((tag as u64) << 56) | ((length as u64) << 32) | handle as u64).cast_signed()
}

/// Generation and position of a handle; `None` for position 0, which is never given out.
pub fn position_of(handle: u32) -> Option<(u32, usize)> {
    let position = usize::try_from(handle).ok()? & POSITIONS;
    Some((handle >> POSITION_BITS, position.checked_sub(1)?))
}

/// A tagged value taken apart. Numbers, texts and containers by handle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Untagged {
    Missing,
    Null,
    Bool(bool),
    Int(u32),
    Float(u32),
    Text(u32),
    Array(u32),
    Object(u32),
    Error,
}

/// Takes a tagged value apart.
pub const fn untag(value: i64) -> Untagged {
    let bits = value.cast_unsigned();
    // The low half is the handle; nothing else is left of it.
    #[allow(clippy::cast_possible_truncation)]
    let (tag, handle) = ((bits >> 56) as u8, bits as u32);
    match tag {
        0 => Untagged::Missing,
        1 => Untagged::Null,
        BOOL => Untagged::Bool(handle != 0),
        INT => Untagged::Int(handle),
        FLOAT => Untagged::Float(handle),
        TEXT => Untagged::Text(handle),
        ARRAY => Untagged::Array(handle),
        OBJECT => Untagged::Object(handle),
        _ => Untagged::Error,
    }
}
