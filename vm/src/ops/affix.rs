//! Beginnings and ends of texts, and equality that looks past case.

use super::{OpError, text::with_text};
use crate::Value;

/// Whether the text begins with the other one.
///
/// # Errors
/// [`OpError::Kinds`] unless both are text.
pub fn starts_with(value: Value<'_>, start: Value<'_>) -> Result<bool, OpError> {
    with_text(value, |value| with_text(start, |start| value.starts_with(start))).flatten().ok_or(OpError::Kinds)
}

/// Whether the text ends with the other one.
///
/// # Errors
/// [`OpError::Kinds`] unless both are text.
pub fn ends_with(value: Value<'_>, end: Value<'_>) -> Result<bool, OpError> {
    with_text(value, |value| with_text(end, |end| value.ends_with(end))).flatten().ok_or(OpError::Kinds)
}

/// Whether both are text and equal under the simple case folding of Unicode. Other kinds are equal to nothing.
#[must_use]
pub fn equal_folded(value: Value<'_>, other: Value<'_>) -> bool {
    let equal = |value: &str, other: &str| value.chars().map(fold).eq(other.chars().map(fold));
    with_text(value, |value| with_text(other, |other| equal(value, other))).flatten().unwrap_or(false)
}

/// One character for all that simple case folding takes for the same.
///
/// Lower case of upper case reaches every such class but for characters whose upper case is several characters, and the
/// dotless i, whose upper case is the ordinary I although folding keeps the two apart. A test compares this with Unicode's
/// own table for every character.
#[must_use]
pub fn fold(character: char) -> char {
    match character {
        'a'..='z' | '0'..='9' => character,
        'A'..='Z' => character.to_ascii_lowercase(),
        'ı' => character,
        // Equal to a letter with the same two accents, written otherwise.
        '\u{1FD3}' => '\u{0390}',
        '\u{1FE3}' => '\u{03B0}',
        '\u{FB05}' => '\u{FB06}',
        _ => {
            let upper = single(character.to_uppercase()).unwrap_or(character);
            single(upper.to_lowercase()).unwrap_or(upper)
        }
    }
}

fn single(mut characters: impl Iterator<Item = char>) -> Option<char> {
    let first = characters.next()?;
    characters.next().is_none().then_some(first)
}
