//! The learner on real labelled data, with a stage that answers with the label: what the issue of expensive stages comes down to.

mod support;

use cascata_learn::{Example, Learned, Learner, Options, Recommendation};
use support::{events, examples};

fn learned(examples: Vec<Example>) -> Learned {
    let mut learner = Learner::new(Options::default());
    examples.into_iter().for_each(|example| learner.add(example));
    learner.finish().expect("its rules pass the compiler")
}

fn told(learned: &Learned) {
    let report = learned.together.report;
    for one in &learned.proposals {
        println!("{} {:?} {:?} {} {}", one.name, one.recommendation, one.measured.report, one.conditions, one.when);
    }
    println!(
        "{} rules of {} found, {} tried: coverage {:.4}, precision {:.4} (at least {:.4}) on {} reported; tune {:.4} {:.4}; {:?}",
        learned.proposals.len(),
        learned.found,
        learned.tried,
        report.coverage(),
        report.precision(),
        learned.precision_lower,
        report.examples,
        learned.together.tune.coverage(),
        learned.together.tune.precision(),
        learned.recommendation
    );
}

fn holds(name: &str, least: f64) {
    let Some(events) = events(name) else { return };
    let learned = learned(examples(&events));
    told(&learned);
    let report = learned.together.report;
    assert!(report.precision() >= 0.99, "{report:?}");
    assert!(report.coverage() >= least, "{report:?}");
    assert!(learned.proposals.len() <= 50);
    assert!(learned.proposals.iter().all(|one| one.conditions <= 6));
    assert_eq!(learned.recommendation, Recommendation::Migrate, "{:?}", learned.reasons);
}

#[test]
fn flows_need_the_expensive_stage_for_less_than_a_tenth() {
    holds("network_flows.ndjson.gz", 0.9);
}

#[test]
fn messages_need_the_expensive_stage_for_less_than_a_fifth() {
    holds("sms_messages.ndjson.gz", 0.8);
}

#[test]
fn the_answer_and_the_name_of_an_event_are_in_no_field() {
    for name in ["network_flows.ndjson.gz", "sms_messages.ndjson.gz"] {
        let Some(events) = events(name) else { return };
        for example in examples(&events) {
            let told = example.fields.iter().find(|(path, _)| path.starts_with("label") || &**path == "id");
            assert_eq!(told, None);
        }
    }
}
