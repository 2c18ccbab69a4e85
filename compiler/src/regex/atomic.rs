//! Atomic groups and possessive repeats, where they are plain ones.
//!
//! They keep the first way they match and give nothing back. That makes no difference to whether the
//! pattern matches when there is only one way, when nothing follows, or when what follows cannot start with
//! anything that a shorter way would leave. All else has no equal in a regular language of the same size, and is
//! refused.

use super::error::{PatternError, PatternErrorKind};
use super::node::{Assert, Node};

/// What follows a node, as far as it is known.
#[derive(Clone, Copy)]
enum After<'a> {
    /// The end of the pattern.
    Nothing,
    /// This node.
    Node(&'a Node),
    /// Anything.
    Unknown,
}

/// Replaces every atomic node by its inside, or says which one cannot be.
pub(super) fn dissolve(node: Node) -> Result<Node, PatternError> {
    inside(node, After::Nothing)
}

fn inside(node: Node, after: After<'_>) -> Result<Node, PatternError> {
    Ok(match node {
        Node::Class(_) | Node::Assert(_) => node,
        Node::Concat(nodes) => {
            let mut done = Vec::with_capacity(nodes.len());
            let mut rest = nodes.into_iter().peekable();
            while let Some(node) = rest.next() {
                let after = rest.peek().map_or(after, After::Node);
                done.push(inside(node, after)?);
            }
            Node::Concat(done)
        }
        Node::Alternate(nodes) => {
            Node::Alternate(nodes.into_iter().map(|node| inside(node, after)).collect::<Result<_, _>>()?)
        }
        Node::Repeat { node, min, max, greedy } => {
            let once = max == Some(1);
            let node = inside(*node, if once { after } else { After::Unknown })?;
            Node::Repeat { node: Box::new(node), min, max, greedy }
        }
        Node::Atomic { node, at } => {
            if !is_fixed(&node) && !matches!(after, After::Nothing) && !keeps_all(&node, after) {
                return Err(PatternError::new(
                    PatternErrorKind::Atomic,
                    at,
                    "an atomic group or possessive repeat that gives up matches cannot be matched in linear time",
                )
                .help("use a plain group or repeat, if what follows may take back what it matched"));
            }
            inside(*node, after)?
        }
    })
}

/// Whether there is at most one way in which it matches at a place.
fn is_fixed(node: &Node) -> bool {
    match node {
        Node::Class(_) | Node::Assert(_) => true,
        Node::Concat(nodes) => nodes.iter().all(is_fixed),
        Node::Alternate(_) => false,
        Node::Repeat { node, min, max, .. } => *max == Some(*min) && is_fixed(node),
        Node::Atomic { node, .. } => is_fixed(node),
    }
}

/// Whether it is a greedy repeat of a set, and what follows cannot start with a character of that set: then
/// taking fewer never helps.
fn keeps_all(node: &Node, after: After<'_>) -> bool {
    let (Node::Repeat { node, greedy: true, .. }, After::Node(next)) = (node, after) else { return false };
    let Node::Class(class) = &**node else { return false };
    match next {
        Node::Class(next) => class.is_disjoint(next),
        Node::Repeat { node, min: 1.., .. } => matches!(&**node, Node::Class(next) if class.is_disjoint(next)),
        Node::Assert(Assert::End) => true,
        Node::Assert(Assert::EndOrNewline | Assert::LineEnd) => !class.has_newline(),
        _ => false,
    }
}
