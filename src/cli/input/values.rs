//! One JSON text of many events: a list of them, or values one after the other over any number of lines.
//!
//! Only what is needed to find the end of a value is looked at (brackets, quotes, commas between events); whether
//! the value itself is JSON is for the event reader to say.

use super::{Chunk, InputError, Rest, Slot};

/// Cuts where a value ends.
pub struct Values {
    line: u64,
    limit: usize,
    place: Place,
    /// Inside `[ … ]` of a list of events.
    listed: bool,
}

/// Where in the text the scan stands.
#[derive(Clone, Copy)]
enum Place {
    /// Before anything but white space.
    Start,
    /// Where a value may begin; `comma` when one was just read, so that the list cannot end here.
    Before { comma: bool },
    /// In a value.
    Inside(Value),
    /// After an event of a list.
    After,
    /// After the list.
    End,
}

/// A value whose end is not found yet.
#[derive(Clone, Copy)]
struct Value {
    /// Its first byte in the buffer.
    start: usize,
    line: u64,
    /// Its bytes so far, dropped ones included.
    length: usize,
    /// Open brackets.
    depth: usize,
    string: Quoted,
}

/// Whether the scan is in a string, and whether the next byte is escaped.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quoted {
    No,
    Yes,
    Escape,
}

/// What a byte means to the value it follows.
enum Found {
    /// Part of it.
    More,
    /// Its last byte.
    Last,
    /// The first byte after it.
    Past,
}

impl Values {
    pub const fn new(limit: usize) -> Self {
        Self { line: 1, limit, place: Place::Start, listed: false }
    }

    /// Appends the whole values of `chunk` as slots. The bytes before `fresh` were seen by the call before.
    pub fn cut(&mut self, chunk: &mut Chunk, fresh: usize, ended: bool) -> Rest {
        if let Place::Inside(value) = &mut self.place {
            // What was carried over starts the buffer.
            value.start = 0;
        }
        let mut at = fresh;
        while at < chunk.bytes.len() {
            if let Place::Inside(value) = &mut self.place {
                at += value.skip(chunk.bytes.get(at..).unwrap_or_default());
            }
            let Some(&byte) = chunk.bytes.get(at) else { break };
            if let Err(error) = self.step(&mut chunk.slots, at, byte) {
                chunk.slots.push(Slot { line: self.line, event: Err(error) });
                return Rest::Stop;
            }
            self.line += u64::from(byte == b'\n');
            at += 1;
        }
        if ended {
            self.finish(&mut chunk.slots, at);
            return Rest::Stop;
        }
        match self.place {
            Place::Inside(value) if value.length > self.limit => {
                // Reported when its end is found: without that the next event cannot be told from its inside.
                chunk.bytes.truncate(value.start);
                Rest::From(value.start)
            }
            Place::Inside(value) => Rest::From(value.start),
            _ => Rest::From(at),
        }
    }

    /// Takes one byte.
    fn step(&mut self, slots: &mut Vec<Slot>, at: usize, byte: u8) -> Result<(), InputError> {
        if let Place::Inside(value) = &mut self.place {
            let found = value.take(byte, self.listed);
            match found {
                Found::More => return Ok(()),
                Found::Last => {
                    self.push(slots, at + 1);
                    return Ok(());
                }
                Found::Past => self.push(slots, at),
            }
        }
        self.between(at, byte)
    }

    /// Takes one byte outside any value.
    fn between(&mut self, at: usize, byte: u8) -> Result<(), InputError> {
        self.place = match (self.place, byte) {
            (place, b' ' | b'\t' | b'\r' | b'\n') => place,
            // A byte order mark: bytes that no JSON text begins with.
            (Place::Start, 0xEF | 0xBB | 0xBF) => Place::Start,
            (Place::Start, b'[') => {
                self.listed = true;
                Place::Before { comma: false }
            }
            (Place::Before { comma: false } | Place::After, b']') if self.listed => Place::End,
            (Place::After, b',') => Place::Before { comma: true },
            (Place::Before { .. }, b',' | b']') if self.listed => return Err(InputError::Separator),
            (Place::After, _) => return Err(InputError::Separator),
            (Place::End, _) => return Err(InputError::Trailing),
            (Place::Start | Place::Before { .. } | Place::Inside(_), _) => {
                let mut value = Value { start: at, line: self.line, length: 0, depth: 0, string: Quoted::No };
                value.take(byte, self.listed);
                Place::Inside(value)
            }
        };
        Ok(())
    }

    /// The value that is being read ends before `end`.
    fn push(&mut self, slots: &mut Vec<Slot>, end: usize) {
        if let Place::Inside(value) = self.place {
            let event = if value.length > self.limit {
                Err(InputError::TooLong { limit: self.limit })
            } else {
                Ok(value.start..end)
            };
            slots.push(Slot { line: value.line, event });
        }
        self.place = if self.listed { Place::After } else { Place::Before { comma: false } };
    }

    /// The text ends at `end`.
    fn finish(&mut self, slots: &mut Vec<Slot>, end: usize) {
        match self.place {
            Place::Inside(value) if value.depth == 0 && value.string == Quoted::No && !self.listed => {
                self.push(slots, end);
            }
            Place::Inside(value) => slots.push(Slot { line: value.line, event: Err(InputError::Unfinished) }),
            Place::Before { .. } | Place::After if self.listed => {
                slots.push(Slot { line: self.line, event: Err(InputError::Unfinished) });
            }
            _ => {}
        }
    }
}

/// Bytes that mean something in a string, or start a new line.
const IN_STRING: [bool; 256] = table(b"\"\\\n");
/// Bytes that mean something inside brackets, or start a new line.
const IN_BRACKETS: [bool; 256] = table(b"\"{}[]\n");

const fn table(bytes: &[u8]) -> [bool; 256] {
    let mut table = [false; 256];
    let mut at = 0;
    while at < bytes.len() {
        table[bytes[at] as usize] = true;
        at += 1;
    }
    table
}

impl Value {
    /// Takes what surely neither ends the value nor the line, as [`Self::take`] would byte by byte; how many bytes.
    fn skip(&mut self, bytes: &[u8]) -> usize {
        let mut at = 0;
        while self.depth > 0 {
            let table = match self.string {
                Quoted::No => &IN_BRACKETS,
                Quoted::Yes => &IN_STRING,
                Quoted::Escape => break,
            };
            let rest = bytes.get(at..).unwrap_or_default();
            let Some(plain) = rest.iter().position(|byte| table[usize::from(*byte)]) else {
                at = bytes.len();
                break;
            };
            at += plain;
            match (self.string, bytes.get(at).copied()) {
                (Quoted::No, Some(b'"')) => self.string = Quoted::Yes,
                (Quoted::Yes, Some(b'"')) => self.string = Quoted::No,
                (Quoted::No, Some(b'{' | b'[')) => self.depth += 1,
                (Quoted::No, Some(b'}' | b']')) if self.depth > 1 => self.depth -= 1,
                _ => break,
            }
            at += 1;
        }
        self.length += at;
        at
    }

    /// Takes the next byte of the text.
    fn take(&mut self, byte: u8, listed: bool) -> Found {
        let found = match (self.string, byte) {
            (Quoted::Escape, _) => {
                self.string = Quoted::Yes;
                Found::More
            }
            (Quoted::Yes, b'\\') => {
                self.string = Quoted::Escape;
                Found::More
            }
            (Quoted::Yes, b'"') => {
                self.string = Quoted::No;
                if self.depth == 0 { Found::Last } else { Found::More }
            }
            (Quoted::Yes, _) => Found::More,
            (Quoted::No, b'"') => {
                self.string = Quoted::Yes;
                Found::More
            }
            (Quoted::No, b'{' | b'[') => {
                self.depth += 1;
                Found::More
            }
            (Quoted::No, b'}' | b']') if self.depth > 0 => {
                self.depth -= 1;
                if self.depth == 0 { Found::Last } else { Found::More }
            }
            // A bare word (number, true, null) ends where something else begins.
            (Quoted::No, b' ' | b'\t' | b'\r' | b'\n') if self.depth == 0 => Found::Past,
            (Quoted::No, b',' | b']') if self.depth == 0 && listed => Found::Past,
            (Quoted::No, _) => Found::More,
        };
        self.length += usize::from(!matches!(found, Found::Past));
        found
    }
}
