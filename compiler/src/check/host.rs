//! Settings the VM never reads: handlers, and what the runtime does with errors. The configuration types
//! check them; this file finds the places of what they refuse.

use cascata_config::{HandlerConfig, OnError, OnRuleError};
use serde::Serialize;
use serde_json::{Map, Value};

use super::Checker;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::names::nearest;
use crate::span::Span;
use crate::syntax::canonical;
use crate::yaml::{Node, NodeKind};

/// The JSON text of settings, keys sorted, so that equal settings are equal text.
pub(super) fn text<T: Serialize>(settings: &T) -> String {
    // These types hold nothing that JSON cannot.
    serde_json::to_value(settings).map(canonical).unwrap_or_default().to_string()
}

impl Checker<'_, '_> {
    /// `on_error` of a stage.
    pub(super) fn on_error(&mut self, node: Option<&Node>) -> Option<OnError> {
        self.choice(node, "on_error", &["route", "skip", "fail"]).map(|at| match at {
            0 => OnError::Route,
            1 => OnError::Skip,
            _ => OnError::Fail,
        })
    }

    /// `on_rule_error` of a cascade.
    pub(super) fn on_rule_error(&mut self, node: Option<&Node>) -> OnRuleError {
        match self.choice(node, "on_rule_error", &["stop", "skip"]) {
            Some(1) => OnRuleError::Skip,
            _ => OnRuleError::Stop,
        }
    }

    /// `cost` of a stage: a finite number of at least 0.
    pub(super) fn cost(&mut self, node: Option<&Node>) -> Option<f64> {
        let node = node.filter(|node| node.kind != NodeKind::Null)?;
        let cost = match &node.kind {
            NodeKind::Int(text) => text.parse().unwrap_or(f64::INFINITY),
            NodeKind::Float(value) => *value,
            _ => {
                self.wrong_type(node, "cost", "a number");
                return None;
            }
        };
        if cost.is_finite() && cost >= 0.0 {
            return Some(cost);
        }
        let raw = node.span.slice(self.text);
        let diagnostic = Diagnostic::new(Code::OutOfRange, format!("`cost` is {raw}"))
            .label(node.span, "a finite number of at least 0");
        self.report(diagnostic);
        None
    }

    /// `handler` of a stage.
    pub(super) fn handler(&mut self, node: &Node) -> Option<HandlerConfig> {
        let value = self.json(node);
        let read =
            |value: &Value| serde_json::from_value::<HandlerConfig>(value.clone()).map_err(|error| error.to_string());
        let handler = self.settings(node, node, value, &read, Code::InvalidHandler)?;
        if matches!(handler, HandlerConfig::Http(_)) {
            self.http_handler(node);
        }
        if let HandlerConfig::Wasm(wasm) = &handler {
            self.check_store(wasm.kv.as_ref().and_then(|kv| kv.store.as_deref()), node);
        }
        Some(handler)
    }

    /// Reads settings through their type. Where that fails, the key whose removal changes the message is the one to
    /// blame; it is taken out, and the rest is tried again, so that one run finds every mistake.
    pub(super) fn settings<T>(
        &mut self,
        whole: &Node,
        node: &Node,
        mut value: Value,
        read: &dyn Fn(&Value) -> Result<T, String>,
        code: Code,
    ) -> Option<T> {
        let mut first = true;
        loop {
            let message = match read(&value) {
                Ok(settings) => return first.then_some(settings),
                Err(message) => message,
            };
            first = false;
            let culprit = value.as_object().and_then(|map| culprit(map, &message, read));
            let Some(culprit) = culprit else {
                let head = self.head(whole);
                let (message, help) = with_help(message);
                let diagnostic = Diagnostic::new(code, message).label(head, "cannot be used");
                self.report(help.into_iter().fold(diagnostic, Diagnostic::help));
                return None;
            };
            self.blame(node, &culprit, message, code);
            if let Some(map) = value.as_object_mut() {
                map.shift_remove(&culprit);
            }
        }
    }

    pub(super) fn blame(&mut self, node: &Node, culprit: &str, message: String, code: Code) {
        let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
        let entry = entry(node, culprit);
        // The key the message names may lie deeper.
        let named = quoted.iter().find_map(|name| entry.and_then(|(key, value)| find_key(key, value, name)));
        let span = named.map(|(_, span)| span).or(entry.map(|(key, _)| key.span)).unwrap_or(node.span);
        // `unknown field `x`, expected one of `a`, `b``: what follows are the keys there are.
        let known = message.split_once("expected").map_or("", |(_, known)| known).split('`').skip(1).step_by(2);
        let near = named.filter(|_| message.contains("unknown field")).and_then(|(name, _)| nearest(name, known));
        let near = near.map(str::to_owned);
        let (message, help) = with_help(message);
        let diagnostic = help.into_iter().fold(Diagnostic::new(code, message), Diagnostic::help);
        self.report(match near {
            Some(near) => diagnostic.label(span, format!("did you mean `{near}`?")).fix(span, near),
            None => diagnostic.label(span, "this setting"),
        });
    }
}

/// A message, and the help that may stand on a line of its own behind it.
fn with_help(message: String) -> (String, Option<String>) {
    match message.split_once('\n') {
        Some((message, help)) => (message.to_owned(), Some(help.to_owned())),
        None => (message, None),
    }
}

type Entry = (crate::yaml::Key, Node);

fn entry<'n>(node: &'n Node, key: &str) -> Option<&'n Entry> {
    match &node.kind {
        NodeKind::Map(entries) => entries.iter().find(|(other, _)| other.text == key),
        _ => None,
    }
}

/// A key of this name at or below an entry.
fn find_key<'n>(key: &'n crate::yaml::Key, value: &'n Node, name: &str) -> Option<(&'n str, Span)> {
    if key.text == name {
        return Some((&key.text, key.span));
    }
    match &value.kind {
        NodeKind::Map(entries) => entries.iter().find_map(|(key, value)| find_key(key, value, name)),
        NodeKind::Seq(items) => items.iter().find_map(|item| match &item.kind {
            NodeKind::Map(entries) => entries.iter().find_map(|(key, value)| find_key(key, value, name)),
            _ => None,
        }),
        _ => None,
    }
}

/// The key without which the settings fail otherwise or not at all. The one that says which settings these are is none.
fn culprit<T>(map: &Map<String, Value>, message: &str, read: &dyn Fn(&Value) -> Result<T, String>) -> Option<String> {
    // Settings have a few dozen keys; more are somebody's attempt to make this slow. Those that the message names come first.
    let mut keys: Vec<&String> = map.keys().take(64).filter(|key| *key != "kind").collect();
    keys.sort_by_key(|key| message.find(&format!("`{key}`")).unwrap_or(usize::MAX));
    keys.into_iter().find_map(|key| {
        let mut rest = map.clone();
        rest.shift_remove(key);
        match read(&Value::Object(rest)) {
            Err(other) if other == message || other.contains("missing field") => None,
            _ => Some(key.clone()),
        }
    })
}
