//! `stores` of a cascade, and the plugins and handlers that name one.

use cascata_config::StoreConfig;
use std::collections::BTreeMap;

use super::Checker;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::names::nearest;
use crate::yaml::{Node, NodeKind};

impl Checker<'_, '_> {
    /// `stores` of a cascade. Names are known even where what stands under them cannot be used.
    pub(super) fn read_stores(&mut self, node: Option<&Node>) {
        let Some(node) = node.filter(|node| node.kind != NodeKind::Null) else { return };
        let NodeKind::Map(entries) = &node.kind else {
            let message = format!("`stores` is a mapping from names to stores, not {}", node.type_name());
            let diagnostic = Diagnostic::new(Code::WrongType, message)
                .label(self.head(node), "expected a mapping")
                .help("stores:\n  shared: redis://localhost:6379");
            return self.report(diagnostic);
        };
        for (key, node) in entries {
            let value = self.json(node);
            let read = |value: &serde_json::Value| StoreConfig::from_value(value.clone());
            let config = self.settings(node, node, value, &read, Code::InvalidStore);
            self.stores.insert(key.text.clone(), config);
        }
    }

    /// The stores that can be used, for the runtime.
    pub(super) fn take_stores(&mut self) -> BTreeMap<String, StoreConfig> {
        std::mem::take(&mut self.stores).into_iter().filter_map(|(name, config)| Some((name, config?))).collect()
    }

    /// Reports a store that the cascade does not have. `options` are those of the plugin or handler that name it.
    pub(super) fn check_store(&mut self, name: Option<&str>, options: &Node) {
        let Some(name) = name.filter(|name| !self.stores.contains_key(*name)) else { return };
        let message = format!("no store is called `{name}`");
        let span = find(options, name).map_or_else(|| self.head(options), |node| node.span);
        let diagnostic = Diagnostic::new(Code::UnknownStore, message);
        let known: Vec<&str> = self.stores.keys().map(String::as_str).collect();
        let diagnostic = match nearest(name, known.iter().copied()) {
            Some(near) => {
                let near = near.to_owned();
                diagnostic.label(span, format!("did you mean `{near}`?")).fix(span, near)
            }
            None if known.is_empty() => {
                let help = format!("name it at the top of the cascade:\nstores:\n  {name}: redis://localhost:6379");
                diagnostic.label(span, "the cascade has no stores").help(help)
            }
            None => diagnostic.label(span, "not a store").help(format!("the stores are {}", known.join(", "))),
        };
        self.report(diagnostic);
    }
}

/// The value of `store` with this text, at or below a node.
fn find<'n>(node: &'n Node, name: &str) -> Option<&'n Node> {
    match &node.kind {
        NodeKind::Map(entries) => entries.iter().find_map(|(key, value)| match &value.kind {
            NodeKind::Text(text) if key.text == "store" && text == name => Some(value),
            _ => find(value, name),
        }),
        NodeKind::Seq(items) => items.iter().find_map(|item| find(item, name)),
        _ => None,
    }
}
