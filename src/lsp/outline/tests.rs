use super::*;

const TEXT: &str = "name: c\nstages:\n  A:\n    name: A # first\n    depends_on: [B, \"C\"]\n    routing_rules:\n    - name: r\n      condition: {field: a.b, operator: \">\",\n        value: [1, 2]}\n      action: {type: terminate}\n  B: {name: B}\n";

fn show(outline: &Outline<'_>) -> Vec<String> {
    (0..outline.entries.len())
        .map(|at| format!("{}={}", outline.path(Some(at)).join("/"), outline.value(at).unwrap_or("")))
        .collect()
}

#[test]
fn keys_and_elements_have_their_paths() {
    let shown = show(&Outline::new(TEXT));
    let rule = "stages/A/routing_rules/";
    for wanted in [
        "name=c",
        "stages/A/name=A",
        "stages/A/depends_on/=B",
        "stages/A/depends_on/=C",
        &format!("{rule}/name=r"),
        &format!("{rule}/condition/operator=>"),
        &format!("{rule}/condition/value/=2"),
        &format!("{rule}/action/type=terminate"),
        "stages/B/name=B",
    ] {
        assert!(shown.iter().any(|entry| entry == wanted), "{wanted} is not in {shown:#?}");
    }
}

#[test]
fn the_end_of_a_text_says_what_may_come() {
    for (text, path, slot, word) in [
        ("", "", Slot::Key, ""),
        ("na", "", Slot::Key, "na"),
        ("name: ", "name", Slot::Value, ""),
        ("stages:\n  A:\n    ", "stages/A", Slot::Key, ""),
        ("stages:\n  A:\n    name: A\n    en", "stages/A", Slot::Key, "en"),
        ("stages:\n  A:\n    name: A\n  ", "stages", Slot::Key, ""),
        ("execution_order: [A, ", "execution_order", Slot::Either, ""),
        ("execution_order:\n  - ", "execution_order/", Slot::Either, ""),
        ("execution_order:\n  - B", "execution_order/", Slot::Either, "B"),
        ("x: {operator: ", "x/operator", Slot::Value, ""),
        ("x: {operator: \"=", "x/operator", Slot::Value, "\"="),
        ("x: {operator: \"==\", va", "x", Slot::Key, "va"),
        ("x: {a: [1, {b: 2}], ", "x", Slot::Key, ""),
        ("x: {a: 1\nname: ", "name", Slot::Value, ""),
    ] {
        let outline = Outline::new(text);
        let tail = outline.tail;
        let found = (outline.path(tail.entry).join("/"), tail.slot, text.get(tail.from..).unwrap_or_default());
        assert_eq!(found, (path.to_owned(), slot, word), "{text:?}");
    }
}

#[test]
fn json_has_an_outline_too() {
    let shown = show(&Outline::new("{\"name\": \"c\",\n \"stages\": {\"A\": {\"depends_on\": [\"B\"]}}}"));
    assert!(shown.contains(&"stages/A/depends_on/=B".to_owned()), "{shown:?}");
}
