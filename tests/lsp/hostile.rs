//! Any text and any position get an answer.

use proptest::prelude::*;
use serde_json::json;

use crate::client::{Client, URI};

const METHODS: [&str; 5] = [
    "textDocument/hover",
    "textDocument/completion",
    "textDocument/definition",
    "textDocument/documentSymbol",
    "textDocument/codeAction",
];

/// Asks everything about some positions of a text. That the server still lives is seen when the client goes.
fn ask(client: &mut Client, positions: &[(u32, u32)]) {
    for (line, character) in positions {
        let place = json!({"line": line, "character": character});
        for method in METHODS {
            let params = json!({
                "textDocument": {"uri": URI}, "position": place,
                "range": {"start": place, "end": place}, "context": {"diagnostics": [], "triggerKind": 1},
            });
            client.request(method, params).expect("an answer");
        }
    }
    let params = json!({"textDocument": {"uri": URI}, "options": {"tabSize": 2, "insertSpaces": true}});
    // A text that cannot be read has no canonical form; that is an answer too.
    let _ = client.request("textDocument/formatting", params);
}

#[test]
fn deep_and_long_texts_are_answered() {
    for text in
        ["[".repeat(50_000), "- ".repeat(50_000), "{a: ".repeat(20_000), "\"".repeat(50_000), "a: 1\n".repeat(20_000)]
    {
        let mut client = Client::with(&text);
        ask(&mut client, &[(0, 0), (0, 40_000), (7, 1)]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_and_any_change_is_answered(
        text in "[-a-c:.,\\[\\]{}\"'|>&*!?#\r\n 😀ä]{0,80}",
        changes in prop::collection::vec(((0..5_u32, 0..20_u32), (0..5_u32, 0..20_u32), "[-a:{\"\n😀]{0,4}"), 0..4),
        positions in prop::collection::vec((0..6_u32, 0..30_u32), 1..3),
    ) {
        let mut client = Client::with(&text);
        for (version, (start, end, text)) in (2..).zip(changes) {
            let place = |(line, character): (u32, u32)| json!({"line": line, "character": character});
            client.change(version, json!([{"range": {"start": place(start), "end": place(end)}, "text": text}]));
        }
        ask(&mut client, &positions);
    }
}
