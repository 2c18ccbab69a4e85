//! Text of `regex-syntax` put together with the right brackets.

/// A pattern that matches something. `None` of it, throughout, matches nothing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Piece {
    text: String,
    level: Level,
}

/// What may be done to a text without brackets around it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Level {
    /// Everything.
    Atom,
    /// Putting something before or after.
    Concat,
    /// Putting alternatives beside it.
    Alternate,
}

/// A pattern, or `None` if it can match nothing.
pub(super) type Part = Option<Piece>;

/// How many bytes a translated pattern may have.
const TEXT_LIMIT: usize = 1 << 18;

/// Puts pieces together and keeps count of the text made. Once over the limit it makes nothing more.
#[derive(Default)]
pub(super) struct Pieces {
    made: usize,
    overflow: bool,
}

impl Pieces {
    /// Whether too much text was asked for; what was returned is meaningless then.
    pub fn overflown(&self) -> bool {
        self.overflow
    }

    /// One atom.
    pub fn atom(&mut self, text: impl Into<String>) -> Part {
        self.make(text.into(), Level::Atom)
    }

    /// What matches without consuming.
    pub fn empty(&self) -> Part {
        Some(Piece { text: String::new(), level: Level::Concat })
    }

    /// One after the other.
    pub fn concat(&mut self, parts: impl IntoIterator<Item = Part>) -> Part {
        let parts = parts.into_iter().collect::<Option<Vec<_>>>()?;
        let mut parts: Vec<_> = parts.into_iter().filter(|part| !part.text.is_empty()).collect();
        if parts.len() <= 1 {
            return parts.pop().or_else(|| self.empty());
        }
        let mut text = String::new();
        for part in &parts {
            part.push_onto(&mut text, Level::Concat);
            if text.len() > TEXT_LIMIT {
                break;
            }
        }
        self.make(text, Level::Concat)
    }

    /// Any of them.
    pub fn alternate(&mut self, parts: impl IntoIterator<Item = Part>) -> Part {
        let mut parts: Vec<_> = parts.into_iter().flatten().collect();
        parts.dedup();
        if parts.len() <= 1 {
            return parts.pop();
        }
        let mut text = String::new();
        for (index, part) in parts.iter().enumerate() {
            if index != 0 {
                text.push('|');
            }
            text.push_str(&part.text);
        }
        self.make(text, Level::Alternate)
    }

    /// A number of times.
    pub fn repeat(&mut self, part: Part, min: u32, max: Option<u32>) -> Part {
        let Some(piece) = part else {
            return if min == 0 { self.empty() } else { None };
        };
        if piece.text.is_empty() || max == Some(0) {
            return self.empty();
        }
        if (min, max) == (1, Some(1)) {
            return Some(piece);
        }
        let mut text = String::new();
        piece.push_onto(&mut text, Level::Atom);
        match (min, max) {
            (0, None) => text.push('*'),
            (1, None) => text.push('+'),
            (0, Some(1)) => text.push('?'),
            (min, None) => text.push_str(&format!("{{{min},}}")),
            (min, Some(max)) if min == max => text.push_str(&format!("{{{min}}}")),
            (min, Some(max)) => text.push_str(&format!("{{{min},{max}}}")),
        }
        self.make(text, Level::Concat)
    }

    fn make(&mut self, text: String, level: Level) -> Part {
        self.made = self.made.saturating_add(text.len());
        self.overflow |= self.made > TEXT_LIMIT.saturating_mul(4) || text.len() > TEXT_LIMIT;
        if self.overflow { self.empty() } else { Some(Piece { text, level }) }
    }
}

impl Piece {
    /// The text as a whole pattern.
    pub fn into_text(self) -> String {
        self.text
    }

    /// Appends the text, in brackets unless it binds as tightly as wanted.
    fn push_onto(&self, text: &mut String, level: Level) {
        if self.level <= level {
            text.push_str(&self.text);
        } else {
            text.push_str("(?:");
            text.push_str(&self.text);
            text.push(')');
        }
    }
}
