//! Sets in brackets. Python knows no operators and no nesting in them.

use super::class::Class;
use super::error::PatternError;
use super::escape::Escape;
use super::flags::Flags;
use super::parse::Parser;

impl Parser<'_> {
    /// A set; the position is after its `[`, which stands at `start`.
    pub(super) fn set(&mut self, start: usize, flags: Flags) -> Result<Class, PatternError> {
        let mut class = Class::none();
        let negated = self.eat('^');
        let mut first = true;
        loop {
            let member_at = self.pos;
            let low = match self.peek() {
                None => return self.error_since(start, "a set without its `]`"),
                Some(']') if !first => {
                    self.bump();
                    break;
                }
                Some(_) => self.member(flags)?,
            };
            first = false;
            if !self.eat('-') {
                add(&mut class, low);
                continue;
            }
            match self.peek() {
                None => return self.error_since(start, "a set without its `]`"),
                Some(']') => {
                    self.bump();
                    add(&mut class, low);
                    class.push_codes('-'.into(), '-'.into());
                    break;
                }
                Some(_) => {}
            }
            match (low, self.member(flags)?) {
                (Escape::Code(low), Escape::Code(high)) if low <= high => class.push_codes(low, high),
                (Escape::Code(_), Escape::Code(_)) => {
                    return self.error_since(member_at, "the range ends before it starts");
                }
                _ => return self.error_since(member_at, "a class like `\\d` cannot bound a range"),
            }
        }
        class.fold(flags);
        if negated {
            class.negate();
        }
        Ok(class)
    }

    /// One character or class of a set.
    fn member(&mut self, flags: Flags) -> Result<Escape, PatternError> {
        let start = self.pos;
        match self.bump() {
            Some('\\') => self.escape(start, flags, true),
            Some(char) => Ok(Escape::Code(char.into())),
            None => self.error_since(start, "a set without its `]`"),
        }
    }
}

fn add(class: &mut Class, member: Escape) {
    match member {
        Escape::Code(code) => class.push_codes(code, code),
        Escape::Perl(perl) => class.push_perl(perl),
        Escape::Assert(_) => {}
    }
}
