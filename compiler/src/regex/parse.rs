//! Python's `re` syntax, read as CPython 3.11 reads it.

use core::ops::Range;

use super::class::Class;
use super::error::{PatternError, PatternErrorKind as Kind};
use super::escape::Escape;
use super::flags::{Flags, Inline};
use super::node::{Assert, Node};

/// How deep groups may stand in each other. Reading recurses; the limit on the translated pattern is tighter.
const DEPTH: u32 = 64;

/// Reads a whole pattern.
pub(super) fn parse(pattern: &str) -> Result<Node, PatternError> {
    let mut parser = Parser { pattern, pos: 0, depth: 0, names: Vec::new(), global_flags: String::new() };
    let mut flags = Flags::default();
    let node = parser.alternation(&mut flags)?;
    match parser.peek() {
        None => Ok(node),
        Some(_) => Err(parser.error(Kind::Invalid, parser.pos..parser.pos.saturating_add(1), "a `)` without its `(`")),
    }
}

/// A pattern and how far it is read.
pub(super) struct Parser<'a> {
    pub pattern: &'a str,
    pub pos: usize,
    depth: u32,
    /// Names of the groups opened so far.
    names: Vec<&'a str>,
    /// The letters of the flags for the whole pattern.
    pub global_flags: String,
}

/// What a quantifier would apply to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Item {
    Nothing,
    Plain,
    Assert,
    Repeat,
}

impl<'a> Parser<'a> {
    pub(super) fn rest(&self) -> &'a str {
        self.pattern.get(self.pos..).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn bump(&mut self) -> Option<char> {
        let char = self.peek()?;
        self.pos = self.pos.saturating_add(char.len_utf8());
        Some(char)
    }

    pub(super) fn eat(&mut self, wanted: char) -> bool {
        let eaten = self.peek() == Some(wanted);
        if eaten {
            self.bump();
        }
        eaten
    }

    pub(super) fn error(&self, kind: Kind, at: Range<usize>, message: impl Into<String>) -> PatternError {
        PatternError::new(kind, at, message)
    }

    /// An error about what was read since `start`.
    pub(super) fn error_since<T>(&self, start: usize, message: impl Into<String>) -> Result<T, PatternError> {
        Err(self.error(Kind::Invalid, start..self.pos, message))
    }

    /// Branches up to a `)` or the end. Flags for the whole pattern change `flags`.
    fn alternation(&mut self, flags: &mut Flags) -> Result<Node, PatternError> {
        let mut branches = vec![self.branch(flags, self.depth == 0)?];
        while self.eat('|') {
            branches.push(self.branch(flags, false)?);
        }
        Ok(match branches.pop() {
            Some(only) if branches.is_empty() => only,
            last => {
                branches.extend(last);
                Node::Alternate(branches)
            }
        })
    }

    /// What stands one after the other. Only at the very start (`first`) flags for the whole pattern are allowed.
    fn branch(&mut self, flags: &mut Flags, first: bool) -> Result<Node, PatternError> {
        let mut nodes: Vec<Node> = Vec::new();
        let mut item = Item::Nothing;
        while let Some(char) = self.peek()
            && !matches!(char, '|' | ')')
        {
            let start = self.pos;
            self.bump();
            let node = match char {
                ' ' | '\t' | '\n' | '\r' | '\x0B' | '\x0C' if flags.verbose => continue,
                '#' if flags.verbose => {
                    self.line_comment();
                    continue;
                }
                '\\' => match self.escape(start, *flags, false)? {
                    Escape::Code(code) => Node::Class(Class::literal(code, *flags)),
                    Escape::Perl(perl) => Node::Class(Class::perl(perl)),
                    Escape::Assert(assert) => Node::Assert(assert),
                },
                '[' => Node::Class(self.set(start, *flags)?),
                '.' if flags.dot_all => Node::Class(Class::any()),
                '.' => Node::Class(Class::not_newline()),
                '^' => Node::Assert(if flags.multi_line { Assert::LineStart } else { Assert::Start }),
                '$' => Node::Assert(if flags.multi_line { Assert::LineEnd } else { Assert::EndOrNewline }),
                '(' => match self.group(start, flags, first && item == Item::Nothing)? {
                    Some(node) => {
                        nodes.push(node);
                        item = Item::Plain;
                        continue;
                    }
                    None => continue,
                },
                '*' | '+' | '?' | '{' => match self.bounds(start, char)? {
                    Some((min, max)) => {
                        self.repeat(start, &mut nodes, item, (min, max))?;
                        item = Item::Repeat;
                        continue;
                    }
                    None => Node::Class(Class::literal('{'.into(), *flags)),
                },
                _ => Node::Class(Class::literal(char.into(), *flags)),
            };
            item = if matches!(node, Node::Assert(_)) { Item::Assert } else { Item::Plain };
            nodes.push(node);
        }
        Ok(match nodes.pop() {
            Some(only) if nodes.is_empty() => only,
            last => {
                nodes.extend(last);
                Node::Concat(nodes)
            }
        })
    }

    /// Over a comment of verbose patterns. An escaped line end does not end it.
    fn line_comment(&mut self) {
        while let Some(char) = self.bump() {
            match char {
                '\n' => break,
                '\\' => {
                    self.bump();
                }
                _ => {}
            }
        }
    }

    /// The bounds of a quantifier whose first character has been read; `None` for a brace that is only a brace.
    fn bounds(&mut self, start: usize, char: char) -> Result<Option<(u32, Option<u32>)>, PatternError> {
        match char {
            '*' => return Ok(Some((0, None))),
            '+' => return Ok(Some((1, None))),
            '?' => return Ok(Some((0, Some(1)))),
            _ => {}
        }
        let after_brace = self.pos;
        if self.peek() == Some('}') {
            return Ok(None);
        }
        let low = self.number();
        let high = if self.eat(',') { self.number() } else { low };
        if !self.eat('}') {
            self.pos = after_brace;
            return Ok(None);
        }
        let bound = |digits: &str| match digits {
            "" => Ok(None),
            // CPython has its limit one below this type's.
            _ => digits.parse::<u32>().ok().filter(|&count| count < u32::MAX).map(Some).ok_or(()),
        };
        match (bound(low), bound(high)) {
            (Ok(min), Ok(max)) if max.is_some_and(|max| max < min.unwrap_or(0)) => {
                self.error_since(start, "the least number of repeats is above the greatest")
            }
            (Ok(min), Ok(max)) => Ok(Some((min.unwrap_or(0), max))),
            _ => self.error_since(start, "the number of repeats is too large"),
        }
    }

    /// Decimal digits.
    fn number(&mut self) -> &'a str {
        let rest = self.rest();
        let digits = rest.trim_start_matches(|char: char| char.is_ascii_digit());
        let len = rest.len().saturating_sub(digits.len());
        self.pos = self.pos.saturating_add(len);
        rest.get(..len).unwrap_or_default()
    }

    /// Applies a quantifier to the last node.
    fn repeat(
        &mut self,
        start: usize,
        nodes: &mut Vec<Node>,
        item: Item,
        (min, max): (u32, Option<u32>),
    ) -> Result<(), PatternError> {
        let node = match (item, nodes.pop()) {
            (Item::Plain, Some(node)) => Box::new(node),
            (Item::Repeat, _) => return self.error_since(start, "a quantifier directly after another"),
            _ => return self.error_since(start, "a quantifier with nothing before it to repeat"),
        };
        let lazy = self.eat('?');
        let repeat = Node::Repeat { node, min, max, greedy: !lazy };
        nodes.push(if !lazy && self.eat('+') {
            Node::Atomic { node: Box::new(repeat), at: start..self.pos }
        } else {
            repeat
        });
        Ok(())
    }

    /// What starts with `(`, which has been read. `None` if it stands for nothing, as a comment.
    fn group(&mut self, start: usize, flags: &mut Flags, first: bool) -> Result<Option<Node>, PatternError> {
        let mut inner = *flags;
        let mut atomic = false;
        if self.eat('?') {
            match self.bump() {
                None => return self.error_since(start, "the pattern ends inside a group's opening"),
                Some(':') => {}
                Some('>') => atomic = true,
                Some('#') => return self.comment(start).map(|()| None),
                Some('P') => self.named(start)?,
                Some('(') => return Err(self.condition(start)),
                Some(kind @ ('=' | '!' | '<')) => return self.look_around(start, kind),
                Some('a' | 'i' | 'L' | 'm' | 's' | 't' | 'u' | 'x' | '-') => {
                    self.pos = start.saturating_add(2);
                    match self.inline_flags(start, inner)? {
                        Inline::Group(changed) => inner = changed,
                        Inline::Global(_) if !first => {
                            return self
                                .error_since(start, "flags for the whole pattern stand elsewhere than at its start")
                                .map_err(|error| error.help("put a colon and what they are for inside: `(?i:…)`"));
                        }
                        Inline::Global(changed) => {
                            *flags = changed;
                            return Ok(None);
                        }
                    }
                }
                Some(other) => return self.error_since(start, format!("`(?{other}` opens no kind of group")),
            }
        }
        self.depth = self.depth.saturating_add(1);
        if self.depth > DEPTH {
            return Err(self.error(Kind::TooLarge, start..self.pos, format!("groups nest deeper than {DEPTH} levels")));
        }
        let node = self.alternation(&mut inner)?;
        self.depth = self.depth.saturating_sub(1);
        if !self.eat(')') {
            return Err(self.error(Kind::Invalid, start..start.saturating_add(1), "a `(` without its `)`"));
        }
        let at = start..self.pos;
        Ok(Some(if atomic { Node::Atomic { node: Box::new(node), at } } else { node }))
    }

    /// `(?#…)`, after its `#`. An escaped parenthesis does not end it.
    fn comment(&mut self, start: usize) -> Result<(), PatternError> {
        loop {
            match self.bump() {
                Some(')') => return Ok(()),
                Some('\\') => {
                    self.bump();
                }
                Some(_) => {}
                None => return self.error_since(start, "a comment without its `)`"),
            }
        }
    }

    /// What follows `(?P`: the name of a group, or an error.
    fn named(&mut self, start: usize) -> Result<(), PatternError> {
        let close = match self.bump() {
            Some('<') => '>',
            Some('=') => ')',
            _ => return self.error_since(start, "`(?P` is followed by neither `<` nor `=`"),
        };
        let rest = self.rest();
        let Some((name, _)) = rest.split_once(close) else {
            return self.error_since(start, format!("a group's name without its `{close}`"));
        };
        let name_at = self.pos;
        self.pos = self.pos.saturating_add(name.len()).saturating_add(1);
        let mut chars = name.chars();
        let starts = chars.next().is_some_and(|char| char == '_' || char.is_alphabetic());
        if !starts || !chars.all(|char| char == '_' || char.is_alphanumeric()) {
            let at = name_at..name_at.saturating_add(name.len());
            return Err(self.error(Kind::Invalid, at, format!("`{name}` is not a name")));
        }
        if close == ')' {
            return Err(self.back_reference(start));
        }
        if self.names.contains(&name) {
            return self.error_since(start, format!("the group name `{name}` is taken"));
        }
        self.names.push(name);
        Ok(())
    }

    /// `(?(1)…|…)`, after its second parenthesis.
    fn condition(&mut self, start: usize) -> PatternError {
        let len = self.rest().find(')').map_or(self.rest().len(), |at| at.saturating_add(1));
        self.pos = self.pos.saturating_add(len);
        let message = "a group that depends on another cannot be matched in linear time";
        self.error(Kind::Conditional, start..self.pos, message).help("write both cases out as alternatives")
    }

    /// `(?=`, `(?!`, `(?<=`, `(?<!`.
    fn look_around<T>(&mut self, start: usize, kind: char) -> Result<T, PatternError> {
        if kind == '<' && !matches!(self.bump(), Some('=' | '!')) {
            return self
                .error_since(start, "`(?<` is followed by neither `=` nor `!`")
                .map_err(|error| error.help("a group's name is written `(?P<name>…)`"));
        }
        let message = "look-around cannot be matched in linear time";
        Err(self
            .error(Kind::LookAround, start..self.pos, message)
            .help("use a second condition on the field: AND for what must match, NOT for what must not"))
    }
}
