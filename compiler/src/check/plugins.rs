//! `plugins` of a cascade and of its stages. Names that a cascade gives to plugins are gone after this: a stage has plugins
//! that the runtime knows.

use cascata_config::{BUILTIN_PLUGINS, DEFAULT_STACK, Manifest, PluginUse, default_stack};
use serde_json::Value;

use super::Checker;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::names::nearest;
use crate::span::Span;
use crate::syntax::replacement;
use crate::yaml::{Key, Node, NodeKind};

impl Checker<'_, '_> {
    /// `plugins` of a cascade: names for plugins that its stages share, or entries of a ContextForge file.
    pub(super) fn shared_plugins(&mut self, node: Option<&Node>) {
        let Some(node) = node else { return };
        match &node.kind {
            NodeKind::Null => {}
            NodeKind::Map(entries) => {
                for (key, node) in entries {
                    self.shared_plugin(key, node);
                }
            }
            NodeKind::Seq(items) => {
                for item in items {
                    self.manifest(item);
                }
            }
            _ => {
                let message = format!("`plugins` of a cascade gives names to plugins, it is not {}", node.type_name());
                let diagnostic = Diagnostic::new(Code::WrongType, message)
                    .label(self.head(node), "expected a mapping")
                    .help("plugins:\n  backend: {circuit_breaker: {failure_threshold: 10}}");
                self.report(diagnostic);
            }
        }
    }

    fn shared_plugin(&mut self, key: &Key, node: &Node) {
        let items = match &node.kind {
            NodeKind::Seq(items) => items.as_slice(),
            _ => std::slice::from_ref(node),
        };
        let mut plugins = Vec::with_capacity(items.len());
        for item in items {
            plugins.extend(self.plugin(item));
        }
        if key.text == DEFAULT_STACK || self.known_plugins().contains(&key.text.as_str()) {
            let message = format!("a plugin is called `{}` already", key.text);
            self.report(Diagnostic::new(Code::InvalidPlugin, message).label(key.span, "needs a name of its own"));
            return;
        }
        let plugins = plugins.into_iter().map(|plugin| plugin.named(&key.text)).collect();
        self.shared.insert(key.text.clone(), plugins);
    }

    fn manifest(&mut self, item: &Node) {
        let value = self.json(item);
        match Manifest::from_value(value) {
            Ok(manifest) => {
                self.shared.insert(manifest.name, manifest.plugins);
            }
            Err(error) => {
                let message = error.to_string();
                // What is said of options lies in the settings; those messages list the options there are.
                let of_options = message.contains("expected one of");
                let own = ["name", "kind", "mode"].into_iter().find(|key| message.contains(&format!("`{key}`")));
                let own = own.filter(|_| !of_options);
                self.blame(item, own.unwrap_or("config"), message, Code::InvalidPlugin);
            }
        }
    }

    /// `plugins` of a stage, each with its place.
    pub(super) fn plugins(&mut self, node: Option<&Node>) -> Vec<(PluginUse, Span)> {
        if let Some(node) = node
            && matches!(&node.kind, NodeKind::Text(text) if text == DEFAULT_STACK)
        {
            return self.plugin(node).into_iter().map(|plugin| (plugin, node.span)).collect();
        }
        let items = self.list(node, "plugins", "plugins").unwrap_or_default();
        let mut plugins = Vec::with_capacity(items.len());
        for item in items {
            let span = self.head(item);
            plugins.extend(self.plugin(item).into_iter().map(|plugin| (plugin, span)));
        }
        plugins
    }

    /// What one entry of a list stands for; nothing when it cannot be used.
    fn plugin(&mut self, item: &Node) -> Vec<PluginUse> {
        let (name, span, options) = match &item.kind {
            NodeKind::Text(name) => (name.as_str(), item.span, None),
            NodeKind::Map(entries) => match entries.as_slice() {
                [(key, options)] => (key.text.as_str(), key.span, Some(options)),
                _ => ("", item.span, None),
            },
            _ => ("", item.span, None),
        };
        if name.is_empty() {
            let message = format!("a plugin is its name, or one name with its options, not {}", item.type_name());
            let diagnostic = Diagnostic::new(Code::InvalidPlugin, message)
                .label(self.head(item), "expected one name")
                .help("plugins: [metrics, {retry: {max_retries: 2}}]");
            self.report(diagnostic);
            return Vec::new();
        }
        if let Some(shared) = self.shared.get(name) {
            let shared = shared.clone();
            if let Some(options) = options.filter(|options| options.kind != NodeKind::Null) {
                let message = format!("`{name}` has its options where the cascade names it");
                let diagnostic = Diagnostic::new(Code::InvalidPlugin, message)
                    .label(self.head(options), "not here")
                    .help("stages that share a plugin share its options");
                self.report(diagnostic);
            }
            return shared;
        }
        let stack = name == DEFAULT_STACK;
        if !stack && !self.known_plugins().contains(&name) {
            self.unknown_plugin(item, name, span);
            return Vec::new();
        }
        let value = options.map_or(Value::Null, |options| self.json(options));
        let read = |value: &Value| {
            let read = if stack {
                default_stack(value.clone())
            } else {
                PluginUse::new(name, value.clone()).map(|plugin| vec![plugin])
            };
            // What follows the line is help.
            read.map_err(|error| match error.help() {
                Some(help) => format!("{error}\n{help}"),
                None => error.to_string(),
            })
        };
        let options = options.unwrap_or(item);
        let plugins = self.settings(item, options, value, &read, Code::InvalidPlugin).unwrap_or_default();
        for plugin in &plugins {
            self.check_store(plugin.store(), options);
        }
        plugins
    }

    /// The names that the runtime knows.
    fn known_plugins(&self) -> Vec<&str> {
        let host = self.options.plugins.iter().map(String::as_str);
        BUILTIN_PLUGINS.iter().map(|plugin| plugin.name).chain(host).collect()
    }

    fn unknown_plugin(&mut self, item: &Node, name: &str, span: Span) {
        let shared = self.shared.keys().map(String::as_str);
        let known = self.known_plugins().into_iter().chain([DEFAULT_STACK]).chain(shared);
        let known: Vec<String> = known.map(str::to_owned).collect();
        let diagnostic = Diagnostic::new(Code::UnknownPlugin, format!("no plugin is called `{name}`"));
        let diagnostic = match nearest(name, known.iter().map(String::as_str)) {
            Some(near) => {
                let text = if item.span == span { replacement(item, self.text, near) } else { near.to_owned() };
                diagnostic.label(span, format!("did you mean `{near}`?")).fix(span, text)
            }
            None => diagnostic.label(span, "not a plugin").help(format!("the plugins are {}", known.join(", "))),
        };
        self.report(diagnostic);
    }
}
