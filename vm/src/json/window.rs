//! The sixty-four bytes where a pass stands that goes from one structural character to the next.

use super::block::{self, Marks};
use super::kernel;
use super::skim::{Strings, string_end};

/// The sixty-four bytes where the pass stands.
pub(super) struct Window {
    pub start: usize,
    pub marks: Marks,
    /// Its structural characters that are still to be visited.
    pub left: u64,
    /// Which of its bytes are in strings.
    pub inside: u64,
    strings: Strings,
    /// The last quote before it, if there is one.
    quote_before: usize,
    /// A backslash stands in it or before it.
    escapes: bool,
}

impl Window {
    pub fn first(bytes: &[u8]) -> Self {
        let mut window = Self {
            start: 0,
            marks: Marks::default(),
            left: 0,
            inside: 0,
            strings: Strings::default(),
            quote_before: 0,
            escapes: false,
        };
        window.mark(bytes);
        window
    }

    /// Goes on to the next one; false at the end.
    #[inline]
    pub fn next(&mut self, bytes: &[u8]) -> bool {
        let start = self.start.wrapping_add(block::SIZE);
        if start >= bytes.len() {
            return false;
        }
        if self.marks.quotes != 0 {
            self.quote_before = self.start.wrapping_add(last_bit(self.marks.quotes));
        }
        self.start = start;
        self.mark(bytes);
        true
    }

    #[inline(always)]
    fn mark(&mut self, bytes: &[u8]) {
        let mut marks = block::marks(bytes, self.start);
        (marks.quotes, self.inside) = self.strings.next(marks.quotes, marks.backslashes);
        self.escapes |= marks.backslashes != 0;
        self.marks = marks;
    }

    /// The body of the key whose colon is this byte of the block, if it ends in the block and surely has no escapes.
    #[inline(always)]
    pub fn key(&self, bytes: &[u8], colon: usize) -> Option<(usize, usize)> {
        let end = self.start.wrapping_add(colon).wrapping_sub(1);
        if colon == 0 || self.escapes || kernel::byte_at(bytes, end) != b'"' {
            return None;
        }
        // Quotes before the closing one.
        let before = self.marks.quotes & !(u64::MAX << (colon & INSIDE)) >> 1;
        let quote = if before == 0 { self.quote_before } else { self.start.wrapping_add(last_bit(before)) };
        Some((quote.wrapping_add(1), end))
    }

    /// Where the string ends whose opening quote is here, and whether it has escapes.
    #[inline(always)]
    pub fn string(&self, bytes: &[u8], quote: usize) -> Option<(usize, bool)> {
        let behind = from(quote.wrapping_sub(self.start).wrapping_add(1));
        let quotes = self.marks.quotes & behind;
        if quotes == 0 {
            return string_end(bytes, quote);
        }
        let end = quotes.trailing_zeros() as usize;
        Some((self.start.wrapping_add(end), self.marks.backslashes & behind & !from(end) != 0))
    }
}

/// The last bit of a block.
const INSIDE: usize = block::SIZE - 1;

/// The bits from a number on; none from 64 on.
#[inline(always)]
pub(super) const fn from(bit: usize) -> u64 {
    if bit > INSIDE { 0 } else { u64::MAX << (bit & INSIDE) }
}

/// The number of the highest bit of some.
#[inline(always)]
const fn last_bit(bits: u64) -> usize {
    (bits.leading_zeros() as usize ^ INSIDE) & INSIDE
}

/// The key before a colon, by looking backwards; an empty one where no string ends there.
///
/// Looks at whitespace and at that string only, so that all keys of a text together are looked at once, whatever the text is.
pub(super) fn key_before(bytes: &[u8], colon: usize) -> (usize, usize) {
    let before = bytes.get(..colon).unwrap_or_default().trim_ascii_end();
    let end = before.len().saturating_sub(1);
    if before.last() != Some(&b'"') || is_escaped(bytes, end) {
        return (colon, colon);
    }
    let quote_before = |at: usize| bytes.get(..at).unwrap_or_default().iter().rposition(|byte| *byte == b'"');
    let mut quote = quote_before(end);
    while let Some(at) = quote
        && is_escaped(bytes, at)
    {
        quote = quote_before(at);
    }
    let start = quote.map_or(end, |quote| quote.wrapping_add(1));
    (start, end)
}

/// Whether an odd number of backslashes stands before a quote.
fn is_escaped(bytes: &[u8], quote: usize) -> bool {
    bytes.get(..quote).unwrap_or_default().iter().rev().take_while(|byte| **byte == b'\\').count() & 1 == 1
}
