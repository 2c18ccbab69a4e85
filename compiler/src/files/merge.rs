//! One tree from a cascade and the files that it includes.
//!
//! An included file stands where it is first included: its own includes come before it, and it comes before the file that
//! includes it. Names of `stages`, `rulesets` and `lists` are those of all files, each given once; the conditions of
//! `global_termination_conditions` follow one another. Everything else belongs to the cascade alone.

use std::collections::{HashMap, HashSet};

use super::named;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::limits::Limits;
use crate::source::Source;
use crate::span::Span;
use crate::syntax::CASCADE;
use crate::yaml::{self, Document, Key, Node, NodeKind};

/// Settings whose names come from all files.
const NAMED: [&str; 3] = ["stages", "rulesets", "lists"];

/// Settings whose elements come from all files.
const LISTED: &str = "global_termination_conditions";

/// Settings that an included file may have so that it can be checked on its own.
const UNUSED: [&str; 2] = ["name", "version"];

/// The tree of a source with all that it includes.
pub(crate) fn read(source: &Source, limits: &Limits) -> Document {
    let document = yaml::read(source, limits);
    let includes = match &document.root {
        Some(Node { kind: NodeKind::Map(entries), .. }) => entries.iter().any(|(key, _)| key.text == "include"),
        _ => false,
    };
    if !includes || source.is_tests() {
        return document;
    }
    let Document { root, diagnostics, pending } = document;
    let Some(Node { span, kind: NodeKind::Map(entries), plain }) = root else { return Document::default() };
    let mut merge = Merge {
        source,
        limits,
        document: Document { root: None, diagnostics, pending },
        entries: Vec::new(),
        names: HashMap::new(),
        open: Vec::new(),
        done: HashSet::new(),
    };
    merge.file(entries, true);
    let Merge { mut document, mut entries, .. } = merge;
    // What stands for the cascade as a whole is its own first key.
    entries.sort_by_key(|(key, _)| key.span.start > source.text.len());
    document.root = Some(Node { span, kind: NodeKind::Map(entries), plain });
    document
}

struct Merge<'s> {
    source: &'s Source,
    limits: &'s Limits,
    document: Document,
    /// What the tree has so far.
    entries: Vec<(Key, Node)>,
    /// Where a name of a setting was given first.
    names: HashMap<(String, String), Span>,
    /// The files that are being read, outermost first, by name.
    open: Vec<String>,
    /// The files that have been read.
    done: HashSet<String>,
}

impl Merge<'_> {
    fn report(&mut self, diagnostic: Diagnostic) {
        self.document.diagnostics.push(diagnostic);
    }

    /// Takes up a file: what it includes, then what it says itself. Recursion is bounded by the limit of includes.
    fn file(&mut self, entries: Vec<(Key, Node)>, own: bool) {
        for (_, node) in entries.iter().filter(|(key, _)| key.text == "include") {
            self.includes(node);
        }
        for (key, node) in entries {
            let name = key.text.as_str();
            match &node.kind {
                NodeKind::Null if !own => {}
                _ if name == "include" => {
                    // Looked at here; its key is known to the check of the cascade.
                    if own {
                        self.entries.push((key, node));
                    }
                }
                _ if !own && UNUSED.contains(&name) => {}
                NodeKind::Map(_) if NAMED.contains(&name) => self.join(key, node),
                NodeKind::Seq(_) if name == LISTED => self.join(key, node),
                _ if !own && name != "schema" && !NAMED.contains(&name) && CASCADE.known.contains(&name) => {
                    let message = format!("`{name}` belongs to the cascade itself");
                    let diagnostic =
                        Diagnostic::new(Code::MisplacedSetting, message).label(key.span, "in an included file").help(
                            "included files give stages, rulesets, lists, a schema and global_termination_conditions",
                        );
                    self.report(diagnostic);
                }
                _ => {
                    if !self.repeated("", &key) {
                        self.entries.push((key, node));
                    }
                }
            }
        }
    }

    fn includes(&mut self, node: &Node) {
        let NodeKind::Seq(items) = &node.kind else {
            let diagnostic = Diagnostic::new(Code::WrongType, "`include` is a list of files")
                .label(node.span, "expected a list")
                .help("include: [rules/cards.yaml, lists.yaml]");
            return self.report(diagnostic);
        };
        for item in items {
            match item.text() {
                Some(written) => self.include(written, item.span),
                None => {
                    let message = format!("a file of `include` is its path, not {}", item.type_name());
                    self.report(Diagnostic::new(Code::WrongType, message).label(item.span, "expected text"));
                }
            }
        }
    }

    fn include(&mut self, written: &str, at: Span) {
        let found = match named(self.source, self.limits, written, at) {
            Ok(found) => found,
            Err(diagnostic) => return self.report(*diagnostic),
        };
        if self.open.iter().any(|open| open == found.name) {
            let round = self.open.iter().skip_while(|open| *open != found.name).map(String::as_str);
            let round: Vec<_> = round.chain(std::iter::once(found.name)).collect();
            let message = format!("files include each other in a circle: {}", round.join(" → "));
            return self.report(Diagnostic::new(Code::IncludeCycle, message).label(at, "closes the circle"));
        }
        if self.done.contains(found.name) {
            return;
        }
        if self.open.len() >= self.limits.include_depth.min(64) {
            let message = format!("files include one another more than {} deep", self.limits.include_depth);
            return self.report(Diagnostic::new(Code::IncludeTooDeep, message).label(at, "one too many"));
        }
        let document = yaml::read(&Source::new(found.name, found.text), self.limits).moved(found.start);
        self.document.diagnostics.extend(document.diagnostics);
        self.document.pending.extend(document.pending);
        self.open.push(found.name.to_owned());
        match document.root {
            Some(Node { kind: NodeKind::Map(entries), .. }) => self.file(entries, false),
            Some(other) => {
                let message = format!("`{}` is {}, not a mapping", found.name, other.type_name());
                let head = Span::new(other.span.start, other.span.start.saturating_add(1));
                self.report(Diagnostic::new(Code::WrongType, message).label(head, "expected settings"));
            }
            None => {}
        }
        self.open.pop();
        self.done.insert(found.name.to_owned());
    }

    /// Adds the names or elements of a setting to those of other files.
    fn join(&mut self, key: Key, node: Node) {
        let own = key.span.start <= self.source.text.len();
        let (more, span) = (node.kind, node.span);
        let kept = match more {
            NodeKind::Map(entries) => {
                let kept = entries.into_iter().filter(|(name, _)| !self.repeated(&key.text, name)).collect();
                NodeKind::Map(kept)
            }
            other => other,
        };
        match self.entries.iter_mut().find(|(known, _)| known.text == key.text) {
            None => self.entries.push((key, Node { span, kind: kept, plain: false })),
            Some((known, into)) => {
                match (&mut into.kind, kept) {
                    (NodeKind::Map(into), NodeKind::Map(more)) => into.extend(more),
                    (NodeKind::Seq(into), NodeKind::Seq(more)) => into.extend(more),
                    // One of the two is of a wrong type, which its check says.
                    (into, more) => *into = more,
                }
                if own {
                    (*known, into.span) = (key, span);
                }
            }
        }
    }

    /// Whether another file gave the name, which is reported. Names that stand twice in one file have been reported.
    fn repeated(&mut self, setting: &str, name: &Key) -> bool {
        let entry = (setting.to_owned(), name.text.clone());
        let Some(first) = self.names.get(&entry).copied() else {
            self.names.insert(entry, name.span);
            return false;
        };
        let file = |span: Span| self.source.file_at(span.start).map(|found| found.start);
        if file(first) == file(name.span) {
            return false;
        }
        let of = if setting.is_empty() { String::new() } else { format!(" of `{setting}`") };
        let diagnostic = Diagnostic::new(Code::RepeatedInFiles, format!("two files give `{}`{of}", name.text))
            .label(name.span, "here again")
            .label(first, "first here")
            .help("give one of the two another name, or remove it");
        self.report(diagnostic);
        true
    }
}
