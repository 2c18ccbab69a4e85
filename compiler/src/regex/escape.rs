//! What follows a backslash.

use super::class::{Perl, PerlKind};
use super::error::{PatternError, PatternErrorKind as Kind};
use super::flags::Flags;
use super::node::Assert;
use super::parse::Parser;

/// What an escape stands for.
pub(super) enum Escape {
    Code(u32),
    Perl(Perl),
    Assert(Assert),
}

impl Parser<'_> {
    /// What follows a backslash at `start`. In a set there are no conditions and no references.
    pub(super) fn escape(&mut self, start: usize, flags: Flags, in_set: bool) -> Result<Escape, PatternError> {
        let Some(char) = self.bump() else {
            return self.error_since(start, "the pattern ends with a backslash");
        };
        let perl = |kind| {
            let negated = char.is_ascii_uppercase();
            Ok(Escape::Perl(Perl { kind, negated, ascii: flags.ascii }))
        };
        let code = match char {
            'd' | 'D' => return perl(PerlKind::Digit),
            's' | 'S' => return perl(PerlKind::Space),
            'w' | 'W' => return perl(PerlKind::Word),
            'A' if !in_set => return Ok(Escape::Assert(Assert::Start)),
            'Z' if !in_set => return Ok(Escape::Assert(Assert::End)),
            'b' if !in_set => return Ok(Escape::Assert(Assert::Word { ascii: flags.ascii })),
            'B' if !in_set => return Ok(Escape::Assert(Assert::NotWord { ascii: flags.ascii })),
            'a' => 0x07,
            'b' => 0x08,
            'f' => 0x0C,
            'n' => 0x0A,
            'r' => 0x0D,
            't' => 0x09,
            'v' => 0x0B,
            'x' => self.hex(start, 2)?,
            'u' => self.hex(start, 4)?,
            'U' => self.hex(start, 8)?,
            'N' => return Err(self.named_character(start)),
            '0'..='9' => self.octal(start, char, in_set)?,
            'a'..='z' | 'A'..='Z' => {
                let message = format!("`\\{char}` is not an escape");
                return self.error_since(start, message).map_err(|error| match char {
                    'z' => error.help(r"the end of the text is `\Z`"),
                    'p' | 'P' => error.help("Unicode properties are not part of Python's syntax"),
                    _ => error,
                });
            }
            _ => char.into(),
        };
        Ok(Escape::Code(code))
    }

    /// Exactly so many hexadecimal digits.
    fn hex(&mut self, start: usize, digits: u32) -> Result<u32, PatternError> {
        let mut code = 0u32;
        for _ in 0..digits {
            let Some(digit) = self.peek().and_then(|char| char.to_digit(16)) else {
                return self.error_since(start, format!("the escape wants {digits} hexadecimal digits"));
            };
            code = code << 4 | digit;
            self.bump();
        }
        if code > 0x10_FFFF {
            return self.error_since(start, "there is no such character");
        }
        Ok(code)
    }

    /// `\N{…}`
    fn named_character(&mut self, start: usize) -> PatternError {
        let len = self.rest().find('}').map_or(0, |at| at.saturating_add(1));
        self.pos = self.pos.saturating_add(len);
        self.error(Kind::Unsupported, start..self.pos, "characters are not known by name")
            .help(r"write it as `\uXXXX` or as itself")
    }

    /// An octal escape, or a back-reference.
    fn octal(&mut self, start: usize, first: char, in_set: bool) -> Result<u32, PatternError> {
        let octal = |char: Option<char>| char.and_then(|char| char.to_digit(8));
        let mut code = octal(Some(first));
        if first == '0' || in_set {
            for _ in 0..2 {
                let (Some(before), Some(digit)) = (code, octal(self.peek())) else { break };
                code = Some(before << 3 | digit);
                self.bump();
            }
        } else {
            // Three octal digits are a character, anything else refers to a group.
            let digits = self.pattern.get(start.saturating_add(1)..start.saturating_add(4)).unwrap_or_default();
            if digits.len() < 3 || !digits.chars().all(|char| char.is_digit(8)) {
                if self.peek().is_some_and(|char| char.is_ascii_digit()) {
                    self.bump();
                }
                return Err(self.back_reference(start));
            }
            self.pos = start.saturating_add(4);
            code = u32::from_str_radix(digits, 8).ok();
        }
        match code {
            Some(code) if code <= 0o377 => Ok(code),
            Some(_) => self.error_since(start, r"an octal escape ends at `\377`"),
            None => self.error_since(start, format!("`\\{first}` is not an escape in a set")),
        }
    }

    /// The error for a reference to a group.
    pub(super) fn back_reference(&self, start: usize) -> PatternError {
        let message = "a back-reference cannot be matched in linear time";
        self.error(Kind::BackReference, start..self.pos, message)
            .help("match the two parts apart and compare the fields in a condition")
    }
}
