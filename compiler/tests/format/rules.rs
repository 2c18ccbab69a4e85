//! Rules put into a file and taken out of it again.

use super::*;

#[test]
fn a_rule_is_added_with_its_comment_and_taken_out_without_a_trace() {
    let options = Options::default();
    let text =
        "# About the file.\n\nname: c\nversion: '1' # kept\nstages:\n  A:\n    name: A\n    handler: {kind: none}\n";
    let source = Source::new("c.yaml", text);
    let canonical = Source::new("c.yaml", format(&source, &options).unwrap());
    let added =
        Source::new("c.yaml", add_rule(&source, RuleList::Stage("A"), RULE, Some("from p1"), &options).unwrap());
    assert!(added.text.contains("    routing_rules:\n      # from p1\n      - name: learned\n"), "{}", added.text);
    assert!(added.text.contains("# kept") && added.text.starts_with("# About the file."), "{}", added.text);
    assert_ne!(hash(&added), hash(&canonical));
    let back = remove_rule(&added, RuleList::Stage("A"), "learned", &options).unwrap();
    assert_eq!(back, canonical.text);
}

#[test]
fn every_cascade_takes_a_rule_in_every_stage_and_gives_it_back() {
    let options = Options::default();
    let mut tried = 0;
    for source in sources("examples/cascades").iter().filter(|source| !source.is_tests()) {
        let before = format(source, &options).unwrap();
        let (cascade, _) = cascata_compiler::check(source, &options);
        for stage in cascade.unwrap().stages.values() {
            let list = RuleList::Stage(&stage.name);
            let added = Source::new(source.name.clone(), add_rule(source, list, RULE, None, &options).unwrap());
            assert_ne!(hash(&added), hash(source));
            assert_eq!(
                remove_rule(&added, list, "learned", &options).unwrap(),
                before,
                "{} {}",
                source.name,
                stage.name
            );
            assert!(add_rule(&added, list, RULE, None, &options).is_err(), "the name is taken");
            tried += 1;
        }
    }
    assert!(tried > 5);
}

#[test]
fn rules_of_json_files_and_rule_sets_are_edited_as_well() {
    let options = Options::default();
    let json = r#"{"name": "c", "version": "1", "stages": {"A": {"name": "A", "handler": {"kind": "none"}}}}"#;
    let json = Source::new("c.json", json);
    let rule = r#"{"name": "r", "condition": {"field": "n", "operator": "EXISTS"}, "action": {"type": "terminate"}}"#;
    let added = Source::new("c.json", add_rule(&json, RuleList::Stage("A"), rule, Some("lost"), &options).unwrap());
    assert!(hash(&added).is_some() && hash(&added) != hash(&json), "{}", added.text);
    let back = Source::new("c.json", remove_rule(&added, RuleList::Stage("A"), "r", &options).unwrap());
    assert_eq!(hash(&back), hash(&json));
    let sets = "name: c\nversion: '1'\nrulesets:\n  Q:\n    - {name: a, condition: {field: n, operator: EXISTS}}\n";
    let sets = Source::new("c.yaml", sets);
    let rule = "{name: b, condition: {field: m, operator: EXISTS}}";
    let added = Source::new("c.yaml", add_rule(&sets, RuleList::Ruleset("Q"), rule, None, &options).unwrap());
    assert!(added.text.contains("name: b"), "{}", added.text);
    for list in [RuleList::Ruleset("R"), RuleList::Stage("A")] {
        assert!(matches!(add_rule(&sets, list, rule, None, &options), Err(Refusal::Unusual(_))));
    }
    assert!(remove_rule(&sets, RuleList::Ruleset("Q"), "b", &options).is_err());
}

#[test]
fn a_list_that_several_stages_share_is_left_alone() {
    let text = "name: c\nversion: '1'\nstages:\n  A:\n    name: A\n    routing_rules: &r\n      - {name: a, condition: {field: n, operator: EXISTS}, action: {type: terminate}}\n  B: {name: B, routing_rules: *r}\n";
    let source = Source::new("c.yaml", text);
    for stage in ["A", "B"] {
        let refused = add_rule(&source, RuleList::Stage(stage), RULE, None, &Options::default());
        assert!(matches!(refused, Err(Refusal::Unusual(_))), "{refused:?}");
    }
}
