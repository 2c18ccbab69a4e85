//! Gathers the files that a cascade names, before it is checked.

use std::collections::{HashSet, VecDeque};

use super::{File, Missing, resolve};
use crate::limits::Limits;
use crate::source::Source;
use crate::yaml::{self, Node, NodeKind};

/// Gives the compiler the texts of files, which it does not read itself.
pub trait Loader {
    /// The text of a file by its path from the cascade's folder: names with `/` between, never `..`, never empty.
    ///
    /// # Errors
    /// Why there is no text, in words for people.
    fn load(&self, path: &str) -> Result<String, String>;
}

/// What a file is named for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Include,
    Data,
}

/// The files that a cascade names, those that included ones name too, each once.
pub(crate) fn gather(source: &Source, loader: &dyn Loader, limits: &Limits) -> Vec<File> {
    if source.is_rule_lines() || source.is_tests() {
        return Vec::new();
    }
    let mut files: Vec<File> = Vec::new();
    let mut bytes = 0_usize;
    let mut known = HashSet::new();
    let mut wanted: VecDeque<_> = references(source, "", limits).into();
    while let Some((name, used)) = wanted.pop_front() {
        if !known.insert(name.clone()) {
            continue;
        }
        if files.len() >= limits.files {
            files.push(File { name, found: Err(Missing::TooMany) });
            break;
        }
        let found = loader.load(&name).map_err(Missing::Refused).and_then(|text| {
            bytes = bytes.saturating_add(text.len());
            if bytes <= limits.files_bytes { Ok(text) } else { Err(Missing::TooLarge) }
        });
        if let (Ok(text), Use::Include) = (&found, used) {
            wanted.extend(references(&Source::new(name.clone(), text.as_str()), &name, limits));
        }
        files.push(File { name, found });
    }
    files
}

/// The files that one file, called `from`, names; those outside of the folder are left to the checks.
fn references(source: &Source, from: &str, limits: &Limits) -> Vec<(String, Use)> {
    // Most cascades name none; an escape may hide the words.
    if !["include", "file", "\\"].iter().any(|word| source.text.contains(word)) {
        return Vec::new();
    }
    let Some(Node { kind: NodeKind::Map(entries), .. }) = yaml::read(source, limits).root else { return Vec::new() };
    let mut found = Vec::new();
    let mut add = |node: &Node, used| {
        found.extend(node.text().and_then(|written| resolve(from, written)).map(|name| (name, used)));
    };
    for (key, node) in &entries {
        match (key.text.as_str(), &node.kind) {
            ("include", NodeKind::Seq(items)) => items.iter().for_each(|item| add(item, Use::Include)),
            ("schema", _) => file_of(node).into_iter().for_each(|node| add(node, Use::Data)),
            ("lists", NodeKind::Map(lists)) => {
                lists.iter().filter_map(|(_, list)| file_of(list)).for_each(|node| add(node, Use::Data));
            }
            _ => {}
        }
    }
    found
}

/// What stands under `file` of a mapping.
pub(crate) fn file_of(node: &Node) -> Option<&Node> {
    match &node.kind {
        NodeKind::Map(entries) => entries.iter().find(|(key, _)| key.text == "file").map(|(_, node)| node),
        _ => None,
    }
}
