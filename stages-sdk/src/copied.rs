//! Bytes that the host copies into a buffer of the guest's own, whatever their length.

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

/// What most of them fit into.
const USUAL: usize = 256;

/// Asks for bytes, and once more with a buffer of their length if they did not fit. Negative answers are the host's.
pub fn bytes(mut first: impl FnMut(&mut [u8]) -> i32, mut again: impl FnMut(&mut [u8]) -> i32) -> Result<Vec<u8>, i32> {
    let mut buffer = vec![0; USUAL];
    let mut answer = first(&mut buffer);
    // Each answer is the whole length, so the second fits; a third would mean that they grew in between.
    while let Ok(size) = usize::try_from(answer) {
        if size <= buffer.len() {
            buffer.truncate(size);
            return Ok(buffer);
        }
        buffer.resize(size, 0);
        answer = again(&mut buffer);
    }
    Err(answer)
}

/// A text. What is no UTF-8 is replaced: the host sends none.
pub fn text(ask: impl Fn(&mut [u8]) -> i32) -> Option<String> {
    let bytes = bytes(&ask, &ask).ok()?;
    Some(String::from_utf8(bytes).unwrap_or_default())
}
