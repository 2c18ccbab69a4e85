//! A backtracking matcher for the part of Python's `re` the language takes, written from the syntax page of `re` alone so
//! that it shares no code with the automata under test. Exponential on hostile patterns, which tests do not give it.

use std::collections::HashSet;

/// Why a pattern is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// Not a pattern.
    Invalid,
    /// A pattern that no automaton of linear time decides: look-around, back-references.
    NotRegular,
}

/// Whether `pattern` matches at the start of `text`.
pub fn matches(pattern: &str, text: &str) -> Result<bool, Refused> {
    let node = parse(pattern)?;
    let text: Vec<char> = text.chars().collect();
    Ok(ends(&node, &text, HashSet::from([0])).next().is_some())
}

/// Whether `pattern` would be taken at all.
pub fn check(pattern: &str) -> Result<(), Refused> {
    parse(pattern).map(|_| ())
}

#[derive(Debug, Clone, Copy, Default)]
struct Flags {
    ignore_case: bool,
    multi_line: bool,
    dot_all: bool,
    ascii: bool,
}

#[derive(Debug, Clone)]
enum Node {
    Set { items: Vec<Item>, negated: bool, flags: Flags },
    Start { multi_line: bool },
    End { multi_line: bool },
    TextEnd,
    WordBoundary { negated: bool, ascii: bool },
    All(Vec<Node>),
    Either(Vec<Node>),
    Repeat { node: Box<Node>, least: u32, most: Option<u32> },
}

#[derive(Debug, Clone)]
enum Item {
    Range(char, char),
    Class { letter: char, ascii: bool },
    AnyButNewline,
    Any,
}

/// All positions where a match of `node` that begins at one of `starts` can end. Sets of positions instead of
/// backtracking order: whether something matches does not depend on greediness.
fn ends(node: &Node, text: &[char], starts: HashSet<usize>) -> std::collections::hash_set::IntoIter<usize> {
    let keep = |test: &dyn Fn(usize) -> bool| starts.iter().copied().filter(|at| test(*at)).collect::<HashSet<_>>();
    let reached: HashSet<usize> = match node {
        Node::Set { items, negated, flags } => starts
            .iter()
            .filter(|at| text.get(**at).is_some_and(|c| in_set(*c, items, *flags) != *negated))
            .map(|at| at + 1)
            .collect(),
        Node::Start { multi_line } => keep(&|at| at == 0 || (*multi_line && text[at - 1] == '\n')),
        Node::End { multi_line } => {
            keep(&|at| at == text.len() || (text[at] == '\n' && (*multi_line || at + 1 == text.len())))
        }
        Node::TextEnd => keep(&|at| at == text.len()),
        Node::WordBoundary { negated, ascii } => keep(&|at| {
            let before = at > 0 && is_class('w', text[at - 1], *ascii);
            let after = text.get(at).is_some_and(|c| is_class('w', *c, *ascii));
            (before != after) != *negated
        }),
        Node::All(nodes) => nodes.iter().fold(starts, |starts, node| ends(node, text, starts).collect()),
        Node::Either(nodes) => nodes.iter().flat_map(|node| ends(node, text, starts.clone())).collect(),
        Node::Repeat { node, least, most } => repeat(node, *least, *most, text, starts),
    };
    reached.into_iter()
}

fn repeat(node: &Node, least: u32, most: Option<u32>, text: &[char], starts: HashSet<usize>) -> HashSet<usize> {
    let mut now = starts;
    for _ in 0..least {
        now = ends(node, text, now).collect();
    }
    let mut all = now.clone();
    let mut rounds = most.map(|most| most - least);
    while !now.is_empty() && rounds != Some(0) {
        now = ends(node, text, now).filter(|at| !all.contains(at)).collect();
        all.extend(&now);
        rounds = rounds.map(|left| left - 1);
    }
    all
}

fn in_set(c: char, items: &[Item], flags: Flags) -> bool {
    let one = |c: char| {
        items.iter().any(|item| match item {
            Item::Range(from, to) => (*from..=*to).contains(&c),
            Item::Class { letter, ascii } => is_class(*letter, c, *ascii),
            Item::AnyButNewline => c != '\n',
            Item::Any => true,
        })
    };
    let folded = |mut cased: Box<dyn Iterator<Item = char>>| match (cased.next(), cased.next()) {
        (Some(c), None) => one(c),
        _ => false,
    };
    one(c) || (flags.ignore_case && (folded(Box::new(c.to_lowercase())) || folded(Box::new(c.to_uppercase()))))
}

fn is_class(letter: char, c: char, ascii: bool) -> bool {
    let positive = match letter.to_ascii_lowercase() {
        _ if ascii && !c.is_ascii() => false,
        'd' => c.is_ascii_digit() || is_decimal(c),
        's' => c.is_whitespace() || ('\x1c'..='\x1f').contains(&c),
        _ => c.is_alphanumeric() || c == '_',
    };
    positive != letter.is_ascii_uppercase()
}

/// Decimal digits of the scripts the test texts use (Arabic-Indic, Devanagari, full width).
fn is_decimal(c: char) -> bool {
    matches!(c, '\u{660}'..='\u{669}' | '\u{6f0}'..='\u{6f9}' | '\u{966}'..='\u{96f}' | '\u{ff10}'..='\u{ff19}')
}

struct Parser {
    chars: Vec<char>,
    at: usize,
    flags: Flags,
    group_names: HashSet<String>,
}

fn parse(pattern: &str) -> Result<Node, Refused> {
    let mut parser =
        Parser { chars: pattern.chars().collect(), at: 0, flags: Flags::default(), group_names: HashSet::new() };
    let node = parser.either()?;
    if parser.at < parser.chars.len() { Err(Refused::Invalid) } else { Ok(node) }
}

impl Parser {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn take(&mut self) -> Result<char, Refused> {
        let c = self.peek().ok_or(Refused::Invalid)?;
        self.at += 1;
        Ok(c)
    }

    fn eat(&mut self, text: &str) -> bool {
        let wanted: Vec<char> = text.chars().collect();
        let here = self.chars[self.at..].starts_with(&wanted);
        if here {
            self.at += wanted.len();
        }
        here
    }

    fn either(&mut self) -> Result<Node, Refused> {
        let mut branches = vec![self.all()?];
        while self.eat("|") {
            branches.push(self.all()?);
        }
        Ok(if branches.len() == 1 { branches.remove(0) } else { Node::Either(branches) })
    }

    fn all(&mut self) -> Result<Node, Refused> {
        let mut nodes = Vec::new();
        while self.peek().is_some_and(|c| c != '|' && c != ')') {
            if let Some(atom) = self.atom()? {
                nodes.push(self.quantified(atom)?);
            }
        }
        Ok(Node::All(nodes))
    }

    fn quantified(&mut self, atom: Node) -> Result<Node, Refused> {
        let Some((least, most)) = self.bounds()? else { return Ok(atom) };
        if matches!(atom, Node::Start { .. } | Node::End { .. } | Node::TextEnd | Node::WordBoundary { .. }) {
            return Err(Refused::Invalid);
        }
        if self.eat("+") {
            // Possessive: atomic, so not decided by the set of reachable ends.
            return Err(Refused::NotRegular);
        }
        self.eat("?");
        if self.bounds()?.is_some() {
            return Err(Refused::Invalid);
        }
        Ok(Node::Repeat { node: Box::new(atom), least, most })
    }

    /// `*`, `+`, `?`, `{n}`, `{n,}`, `{,m}`, `{n,m}`; a brace that is none of them is an ordinary character.
    fn bounds(&mut self) -> Result<Option<(u32, Option<u32>)>, Refused> {
        let bounds = match self.peek() {
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('?') => (0, Some(1)),
            Some('{') => return self.braces(),
            _ => return Ok(None),
        };
        self.at += 1;
        Ok(Some(bounds))
    }

    fn braces(&mut self) -> Result<Option<(u32, Option<u32>)>, Refused> {
        let rest: String = self.chars[self.at + 1..].iter().collect();
        let Some((inner, _)) = rest.split_once('}') else { return Ok(None) };
        let (low, high) = inner.split_once(',').unwrap_or((inner, inner));
        let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
        if inner.is_empty() || !digits(low) || !digits(high) {
            return Ok(None);
        }
        self.at += inner.chars().count() + 2;
        let number = |text: &str| text.parse::<u32>().map_err(|_| Refused::Invalid);
        let least = if low.is_empty() { 0 } else { number(low)? };
        let most = if high.is_empty() { None } else { Some(number(high)?) };
        if most.is_some_and(|most| most < least) { Err(Refused::Invalid) } else { Ok(Some((least, most))) }
    }

    fn atom(&mut self) -> Result<Option<Node>, Refused> {
        let flags = self.flags;
        let set = |items| Node::Set { items, negated: false, flags };
        Ok(Some(match self.take()? {
            '^' => Node::Start { multi_line: flags.multi_line },
            '$' => Node::End { multi_line: flags.multi_line },
            '.' => set(vec![if flags.dot_all { Item::Any } else { Item::AnyButNewline }]),
            '[' => self.set()?,
            '(' => return self.group(),
            '\\' => self.escape()?,
            '*' | '+' | '?' => return Err(Refused::Invalid),
            '{' if self.leading_bounds()? => return Err(Refused::Invalid),
            c => set(vec![Item::Range(c, c)]),
        }))
    }

    fn leading_bounds(&mut self) -> Result<bool, Refused> {
        self.at -= 1;
        let bounds = self.braces()?.is_some();
        if !bounds {
            self.at += 1;
        }
        Ok(bounds)
    }

    /// What follows `(`; `None` for a group of flags, which matches nothing and takes no repetition.
    fn group(&mut self) -> Result<Option<Node>, Refused> {
        let outer = self.flags;
        if self.eat("?P<") {
            let mut name = String::new();
            while self.peek().is_some_and(|c| c != '>') {
                name.push(self.take()?);
            }
            let valid = !name.is_empty() && !name.starts_with(|c: char| c.is_numeric());
            if !self.eat(">") || !valid || !self.group_names.insert(name) {
                return Err(Refused::Invalid);
            }
        } else if self.eat("?P=") || ["?=", "?!", "?<=", "?<!", "?>", "?("].iter().any(|open| self.eat(open)) {
            return Err(Refused::NotRegular);
        } else if self.eat("?#") {
            while self.take()? != ')' {}
            return Ok(None);
        } else if self.eat("?") && !self.eat(":") {
            let at_start = self.at == 2;
            self.read_flags()?;
            if self.eat(")") {
                return if at_start { Ok(None) } else { Err(Refused::Invalid) };
            }
            if !self.eat(":") {
                return Err(Refused::Invalid);
            }
        }
        let inner = self.either()?;
        self.flags = outer;
        if self.eat(")") { Ok(Some(inner)) } else { Err(Refused::Invalid) }
    }

    fn read_flags(&mut self) -> Result<(), Refused> {
        let mut on = true;
        while self.peek().is_some_and(|c| c != ')' && c != ':') {
            match self.take()? {
                'i' => self.flags.ignore_case = on,
                'm' => self.flags.multi_line = on,
                's' => self.flags.dot_all = on,
                'a' => self.flags.ascii = on,
                'u' => self.flags.ascii = false,
                '-' if on => on = false,
                _ => return Err(Refused::Invalid),
            }
        }
        Ok(())
    }

    fn escape(&mut self) -> Result<Node, Refused> {
        let flags = self.flags;
        match self.peek().ok_or(Refused::Invalid)? {
            'A' => self.anchor(Node::Start { multi_line: false }),
            'Z' => self.anchor(Node::TextEnd),
            'b' => self.anchor(Node::WordBoundary { negated: false, ascii: flags.ascii }),
            'B' => self.anchor(Node::WordBoundary { negated: true, ascii: flags.ascii }),
            '1'..='9' => Err(Refused::NotRegular),
            _ => Ok(Node::Set { items: vec![self.escaped_item()?], negated: false, flags }),
        }
    }

    fn anchor(&mut self, node: Node) -> Result<Node, Refused> {
        self.at += 1;
        Ok(node)
    }

    /// The escapes that mean one character or one class, in a set and outside.
    fn escaped_item(&mut self) -> Result<Item, Refused> {
        let c = match self.take()? {
            letter @ ('d' | 'D' | 's' | 'S' | 'w' | 'W') => return Ok(Item::Class { letter, ascii: self.flags.ascii }),
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'f' => '\x0c',
            'v' => '\x0b',
            'a' => '\x07',
            '0' => self.octal()?,
            'x' => self.hex(2)?,
            'u' => self.hex(4)?,
            'U' => self.hex(8)?,
            c if c.is_ascii_alphanumeric() => return Err(Refused::Invalid),
            c => c,
        };
        Ok(Item::Range(c, c))
    }

    fn octal(&mut self) -> Result<char, Refused> {
        let mut value = 0;
        for _ in 0..2 {
            let Some(digit) = self.peek().and_then(|c| c.to_digit(8)) else { break };
            value = value * 8 + digit;
            self.at += 1;
        }
        char::from_u32(value).ok_or(Refused::Invalid)
    }

    fn hex(&mut self, digits: u32) -> Result<char, Refused> {
        let mut value = 0u32;
        for _ in 0..digits {
            value = value * 16 + self.take()?.to_digit(16).ok_or(Refused::Invalid)?;
        }
        char::from_u32(value).ok_or(Refused::Invalid)
    }

    fn set(&mut self) -> Result<Node, Refused> {
        let (flags, negated) = (self.flags, self.eat("^"));
        let mut items = Vec::new();
        loop {
            if !items.is_empty() && self.eat("]") {
                return Ok(Node::Set { items, negated, flags });
            }
            let low = self.set_item()?;
            let range = self.peek() == Some('-') && self.chars.get(self.at + 1).is_some_and(|c| *c != ']');
            if !range {
                items.push(low);
                continue;
            }
            self.at += 1;
            match (low, self.set_item()?) {
                (Item::Range(from, _), Item::Range(to, _)) if from <= to => items.push(Item::Range(from, to)),
                _ => return Err(Refused::Invalid),
            }
        }
    }

    fn set_item(&mut self) -> Result<Item, Refused> {
        let c = self.take()?;
        if c != '\\' {
            return Ok(Item::Range(c, c));
        }
        match self.peek() {
            Some('b') => {
                self.at += 1;
                Ok(Item::Range('\x08', '\x08'))
            }
            _ => self.escaped_item(),
        }
    }
}
