//! Opening, changing and closing texts, and what is said about them.

use std::time::Duration;

use serde_json::json;

use crate::client::{Client, URI};

const SOUND: &str = "name: c\nversion: \"1\"\n";

#[test]
fn the_server_says_what_it_can_do() {
    let client = Client::new(Duration::ZERO);
    for key in [
        "hoverProvider",
        "completionProvider",
        "definitionProvider",
        "documentSymbolProvider",
        "documentFormattingProvider",
        "codeActionProvider",
    ] {
        assert!(!client.capabilities[key].is_null(), "{key}");
    }
    assert_eq!(client.capabilities["textDocumentSync"], 2, "incremental");
    assert_eq!(client.capabilities["positionEncoding"], "utf-16");
}

#[test]
fn mistakes_are_published_with_code_place_and_other_places() {
    let text = "name: c # 😀\nversion: \"1\"\nstages:\n  A: {name: B}\n  # ä\n  '😀': {name: '😀', depends_on: [C]}\nname: d\n";
    let mut client = Client::with(text);
    let published = client.diagnostics();
    assert_eq!((&published["uri"], &published["version"]), (&json!(URI), &json!(1)));
    let list = published["diagnostics"].as_array().expect("diagnostics");
    let found =
        |code: &str| list.iter().find(|found| found["code"] == code).unwrap_or_else(|| panic!("{code}: {list:#?}"));
    // The character beyond the first plane counts as two.
    assert_eq!(found("E0301")["range"]["start"], json!({"line": 5, "character": 34}));
    let twice = found("E0103");
    assert_eq!(twice["range"]["start"]["line"], 6);
    assert_eq!(twice["relatedInformation"][0]["location"]["range"]["start"]["line"], 0);
    assert_eq!((&twice["severity"], &twice["source"]), (&json!(1), &json!("cascata")));
}

#[test]
fn changes_are_applied_in_their_order_and_checked_once() {
    let mut client = Client::new(Duration::from_millis(200));
    client.open(URI, SOUND);
    let insert = |line: u32, character: u32, end: u32, text: &str| {
        let start = json!({"line": line, "character": character});
        json!({"range": {"start": start, "end": {"line": line, "character": end}}, "text": text})
    };
    // `name: 😀bc`, then the last letter goes, then a key comes that is not known.
    client.change(2, json!([insert(0, 6, 6, "😀b"), insert(0, 9, 10, "")]));
    client.change(3, json!([insert(2, 0, 0, "otter: 1\n")]));
    let published = client.diagnostics();
    assert_eq!(published["version"], 3, "the versions in between were not checked");
    assert_eq!(published["diagnostics"][0]["code"], "W1001");
    let formatted = client.request(
        "textDocument/formatting",
        json!({"textDocument": {"uri": URI}, "options": {"tabSize": 2, "insertSpaces": true}}),
    );
    assert_eq!(formatted.expect("edits"), json!([]), "the text is `name: 😀b` and canonical");
}

#[test]
fn the_whole_text_may_be_replaced_and_the_ending_says_json() {
    let mut client = Client::with(SOUND);
    assert_eq!(client.diagnostics()["diagnostics"], json!([]));
    client.change(2, json!([{"text": "name: ["}]));
    assert_eq!(client.diagnostics()["diagnostics"][0]["code"], "E0101");
    client.open("file:///work/cascade.json", "{\"name\": 'c'}");
    assert_eq!(client.diagnostics()["diagnostics"][0]["code"], "E0102");
}

#[test]
fn a_closed_text_has_no_mistakes_and_no_answers() {
    let mut client = Client::with("name: [");
    assert_eq!(client.diagnostics()["diagnostics"].as_array().map(Vec::len), Some(1));
    client.notify("textDocument/didClose", json!({"textDocument": {"uri": URI}}));
    assert_eq!(client.diagnostics()["diagnostics"], json!([]));
    let params = json!({"textDocument": {"uri": URI}, "position": {"line": 0, "character": 0}});
    assert_eq!(client.request("textDocument/hover", params), Ok(json!(null)));
}

#[test]
fn what_is_not_known_or_cannot_be_read_is_an_error_and_the_server_goes_on() {
    let mut client = Client::with(SOUND);
    assert!(client.request("textDocument/nonsense", json!({})).unwrap_err().contains("nonsense"));
    assert!(client.request("textDocument/hover", json!({"position": 5})).is_err());
    assert!(client.request("textDocument/formatting", json!(7)).is_err());
    client.notify("textDocument/didChange", json!({"what": "ever"}));
    client.notify("$/setTrace", json!({"value": "off"}));
    assert_eq!(client.diagnostics()["diagnostics"], json!([]));
}
