//! Tests of a cascade. They are no part of its meaning: nothing of them reaches the image.

use std::collections::HashMap;

use cascata_vm::Segment;
use serde_json::Value;

use super::Checker;
use super::path::parse;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::field_path::Step;
use crate::span::Span;
use crate::syntax::{ATTEMPT, EXPECT, FAILURE, Fields, TEST_CASE, TEST_FILE, mapping};
use crate::testing::{Attempt, Expected, ExpectedKind, Failure, Located, StageScript, TestCase, TestFile};
use crate::yaml::{Key, Node, NodeKind};

/// The word for stages that are not scripted.
const REAL: &str = "real";

/// Checks a whole file of tests.
pub(super) fn file<'n>(cx: &mut Checker<'_, 'n>, root: &'n Node) -> Option<TestFile> {
    let fields = mapping(cx, root, &TEST_FILE)?;
    let cascade = fields.get("cascade").and_then(|node| cx.text(node, "cascade"));
    let cascade = cascade.map(|word| Located { value: word.text.to_owned(), span: word.span() });
    let tests = fields.required(cx, "tests");
    Some(TestFile { cascade, tests: cx.test_cases(tests) })
}

impl<'n> Checker<'_, 'n> {
    /// The tests of a list.
    pub(super) fn test_cases(&mut self, node: Option<&'n Node>) -> Vec<TestCase> {
        let mut names = HashMap::new();
        let mut tests = Vec::new();
        for item in self.list(node, "tests", "tests").unwrap_or_default() {
            let test = self.test_case(item);
            if let Some(test) = &test {
                self.check_test_name(&test.name, &mut names);
            }
            tests.extend(test);
        }
        tests
    }

    fn test_case(&mut self, node: &'n Node) -> Option<TestCase> {
        let fields = mapping(self, node, &TEST_CASE)?;
        let name = fields.required(self, "name");
        let name = name.and_then(|node| Some(Located { value: self.name(node, "name")?, span: node.span }));
        let event = fields.required(self, "event").and_then(|node| self.object(node, "event"));
        let now = fields.get("now").and_then(|node| self.text(node, "now"));
        let now = now.map(|word| Located { value: word.text.to_owned(), span: word.span() });
        let scripts = fields.get("stages").map(|node| self.stage_scripts(node)).unwrap_or_default();
        let expect = fields.required(self, "expect").and_then(|node| self.expectation(node, &fields));
        Some(TestCase { name: name?, event: event?, now, stages: scripts, expect: expect? })
    }

    fn check_test_name(&mut self, name: &Located<String>, names: &mut HashMap<String, Span>) {
        match names.get(&name.value) {
            Some(first) => {
                let message = format!("two tests are called `{}`", name.value);
                let diagnostic = Diagnostic::new(Code::RepeatedTest, message)
                    .label(name.span, "the same name again")
                    .label(*first, "first here");
                self.report(diagnostic);
            }
            None => {
                names.insert(name.value.clone(), name.span);
            }
        }
    }

    /// A mapping as JSON.
    fn object(&mut self, node: &Node, key: &str) -> Option<Value> {
        if !matches!(node.kind, NodeKind::Map(_)) {
            self.wrong_type(node, key, "a mapping");
            return None;
        }
        Some(self.json(node))
    }

    /// `stages` of a test: the word `real`, or scripts by stage.
    fn stage_scripts(&mut self, node: &'n Node) -> Vec<StageScript> {
        if self.is_real(node) {
            return Vec::new();
        }
        let NodeKind::Map(entries) = &node.kind else {
            self.wrong_type(node, "stages", "`real` or a mapping from stages to what they do");
            return Vec::new();
        };
        let mut scripts = Vec::new();
        for (key, value) in entries {
            let stage = Located { value: key.text.clone(), span: key.span };
            if self.is_real(value) {
                scripts.push(StageScript { stage, attempts: Vec::new() });
                continue;
            }
            let items = match &value.kind {
                NodeKind::Seq(items) => items.as_slice(),
                _ => std::slice::from_ref(value),
            };
            if items.is_empty() {
                self.wrong_type(value, &key.text, "what the stage does, or a list of that with at least one element");
            }
            let attempts: Vec<_> = items.iter().filter_map(|item| self.attempt(item)).collect();
            scripts.push(StageScript { stage, attempts });
        }
        scripts
    }

    fn is_real(&self, node: &Node) -> bool {
        node.text() == Some(REAL)
    }

    fn attempt(&mut self, node: &'n Node) -> Option<Attempt> {
        let fields = mapping(self, node, &ATTEMPT)?;
        let failure = fields.get("error").and_then(|node| self.failure(node));
        if failure.is_some() {
            fields.ignored(self, &["result", "confidence", "data", "writes"], "a scripted stage that fails");
        }
        let mut value = |key: &str| fields.get(key).map_or(Value::Null, |node| self.json(node));
        let (result, confidence, data) = (value("result"), value("confidence"), value("data"));
        let time_ms = self.whole(fields.get("time_ms"), "time_ms", 0, 0);
        let writes = self.scripted_writes(&fields);
        Some(Attempt { time_ms, result, confidence, data, writes, failure })
    }

    fn scripted_writes(&mut self, fields: &Fields<'n>) -> Vec<(Vec<Segment>, Value)> {
        let Some(node) = fields.get("writes") else {
            return Vec::new();
        };
        let NodeKind::Map(entries) = &node.kind else {
            self.wrong_type(node, "writes", "a mapping from paths to values");
            return Vec::new();
        };
        let mut writes = Vec::new();
        for (key, value) in entries {
            let value = self.json(value);
            let keys =
                parse(&key.text).ok().and_then(|path| path.into_iter().map(|(step, _)| only_key(step)).collect());
            match keys {
                Some(path) => writes.push((path, value)),
                None => {
                    let message = format!("the path `{}` cannot be written to", key.text);
                    let diagnostic = Diagnostic::new(Code::InvalidPath, message).label(key.span, "not a path of keys");
                    self.report(diagnostic);
                }
            }
        }
        writes
    }

    /// `error` of a scripted stage: its message, or what it is made of.
    fn failure(&mut self, node: &'n Node) -> Option<Failure> {
        if let Some(text) = node.text() {
            return Some(Failure { message: Some(text.to_owned()), ..Failure::default() });
        }
        let fields = mapping(self, node, &FAILURE)?;
        let kind = fields.get("kind").and_then(|node| self.text(node, "kind"));
        let status = fields.get("status").and_then(|node| self.status(node));
        let retryable = fields.get("retryable").map(|node| self.boolean(Some(node), "retryable", false));
        Some(Failure {
            kind: kind.map(|word| Located { value: word.text.to_owned(), span: word.span() }),
            message: self.optional_text(fields.get("message"), "message"),
            status,
            retryable,
        })
    }

    fn status(&mut self, node: &Node) -> Option<i32> {
        let status = match &node.kind {
            NodeKind::Int(text) => text.parse().ok(),
            _ => None,
        };
        if status.is_none() {
            self.wrong_type(node, "status", "a whole number of 32 bits");
        }
        status
    }

    /// `expect` of a test. Left empty it is one that compares nothing: `cascata test --update` fills it.
    fn expectation(&mut self, node: &'n Node, test: &Fields<'n>) -> Option<Expected> {
        if node.kind == NodeKind::Null {
            let span = if node.span.is_empty() {
                Span::at(test.key_span("expect").unwrap_or(test.head).end)
            } else {
                node.span
            };
            return Some(Expected { span, kind: ExpectedKind::Map(Vec::new()) });
        }
        mapping(self, node, &EXPECT)?;
        Some(self.expected(node))
    }

    fn expected(&mut self, node: &Node) -> Expected {
        let kind = match &node.kind {
            NodeKind::Seq(items) => ExpectedKind::List(items.iter().map(|item| self.expected(item)).collect()),
            NodeKind::Map(entries) => {
                let entry = |(key, value): &(Key, Node)| {
                    self.pending.accept_key(key.span);
                    (Located { value: key.text.clone(), span: key.span }, self.expected(value))
                };
                ExpectedKind::Map(entries.iter().map(entry).collect())
            }
            _ => ExpectedKind::Scalar(self.json(node)),
        };
        Expected { span: node.span, kind }
    }
}

fn only_key(step: Step) -> Option<Segment> {
    match step {
        Step::Key(key) => Some(Segment::Key(key)),
        _ => None,
    }
}
