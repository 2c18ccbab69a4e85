//! `lists` of a cascade: named constants that conditions take by name.

use std::collections::HashMap;

use super::Checker;
use super::constant::constant;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::field_path::{FieldPath, Step};
use crate::files;
use crate::model::{Constant, ListModel};
use crate::names::nearest;
use crate::span::Span;
use crate::syntax::{LIST_FILE, mapping};
use crate::yaml::{Node, NodeKind};

/// What a path begins with in an expression to name a list.
const ROOT: &str = "lists";

/// The lists of a cascade.
#[derive(Debug, Default)]
pub(super) struct Lists<'n> {
    known: HashMap<&'n str, List>,
    /// The names in the order of the file.
    order: Vec<&'n str>,
    /// The operands that name a list, by their place.
    named: HashMap<Span, String>,
    /// Entries of all lists and of every use of one.
    entries: usize,
}

#[derive(Debug)]
struct List {
    key: Span,
    /// Nothing if it is wrong.
    constant: Option<Constant>,
    used: bool,
}

impl<'n> Lists<'n> {
    /// Whether there is any.
    pub(super) fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// The name of the list that stands at a place, if it is a list's.
    pub(super) fn named_at(&self, place: Span) -> Option<String> {
        self.named.get(&place).cloned()
    }

    /// Those that something uses, in the order of the file.
    pub(super) fn into_models(mut self) -> Vec<ListModel> {
        let used = self.order.into_iter().filter_map(|name| {
            let list = self.known.remove(name).filter(|list| list.used)?;
            Some(ListModel { name: name.to_owned(), key: list.key, entries: list.constant? })
        });
        used.collect()
    }
}

impl<'n> Checker<'_, 'n> {
    /// Reads `lists` of a cascade.
    pub(super) fn read_lists(&mut self, node: Option<&'n Node>) {
        let Some(node) = node.filter(|node| node.kind != NodeKind::Null) else { return };
        let NodeKind::Map(entries) = &node.kind else {
            let message = format!("`lists` is a mapping from names to lists, not {}", node.type_name());
            let diagnostic = Diagnostic::new(Code::WrongType, message)
                .label(self.head(node), "expected a mapping")
                .help("lists:\n  blocked: [KP, IR]\n  vip: {file: vip.txt}");
            return self.report(diagnostic);
        };
        for (key, node) in entries {
            let entries = self.list_entries(node);
            let constant = entries.filter(|entries| self.within_budget(entries.len(), key.span)).map(Constant::List);
            self.lists.order.push(&key.text);
            self.lists.known.insert(&key.text, List { key: key.span, constant, used: false });
        }
    }

    fn list_entries(&mut self, node: &'n Node) -> Option<Vec<Constant>> {
        if let NodeKind::Seq(items) = &node.kind {
            return Some(items.iter().map(constant).collect());
        }
        if !matches!(node.kind, NodeKind::Map(_)) {
            let message = format!("a list is its entries or a file, not {}", node.type_name());
            let diagnostic = Diagnostic::new(Code::InvalidList, message)
                .label(self.head(node), "expected a list")
                .help("`[KP, IR]`, or `{file: blocked.txt}`");
            self.report(diagnostic);
            return None;
        }
        let fields = mapping(self, node, &LIST_FILE)?;
        let file = fields.required(self, "file").and_then(|node| self.text(node, "file"));
        let column = fields.get("column").and_then(|node| self.text(node, "column")).map(|word| word.text);
        let file = file?;
        let limits = &self.options.limits;
        let read = files::named(self.source, limits, file.text, file.span())
            .map_err(|diagnostic| vec![*diagnostic])
            .and_then(|found| files::entries(&found, column, file.span(), limits));
        match read {
            Ok(entries) => Some(entries),
            Err(wrong) => {
                wrong.into_iter().for_each(|diagnostic| self.report(diagnostic));
                None
            }
        }
    }

    /// Counts entries against the limit, which is reported once.
    fn within_budget(&mut self, entries: usize, place: Span) -> bool {
        let (before, most) = (self.lists.entries, self.options.limits.list_entries);
        self.lists.entries = before.saturating_add(entries);
        if self.lists.entries <= most {
            return true;
        }
        if before <= most {
            let message = format!("lists have more than {most} entries, each use of one counted again");
            let diagnostic =
                Diagnostic::new(Code::TooManyListEntries, message).label(place, "the limit is crossed here");
            self.report(diagnostic);
        }
        false
    }

    /// The entries of the list called `name`, which stands at `place` as an operand.
    pub(super) fn listed(&mut self, name: &str, place: Span) -> Option<Constant> {
        let Some(list) = self.lists.known.get_mut(name) else {
            let diagnostic = Diagnostic::new(Code::UnknownList, format!("no list is called `{name}`"));
            let names = self.lists.order.iter().copied();
            let diagnostic = match nearest(name, names.clone()) {
                Some(near) => diagnostic.label(place, format!("did you mean `{near}`?")),
                None if self.lists.is_empty() => {
                    diagnostic.label(place, "there are no lists").help(format!("lists:\n  {name}: [A, B]"))
                }
                None => {
                    let all: Vec<_> = names.collect();
                    diagnostic.label(place, "not a list").help(format!("the lists are {}", all.join(", ")))
                }
            };
            self.report(diagnostic);
            return None;
        };
        list.used = true;
        let entries = match &list.constant {
            Some(Constant::List(entries)) => entries.len(),
            _ => return None,
        };
        if !self.within_budget(entries, place) {
            return None;
        }
        self.lists.named.insert(place, name.to_owned());
        self.lists.known.get(name).and_then(|list| list.constant.clone())
    }

    /// The list that a path of an expression names: `lists.NAME`, in cascades that have lists.
    pub(super) fn list_of<'p>(&self, path: &'p FieldPath) -> Option<&'p str> {
        match path.steps.as_slice() {
            [Step::Key(root), Step::Key(name)] if root == ROOT && !self.lists.is_empty() => Some(name),
            _ => None,
        }
    }

    /// Warns of lists of the cascade's own file that nothing uses. Others may be there for other cascades.
    pub(super) fn unused_lists(&mut self) {
        let own = self.source.text.len();
        let unused: Vec<_> = self
            .lists
            .known
            .iter()
            .filter(|(_, list)| !list.used && list.constant.is_some() && list.key.start <= own)
            .collect();
        let diagnostics: Vec<_> = unused
            .into_iter()
            .map(|(name, list)| {
                Diagnostic::new(Code::UnusedList, format!("no condition uses the list `{name}`"))
                    .label(list.key, "not used")
                    .help(format!("`… in lists.{name}`, or `value_list: {name}`"))
            })
            .collect();
        diagnostics.into_iter().for_each(|diagnostic| self.report(diagnostic));
    }
}
