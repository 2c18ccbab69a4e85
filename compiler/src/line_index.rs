//! From byte offsets to lines and columns.

/// How far apart the places are where characters are counted ahead, in bytes.
const STEP: usize = 1024;

/// Where the lines of a text start. Building it reads the text once; a look-up is a binary search and at most a
/// kilobyte of counting, however long the lines are.
#[derive(Clone, Debug)]
pub struct LineIndex<'a> {
    text: &'a str,
    /// Offset of the first byte of each line.
    starts: Vec<usize>,
    /// Characters that start before each multiple of [`STEP`].
    counted: Vec<usize>,
}

/// A place as people count it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl<'a> LineIndex<'a> {
    /// Indexes a text; lines end with `\n`.
    #[must_use]
    pub fn new(text: &'a str) -> Self {
        // Byte by byte: lines are too short for a search to pay.
        let ends = (1_usize..).zip(text.bytes()).filter(|(_, byte)| *byte == b'\n').map(|(behind, _)| behind);
        let starts = std::iter::once(0).chain(ends).collect();
        let counted = text.as_bytes().chunks(STEP).scan(0_usize, |before, chunk| {
            let here = *before;
            *before = before.saturating_add(characters(chunk));
            Some(here)
        });
        Self { text, starts, counted: counted.collect() }
    }

    /// The place of an offset; one past the end of the text counts as its end.
    #[must_use]
    pub fn position(&self, offset: usize) -> Position {
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = self.starts.get(line.saturating_sub(1)).copied().unwrap_or_default();
        let column = match self.text.as_bytes().get(start..offset.min(self.text.len())) {
            Some(before) if before.len() < STEP => characters(before),
            _ => self.characters_before(offset).saturating_sub(self.characters_before(start)),
        };
        Position { line, column: column.saturating_add(1) }
    }

    fn characters_before(&self, offset: usize) -> usize {
        let offset = offset.min(self.text.len());
        let step = offset.checked_div(STEP).unwrap_or_default();
        let rest = self.text.as_bytes().get(step.saturating_mul(STEP)..offset).unwrap_or_default();
        match self.counted.get(step) {
            Some(counted) => counted.saturating_add(characters(rest)),
            // The text ends exactly at a step.
            None => characters(self.text.as_bytes()),
        }
    }
}

/// How many characters start in some bytes of UTF-8 text.
fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| (**byte & 0xC0) != 0x80).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters() {
        let index = LineIndex::new("a\näö b\n");
        assert_eq!(index.position(0), Position { line: 1, column: 1 });
        assert_eq!(index.position(2), Position { line: 2, column: 1 });
        assert_eq!(index.position(6), Position { line: 2, column: 3 });
        assert_eq!(index.position(9), Position { line: 3, column: 1 });
        assert_eq!(index.position(1000), Position { line: 3, column: 1 });
    }

    #[test]
    fn long_lines_are_counted_in_steps() {
        for length in [STEP / 2 - 1, STEP / 2, STEP / 2 + 1, 3 * STEP] {
            let text = "ä".repeat(length);
            let index = LineIndex::new(&text);
            for at in [0, 1, length / 2, length] {
                assert_eq!(index.position(at * 2), Position { line: 1, column: at + 1 }, "{length} {at}");
            }
        }
    }
}
