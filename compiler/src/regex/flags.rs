//! Inline flags: `(?aims…)` for the whole pattern, `(?i-s:…)` for a group.

use super::error::{PatternError, PatternErrorKind};
use super::parse::Parser;

/// Said of contradicting flags.
const EXCLUSIVE: &str = "the flags `a` and `u` exclude each other";

/// What the flags in force change.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Flags {
    pub ascii: bool,
    pub ignore_case: bool,
    pub multi_line: bool,
    pub dot_all: bool,
    pub verbose: bool,
}

/// What stood between `(?` and what ended the flags.
pub(super) enum Inline {
    /// `(?i)`
    Global(Flags),
    /// `(?i-s:`
    Group(Flags),
}

impl Parser<'_> {
    /// Reads flags; the position is after `(?`. `start` is where the parenthesis stands.
    pub(super) fn inline_flags(&mut self, start: usize, outer: Flags) -> Result<Inline, PatternError> {
        let mut flags = outer;
        // The letters that were added, to see which contradict each other.
        let mut added = String::new();
        loop {
            let at = self.pos;
            match self.bump() {
                Some(')') if !added.is_empty() => {
                    self.global_flags.push_str(&added);
                    if self.global_flags.contains('a') && self.global_flags.contains('u') {
                        return Err(self.invalid(start, EXCLUSIVE));
                    }
                    return Ok(Inline::Global(flags));
                }
                Some(':') if !added.is_empty() => return Ok(Inline::Group(flags)),
                Some('-') => return self.removed_flags(start, flags, &added).map(Inline::Group),
                Some(letter) => {
                    set(&mut flags, letter, true).map_err(|message| self.invalid(at, message))?;
                    if letter == 'a' && added.contains('u') || letter == 'u' && added.contains('a') {
                        return Err(self.invalid(at, EXCLUSIVE));
                    }
                    added.push(letter);
                }
                None => return Err(self.invalid(start, "the flags are not closed by `)` or `:`")),
            }
        }
    }

    /// Reads the flags after a `-`, which only a group can have.
    fn removed_flags(&mut self, start: usize, mut flags: Flags, added: &str) -> Result<Flags, PatternError> {
        let mut any = false;
        loop {
            let at = self.pos;
            match self.bump() {
                Some(':') if any => return Ok(flags),
                Some(letter @ ('a' | 'u')) => {
                    return Err(self.invalid(at, format!("the flag `{letter}` cannot be turned off")));
                }
                Some(letter) => {
                    set(&mut flags, letter, false).map_err(|message| self.invalid(at, message))?;
                    if added.contains(letter) {
                        return Err(self.invalid(at, format!("the flag `{letter}` is turned on and off")));
                    }
                    any = true;
                }
                None => return Err(self.invalid(start, "the flags are not closed by `:`")),
            }
        }
    }

    fn invalid(&self, start: usize, message: impl Into<String>) -> PatternError {
        PatternError::new(PatternErrorKind::Invalid, start..self.pos, message)
    }
}

fn set(flags: &mut Flags, letter: char, on: bool) -> Result<(), String> {
    match letter {
        'a' => flags.ascii = on,
        'u' => flags.ascii = !on,
        'i' => flags.ignore_case = on,
        'm' => flags.multi_line = on,
        's' => flags.dot_all = on,
        'x' => flags.verbose = on,
        'L' => return Err("the flag `L` is for byte patterns only".into()),
        _ => return Err(format!("`{letter}` is not a flag")),
    }
    Ok(())
}
