//! Rules learned yesterday against the flows of another time: a backtest has to say that they no longer hold.

mod support;

use cascata_learn::{Backtest, BacktestReport, Learned, Learner, Options, Recommendation};
use serde_json::Value;
use support::shift::{shifted, unshifted};
use support::{answer, events, examples};

const SEEDS: u64 = 20;

/// Two thirds are learned from; days are drawn from the rest.
fn learned(flows: &[Value]) -> Learned {
    let mut learner = Learner::new(Options::default());
    examples(flows).into_iter().for_each(|example| learner.add(example));
    learner.finish().expect("its rules pass the compiler")
}

fn replay(learned: &Learned, flows: &[Value]) -> BacktestReport {
    let mut backtest = Backtest::new(&learned.proposals).expect("its rules compile");
    for flow in flows {
        let answer = answer(flow);
        backtest.event(&flow.to_string(), cascata_vm::Value::Text(answer.as_str().unwrap()));
    }
    backtest.report(&Options::default(), Some(learned.together.report))
}

#[test]
fn a_backtest_rejects_what_was_learned_for_another_time_and_nothing_else() {
    let Some(flows) = events("network_flows.ndjson.gz") else { return };
    let (known, later): (Vec<_>, Vec<_>) = flows.into_iter().enumerate().partition(|(at, _)| at % 3 != 0);
    let [known, later] = [known, later].map(|flows| flows.into_iter().map(|(_, flow)| flow).collect::<Vec<_>>());
    let learned = learned(&known);
    let mut rejected = [0; 2];
    for seed in 0..SEEDS {
        for (way, day) in [unshifted(&later, seed), shifted(&later, seed)].into_iter().enumerate() {
            let report = replay(&learned, &day);
            assert_eq!((report.events, report.errors, report.bad), (day.len() as u64, 0, 0));
            let reject = report.recommendation == Recommendation::Reject;
            rejected[way] += u64::from(reject);
            println!(
                "seed {seed} way {way}: {:?} precision {:.4} coverage {:.4} {:?}",
                report.recommendation,
                report.together.precision(),
                report.together.coverage(),
                report.reasons.first()
            );
        }
    }
    assert!(rejected[0] * 20 <= SEEDS, "{} of {SEEDS} ordinary days rejected", rejected[0]);
    assert!(rejected[1] * 20 >= SEEDS * 19, "only {} of {SEEDS} shifted days rejected", rejected[1]);
}

#[test]
fn the_machine_counts_what_the_learner_counted() {
    for name in ["network_flows.ndjson.gz", "sms_messages.ndjson.gz"] {
        let Some(events) = events(name) else { return };
        let learned = learned(&events);
        let mut backtest = Backtest::new(&learned.proposals).expect("its rules compile");
        for event in events.iter().filter(|event| is_reported(event)) {
            let answer = answer(event);
            backtest.event(&event.to_string(), cascata_vm::Value::Text(answer.as_str().unwrap()));
        }
        let report = backtest.report(&Options::default(), None);
        assert_eq!(report.together, learned.together.report);
        for (replayed, proposal) in report.rules.iter().zip(&learned.proposals) {
            assert_eq!((&replayed.id, replayed.counts), (&proposal.id, proposal.measured.report));
        }
    }
}

fn is_reported(event: &Value) -> bool {
    cascata_learn::Part::of(event["id"].as_str().unwrap()) == cascata_learn::Part::Report
}
