use std::path::{Path, PathBuf};

use cascata_compiler::{Options, Source, compile};
use serde_json::{Value, json};

use super::*;
use crate::{Example, Proposal, Recommendation, Status};

const AT: &str = "2026-01-01T00:00:00Z";

const CASCADE: &str = "# Decides payments.
name: c
version: '1'
stages:
  CHEAP:
    name: CHEAP
    handler: {kind: none}
    routing_rules:
      # the only one
      - {name: small, condition: {field: amount, operator: <, value: 10}, action: {type: terminate, outcome: pass}}
  DEAR:
    name: DEAR
    handler: {kind: native}
";

fn proposal(id: &str, condition: &Value) -> Proposal {
    let mut value: Value = serde_json::from_str(include_str!("../../tests/fixtures/proposal.json")).expect("JSON");
    value["id"] = id.into();
    value["name"] = format!("learned_{id}").into();
    value["rule"]["name"] = value["name"].clone();
    value["rule"]["condition"] = condition.clone();
    serde_json::from_value(value).expect("a proposal")
}

fn large(id: &str) -> Proposal {
    proposal(id, &json!({"field": "amount", "operator": ">", "value": 1000}))
}

fn change(id: &str, action: Action, why: Option<&str>, data: Value) -> Change {
    let why = why.map(str::to_owned);
    Change { proposal: id.to_owned(), action, who: "rev".to_owned(), at: AT.to_owned(), why, data }
}

fn store(folder: &tempfile::TempDir) -> Store {
    Store::open(folder.path().join("proposals.log")).expect("opens")
}

/// What was recorded of the reference; nothing where the files are not there.
fn recorded() -> Option<Vec<Value>> {
    let shared = std::env::var_os("CASCATA_SHARED").map(PathBuf::from);
    let shared = shared.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared"));
    let text = std::fs::read_to_string(shared.join("conformance/apls.jsonl")).ok()?;
    let rows = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    Some(rows.filter(|row| row["kind"] == "proposal").collect())
}

/// The rows of the reference's figures that tell the life of one proposal, written down here so that they are tested everywhere.
const LIVES: [(&str, &str, &str); 5] = [
    ("approve start_testing record activate deprecate", "deprecated", ""),
    ("approve activate deprecate approve", "deprecated", "approve"),
    ("reject approve", "rejected", "approve"),
    ("approve start_testing reject", "testing", "reject"),
    ("record", "pending_review", "record"),
];

fn action(name: &str) -> Action {
    serde_json::from_value(name.into()).expect("an action")
}

#[test]
fn only_legal_moves_change_where_a_proposal_stands() {
    for (moves, end, refused) in LIVES {
        let folder = tempfile::tempdir().unwrap();
        let mut store = store(&folder);
        store.add(&large("p1"), None, "learner", AT).unwrap();
        let moves_made: Vec<_> = moves.split(' ').collect();
        for (at, name) in moves_made.iter().enumerate() {
            let applied = store.apply(change("p1", action(name), Some("n"), Value::Null));
            let code = applied.map(|_| ()).map_err(|error| error.code());
            let last = at + 1 == moves_made.len();
            assert_eq!(code, if last && *name == refused { Err("C0404") } else { Ok(()) }, "{moves}: {name}");
        }
        assert_eq!(store.get("p1").unwrap().status.name(), end, "{moves}");
    }
}

#[test]
fn recorded_lives_of_proposals_are_those_of_the_reference() {
    let Some(rows) = recorded() else {
        println!("skipped: no recorded rows here");
        return;
    };
    assert!(!rows.is_empty());
    for row in rows {
        let folder = tempfile::tempdir().unwrap();
        let mut store = store(&folder);
        store.add(&large("p1"), None, "learner", AT).unwrap();
        let expected = &row["expected"];
        for (name, step) in row["actions"].as_array().unwrap().iter().zip(expected["steps"].as_array().unwrap()) {
            let name = name.as_str().unwrap();
            let (why, data) = match name {
                "approve" | "reject" => (Some("n"), Value::Null),
                "deprecate" => (Some("old"), Value::Null),
                "record" => (None, json!({"acc": 0.9})),
                _ => (None, Value::Null),
            };
            let applied = store.apply(change("p1", action(name), why, data));
            assert_eq!(applied.is_err(), step.get("error").is_some(), "{row}");
            assert_eq!(store.get("p1").unwrap().status.name(), step["status"], "{row}");
        }
        let kept = store.get("p1").unwrap();
        assert_eq!(json!(kept.reviewer), expected["reviewer"], "{row}");
        assert_eq!(json!(kept.review_notes), expected["review_notes"], "{row}");
        assert_eq!(json!(kept.test_results), expected["test_results"], "{row}");
        assert_eq!(json!(kept.reviewed_at.is_some()), expected["has_reviewed_at"], "{row}");
        assert_eq!(json!(kept.activated_at.is_some()), expected["has_activated_at"], "{row}");
        let count = |status| store.proposals().filter(|kept| kept.status == status).count();
        assert_eq!(json!(count(Status::Active)), expected["listed_active"], "{row}");
        assert_eq!(json!(count(Status::PendingReview)), expected["listed_pending"], "{row}");
    }
}

fn filled(folder: &tempfile::TempDir) -> PathBuf {
    let mut store = store(folder);
    assert!(store.add(&large("p1"), Some("c.yaml"), "learner", AT).unwrap());
    assert!(!store.add(&large("p1"), None, "again", AT).unwrap());
    store.add(&large("p2"), None, "learner", AT).unwrap();
    store.apply(change("p1", Action::Approve, Some("fine"), Value::Null)).unwrap();
    store.apply(change("p1", Action::StartTesting, None, Value::Null)).unwrap();
    store.path().to_owned()
}

#[test]
fn a_log_that_was_changed_is_refused_and_the_entry_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = filled(&folder);
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 4);
    let without = |at: usize| {
        let kept = lines.iter().enumerate().filter(|(number, _)| *number != at);
        kept.map(|(_, line)| format!("{line}\n")).collect::<String>()
    };
    let mut swapped = lines.clone();
    swapped.swap(0, 1);
    let cases = [
        (text.replacen("fine", "good", 1), 3),
        (without(1), 2),
        (without(0), 1),
        (swapped.join("\n") + "\n", 1),
        (text.clone() + lines[3] + "\n", 5),
    ];
    for (changed, at) in cases {
        std::fs::write(&path, &changed).unwrap();
        match Store::open(&path) {
            Err(ProposalError::Changed { entry, .. }) => assert_eq!(entry, at, "{changed}"),
            other => panic!("{other:?}"),
        }
    }
    // Taking the end away leaves a log that is whole: its head tells.
    std::fs::write(&path, &text).unwrap();
    let (count, head) = {
        let store = Store::open(&path).unwrap();
        let (count, head) = store.head();
        (count, head.to_owned())
    };
    std::fs::write(&path, without(3)).unwrap();
    let short = Store::open(&path).unwrap();
    assert_ne!(short.head(), (count, head.as_str()));
}

#[test]
fn what_a_crash_left_counts_for_nothing_and_is_cut_off() {
    let folder = tempfile::tempdir().unwrap();
    let path = filled(&folder);
    let whole = std::fs::read(&path).unwrap();
    let before = whole[..whole.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
    for end in before..whole.len() {
        std::fs::write(&path, &whole[..end]).unwrap();
        assert_eq!(Store::open(&path).unwrap().get("p1").unwrap().status, Status::Approved);
    }
    let mut store = Store::open(&path).unwrap();
    store.apply(change("p2", Action::Reject, Some("no"), Value::Null)).unwrap();
    let read = Store::open(&path).unwrap();
    assert_eq!((read.head().0, read.get("p2").unwrap().status), (4, Status::Rejected));
}

#[test]
fn what_others_did_meanwhile_counts() {
    let folder = tempfile::tempdir().unwrap();
    let path = filled(&folder);
    let (mut one, mut other) = (Store::open(&path).unwrap(), Store::open(&path).unwrap());
    one.apply(change("p2", Action::Reject, None, Value::Null)).unwrap();
    let refused = other.apply(change("p2", Action::Approve, None, Value::Null)).unwrap_err();
    assert_eq!(refused.code(), "C0404");
    let threads: Vec<_> = (0..4)
        .map(|thread| {
            let path = path.clone();
            std::thread::spawn(move || {
                let mut store = Store::open(path).unwrap();
                (0..5).for_each(|number| {
                    assert!(store.add(&large(&format!("q{thread}{number}")), None, "t", AT).unwrap())
                });
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(Store::open(&path).unwrap().proposals().count(), 22);
}

#[test]
fn ids_may_be_shortened_as_long_as_they_name_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = store(&folder);
    store.add(&large("pabc"), None, "l", AT).unwrap();
    store.add(&large("pabd"), None, "l", AT).unwrap();
    assert_eq!(store.get("pabc").unwrap().proposal.id, "pabc");
    for id in ["pab", "", "x"] {
        assert_eq!(store.get(id).unwrap_err().code(), "C0403", "{id}");
    }
}

#[test]
fn a_rule_goes_into_the_cascade_in_shadow_mode_then_acts_then_is_gone() {
    let source = Source::new("c.yaml", CASCADE);
    let shadow = with_rule(&source, &large("p1"), RuleMode::Shadow).unwrap();
    assert!(
        shadow.text.contains("mode: shadow") && shadow.text.contains("# proposal p1: learned from DEAR"),
        "{}",
        shadow.text
    );
    assert!(shadow.text.contains("# Decides payments.") && shadow.text.contains("# the only one"));
    assert_eq!(shadow.meets, []);
    let shadow_source = Source::new("c.yaml", shadow.text);
    let active = with_rule(&shadow_source, &large("p1"), RuleMode::Active).unwrap();
    assert!(!active.text.contains("mode: shadow"), "{}", active.text);
    assert_eq!(active.text.matches("learned_p1").count(), 1);
    assert_eq!(active.before, Some(shadow.after));
    let gone = without_rule(&Source::new("c.yaml", active.text), &large("p1")).unwrap();
    assert_eq!(Some(gone.after), shadow.before);
    assert_eq!(without_rule(&Source::new("c.yaml", gone.text), &large("p1")).unwrap_err().code(), "C0405");
}

#[test]
fn rules_that_a_proposal_meets_are_told_and_mistakes_refused() {
    let source = Source::new("c.yaml", CASCADE);
    let never = json!({"operator": "AND", "conditions": [
        {"field": "amount", "operator": "<", "value": 3}, {"field": "amount", "operator": ">", "value": 5},
    ]});
    let met = with_rule(&source, &proposal("p2", &never), RuleMode::Active).unwrap().meets;
    assert!(!met.is_empty(), "a rule that never holds");
    assert!(met.iter().all(|meeting| meeting.code.starts_with('W')), "{met:?}");
    let wrong = proposal("p3", &json!({"field": "amount", "operator": "LIKE", "value": 10}));
    assert_eq!(with_rule(&source, &wrong, RuleMode::Active).unwrap_err().code(), "C0406");
    let mut lost = large("p4");
    lost.target = "NOWHERE".to_owned();
    assert_eq!(with_rule(&source, &lost, RuleMode::Active).unwrap_err().code(), "C0405");
}

fn decision(shadow: Value, dear: Option<Value>) -> cascata_record::DecisionRecord {
    let mut stages = vec![json!({"name": "CHEAP", "status": "rules", "result": null, "attempts": 0, "time_us": 1})];
    stages.extend(
        dear.map(|result| json!({"name": "DEAR", "status": "ok", "result": result, "attempts": 1, "time_us": 1})),
    );
    let record = json!({
        "v": 1, "mode": "replay", "id": "1", "cascade": "c", "version": "1", "program_hash": "", "now": AT, "event": {},
        "outcome": null, "outcome_source": "none", "stages": stages, "fired": [], "shadow": shadow, "skipped": [], "decisions": [],
        "writes": [], "errors": [], "terminated": false, "success": true, "time_us": 1,
    });
    serde_json::from_value(record).unwrap()
}

#[test]
fn what_a_shadow_rule_would_have_done_is_counted_against_the_dear_stage() {
    let mut counts = ShadowCounts::default();
    let held = json!([{"stage": "CHEAP", "rule": "learned_p1", "type": "routing", "action": "terminate"}]);
    let failed = json!([{"stage": "CHEAP", "rule": "learned_p1", "type": "routing", "trap": "V0301"}]);
    for (shadow, dear, times) in [
        (held.clone(), Some(json!("deny")), 3),
        (held.clone(), Some(json!("pass")), 1),
        (held, None, 1),
        (failed, Some(json!("deny")), 1),
        (json!([]), Some(json!("deny")), 5),
    ] {
        (0..times).for_each(|_| counts.take(&decision(shadow.clone(), dear.clone()), &large("p1")));
    }
    let expected = ShadowCounts { decisions: 11, matched: 5, agreed: 3, disagreed: 1, unknown: 1, errors: 1 };
    assert_eq!(counts, expected);
    assert!((counts.precision() - 0.75).abs() < 1e-9 && counts.precision_lower() < 0.75);
}

#[test]
fn a_rule_from_words_is_a_proposal_that_compiles_or_none() {
    let source = Source::new("c.yaml", CASCADE);
    let examples: [Example; 0] = [];
    let deny = json!("deny");
    let request = Request {
        cascade: &source,
        stage: "DEAR",
        target: "CHEAP",
        answer: &deny,
        description: "large payments",
        examples: &examples,
    };
    let mut asked = String::new();
    let mut writer = WriterFn(|prompt: &str| {
        prompt.clone_into(&mut asked);
        Ok("Here it is:\n```json\n{\"name\": \"large\", \"condition\": {\"field\": \"amount\", \"operator\": \">\", \"value\": 900}, \"action\": {\"type\": \"terminate\", \"outcome\": \"deny\"}}\n```".to_owned())
    });
    let made = ask(&mut writer, &request).unwrap();
    assert!(
        asked.contains("large payments") && asked.contains("the stage CHEAP") && asked.contains("# Decides payments.")
    );
    assert_eq!(
        (made.when.as_str(), made.conditions, made.recommendation),
        ("amount > 900", 1, Recommendation::Monitor)
    );
    assert!(made.id.starts_with('p') && made.id.len() == 13 && made.precision_lower == 0.0);
    let after = with_rule(&source, &made, RuleMode::Active).unwrap();
    assert!(compile(&Source::new("c.yaml", after.text), &Options::default()).image.is_some());
    for (answer, code) in [
        ("no idea", "C0407"),
        (
            "{\"name\": \"x\", \"condition\": {\"field\": \"a\", \"operator\": \"LIKE\"}, \"action\": {\"type\": \"terminate\", \"outcome\": \"deny\"}}",
            "C0406",
        ),
        ("{\"name\": \"x\", \"condition\": {}, \"action\": {\"type\": \"skip_to\", \"target\": \"DEAR\"}}", "C0407"),
    ] {
        assert_eq!(ask(&mut WriterFn(|_: &str| Ok(answer.to_owned())), &request).unwrap_err().code(), code, "{answer}");
    }
    let failing = ask(&mut WriterFn(|_: &str| Err("no network".into())), &request).unwrap_err();
    assert!(failing.to_string().contains("no network"));
}
