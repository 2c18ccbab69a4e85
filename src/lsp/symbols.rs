//! The symbols of a text: its stages, and in each its rules.

use lsp_types::{DocumentSymbol, SymbolKind};

use super::outline::Outline;
use super::places;
use super::position::Lines;

/// The symbols, outermost first.
pub fn symbols(text: &str) -> Vec<DocumentSymbol> {
    let (outline, lines) = (Outline::new(text), Lines::new(text));
    let cx = Cx { outline: &outline, lines: &lines };
    let mut all = Vec::new();
    for entry in outline.children(None) {
        let Some(key) = outline.entries.get(entry).and_then(|entry| entry.key.clone()) else { continue };
        let children = match outline.key(entry) {
            Some("stages") => places::stages(&outline).into_iter().filter_map(|stage| cx.stage(stage)).collect(),
            _ => Vec::new(),
        };
        all.extend(cx.symbol(entry, &key, outline.key(entry), SymbolKind::PROPERTY, children));
    }
    all
}

struct Cx<'a> {
    outline: &'a Outline<'a>,
    lines: &'a Lines<'a>,
}

impl Cx<'_> {
    fn stage(&self, stage: usize) -> Option<DocumentSymbol> {
        let rules = self.outline.child(Some(stage), "routing_rules");
        let rules = rules.into_iter().flat_map(|list| self.outline.children(Some(list)));
        let rules = rules.filter_map(|rule| {
            let name = self.outline.child(Some(rule), "name")?;
            let span = self.outline.entries.get(name)?.value.clone()?;
            self.symbol(rule, &span, self.outline.value(name), SymbolKind::FUNCTION, Vec::new())
        });
        let key = self.outline.entries.get(stage)?.key.clone()?;
        self.symbol(stage, &key, self.outline.key(stage), SymbolKind::CLASS, rules.collect())
    }

    fn symbol(
        &self,
        entry: usize,
        selection: &std::ops::Range<usize>,
        name: Option<&str>,
        kind: SymbolKind,
        children: Vec<DocumentSymbol>,
    ) -> Option<DocumentSymbol> {
        // An empty name is refused by editors.
        let name = name.filter(|name| !name.is_empty())?.to_owned();
        let start = self.outline.entries.get(entry)?.start.min(selection.start);
        let range = self.lines.range(start..self.end(entry).max(selection.end));
        let detail = self.outline.value(entry).map(str::to_owned);
        // The type has a deprecated field that has to be named.
        #[expect(deprecated, reason = "the type of the protocol")]
        Some(DocumentSymbol {
            name,
            detail,
            kind,
            tags: None,
            deprecated: None,
            range,
            selection_range: self.lines.range(selection.clone()),
            children: (!children.is_empty()).then_some(children),
        })
    }

    /// Where the last thing in an entry ends. What is in an entry follows it in the outline.
    fn end(&self, entry: usize) -> usize {
        let mut end = 0;
        for at in entry..self.outline.entries.len() {
            let Some(found) = self.outline.entries.get(at) else { break };
            if at != entry && found.parent.is_none_or(|parent| parent < entry) {
                break;
            }
            let last = found.value.as_ref().or(found.key.as_ref()).map_or(found.start, |span| span.end);
            end = end.max(last);
        }
        end
    }
}
