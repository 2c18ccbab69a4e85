//! `cascata propose`: from a proposal to a rule in service and back.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use serde_json::{Value, json};

use crate::support::*;

/// Cheap rules before a dear stage, which is rules here so that no module is needed.
const CASCADE: &str = "# Decides payments.
name: payments
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
    handler: {kind: none}
    routing_rules:
      - {name: large, condition: {field: amount, operator: '>', value: 1000}, action: {type: terminate, outcome: deny}}
      - {name: other, condition: {field: amount, operator: EXISTS}, action: {type: terminate, outcome: pass}}
";

fn proposal(id: &str, condition: &Value, measured: &Value) -> Value {
    let mut value: Value =
        serde_json::from_str(include_str!("../../learn/tests/fixtures/proposal.json")).expect("JSON");
    value["id"] = id.into();
    value["name"] = format!("learned_{id}").into();
    value["rule"] =
        json!({"name": value["name"], "condition": condition, "action": {"type": "terminate", "outcome": "deny"}});
    value["measured"]["report"] = measured.clone();
    value
}

/// A folder with a cascade and a store that has one proposal for it.
struct Bench {
    scratch: tempfile::TempDir,
    cascade: String,
    store: String,
}

impl Bench {
    fn new(proposals: &[Value]) -> Self {
        let scratch = scratch();
        let cascade = put(&scratch, "payments.yaml", CASCADE.as_bytes());
        cascata(&["fmt", &cascade]).exits(0);
        let store = scratch.path().join("proposals.log").to_str().unwrap().to_owned();
        let file = put(&scratch, "proposals.json", json!({ "proposals": proposals }).to_string().as_bytes());
        let bench = Self { scratch, cascade, store };
        let cascade = bench.cascade.clone();
        bench.propose(&["import", &file, "--cascade", &cascade, "--by", "learner"]).exits(0);
        bench
    }

    fn propose(&self, arguments: &[&str]) -> Ran {
        cascata(&[&["propose", "--store", &self.store], arguments].concat())
    }

    fn kept(&self, id: &str) -> Value {
        self.propose(&["show", id, "--format", "json"]).exits(0).lines_as_one()
    }

    fn text(&self) -> String {
        std::fs::read_to_string(&self.cascade).unwrap()
    }

    /// Records decisions of the cascade as it is; the amounts are those of the events.
    fn record(&self, name: &str, amounts: &[u32]) -> String {
        let folder = self.scratch.path().join(name).to_str().unwrap().to_owned();
        let events: String = amounts.iter().map(|amount| format!("{{\"amount\": {amount}}}\n")).collect();
        with_stdin(&["run", "-q", "-j", "1", &self.cascade, "--record", &folder], events.as_bytes()).exits(0);
        folder
    }
}

fn large() -> Value {
    proposal(
        "p1",
        &json!({"field": "amount", "operator": ">", "value": 2000}),
        &json!({"examples": 100, "positives": 50, "matched": 20, "right": 20}),
    )
}

#[test]
fn a_proposal_goes_through_review_shadow_and_service_and_out_again() {
    let bench = Bench::new(&[large()]);
    let before = bench.text();
    bench.propose(&["activate", "p1", "--by", "ann"]).exits(1).says("C0404");
    assert_eq!(bench.text(), before, "an illegal move changes no file");
    bench.propose(&["approve", "p1", "--by", "ann", "--why", "fine"]).exits(0);
    bench.propose(&["shadow", "p1", "--by", "ann"]).exits(0);
    assert!(bench.text().contains("mode: shadow") && bench.text().contains("# the only one"), "{}", bench.text());
    // No decision is touched, and what would have been done is recorded.
    let records = bench.record("shadow", &[5, 500, 3000, 4000]);
    let verdicts = cascata(&["records", "cat", &records]).exits(0).outcomes();
    assert_eq!(verdicts, ["pass", "pass", "deny", "deny"]);
    let stats = cascata(&["records", "stats", &records, "--format", "json"]).exits(0).lines_as_one();
    let rule = json!({"stage": "CHEAP", "rule": "learned_p1", "fired": 0, "shadow": 2, "shadow_errors": 0});
    assert!(stats["rules"].as_array().unwrap().contains(&rule), "{stats}");
    let counted = bench
        .propose(&["shadow", "p1", "--records", &records, "--by", "ann", "--format", "json"])
        .exits(0)
        .lines_as_one();
    assert_eq!((&counted["shadow"]["matched"], &counted["shadow"]["decisions"]), (&json!(2), &json!(4)));
    assert_eq!(bench.kept("p1")["test_results"]["shadow"], counted["shadow"]);

    bench.propose(&["activate", "p1", "--by", "ann"]).exits(0);
    assert!(!bench.text().contains("mode: shadow") && bench.text().contains("learned_p1"), "{}", bench.text());
    let records = bench.record("active", &[3000]);
    let record = cascata(&["records", "cat", &records]).exits(0).lines().remove(0);
    assert_eq!(record["stages"].as_array().unwrap().len(), 1, "the dear stage was not needed");
    bench.propose(&["deprecate", "p1", "--by", "bob"]).exits(2).says("--why");
    bench.propose(&["deprecate", "p1", "--by", "bob", "--why", "old"]).exits(0);
    assert_eq!(bench.text(), before, "rolled back to the byte");
    let kept = bench.kept("p1");
    assert_eq!((&kept["status"], &kept["reviewer"]), (&json!("deprecated"), &json!("ann")));
    assert_eq!(kept["review_notes"], "fine\n\nDeprecation reason: old");
    let actions: Vec<_> =
        kept["history"].as_array().unwrap().iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["add", "approve", "start_testing", "record", "record", "activate", "deprecate"]);
}

#[test]
fn a_backtest_holds_a_rule_against_what_was_recorded() {
    let wrong = json!({"examples": 1_000, "positives": 500, "matched": 400, "right": 396});
    let small = proposal("p2", &json!({"field": "amount", "operator": ">", "value": 100}), &wrong);
    let bench = Bench::new(&[large(), small]);
    let amounts: Vec<_> = (0..40).map(|number| number * 100 + 50).collect();
    let records = bench.record("records", &amounts);
    let backtest = |id: &str, code| {
        bench
            .propose(&["backtest", id, "--records", &records, "--by", "ann", "--format", "json"])
            .exits(code)
            .lines_as_one()
    };
    // DEAR is rules only and has no result of its own: nothing that is known.
    let looked = backtest("p1", 1);
    assert_eq!((&looked["noted"], &looked["backtest"]["unknown"]), (&json!(false), &json!(20)));
    assert_eq!(looked["backtest"]["counts"]["matched"], 0);
    assert_eq!((&looked["backtest"]["calls_saved"], &looked["backtest"]["verdicts_changed"]), (&json!(20), &json!(0)));
    // With its answers in the records it is.
    let lines = cascata(&["records", "cat", &records]).exits(0).lines().into_iter().map(|mut record| {
        let large = record["event"]["amount"].as_u64() > Some(1000);
        for stage in record["stages"].as_array_mut().unwrap().iter_mut().filter(|stage| stage["name"] == "DEAR") {
            stage["status"] = json!("ok");
            stage["result"] = if large { json!("deny") } else { json!("pass") };
        }
        format!("{record}\n")
    });
    let answered = put(&bench.scratch, "answered.ndjson", lines.collect::<String>().as_bytes());
    bench.propose(&["approve", "p1", "--by", "ann"]).exits(0);
    let held = bench.propose(&["backtest", "p1", "--records", &answered, "--by", "ann"]).exits(0).out;
    assert!(held.contains("precision 100.0 %") && held.contains("it holds"), "{held}");
    assert!(!held.contains("meets"), "{held}");
    let small = proposal(
        "p5",
        &json!({"field": "amount", "operator": "<", "value": 100}),
        &json!(large()["measured"]["report"]),
    );
    let small = put(&bench.scratch, "small.json", small.to_string().as_bytes());
    bench.propose(&["import", &small, "--cascade", &bench.cascade, "--by", "ann"]).exits(0);
    let records = bench.record("small", &[5, 5, 50]);
    let met = bench.propose(&["backtest", "p5", "--records", &records]).exits(1).out;
    assert!(met.contains("meets     small on 2 of 3"), "{met}");
    let noted = &bench.kept("p1")["test_results"]["backtest"];
    assert_eq!((&noted["counts"]["matched"], &noted["counts"]["right"]), (&json!(20), &json!(20)));
    assert_eq!((&noted["holds"], &noted["records"]), (&json!(true), &json!(40)));
    assert_eq!(bench.kept("p1")["status"], "testing");
    // Learned at 99 %, a quarter of its answers is wrong now.
    let failed = bench.propose(&["backtest", "p2", "--records", &answered]).exits(1).out;
    assert!(failed.contains("it does not hold: its precision is below 99.00 %"), "{failed}");
    // Both at once are a list as well.
    let both = bench.propose(&["backtest", "p1", "p2", "--records", &answered, "--by", "ann"]).exits(1).out;
    assert!(both.contains("together REJECT: 39 of 40 calls away"), "{both}");
}

#[test]
fn rules_that_do_not_compile_are_not_taken_and_those_they_meet_are_told() {
    let bench = Bench::new(&[large()]);
    let wrong =
        proposal("p3", &json!({"field": "amount", "operator": "LIKE", "value": 1}), &large()["measured"]["report"]);
    let never = json!({"operator": "AND", "conditions": [
        {"field": "amount", "operator": "<", "value": 3}, {"field": "amount", "operator": ">", "value": 5},
    ]});
    let never = proposal("p4", &never, &large()["measured"]["report"]);
    let both = put(&bench.scratch, "both.json", format!("{never}\n{wrong}\n").as_bytes());
    bench.propose(&["import", &both, "--cascade", &bench.cascade, "--by", "x"]).exits(3).says("C0406");
    assert!(!bench.propose(&["list"]).exits(0).out.contains("p4"), "all or none");
    let never = put(&bench.scratch, "never.json", never.to_string().as_bytes());
    let ran = bench.propose(&["import", &never, "--cascade", &bench.cascade, "--by", "x"]).exits(0);
    assert!(ran.out.starts_with("p4: W") && ran.out.contains("1 proposal for review"), "{}", ran.out);
    bench.propose(&["approve", "p4", "--by", "x"]).exits(0);
    let dry = bench.propose(&["activate", "p4", "--by", "x", "--dry-run"]).exits(0);
    assert!(dry.out.contains("nothing was changed") && !bench.text().contains("p4"), "{}", dry.out);
}

#[test]
fn the_log_tells_who_did_what_and_whether_it_was_changed() {
    let bench = Bench::new(&[large()]);
    bench.propose(&["reject", "p1", "--by", "ann"]).exits(2).says("--why");
    let noted = bench.propose(&["audit"]).exits(0).out;
    let noted = noted.split("head ").nth(1).unwrap().trim().to_owned();
    bench.propose(&["reject", "p1", "--by", "ann", "--why", "too \"broad\""]).exits(0);
    let text = bench.propose(&["audit", "--head", &noted]).exits(0).out;
    assert!(
        text.contains("reject -> rejected by ann: too \"broad\"") && text.contains("add -> pending_review by learner"),
        "{text}"
    );
    let head = text.split("head ").nth(1).unwrap().trim().to_owned();
    let log = std::fs::read_to_string(&bench.store).unwrap();
    std::fs::write(&bench.store, log.replace("broad", "short")).unwrap();
    bench.propose(&["audit"]).exits(1).says("C0402");
    bench.propose(&["list"]).exits(1).says("C0402");
    // Cut off at the end, only a note of the head shows it.
    let first = log.lines().next().unwrap();
    std::fs::write(&bench.store, format!("{first}\n")).unwrap();
    bench.propose(&["audit"]).exits(0);
    bench.propose(&["audit", "--head", &head]).exits(1).says("C0402");
    bench.propose(&["show", "p9"]).exits(2).says("C0403");
}

#[test]
fn what_is_exported_comes_in_for_review_elsewhere() {
    let bench = Bench::new(&[large()]);
    bench.propose(&["approve", "p1", "--by", "ann"]).exits(0);
    let exported = bench.propose(&["export"]).exits(0).out;
    let file = put(&bench.scratch, "exported.ndjson", exported.as_bytes());
    let other = bench.scratch.path().join("other.log").to_str().unwrap().to_owned();
    cascata(&["propose", "--store", &other, "import", &file, "--by", "bob"]).exits(0);
    let again = cascata(&["propose", "--store", &other, "import", &file, "--by", "bob"]).exits(0);
    assert!(again.out.contains("1 known already"), "{}", again.out);
    let list =
        cascata(&["propose", "--store", &other, "list", "--status", "pending_review", "--format", "json"]).exits(0);
    assert_eq!(list.lines()[0]["proposal"], bench.kept("p1")["proposal"]);
}

#[test]
fn a_running_engine_goes_over_to_what_is_published() {
    let bench = Bench::new(&[large()]);
    bench.propose(&["approve", "p1", "--by", "ann"]).exits(0);
    let mut child = command()
        .args(["run", &bench.cascade, "--watch", "-j", "1"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the tool starts");
    let mut events = child.stdin.take().expect("piped");
    let mut decisions = BufReader::new(child.stdout.take().expect("piped")).lines();
    let mut told = BufReader::new(child.stderr.take().expect("piped")).lines();
    let mut decide = || {
        events.write_all(b"{\"amount\": 3000}\n").and_then(|()| events.flush()).expect("is read");
        let line = decisions.next().expect("a decision").expect("a line");
        serde_json::from_str::<Value>(&line).expect("JSON")["stages"].as_array().expect("stages").len()
    };
    assert_eq!(decide(), 2);
    bench.propose(&["activate", "p1", "--by", "ann"]).exits(0);
    let mut wait_for = |text: &str| while !told.next().expect("goes on").expect("a line").contains(text) {};
    wait_for("reloaded");
    assert_eq!(decide(), 1);
    // A mistake leaves the program as it is.
    let good = bench.text();
    std::fs::write(&bench.cascade, good.replace("operator: EXISTS", "operator: LIKE")).unwrap();
    wait_for("stays");
    assert_eq!(decide(), 1);
    std::fs::write(&bench.cascade, good).unwrap();
    bench.propose(&["deprecate", "p1", "--by", "ann", "--why", "old"]).exits(0);
    wait_for("reloaded");
    assert_eq!(decide(), 2);
    drop(events);
    assert!(child.wait().expect("ends").success());
}

#[test]
fn a_rule_is_written_by_whatever_a_cascade_calls_and_waits_for_review() {
    let bench = Bench::new(&[]);
    let write = |answer: &Value, code| {
        let rule = json!({"name": "huge", "condition": {"field": "amount", "operator": ">", "value": 5000},
            "action": {"type": "terminate", "outcome": answer}});
        // What a model says: words around a rule. The prompt has to name what it is about.
        let said = format!("Here it is:\n```json\n{rule}\n```");
        let writer = json!({"name": "model", "version": "1", "stages": {"MODEL": {"name": "MODEL", "handler": {"kind": "none"},
            "routing_rules": [{"name": "asked", "action": {"type": "terminate", "outcome": said},
                "condition": {"field": "prompt", "operator": "CONTAINS", "value": "sums nobody has"}}]}}});
        let writer = put(&bench.scratch, "model.json", writer.to_string().as_bytes());
        bench
            .propose(&[
                "write",
                "--writer",
                &writer,
                "--cascade",
                &bench.cascade,
                "--stage",
                "DEAR",
                "--target",
                "CHEAP",
                "--answer",
                "\"deny\"",
                "--about",
                "sums nobody has",
                "--by",
                "ann",
                "--format",
                "json",
            ])
            .exits(code)
    };
    write(&json!("pass"), 1).says("C0407");
    let written = write(&json!("deny"), 0).lines_as_one();
    let id = written["proposal"]["id"].as_str().unwrap();
    assert_eq!((&written["added"], &written["proposal"]["when"]), (&json!(true), &json!("amount > 5000")));
    assert_eq!(bench.kept(id)["status"], "pending_review");
    let records = bench.record("written", &[6000, 7000, 20]);
    let looked = bench.propose(&["backtest", id, "--records", &records, "--format", "json"]).exits(1).lines_as_one();
    assert_eq!((&looked["noted"], &looked["backtest"]["unknown"]), (&json!(false), &json!(2)));
}
