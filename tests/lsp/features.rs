//! Hover, completion, definition, symbols, formatting, quick fixes.

use serde_json::{Value, json};

use crate::client::{Client, URI};

const CASCADE: &str = "name: c\nversion: \"1\"\nexecution_order: [SCREEN, REVIEW]\nstages:\n  SCREEN:\n    name: SCREEN\n    handler: none\n    routing_rules:\n      - name: large\n        condition: {field: amount, operator: \">\", value: 1000}\n        action: {type: skip_to, target: REVIEW}\n      - name: huge\n        condition: {field: amount, operator: \">=\", value: 9000}\n        action: {type: terminate}\n  REVIEW:\n    name: REVIEW\n    handler: none\n    depends_on: [SCREEN]\n    routing_rules:\n      - name: known\n        condition: {field: stages.SCREEN.result, operator: EXISTS}\n        action: {type: terminate}\n";

/// The cascade with a mark before the `nth` place of a text.
fn mark(before: &str, nth: usize) -> String {
    let (at, _) = CASCADE.match_indices(before).nth(nth).expect("the place");
    format!("{}|{}", &CASCADE[..=at], &CASCADE[at + 1..])
}

fn hover(marked: &str) -> String {
    let answer = Client::at("textDocument/hover", marked);
    answer["contents"]["value"].as_str().unwrap_or_default().to_owned()
}

fn labels(marked: &str) -> Vec<String> {
    let answer = Client::at("textDocument/completion", marked);
    let items = answer.as_array().expect("a list").iter();
    items.map(|item| item["label"].as_str().expect("a label").to_owned()).collect()
}

fn has(labels: &[String], wanted: &[&str]) {
    for label in wanted {
        assert!(labels.iter().any(|other| other == label), "{label} is not in {labels:?}");
    }
}

#[test]
fn hover_tells_what_stands_there() {
    assert!(hover("name: c\nversion: '1'\nglobal_time|out_ms: 5\n").contains("milliseconds"));
    let operator = hover(&mark(">=", 0));
    assert!(operator.contains("greater than the value or equal") && operator.contains("```json"), "{operator}");
    let field = hover(&mark("amount", 0));
    for part in ["a number", "line 10: `> 1000`", "line 13: `>= 9000`"] {
        assert!(field.contains(part), "{part} is not in {field}");
    }
    let stage = hover(&mark("REVIEW", 1));
    for part in ["stage `REVIEW`", "handler: `none`", "after: `SCREEN`", "1 routing rules, worst-case cost"] {
        assert!(stage.contains(part), "{part} is not in {stage}");
    }
    assert!(hover(&mark("large", 0)).contains("worst-case cost"));
    let age = hover("global_termination_conditions:\n  - {field: at, operator: AG|E, value: 30d}\n");
    assert!(age.contains("to when the cascade began") && age.contains("a span of time as text"), "{age}");
    let zone = hover("global_termination_conditions:\n  - {field: at, operator: HOUR, value: 1, zo|ne: Z}\n");
    assert!(zone.contains("offset from UTC"), "{zone}");
    assert!(hover(&mark("terminate", 0)).contains("Ends the cascade"));
    assert_eq!(hover("name: c\n|\nversion: '1'\n"), "");
}

#[test]
fn completion_offers_keys_that_are_not_there_yet_with_their_docs() {
    let top = labels("name: c\n|");
    has(&top, &["version", "stages", "global_timeout_ms"]);
    assert!(!top.contains(&"name".to_owned()));
    let stage = labels("stages:\n  A:\n    name: A\n    ti|\n");
    has(&stage, &["timeout_ms", "depends_on"]);
    assert!(!stage.contains(&"name".to_owned()) && !stage.contains(&"stages".to_owned()));
    has(
        &labels("stages:\n  A:\n    routing_rules:\n      - name: r\n        condition: {field: a, |}\n"),
        &["operator", "value"],
    );
    has(&labels("stages:\n  A:\n    routing_rules:\n      - |\n"), &["name", "condition", "action"]);
    let answer = Client::at("textDocument/completion", "global_timeout|");
    let item = answer.as_array().and_then(|items| items.iter().find(|item| item["label"] == "global_timeout_ms"));
    let item = item.expect("the key").clone();
    assert!(item["documentation"]["value"].as_str().is_some_and(|doc| doc.contains("milliseconds")));
    assert_eq!(item["textEdit"]["newText"], "global_timeout_ms: ");
    assert_eq!(item["textEdit"]["range"]["start"]["character"], 0);
}

#[test]
fn completion_offers_values_that_fit() {
    let rule = "stages:\n  A:\n    routing_rules:\n      - condition: {field: user.age, operator: EXISTS}\n  B:\n    routing_rules:\n      - ";
    has(&labels(&format!("{rule}condition: {{operator: |")), &["==", "MATCHES", "AND", "COUNT", "BEFORE", "WEEKDAY"]);
    has(&labels(&format!("{rule}condition: {{operator: SUM, compare: \"|\"}}")), &[">=", "!="]);
    let fields = labels(&format!("{rule}condition: {{field: us|, operator: EXISTS}}"));
    has(&fields, &["user.age", "stages.A.result", "stages.B.confidence"]);
    assert!(!fields.contains(&"us".to_owned()), "{fields:?}");
    has(&labels(&format!("{rule}action: {{type: |")), &["terminate", "skip_to", "set_field"]);
    has(&labels(&format!("{rule}action: {{type: skip_to, target: |")), &["A", "B"]);
    has(&labels(&format!("{rule}action: {{type: enable_stages, stages: [A, |")), &["A", "B"]);
    has(&labels("execution_order:\n  - |\nstages:\n  A: {name: A}\n"), &["A"]);
    has(&labels("enable_caching: |"), &["true", "false"]);
    let answer = Client::at("textDocument/completion", &format!("{rule}condition: {{operator: |"));
    let text = |label: &str| {
        let item = answer.as_array().and_then(|items| items.iter().find(|item| item["label"] == label));
        item.expect("the operator")["textEdit"]["newText"].clone()
    };
    assert_eq!((text(">="), text("IN")), (json!("\">=\""), json!("IN")));
}

#[test]
fn the_schema_tells_types_and_offers_fields_and_values() {
    let schema = "schema:\n  required: [amount]\n  properties:\n    amount: {type: number, minimum: 0, description: in cents}\n    tier: {enum: [gold, silver, 1]}\n    items: {type: array, items: {properties: {price: {type: number}}}}\n";
    let rule = format!("{schema}stages:\n  A:\n    routing_rules:\n      - name: r\n        condition: ");
    let shown = hover(&format!("{rule}{{field: amo|unt, operator: EXISTS}}\n"));
    for part in ["`amount`: a number, at least 0, always there", "in cents", "EXISTS"] {
        assert!(shown.contains(part), "{part} is not in {shown}");
    }
    let shown = hover(&format!("{rule}{{field: 'items[].pr|ice', operator: EXISTS}}\n"));
    assert!(shown.contains("`items[].price`: a number"), "{shown}");
    let text = format!("{schema}global_termination_conditions:\n  - when: ");
    for (when, wanted) in [
        ("amo|unt > 5 and items[].price > 1", "`amount`: a number"),
        ("amount > 5 and items[].pri|ce > 1", "`items[].price`: a number"),
    ] {
        let shown = hover(&format!("{text}'{when}'\n"));
        assert!(shown.contains(wanted), "{shown}");
    }
    assert_eq!(hover(&format!("{text}'amount > 5 a|nd tier == 1'\n")), "");
    // What is being typed cannot be read as a whole.
    let fields = labels(&format!("{rule}{{field: |"));
    has(&fields, &["amount", "tier", "items[].price", "stages.A.result"]);
    assert_eq!(fields.iter().filter(|field| *field == "amount").count(), 1);
    has(&labels(&format!("{rule}{{field: tier, operator: IN, value: [|")), &["gold", "silver", "1"]);
    has(&labels(&format!("{rule}\n          field: tier\n          operator: IN\n          value: g|\n")), &["gold"]);
}

#[test]
fn a_name_of_a_stage_leads_to_the_stage() {
    for marked in [mark("SCREEN", 0), mark("SCREEN]", 0), mark("stages.SCREEN.result", 0)] {
        let answer = Client::at("textDocument/definition", &marked);
        assert_eq!(answer["range"]["start"], json!({"line": 4, "character": 2}), "{marked}");
    }
    let target = Client::at("textDocument/definition", &mark("REVIEW}", 0));
    assert_eq!(target["range"]["start"], json!({"line": 14, "character": 2}));
    assert_eq!(Client::at("textDocument/definition", &mark("amount", 0)), Value::Null);
}

#[test]
fn symbols_are_stages_with_their_rules() {
    let mut client = Client::with(CASCADE);
    let answer = client.request("textDocument/documentSymbol", json!({"textDocument": {"uri": URI}})).expect("symbols");
    let names = |list: &Value| -> Vec<String> {
        let list = list.as_array().into_iter().flatten();
        list.map(|symbol| symbol["name"].as_str().expect("a name").to_owned()).collect()
    };
    assert_eq!(names(&answer), ["name", "version", "execution_order", "stages"]);
    let stages = &answer[3]["children"];
    assert_eq!(names(stages), ["SCREEN", "REVIEW"]);
    assert_eq!(names(&stages[0]["children"]), ["large", "huge"]);
    assert_eq!(stages[0]["range"]["end"]["line"], 13);
}

#[test]
fn formatting_replaces_what_differs() {
    let format = json!({"textDocument": {"uri": URI}, "options": {"tabSize": 2, "insertSpaces": true}});
    let mut client = Client::with("name: c\nversion:   '1'\nenable_caching: true\n");
    let edits = client.request("textDocument/formatting", format.clone()).expect("edits");
    let range = json!({"start": {"line": 1, "character": 0}, "end": {"line": 2, "character": 0}});
    assert_eq!(edits, json!([{"range": range, "newText": "version: \"1\"\n"}]));
    let mut broken = Client::with("name: [");
    assert!(broken.request("textDocument/formatting", format).unwrap_err().contains("cannot be read"));
}

#[test]
fn fixes_are_offered_where_the_mistake_is() {
    let mut client =
        Client::with("name: c\nversion: \"1\"\nenable_caching: yes\nstages: {A: {name: A, depend_on: []}}\n");
    let ask = |line: u32| {
        let place = json!({"line": line, "character": 20});
        json!({"textDocument": {"uri": URI}, "range": {"start": place, "end": place}, "context": {"diagnostics": []}})
    };
    let here = client.request("textDocument/codeAction", ask(2)).expect("actions");
    assert_eq!(here, json!([]), "behind the word");
    let here = client.request("textDocument/codeAction", ask(3)).expect("actions");
    assert_eq!(here, json!([]), "before the key");
    let whole = json!({"start": {"line": 0, "character": 0}, "end": {"line": 9, "character": 0}});
    let all = json!({"textDocument": {"uri": URI}, "range": whole, "context": {"diagnostics": []}});
    let actions = client.request("textDocument/codeAction", all).expect("actions");
    let titles: Vec<_> = actions.as_array().into_iter().flatten().map(|action| action["title"].clone()).collect();
    assert_eq!(titles, [json!("Write `true`"), json!("Write `depends_on`")]);
    assert_eq!(actions[1]["edit"]["changes"][URI][0]["newText"], "depends_on");
}
