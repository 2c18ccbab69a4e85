//! Rules learned yesterday against the flows of another time: a backtest has to say that they no longer hold.

mod support;

use std::ops::Range;

use cascata_learn::{Backtest, BacktestReport, Example, Learned, Learner, Options, Recommendation};
use serde_json::Value;
use support::shift::{shifted, unshifted};
use support::{answer, events, examples};

/// What the whole promise is told of, and what every run of the tests looks at.
const ALL: Range<u64> = 0..20;
const FEW: Range<u64> = 0..2;

const WAYS: [&str; 2] = ["unshifted", "shifted"];

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

/// How many ordinary days, and how many shifted ones, a backtest rejects.
fn backtests(flows: Vec<Value>, seeds: Range<u64>) -> [u64; 2] {
    let (known, later): (Vec<_>, Vec<_>) = flows.into_iter().enumerate().partition(|(at, _)| at % 3 != 0);
    let [known, later] = [known, later].map(|flows| flows.into_iter().map(|(_, flow)| flow).collect::<Vec<_>>());
    let later: Vec<_> = later.into_iter().step_by(2).collect();
    let learned = learned(&known);
    let mut rejected = [0; 2];
    for seed in seeds {
        for (way, day) in [unshifted(&later, seed), shifted(&later, seed)].into_iter().enumerate() {
            let report = replay(&learned, &day);
            assert_eq!((report.events, report.errors, report.bad), (day.len() as u64, 0, 0));
            rejected[way] += u64::from(report.recommendation == Recommendation::Reject);
            println!(
                "backtest, seed {seed}, {}: {:?}, precision {:.4}, coverage {:.4}",
                WAYS[way],
                report.recommendation,
                report.together.precision(),
                report.together.coverage(),
            );
        }
    }
    rejected
}

/// A learner that is quick enough to be asked forty times.
fn quick(examples: impl IntoIterator<Item = Example>) -> Learned {
    let mut options = Options::default();
    (options.max_conditions, options.max_rules, options.cuts) = (2, 12, 16);
    let mut learner = Learner::new(options);
    examples.into_iter().for_each(|example| learner.add(example));
    learner.finish().expect("its rules pass the compiler")
}

/// How many runs of the learner are rejected, over records of one world, and over those whose newer half is of another.
fn learners(flows: Vec<Value>, seeds: Range<u64>) -> [u64; 2] {
    let flows: Vec<_> = flows.into_iter().step_by(4).collect();
    let mut rejected = [0; 2];
    for seed in seeds {
        let older = examples(&unshifted(&flows, 1_000 + seed));
        for (way, newer) in [unshifted(&flows, seed), shifted(&flows, seed)].into_iter().enumerate() {
            let learned = quick(older.iter().cloned().chain(examples(&newer)));
            rejected[way] += u64::from(learned.recommendation == Recommendation::Reject);
            let forward = learned.forward.expect("rules of the older half");
            println!(
                "learn, seed {seed}, {}: {:?}, rules of the older half right for {:.4} of it and {:.4} of the newer one, p {:.2e}",
                WAYS[way],
                learned.recommendation,
                forward.older.precision(),
                forward.newer.precision(),
                forward.precision_p,
            );
        }
    }
    rejected
}

#[test]
fn a_backtest_rejects_what_was_learned_for_another_time_and_nothing_else() {
    let Some(flows) = events("network_flows.ndjson.gz") else { return };
    assert_eq!(backtests(flows, FEW), [0, FEW.end]);
}

#[test]
fn records_of_two_worlds_teach_nothing_and_those_of_one_do() {
    let Some(flows) = events("network_flows.ndjson.gz") else { return };
    assert_eq!(learners(flows, FEW), [0, FEW.end]);
}

#[test]
#[ignore = "minutes: cargo test --release -p cascata-learn --test drift -- --ignored --nocapture; its output is in benches/runs"]
fn nineteen_of_twenty_shifted_worlds_are_rejected_and_at_most_one_of_twenty_others() {
    let Some(flows) = events("network_flows.ndjson.gz") else { return };
    // Other seeds than the twenty tell whether the check was made for these.
    let from = std::env::var("SEEDS_FROM").ok().and_then(|from| from.parse().ok()).unwrap_or(ALL.start);
    let count = std::env::var("SEEDS").ok().and_then(|count| count.parse().ok()).unwrap_or(ALL.end);
    for rejected in [backtests(flows.clone(), from..from + count), learners(flows, from..from + count)] {
        println!("rejected: {} of {count} without a change, {} of {count} with one", rejected[0], rejected[1]);
        assert!(rejected[0] * 20 <= count && rejected[1] * 20 >= count * 19, "{rejected:?}");
    }
}

#[test]
fn the_machine_counts_what_the_learner_counted() {
    for name in ["network_flows.ndjson.gz", "sms_messages.ndjson.gz"] {
        let Some(events) = events(name) else { return };
        let events: Vec<_> = events.into_iter().step_by(2).collect();
        let learned = quick(examples(&events));
        let mut backtest = Backtest::new(&learned.proposals).expect("its rules compile");
        for event in events.iter().filter(|event| is_reported(event)) {
            let answer = answer(event);
            backtest.event(&event.to_string(), cascata_vm::Value::Text(answer.as_str().unwrap()));
        }
        let report = backtest.report(&Options::default(), None);
        assert_eq!(report.together, learned.together.report);
        for (replayed, proposal) in report.rules.iter().zip(&learned.proposals) {
            assert_eq!((&replayed.id, replayed.tally.counts), (&proposal.id, proposal.measured.report));
        }
    }
}

fn is_reported(event: &Value) -> bool {
    cascata_learn::Part::of(event["id"].as_str().unwrap()) == cascata_learn::Part::Report
}
