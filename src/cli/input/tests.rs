//! The splitter against every way a reader may cut the same text.

use super::*;

/// Gives the text in pieces of a fixed size.
struct Pieces<'a>(&'a [u8], usize);

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.1.min(self.0.len()).min(buffer.len());
        buffer[..count].copy_from_slice(&self.0[..count]);
        self.0 = &self.0[count..];
        Ok(count)
    }
}

fn split(text: &[u8], piece: usize, layout: Layout, limit: usize) -> Vec<(u64, Result<String, InputError>)> {
    let mut splitter = Splitter::new(Pieces(text, piece), layout, limit);
    let mut chunk = Chunk::default();
    let mut all = Vec::new();
    while splitter.fill(&mut chunk).unwrap() {
        for (line, event) in chunk.events() {
            all.push((line, event.map(|bytes| String::from_utf8(bytes.to_vec()).unwrap())));
        }
    }
    all
}

/// Splits in pieces of 1 to 9 bytes and whole; all must agree.
fn agreed(text: &str, layout: Layout, limit: usize) -> Vec<(u64, Result<String, InputError>)> {
    let whole = split(text.as_bytes(), usize::MAX, layout, limit);
    for piece in 1..10 {
        assert_eq!(split(text.as_bytes(), piece, layout, limit), whole, "in pieces of {piece}: {text:?}");
    }
    whole
}

fn ok(line: u64, text: &str) -> (u64, Result<String, InputError>) {
    (line, Ok(text.to_owned()))
}

#[test]
fn lines_are_events_and_blank_ones_are_not() {
    let text = "\u{feff}{\"a\":1}\r\n\n  \n{\"b\":\n{\"c\":3}";
    assert_eq!(agreed(text, Layout::Lines, 100), [ok(1, "{\"a\":1}\r"), ok(4, "{\"b\":"), ok(5, "{\"c\":3}")]);
    assert_eq!(agreed("", Layout::Lines, 100), []);
    assert_eq!(agreed("\n\n", Layout::Lines, 100), []);
}

#[test]
fn a_line_over_the_limit_costs_only_itself() {
    let text = "1234\n123456789012345678901234567890\n123\n";
    let long = Err(InputError::TooLong { limit: 5 });
    assert_eq!(agreed(text, Layout::Lines, 5), [ok(1, "1234"), (2, long.clone()), ok(3, "123")]);
    assert_eq!(agreed("1234567", Layout::Lines, 5), [(1, long)]);
}

#[test]
fn a_list_gives_its_elements() {
    let text = "[ {\"a\": [1, \"]\\\"\"]},\n 5,\"x,y\" , [true],\n\nnull]\n";
    let expected = [ok(1, "{\"a\": [1, \"]\\\"\"]}"), ok(2, "5"), ok(2, "\"x,y\""), ok(2, "[true]"), ok(4, "null")];
    assert_eq!(agreed(text, Layout::Values, 100), expected);
    assert_eq!(agreed("[]", Layout::Values, 100), []);
    assert_eq!(agreed(" [ ] ", Layout::Values, 100), []);
}

#[test]
fn values_may_follow_each_other_over_lines() {
    let text = "{\n \"a\": 1\n}\n{\"b\":2}{\"c\":3} 4\n\"five\"\n6";
    let expected =
        [ok(1, "{\n \"a\": 1\n}"), ok(4, "{\"b\":2}"), ok(4, "{\"c\":3}"), ok(4, "4"), ok(5, "\"five\""), ok(6, "6")];
    assert_eq!(agreed(text, Layout::Values, 100), expected);
}

#[test]
fn a_broken_list_says_where() {
    let separator = Err(InputError::Separator);
    assert_eq!(agreed("[1 2]", Layout::Values, 100), [ok(1, "1"), (1, separator.clone())]);
    assert_eq!(agreed("[1,\n,2]", Layout::Values, 100), [ok(1, "1"), (2, separator.clone())]);
    assert_eq!(agreed("[1,]", Layout::Values, 100), [ok(1, "1"), (1, separator.clone())]);
    assert_eq!(agreed("[,]", Layout::Values, 100), [(1, separator)]);
    assert_eq!(agreed("[1] 2", Layout::Values, 100), [ok(1, "1"), (1, Err(InputError::Trailing))]);
    assert_eq!(agreed("[1,\n{\"a\"", Layout::Values, 100), [ok(1, "1"), (2, Err(InputError::Unfinished))]);
    assert_eq!(agreed("[1\n", Layout::Values, 100), [ok(1, "1"), (2, Err(InputError::Unfinished))]);
    assert_eq!(agreed("{\"a\": \"", Layout::Values, 100), [(1, Err(InputError::Unfinished))]);
}

#[test]
fn a_value_over_the_limit_costs_only_itself() {
    let text = "[1, {\"a\": \"12345678901234567890123456789\"}, 2]";
    let long = Err(InputError::TooLong { limit: 8 });
    assert_eq!(agreed(text, Layout::Values, 8), [ok(1, "1"), (1, long), ok(1, "2")]);
}

#[test]
fn an_endless_line_takes_bounded_memory() {
    let endless = io::repeat(b'x').take(64 << 20);
    let mut splitter = Splitter::new(endless, Layout::Lines, 1 << 20);
    let mut chunk = Chunk::default();
    assert!(splitter.fill(&mut chunk).unwrap());
    assert_eq!(chunk.slots, [Slot { line: 1, event: Err(InputError::TooLong { limit: 1 << 20 }) }]);
    while splitter.fill(&mut chunk).unwrap() {
        assert!(chunk.bytes.capacity() <= 8 << 20);
    }
}
