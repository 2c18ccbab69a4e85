//! The paths of a program as one tree, which says at every key of an event whether anybody asks for it.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::kernel::prefix;
use super::text::decode_into;
use crate::Segment;

/// Objects with at most this many asked-for keys are searched one by one, others by halving.
const LINEAR: usize = 8;

/// The paths to extract, as a tree. Immutable, shared by any number of readers.
///
/// Nodes are numbered depth first, so the nodes below one are a range of numbers, and forgetting what an
/// earlier duplicate key gave is filling a range.
#[derive(Clone, Debug)]
pub struct PathTrie {
    nodes: Vec<Node>,
    edges: Vec<Edge>,
    index_edges: Vec<IndexEdge>,
    keys: String,
    /// The node of each path.
    targets: Arc<[u32]>,
}

/// One value that is asked for or leads to one that is. Node 0 is the event itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Node {
    /// One past the last node below this one.
    pub end: u32,
    /// Some path ends here, rather than only passing through.
    pub wanted: bool,
    /// Of each key that leads on, the bit of [`kind`]: most keys of an event are of no such kind.
    kinds: u64,
    edges: (u32, u32),
    index_edges: (u32, u32),
}

/// A key that leads on from a node.
#[derive(Clone, Debug)]
struct Edge {
    /// The first eight bytes, zeros after a shorter key.
    prefix: u64,
    start: u32,
    len: u32,
    node: u32,
}

/// The keys that lead on from a node.
#[derive(Clone, Copy, Default)]
pub(super) struct Keys<'t> {
    edges: &'t [Edge],
    kinds: u64,
}

impl Keys<'_> {
    /// The bits of their [`kind`]s.
    pub const fn kinds(&self) -> u64 {
        self.kinds
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.edges.len()
    }
}

/// The kinds of all keys.
pub(super) const EVERY: u64 = u64::MAX;

/// One bit for the first byte and the length of a key. The byte behind an empty one is as good as none.
#[inline(always)]
pub(super) fn kind(first: Option<&u8>, len: usize) -> u64 {
    if len == 0 {
        return 1;
    }
    let first = usize::from(first.copied().unwrap_or(0));
    1 << (first.wrapping_add(len.wrapping_mul(7)) & 63)
}

/// An array index that leads on from a node.
#[derive(Clone, Copy, Debug)]
pub(super) struct IndexEdge {
    pub index: u32,
    pub node: u32,
}

impl PathTrie {
    /// Builds the tree. Path `i` is what [`PathId`](crate::PathId) `i` reads; the same path may occur again, and a
    /// path may be the beginning of another. The empty path is the event itself.
    ///
    /// Takes time of sorting the paths, whatever they are.
    #[must_use]
    pub fn new(paths: &[Vec<Segment>]) -> Self {
        let mut order: Vec<usize> = (0..paths.len()).collect();
        order.sort_by(|&a, &b| paths.get(a).cmp(&paths.get(b)));

        let mut nodes = alloc::vec![Node::default()];
        let mut links: Vec<(usize, &Segment, u32)> = Vec::new();
        let mut targets = alloc::vec![0u32; paths.len()];
        // The nodes of the path before, root first. Sorted paths share beginnings with their neighbours, so
        // making nodes in this order is numbering them depth first.
        let mut open: Vec<usize> = alloc::vec![0];
        let mut previous: &[Segment] = &[];
        for index in order {
            let path = paths.get(index).map_or(&[][..], Vec::as_slice);
            let shared = previous.iter().zip(path).take_while(|(a, b)| a == b).count();
            close(&mut nodes, &mut open, shared.saturating_add(1));
            for segment in path.iter().skip(shared) {
                let node = nodes.len();
                links.push((open.last().copied().unwrap_or(0), segment, number(node)));
                nodes.push(Node::default());
                open.push(node);
            }
            let leaf = open.last().copied().unwrap_or(0);
            if let Some(node) = nodes.get_mut(leaf) {
                node.wanted = true;
            }
            if let Some(target) = targets.get_mut(index) {
                *target = number(leaf);
            }
            previous = path;
        }
        close(&mut nodes, &mut open, 0);

        let mut trie =
            Self { nodes, edges: Vec::new(), index_edges: Vec::new(), keys: String::new(), targets: targets.into() };
        trie.link(links);
        trie
    }

    /// Lays the edges of each node side by side, in the order that searching wants.
    fn link(&mut self, mut links: Vec<(usize, &Segment, u32)>) {
        links.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| search_order(a.1, b.1)));
        for (parent, segment, node) in links {
            let Some(parent) = self.nodes.get_mut(parent) else { continue };
            match segment {
                Segment::Key(key) => {
                    grow(&mut parent.edges, self.edges.len());
                    parent.kinds |= kind(key.as_bytes().first(), key.len());
                    self.edges.push(Edge {
                        prefix: prefix(key.as_bytes(), 0, key.len()),
                        start: number(self.keys.len()),
                        len: number(key.len()),
                        node,
                    });
                    self.keys.push_str(key);
                }
                Segment::Index(index) => {
                    grow(&mut parent.index_edges, self.index_edges.len());
                    self.index_edges.push(IndexEdge { index: *index, node });
                }
            }
        }
    }

    /// How many paths it was built from.
    #[must_use]
    pub fn path_count(&self) -> usize {
        self.targets.len()
    }

    pub(super) fn node_count(&self) -> usize {
        self.nodes.len()
    }

    pub(super) fn targets(&self) -> &Arc<[u32]> {
        &self.targets
    }

    pub(super) fn node(&self, node: u32) -> Option<&Node> {
        self.nodes.get(node as usize)
    }

    /// The keys that lead on from a node.
    pub(super) fn edges(&self, node: &Node) -> Keys<'_> {
        let edges = self.edges.get(node.edges.0 as usize..node.edges.1 as usize).unwrap_or_default();
        Keys { edges, kinds: node.kinds }
    }

    /// How many keys lead on from a node that is an object, or how many indexes if it is an array.
    pub(super) fn ways_on(&self, node: u32, object: bool) -> usize {
        self.node(node).map_or(0, |node| if object { self.edges(node).len() } else { self.index_edges(node).len() })
    }

    /// The array indexes that lead on from a node, ascending.
    pub(super) fn index_edges(&self, node: &Node) -> &[IndexEdge] {
        self.index_edges.get(node.index_edges.0 as usize..node.index_edges.1 as usize).unwrap_or_default()
    }

    /// Which node a key leads to, among the edges of one. The key is `bytes[start..end]`; the bytes around it
    /// let eight of them be loaded at once.
    #[inline(always)]
    pub(super) fn child(&self, keys: Keys<'_>, bytes: &[u8], start: usize, end: usize) -> Option<u32> {
        let len = end.wrapping_sub(start);
        if keys.kinds & kind(bytes.get(start), len) == 0 {
            return None;
        }
        let edges = keys.edges;
        let prefix = prefix(bytes, start, len);
        if edges.len() > LINEAR {
            return self.search(edges, bytes.get(start..end)?, prefix);
        }
        for edge in edges {
            if edge.prefix == prefix
                && edge.len as usize == len
                && (len <= 8 || bytes.get(start..end) == Some(self.key(edge)))
            {
                return Some(edge.node);
            }
        }
        None
    }

    /// The same for a key written with escapes; `decoded` is scratch.
    #[cold]
    pub(super) fn escaped_child(&self, keys: Keys<'_>, key: &str, decoded: &mut String) -> Option<u32> {
        decoded.clear();
        decode_into(key, decoded);
        self.child(keys, decoded.as_bytes(), 0, decoded.len())
    }

    fn search(&self, edges: &[Edge], key: &[u8], prefix: u64) -> Option<u32> {
        let found = edges.binary_search_by(|edge| {
            (edge.prefix, edge.len as usize).cmp(&(prefix, key.len())).then_with(|| self.key(edge).cmp(key))
        });
        edges.get(found.ok()?).map(|edge| edge.node)
    }

    fn key(&self, edge: &Edge) -> &[u8] {
        let start = edge.start as usize;
        self.keys.as_bytes().get(start..start.wrapping_add(edge.len as usize)).unwrap_or_default()
    }
}

/// The order of edges within a node: keys as [`PathTrie::search`] compares them, indexes ascending.
fn search_order(a: &Segment, b: &Segment) -> core::cmp::Ordering {
    match (a, b) {
        (Segment::Key(a), Segment::Key(b)) => {
            let place = |key: &String| (prefix(key.as_bytes(), 0, key.len()), key.len());
            place(a).cmp(&place(b)).then_with(|| a.cmp(b))
        }
        _ => a.cmp(b),
    }
}

/// Ends the innermost nodes until `keep` are open.
fn close(nodes: &mut [Node], open: &mut Vec<usize>, keep: usize) {
    let end = number(nodes.len());
    while open.len() > keep
        && let Some(node) = open.pop()
    {
        if let Some(node) = nodes.get_mut(node) {
            node.end = end;
        }
    }
}

/// Extends a range of edges to the one about to be pushed at `next`.
fn grow(range: &mut (u32, u32), next: usize) {
    if range.0 == range.1 {
        range.0 = number(next);
    }
    range.1 = number(next.saturating_add(1));
}

/// Counts of nodes, edges and key bytes as they are kept. Paths with 4 GiB of text do not fit an image.
fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::vec;

    fn key(text: &str) -> Segment {
        Segment::Key(text.into())
    }

    fn find(trie: &PathTrie, node: u32, text: &str) -> Option<u32> {
        trie.child(trie.edges(trie.node(node)?), text.as_bytes(), 0, text.len())
    }

    #[test]
    fn nodes_below_one_are_a_range() {
        let trie = PathTrie::new(&[
            vec![key("b")],
            vec![key("a"), key("y")],
            vec![key("a")],
            vec![key("a"), key("x"), Segment::Index(2)],
            vec![key("a")],
        ]);
        assert_eq!(trie.node_count(), 6);
        let a = find(&trie, 0, "a").unwrap();
        assert_eq!(trie.targets()[2], a);
        assert_eq!(trie.targets()[4], a);
        assert_eq!(trie.node(a).unwrap().end, a + 4);
        assert_eq!(trie.node(0).unwrap().end, 6);
        let x = find(&trie, a, "x").unwrap();
        assert!(!trie.node(x).unwrap().wanted);
        assert_eq!(trie.index_edges(trie.node(x).unwrap())[0].index, 2);
    }

    #[test]
    fn keys_are_found_among_few_and_among_many() {
        for count in [1, 7, 8, 9, 100, 3000] {
            let name = |i: usize| match i % 3 {
                0 => format!("{i}"),
                1 => format!("a_longer_prefix_{i}"),
                _ => format!("k{i}{}", "x".repeat(i % 12)),
            };
            let paths: Vec<_> = (0..count).map(|i| vec![key(&name(i))]).collect();
            let trie = PathTrie::new(&paths);
            for i in 0..count {
                assert_eq!(find(&trie, 0, &name(i)), Some(trie.targets()[i]), "{i} of {count}");
                assert_eq!(find(&trie, 0, &format!("{}\0", name(i))), None);
            }
            assert_eq!(find(&trie, 0, ""), None);
        }
    }

    #[test]
    fn no_paths_make_a_root_alone() {
        let trie = PathTrie::new(&[]);
        assert_eq!((trie.node_count(), trie.path_count()), (1, 0));
        assert!(PathTrie::new(&[vec![]]).node(0).unwrap().wanted);
    }
}
