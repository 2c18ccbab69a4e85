//! One event a line. A bad line costs only itself.

use super::{Chunk, InputError, Rest, Slot};

/// Cuts at newlines. Blank lines are no events; a byte order mark before the first line is dropped.
pub struct Lines {
    line: u64,
    limit: usize,
    /// Inside a line that went over the limit: drop everything up to its end.
    dropping: bool,
}

impl Lines {
    pub const fn new(limit: usize) -> Self {
        Self { line: 1, limit, dropping: false }
    }

    /// Appends the whole lines of `chunk` as slots. The bytes before `fresh` were seen by the call before.
    pub fn cut(&mut self, chunk: &mut Chunk, fresh: usize, ended: bool) -> Rest {
        let mut start = 0;
        let mut scan = fresh;
        while let Some(end) = find_newline(&chunk.bytes, scan) {
            self.push(chunk, start, end);
            self.line += 1;
            start = end + 1;
            scan = start;
        }
        let rest = chunk.bytes.len().saturating_sub(start);
        if ended && rest > 0 {
            self.push(chunk, start, start + rest);
            return Rest::Stop;
        }
        if rest > self.limit || self.dropping {
            if !self.dropping {
                chunk.slots.push(Slot { line: self.line, event: Err(InputError::TooLong { limit: self.limit }) });
            }
            self.dropping = true;
            chunk.bytes.truncate(start);
            return Rest::From(start);
        }
        Rest::From(start)
    }

    fn push(&mut self, chunk: &mut Chunk, start: usize, end: usize) {
        if std::mem::take(&mut self.dropping) {
            return;
        }
        let mut start = start;
        let line = chunk.bytes.get(start..end).unwrap_or_default();
        if self.line == 1 && line.starts_with(b"\xEF\xBB\xBF") {
            start += 3;
        }
        let line = chunk.bytes.get(start..end).unwrap_or_default();
        if line.trim_ascii().is_empty() {
            return;
        }
        let event =
            if line.len() > self.limit { Err(InputError::TooLong { limit: self.limit }) } else { Ok(start..end) };
        chunk.slots.push(Slot { line: self.line, event });
    }
}

fn find_newline(bytes: &[u8], from: usize) -> Option<usize> {
    memchr::memchr(b'\n', bytes.get(from..)?).map(|at| from + at)
}
