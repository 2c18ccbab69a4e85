//! From the tree to a pattern of `regex-syntax`.
//!
//! The one thing that takes work is `$`, which also holds before a newline that ends the text, and so wants a
//! look-ahead that a regular engine has not. But what may come after it then is known: at most that newline. So
//! a match is in one of three phases,
//!
//! ```text
//!   0 anywhere ──$ before the last newline──▶ 1 before it ──the newline──▶ 2 at the end
//! ```
//!
//! and for each part of the pattern and each pair of phases there is a plain pattern of what takes the match from the
//! one to the other: `stay` 0→0, `commit` 0→1, `through` 0→2, `hold` 1→1, `newline` 1→2, `rest` 2→2. In phase 1 and 2
//! only the newline can be consumed, so these are small; and only parts with a `$` in them have anything but `stay`. The whole is
//! `stay`, or `commit` and then `\n\z`, or `through` and then `\z`.

use core::ops::Range;

use super::error::{PatternError, PatternErrorKind};
use super::node::{Assert, Node};
use super::piece::{Part, Pieces};

/// More `$` in one pattern are not rewritten.
const DOLLARS: usize = 32;

/// The pattern for a tree; `None` if it would be too long.
pub(super) fn emit(node: &Node) -> Option<String> {
    if dollars(node) > DOLLARS {
        return None;
    }
    let mut emit = Emit::default();
    let part = emit.whole(core::slice::from_ref(node));
    if emit.pieces.overflown() {
        return None;
    }
    // What can match nothing is a pattern too.
    Some(part.map_or_else(|| "[a&&b]".into(), super::piece::Piece::into_text))
}

/// How many `$` it has.
fn dollars(node: &Node) -> usize {
    match node {
        Node::Class(_) => 0,
        Node::Assert(assert) => usize::from(*assert == Assert::EndOrNewline),
        Node::Concat(nodes) | Node::Alternate(nodes) => nodes.iter().map(dollars).fold(0, usize::saturating_add),
        Node::Repeat { node, .. } | Node::Atomic { node, .. } => dollars(node),
    }
}

/// Python's `\B` does not hold in an empty text, that of the other engine does. Nothing expresses the
/// difference, so a pattern to whose answer it matters is refused.
pub(super) fn check_empty_text(node: &Node, at: Range<usize>) -> Result<(), PatternError> {
    if matches_empty(node, true) == matches_empty(node, false) {
        return Ok(());
    }
    let message = r"whether this matches an empty text hangs on `\B`, which never holds there";
    Err(PatternError::new(PatternErrorKind::Unsupported, at, message)
        .help(r"let the pattern consume a character, as in `\B.+`"))
}

/// Whether it matches the empty text, if `\B` holds there or not.
fn matches_empty(node: &Node, not_word: bool) -> bool {
    match node {
        Node::Class(_) => false,
        Node::Assert(Assert::Word { .. }) => false,
        Node::Assert(Assert::NotWord { .. }) => not_word,
        Node::Assert(_) => true,
        Node::Concat(nodes) => nodes.iter().all(|node| matches_empty(node, not_word)),
        Node::Alternate(nodes) => nodes.iter().any(|node| matches_empty(node, not_word)),
        Node::Repeat { node, min, .. } => *min == 0 || matches_empty(node, not_word),
        Node::Atomic { node, .. } => matches_empty(node, not_word),
    }
}

#[derive(Default)]
struct Emit {
    pieces: Pieces,
}

impl Emit {
    /// The nodes one after the other, with nothing after them.
    fn whole(&mut self, nodes: &[Node]) -> Part {
        let Some((last, before)) = nodes.split_last() else { return self.pieces.empty() };
        let mut suffix = match last {
            Node::Concat(nodes) => self.whole(nodes),
            Node::Alternate(nodes) => {
                let parts: Vec<_> = nodes.iter().map(|node| self.whole(core::slice::from_ref(node))).collect();
                self.pieces.alternate(parts)
            }
            Node::Assert(Assert::EndOrNewline) => {
                let newline = self.pieces.atom(r"\n");
                let newline = self.pieces.repeat(newline, 0, Some(1));
                let end = self.pieces.atom(r"\z");
                self.pieces.concat([newline, end])
            }
            _ if last.has_dollar() => self.from(last, None, &[]),
            _ => self.stay(last),
        };
        // Towards the front; plain nodes are gathered, so that a long pattern is copied once.
        let mut plain: Vec<Part> = Vec::new();
        for (index, node) in before.iter().enumerate().rev() {
            if node.has_dollar() {
                suffix = self.gathered(&mut plain, suffix);
                let after = nodes.get(index.saturating_add(1)..).unwrap_or_default();
                suffix = self.from(node, Some(suffix), after);
            } else {
                plain.push(self.stay(node));
            }
        }
        self.gathered(&mut plain, suffix)
    }

    /// The gathered parts, which came last first, before the suffix.
    fn gathered(&mut self, plain: &mut Vec<Part>, suffix: Part) -> Part {
        let parts: Vec<_> = plain.drain(..).rev().chain([suffix]).collect();
        self.pieces.concat(parts)
    }

    /// A node with `$` in it, and all that follows it: `suffix` is that from phase 0, `after` the nodes.
    fn from(&mut self, node: &Node, suffix: Option<Part>, after: &[Node]) -> Part {
        let suffix = suffix.unwrap_or_else(|| self.pieces.empty());
        let stay = self.stay(node);
        let stay = self.pieces.concat([stay, suffix]);

        let commit = self.commit(node);
        let through = self.through(node);
        let hold = self.all(after, Self::hold);
        let newline = self.newline_among(after);
        let rest = self.all(after, Self::rest);
        let final_newline = self.pieces.atom(r"\n");
        let end = self.pieces.atom(r"\z");

        let held = self.pieces.concat([commit.clone(), hold, final_newline, end.clone()]);
        let consumed = self.pieces.concat([commit, newline, end.clone()]);
        let through = self.pieces.concat([through, rest, end]);
        self.pieces.alternate([stay, held, consumed, through])
    }

    /// Every node in the same phase.
    fn all(&mut self, nodes: &[Node], phase: fn(&mut Self, &Node) -> Part) -> Part {
        let parts: Vec<_> = nodes.iter().map(|node| phase(self, node)).collect();
        self.pieces.concat(parts)
    }

    /// Any node in the same phase.
    fn any(&mut self, nodes: &[Node], phase: fn(&mut Self, &Node) -> Part) -> Part {
        let parts: Vec<_> = nodes.iter().map(|node| phase(self, node)).collect();
        self.pieces.alternate(parts)
    }

    /// Phase 0 to 0: as written, and `$` is the very end.
    fn stay(&mut self, node: &Node) -> Part {
        match node {
            Node::Class(class) => self.pieces.atom(class.text()),
            Node::Assert(assert) => self.pieces.atom(assert.text()),
            Node::Concat(nodes) => self.all(nodes, Self::stay),
            Node::Alternate(nodes) => self.any(nodes, Self::stay),
            Node::Repeat { node, min, max, .. } => {
                let once = self.stay(node);
                self.pieces.repeat(once, *min, *max)
            }
            Node::Atomic { node, .. } => self.stay(node),
        }
    }

    /// Phase 1 to 1: consuming nothing, before the last newline.
    fn hold(&mut self, node: &Node) -> Part {
        match node {
            Node::Class(_) | Node::Assert(Assert::End) => None,
            Node::Assert(Assert::EndOrNewline) => self.pieces.empty(),
            Node::Assert(assert) => self.pieces.atom(assert.text()),
            Node::Concat(nodes) => self.all(nodes, Self::hold),
            Node::Alternate(nodes) => self.any(nodes, Self::hold),
            Node::Repeat { min: 0, .. } => self.pieces.empty(),
            Node::Repeat { node, .. } | Node::Atomic { node, .. } => self.hold(node),
        }
    }

    /// Phase 2 to 2: consuming nothing, at the end.
    fn rest(&mut self, node: &Node) -> Part {
        match node {
            Node::Class(_) => None,
            Node::Assert(assert) => self.pieces.atom(assert.text()),
            Node::Concat(nodes) => self.all(nodes, Self::rest),
            Node::Alternate(nodes) => self.any(nodes, Self::rest),
            Node::Repeat { min: 0, .. } => self.pieces.empty(),
            Node::Repeat { node, .. } | Node::Atomic { node, .. } => self.rest(node),
        }
    }

    /// Phase 1 to 2: consuming the last newline.
    fn newline(&mut self, node: &Node) -> Part {
        match node {
            Node::Class(class) if class.has_newline() => self.pieces.atom(r"\n"),
            Node::Class(_) | Node::Assert(_) | Node::Repeat { max: Some(0), .. } => None,
            Node::Concat(nodes) => self.newline_among(nodes),
            Node::Alternate(nodes) => self.any(nodes, Self::newline),
            Node::Repeat { node, min: 0 | 1, .. } | Node::Atomic { node, .. } => self.newline(node),
            Node::Repeat { node, .. } => self.newline_and_idle(node),
        }
    }

    /// One of the nodes consumes the newline, those before and after it nothing.
    fn newline_among(&mut self, nodes: &[Node]) -> Part {
        let mut ways = Vec::new();
        for (before, node, after) in splits(nodes) {
            let newline = self.newline(node);
            if newline.is_some() {
                let before = self.all(before, Self::hold);
                let after = self.all(after, Self::rest);
                ways.push(self.pieces.concat([before, newline, after]));
            }
        }
        self.pieces.alternate(ways)
    }

    /// Of several rounds one consumes the newline, the others nothing, before or after it.
    fn newline_and_idle(&mut self, node: &Node) -> Part {
        let (hold, newline, rest) = (self.hold(node), self.newline(node), self.rest(node));
        let before = self.pieces.concat([hold, newline.clone()]);
        let after = self.pieces.concat([newline, rest]);
        self.pieces.alternate([before, after])
    }

    /// Phase 0 to 1: a `$` in it is before the last newline, and nothing is consumed afterwards.
    fn commit(&mut self, node: &Node) -> Part {
        match node {
            Node::Assert(Assert::EndOrNewline) => self.pieces.empty(),
            Node::Class(_) | Node::Assert(_) | Node::Repeat { max: Some(0), .. } => None,
            Node::Concat(nodes) => {
                let mut ways = Vec::new();
                for (before, node, after) in splits(nodes) {
                    let commit = self.commit(node);
                    if commit.is_some() {
                        let before = self.all(before, Self::stay);
                        let after = self.all(after, Self::hold);
                        ways.push(self.pieces.concat([before, commit, after]));
                    }
                }
                self.pieces.alternate(ways)
            }
            Node::Alternate(nodes) => self.any(nodes, Self::commit),
            Node::Repeat { node, min, max, .. } => {
                let (stay, commit) = (self.stay(node), self.commit(node));
                // The last round commits; or later ones, that the least number wants, consume nothing.
                let last = self.pieces.repeat(stay.clone(), min.saturating_sub(1), less(*max, 1));
                let last = self.pieces.concat([last, commit.clone()]);
                let earlier = if *min >= 2 {
                    let before = self.pieces.repeat(stay, 0, Some(min.saturating_sub(2)));
                    let hold = self.hold(node);
                    self.pieces.concat([before, commit, hold])
                } else {
                    None
                };
                self.pieces.alternate([last, earlier])
            }
            Node::Atomic { node, .. } => self.commit(node),
        }
    }

    /// Phase 0 to 2: a `$` in it is before the last newline, which is then consumed.
    fn through(&mut self, node: &Node) -> Part {
        match node {
            Node::Class(_) | Node::Assert(_) | Node::Repeat { max: Some(0), .. } => None,
            Node::Concat(nodes) => {
                let mut ways = Vec::new();
                for (before, node, after) in splits(nodes) {
                    if !node.has_dollar() {
                        continue;
                    }
                    let before = self.all(before, Self::stay);
                    let (through, rest) = (self.through(node), self.all(after, Self::rest));
                    ways.push(self.pieces.concat([before.clone(), through, rest]));
                    let (commit, newline) = (self.commit(node), self.newline_among(after));
                    ways.push(self.pieces.concat([before, commit, newline]));
                }
                self.pieces.alternate(ways)
            }
            Node::Alternate(nodes) => self.any(nodes, Self::through),
            Node::Repeat { node, min, max, .. } => self.through_rounds(node, *min, *max),
            Node::Atomic { node, .. } => self.through(node),
        }
    }

    /// [`Self::through`] of a repeat: in one round or from one to a later one, with rounds that consume nothing as the least
    /// number wants.
    fn through_rounds(&mut self, node: &Node, min: u32, max: Option<u32>) -> Part {
        let (stay, commit, through) = (self.stay(node), self.commit(node), self.through(node));
        let mut ways = Vec::new();

        let before = self.pieces.repeat(stay.clone(), min.saturating_sub(1), less(max, 1));
        ways.push(self.pieces.concat([before, through.clone()]));
        if min >= 2 {
            let before = self.pieces.repeat(stay.clone(), 0, Some(min.saturating_sub(2)));
            let rest = self.rest(node);
            ways.push(self.pieces.concat([before, through, rest]));
        }
        if max.is_none_or(|max| max >= 2) {
            let before = self.pieces.repeat(stay.clone(), min.saturating_sub(2), less(max, 2));
            let newline = self.newline(node);
            ways.push(self.pieces.concat([before, commit.clone(), newline]));
        }
        if min >= 3 {
            let before = self.pieces.repeat(stay, 0, Some(min.saturating_sub(3)));
            let idle = self.newline_and_idle(node);
            ways.push(self.pieces.concat([before, commit, idle]));
        }
        self.pieces.alternate(ways)
    }
}

/// Every node with those before and after it.
fn splits(nodes: &[Node]) -> impl Iterator<Item = (&[Node], &Node, &[Node])> {
    (0..nodes.len()).filter_map(|index| {
        let (before, from) = nodes.split_at_checked(index)?;
        let (node, after) = from.split_first()?;
        Some((before, node, after))
    })
}

/// A bound lowered by so many rounds.
fn less(max: Option<u32>, rounds: u32) -> Option<u32> {
    max.map(|max| max.saturating_sub(rounds))
}

#[cfg(test)]
mod tests {
    use crate::regex::translate;

    /// All words over a small alphabet up to a length.
    fn words(alphabet: &[char], length: usize) -> Vec<String> {
        let mut words = vec![String::new()];
        let mut from = 0;
        for _ in 0..length {
            let end = words.len();
            for index in from..end {
                for &char in alphabet {
                    let longer = format!("{}{char}", words[index]);
                    words.push(longer);
                }
            }
            from = end;
        }
        words
    }

    #[test]
    fn a_dollar_inside_is_an_end_or_a_final_newline_whatever_follows() {
        for (pattern, matching) in [
            ("a$\nb?", vec!["a\n"]),
            ("(a$|b)\n?", vec!["a", "a\n", "b*"]),
            ("a$\n$", vec!["a\n"]),
            ("(?:a|$){3}", vec!["", "\n", "a", "a\n", "aa", "aa\n", "aaa*"]),
        ] {
            let translated = translate(pattern).unwrap().pattern;
            let regex = regex_automata::meta::Regex::new(&translated).unwrap();
            for word in words(&['a', 'b', '\n'], 5) {
                let input = regex_automata::Input::new(&word).anchored(regex_automata::Anchored::Yes);
                let ours = regex.is_match(input);
                let wanted = matching.iter().any(|&want| match want.strip_suffix('*') {
                    Some(start) => word.starts_with(start),
                    None => word == want,
                });
                assert_eq!(ours, wanted, "{pattern} as {translated} on {word:?}");
            }
        }
    }
}
