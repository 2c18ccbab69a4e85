//! Sets of characters, as Python means them.

use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};

use super::flags::Flags;

/// What one character is matched against.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Class {
    negated: bool,
    ranges: ClassUnicode,
    perl: Vec<Perl>,
}

/// One of `\d \D \s \S \w \W`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Perl {
    pub kind: PerlKind,
    pub negated: bool,
    pub ascii: bool,
}

/// The three kinds of character that have a letter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum PerlKind {
    Digit,
    Space,
    Word,
}

impl Perl {
    /// Its members inside brackets.
    fn members(self) -> String {
        let members = match (self.kind, self.ascii) {
            (PerlKind::Digit, false) => return if self.negated { r"\D" } else { r"\d" }.into(),
            (PerlKind::Digit, true) => "0-9",
            (PerlKind::Space, false) => r"\s\x1C-\x1F",
            (PerlKind::Space, true) => r"\t-\r ",
            (PerlKind::Word, false) => r"\p{L}\p{N}_",
            (PerlKind::Word, true) => "0-9A-Z_a-z",
        };
        if self.negated { format!("[^{members}]") } else { members.into() }
    }

    /// Newline is whitespace, and neither of the others.
    fn has_newline(self) -> bool {
        (self.kind == PerlKind::Space) != self.negated
    }
}

impl Class {
    /// A set without members.
    pub fn none() -> Self {
        Self { negated: false, ranges: ClassUnicode::empty(), perl: Vec::new() }
    }

    /// Every character.
    pub fn any() -> Self {
        Self { negated: true, ..Self::none() }
    }

    /// Every character but newline.
    pub fn not_newline() -> Self {
        let mut class = Self::any();
        class.push('\n', '\n');
        class
    }

    /// One code point. Surrogates, which no text has, give a set without members.
    pub fn literal(code: u32, flags: Flags) -> Self {
        let mut class = Self::none();
        class.push_codes(code, code);
        class.fold(flags);
        class
    }

    /// One of the classes with a letter.
    pub fn perl(perl: Perl) -> Self {
        Self { perl: vec![perl], ..Self::none() }
    }

    fn push(&mut self, first: char, last: char) {
        self.ranges.push(ClassUnicodeRange::new(first, last));
    }

    /// Adds code points, leaving out surrogates.
    pub fn push_codes(&mut self, first: u32, last: u32) {
        for (first, last) in [(first, last.min(0xD7FF)), (first.max(0xE000), last)] {
            if first <= last
                && let (Some(first), Some(last)) = (char::from_u32(first), char::from_u32(last))
            {
                self.push(first, last);
            }
        }
    }

    /// Adds the members of a class with a letter.
    pub fn push_perl(&mut self, perl: Perl) {
        self.perl.push(perl);
    }

    /// Turns the set into its complement.
    pub fn negate(&mut self) {
        self.negated = !self.negated;
    }

    /// Adds the other cases of the members, where the flags say so. The classes with a letter have them already.
    pub fn fold(&mut self, flags: Flags) {
        if !flags.ignore_case {
            return;
        }
        if flags.ascii {
            let letters: Vec<_> = self.ranges.iter().copied().collect();
            for range in letters {
                for (from, to) in [(b'a'..=b'z', b'A'), (b'A'..=b'Z', b'a')] {
                    let first = range.start().max(char::from(*from.start()));
                    let last = range.end().min(char::from(*from.end()));
                    if first <= last {
                        let flip = |letter: char| char::from(letter as u8 ^ (*from.start() ^ to));
                        self.push(flip(first), flip(last));
                    }
                }
            }
            return;
        }
        // Folding fails only where its tables are not compiled in, and then `\w` would not compile either.
        let _ = self.ranges.try_case_fold_simple();
        // Python takes the first letter of `İ` in lower case, which is `i`, and `ı` in upper case, which is `I`.
        let turkish = ['i', 'I', '\u{130}', '\u{131}'];
        if turkish.iter().any(|&letter| self.has(letter)) {
            for letter in turkish {
                self.push(letter, letter);
            }
        }
    }

    fn has(&self, char: char) -> bool {
        self.ranges.iter().any(|range| (range.start()..=range.end()).contains(&char))
    }

    /// Whether newline is in the set.
    pub fn has_newline(&self) -> bool {
        (self.has('\n') || self.perl.iter().any(|perl| perl.has_newline())) != self.negated
    }

    /// Whether no character is in both sets. May say no although it is so.
    pub fn is_disjoint(&self, other: &Self) -> bool {
        let (Some(mut members), Some(others)) = (self.members(), other.members()) else { return false };
        members.intersect(&others);
        members.ranges().is_empty()
    }

    /// All members.
    fn members(&self) -> Option<ClassUnicode> {
        use regex_syntax::hir::{Class, HirKind};
        match regex_syntax::parse(&self.text()).ok()?.into_kind() {
            HirKind::Class(Class::Unicode(class)) => Some(class),
            HirKind::Class(Class::Bytes(class)) => class.to_unicode_class(),
            HirKind::Literal(literal) => {
                let char = str::from_utf8(&literal.0).ok()?.chars().next()?;
                Some(ClassUnicode::new([ClassUnicodeRange::new(char, char)]))
            }
            _ => None,
        }
    }

    /// The set in the syntax of `regex-syntax`: one atom.
    pub fn text(&self) -> String {
        match (self.ranges.ranges(), self.perl.as_slice(), self.negated) {
            // Sets cannot be empty as such.
            ([], [], false) => return "[a&&b]".into(),
            ([], [], true) => return "(?s:.)".into(),
            ([range], [], false) if range.start() == range.end() => return escape(range.start()),
            ([range], [], true) if (range.start(), range.end()) == ('\n', '\n') => return ".".into(),
            ([], [Perl { kind: PerlKind::Digit, ascii: false, negated }], false) => {
                return if *negated { r"\D" } else { r"\d" }.into();
            }
            ([], [perl @ Perl { negated: true, .. }], false) => return perl.members(),
            _ => {}
        }
        let mut text = String::from(if self.negated { "[^" } else { "[" });
        for range in self.ranges.iter() {
            text.push_str(&escape(range.start()));
            if range.start() != range.end() {
                text.push('-');
                text.push_str(&escape(range.end()));
            }
        }
        for perl in &self.perl {
            text.push_str(&perl.members());
        }
        text.push(']');
        text
    }
}

/// A character such that it stands for itself in and outside of brackets.
fn escape(char: char) -> String {
    match char {
        '\n' => r"\n".into(),
        '\r' => r"\r".into(),
        '\t' => r"\t".into(),
        _ if char.is_control() => format!(r"\x{{{:X}}}", u32::from(char)),
        _ if regex_syntax::is_meta_character(char) => format!(r"\{char}"),
        _ => char.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(char: char, ascii: bool) -> String {
        Class::literal(char.into(), Flags { ignore_case: true, ascii, ..Flags::default() }).text()
    }

    #[test]
    fn case_is_folded_as_in_python() {
        assert_eq!(folded('a', false), "[Aa]");
        assert_eq!(folded('k', true), "[Kk]");
        assert_eq!(folded('k', false), "[Kk\u{212A}]");
        assert_eq!(folded('I', false), "[Ii\u{130}-\u{131}]");
        assert_eq!(folded('é', true), "é");
        assert_eq!(folded('1', false), "1");
    }

    #[test]
    fn surrogates_are_in_no_text() {
        assert_eq!(Class::literal(0xD800, Flags::default()).text(), "[a&&b]");
        let mut class = Class::none();
        class.push_codes(0xD000, 0xE001);
        assert_eq!(class.text(), "[\u{D000}-\u{D7FF}\u{E000}-\u{E001}]");
    }

    #[test]
    fn newline_membership_follows_negation() {
        let space = Perl { kind: PerlKind::Space, negated: false, ascii: false };
        assert!(Class::perl(space).has_newline());
        assert!(!Class::not_newline().has_newline());
        assert!(Class::any().has_newline());
        assert!(Class::perl(Perl { kind: PerlKind::Word, negated: true, ascii: true }).has_newline());
    }
}
