//! Rules over fields that are read already: each engine gets the events in the form it takes them in, made before the clock starts.
//!
//! Ten rules, and nine without the one that has a regular expression, over 256 events (hot: branches are learnt) and 8,192.

mod cel;
mod datalogic;
mod rego;
mod values;
mod wirefilter;
mod zen;

use std::hint::black_box;

use cascata_vm::json::{Extraction, JsonFacts, ReadOptions};
use peers_common::rules::{Payment, Place, by_hand, event, temp_mail};
use peers_common::{Contender, Rules, measure, program, trie};

/// Number of the rule with the regular expression.
const PATTERN: usize = 3;

/// The pattern, where `[.]` spares us the escapes of five languages.
const TEMP_MAIL: &str = ".*@(tempmail|mailinator)[.][a-z]+$";

/// Ten rules as texts of one language; nine of them without the pattern.
fn rules(all: &[&'static str], nine: bool) -> Vec<&'static str> {
    all.iter().enumerate().filter(|(at, _)| !nine || *at != PATTERN).map(|(_, rule)| *rule).collect()
}

/// The bits of the ten rules without that of the pattern.
fn without_pattern(bits: u32) -> u32 {
    (bits & ((1 << PATTERN) - 1)) | (bits >> (PATTERN + 1) << PATTERN)
}

/// One engine: what it says of an event, by number.
type Answers<'a> = Box<dyn FnMut(usize) -> u32 + 'a>;

fn main() {
    let pattern = temp_mail();
    for nine in [true, false] {
        let program = program(if nine { "nine_rules.cbc" } else { "ten_rules.cbc" });
        let (trie, list) = (trie(&program), Rules::of(&program));
        for count in [256, 8192] {
            let events: Vec<String> = (0..count).map(|seed| event(0, Place::Early, seed)).collect();
            let payments: Vec<Payment<'_>> =
                events.iter().map(|event| serde_json::from_str(event).expect("a valid event")).collect();
            let read = |event: &String| {
                let mut extraction = Extraction::new();
                extraction.read(&trie, event.as_bytes(), &ReadOptions::default()).expect("a valid event");
                extraction
            };
            let extracted: Vec<Extraction> = events.iter().map(read).collect();
            let hand = |at: usize| {
                let bits = by_hand(black_box(&payments[at]), (!nine).then_some(&pattern));
                if nine { without_pattern(bits) } else { bits }
            };
            let (mut of_json, of_host) = (list.clone(), list.clone());
            let scheme = wirefilter::scheme();
            let cel_root = ::cel::Context::default();
            let mut engines: Vec<(&'static str, Answers<'_>)> = vec![
                (
                    "cascata",
                    Box::new(|at| of_json.fired(&program, &JsonFacts::new(black_box(&events[at]), &extracted[at]))),
                ),
                ("cascata, a host's values", values::engine(&program, of_host, &payments)),
                ("wirefilter", wirefilter::engine(&scheme, &payments, nine)),
                ("datalogic-rs", datalogic::engine(&events, nine)),
                ("zen-expression", zen::engine(&events, nine)),
                ("cel", cel::engine(&cel_root, &payments, nine)),
                ("regorus RVM", rego::machine(&events, nine)),
                ("regorus interpreter", rego::interpreter(&events, nine)),
            ];
            // The answers come before the times.
            for at in 0..events.len() {
                for (name, answer) in &mut engines {
                    assert_eq!(answer(at), hand(at), "{name}: {}", events[at]);
                }
            }
            let mut contenders = vec![Contender::new("rules by hand in Rust", || {
                (0..payments.len()).for_each(|at| {
                    black_box(hand(at));
                });
            })];
            for (name, mut answer) in engines {
                contenders.push(Contender::new(name, move || {
                    (0..count as usize).for_each(|at| {
                        black_box(answer(at));
                    });
                }));
            }
            let rules = if nine { "9 rules, no pattern" } else { "10 rules, one pattern" };
            measure("rules", &format!("{rules}, {count} events"), events.len(), contenders);
        }
    }
}
