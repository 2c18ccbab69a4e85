//! `cascata graph`.

use serde_json::{Value, json};

use crate::support::*;

/// Compares with a file of `fixtures/graph`; `UPDATE=1` writes it.
#[track_caller]
fn golden(name: &str, text: &str) {
    let path = fixture(&format!("graph/{name}"));
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, text).expect("a golden file is written");
    }
    let wanted = std::fs::read_to_string(&path).expect("a golden file");
    assert!(text == wanted, "{name} differs; UPDATE=1 writes it. Now:\n{text}");
}

fn draw(arguments: &[&str]) -> String {
    let file = fixture("graph/cascade.yaml");
    cascata(&[&["graph", file.as_str()], arguments].concat()).exits(0).out
}

#[test]
fn drawings_are_as_committed() {
    golden("cascade.svg", &draw(&[]));
    golden("cascade.mmd", &draw(&["--format", "mermaid"]));
    golden("cascade.dot", &draw(&["--format", "dot"]));
}

#[test]
fn plans_are_as_committed() {
    golden("plan.txt", &draw(&["--plan"]));
}

#[test]
fn a_plan_is_json_for_tools() {
    let plan: Value = serde_json::from_str(&draw(&["--plan", "--format", "json"])).unwrap();
    assert_eq!(plan["batches"], json!([["SCREEN"], ["MODEL", "HISTORY"], ["SETTLE"]]));
    assert_eq!(plan["parallel_groups"]["1"], json!(["MODEL", "HISTORY", "SETTLE"]));
    assert_eq!(plan["critical_path"], json!(["SCREEN", "MODEL"]));
    assert_eq!(plan["total_cost"], json!(5.1));
    assert_eq!(plan["expected_cost"], json!(7.1));
    assert_eq!(plan["assumed_cost"], json!(["HISTORY", "SETTLE"]));
}

#[test]
fn what_starts_is_asked_for_an_event() {
    let scratch = scratch();
    let text =
        "name: p\nversion: '1'\nstages:\n  A: {name: A, custom_properties: {domains: FINANCE}}\n  B: {name: B}\n";
    let file = put(&scratch, "p.yaml", text.as_bytes());
    let starting = |event: &[&str]| {
        let ran = cascata(&[&["graph", file.as_str(), "--plan", "--format", "json"], event].concat()).exits(0);
        serde_json::from_str::<Value>(&ran.out).unwrap()["starting"].clone()
    };
    assert_eq!(starting(&[]), json!(["A", "B"]));
    assert_eq!(starting(&["--event", r#"{"domain": "FINANCE"}"#]), json!(["A", "B"]));
    assert_eq!(starting(&["--event", r#"{"domain": "RETAIL"}"#]), json!(["B"]));
    cascata(&["graph", &file, "--plan", "--event", "7"]).exits(2).says("object");
    cascata(&["graph", &file, "--event", "{}"]).exits(2);
}

#[test]
fn dead_parts_are_marked() {
    let graph: Value = serde_json::from_str(&draw(&["--format", "json"])).unwrap();
    let node = |name: &str| graph["nodes"].as_array().unwrap().iter().position(|node| node["name"] == name).unwrap();
    let orphan = &graph["nodes"][node("ORPHAN")];
    assert!(orphan["dead"].as_str().unwrap().contains("never runs"), "{orphan}");
    assert_eq!(graph["nodes"][node("EXPERT")]["dead"], json!(null));
    let edge = |label: &str| {
        let edges = graph["edges"].as_array().unwrap();
        edges.iter().find(|edge| edge["labels"][0].as_str().unwrap().contains(label)).unwrap().clone()
    };
    assert_eq!(edge("impossible")["dead"], json!(true));
    assert_eq!(edge("unheard")["dead"], json!(true));
    assert_eq!((&edge("back")["kind"], &edge("back")["dead"]), (&json!("drain"), &json!(false)));
    let skip = edge("regular customer");
    assert_eq!((&skip["kind"], &skip["dead"]), (&json!("skip_to"), &json!(false)));
    assert_eq!(skip["to"]["node"], json!(node("SETTLE")));
}

#[test]
fn the_name_of_the_file_says_the_form_and_images_are_drawn_too() {
    let scratch = scratch();
    let image = scratch.path().join("c.cbc").to_str().unwrap().to_owned();
    cascata(&["compile", &fixture("graph/cascade.yaml"), "-o", &image]).exits(0);
    for (name, begins) in [("c.svg", "<svg "), ("c.mmd", "flowchart"), ("c.dot", "digraph"), ("c.json", "{")] {
        let out = scratch.path().join(name);
        cascata(&["graph", &image, "-o", out.to_str().unwrap()]).exits(0);
        let text = std::fs::read_to_string(&out).unwrap();
        assert!(text.starts_with(begins), "{name}: {text}");
        assert!(!text.contains("never"), "an image does not tell what is dead: {text}");
    }
    cascata(&["graph", &image, "--format", "text"]).exits(2).says("--plan");
    cascata(&["graph", &image, "--plan", "--format", "svg"]).exits(2).says("text or json");
}

#[test]
fn names_cannot_break_out_of_a_drawing() {
    let scratch = scratch();
    let name = "</text><script>\\u0000\\\"]; x --> y";
    let text = format!(r#"{{"name": "{name}", "version": "1", "stages": {{"{name}": {{"name": "{name}"}}}}}}"#);
    let file = put(&scratch, "hostile.json", text.as_bytes());
    for format in ["svg", "mermaid", "dot"] {
        let ran = cascata(&["graph", &file, "--format", format]).exits(0);
        assert!(!ran.out.contains("<script") || format == "dot", "{}", ran.out);
        assert!(!ran.out.contains('\0'), "{}", ran.out);
        if format == "mermaid" {
            assert!(ran.out.contains("n0[\"#60;/text#62;#60;script#62; #34;]#59; x --#62; y"), "{}", ran.out);
        }
    }
}

#[test]
fn a_cascade_without_stages_has_a_drawing() {
    let scratch = scratch();
    let file = put(&scratch, "empty.yaml", b"{name: e, version: '1'}");
    for format in ["svg", "mermaid", "dot", "json"] {
        cascata(&["graph", &file, "--format", format]).exits(0);
    }
    cascata(&["graph", &file, "--plan"]).exits(0);
}

#[test]
fn a_drawing_has_a_limit_and_the_other_forms_have_not() {
    let scratch = scratch();
    let names: Vec<_> = (0..101).map(|at| format!("S{at}")).collect();
    let rule = json!({"name": "all", "condition": {"field": "a", "operator": "EXISTS"}, "action": {"type": "enable_stages", "stages": names}});
    let stages: serde_json::Map<String, Value> = names
        .iter()
        .map(|name| (name.clone(), json!({"name": name, "handler": "none", "routing_rules": [rule]})))
        .collect();
    let file =
        put(&scratch, "dense.json", json!({"name": "dense", "version": "1", "stages": stages}).to_string().as_bytes());
    cascata(&["graph", &file]).exits(2).says("C0301");
    let ran = cascata(&["graph", &file, "--format", "dot"]).exits(0);
    assert!(ran.out.lines().count() > 10_000);
}

#[test]
fn the_drawing_in_the_book_is_that_of_its_cascade() {
    let root = env!("CARGO_MANIFEST_DIR");
    let drawn = cascata(&["graph", &format!("{root}/examples/cascades/flow_triage.yaml")]).exits(0).out;
    let path = format!("{root}/docs/flow_triage.svg");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &drawn).expect("the drawing is written");
    }
    assert!(drawn == std::fs::read_to_string(&path).unwrap_or_default(), "UPDATE=1 writes {path}");
}
