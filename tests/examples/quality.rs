//! How good the decisions are on real, labelled events. Skipped, loudly, where the data is not there.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use cascata::record::Mode;
use serde_json::Value;

use crate::cascade::{Runner, relabelled};

/// What was measured on the part on which nothing was fitted, less a little: a compiler or runtime that
/// decides otherwise shows, new weights of the same quality do not. `examples/README.md` has the figures as measured.
struct Floor {
    accuracy: f64,
    precision: f64,
    recall: f64,
    /// The most events, as a share, that may reach the last stage: a cascade that asks its costliest stage about
    /// everything would be no worse at deciding and no good.
    deep: f64,
}

/// Verdicts against labels.
#[derive(Default)]
struct Tally {
    events: u32,
    hits: u32,
    false_alarms: u32,
    missed: u32,
    /// Events by how many stages ran.
    depth: BTreeMap<usize, u32>,
    /// Verdicts by name.
    outcomes: BTreeMap<String, u32>,
}

impl Tally {
    fn add(&mut self, bad: bool, outcome: &str, stages: usize) {
        // Whatever is not let through counts as caught: a person looks at it.
        let caught = outcome != "allow";
        self.events += 1;
        self.hits += u32::from(bad && caught);
        self.false_alarms += u32::from(!bad && caught);
        self.missed += u32::from(bad && !caught);
        *self.depth.entry(stages).or_default() += 1;
        *self.outcomes.entry(outcome.to_owned()).or_default() += 1;
    }

    fn accuracy(&self) -> f64 {
        1.0 - f64::from(self.false_alarms + self.missed) / f64::from(self.events)
    }

    fn precision(&self) -> f64 {
        f64::from(self.hits) / f64::from(self.hits + self.false_alarms)
    }

    fn recall(&self) -> f64 {
        f64::from(self.hits) / f64::from(self.hits + self.missed)
    }

    fn share_of_depth(&self, stages: usize) -> f64 {
        f64::from(self.depth.get(&stages).copied().unwrap_or(0)) / f64::from(self.events)
    }

    fn print(&self, what: &str) {
        let (accuracy, precision, recall) = (self.accuracy(), self.precision(), self.recall());
        println!(
            "{what}: {} events, accuracy {accuracy:.4}, precision {precision:.4}, recall {recall:.4}",
            self.events
        );
        println!("    stages run -> events: {:?}", self.depth);
        println!("    verdicts: {:?}", self.outcomes);
    }
}

/// Where the data lies; `None` where it does not.
fn data(file: &str) -> Option<PathBuf> {
    let shared = std::env::var_os("CASCATA_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    Some(shared.join("data").join(file)).filter(|path| path.exists())
}

/// The part of an id in the split that the training scripts make: 0 to 59 to fit, to 79 to tune, the rest to report.
fn place(id: &str) -> u32 {
    let mut hash = id.bytes().fold(0x811C_9DC5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    hash = (hash ^ (hash >> 16)).wrapping_mul(0x85EB_CA6B);
    hash = (hash ^ (hash >> 13)).wrapping_mul(0xC2B2_AE35);
    (hash ^ (hash >> 16)) % 100
}

/// Decides every event of a data file, and some of them again under another label.
fn measure(cascade: &str, file: &str, label: &str, floor: &Floor) {
    let Some(path) = data(file) else {
        println!("SKIPPED: {file} is not there; CASCATA_SHARED names the folder that holds data/{file}");
        return;
    };
    let runner = Runner::new(cascade);
    let (mut all, mut report) = (Tally::default(), Tally::default());
    let lines = BufReader::new(flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap())).lines();
    for (at, line) in lines.enumerate() {
        let line = line.unwrap();
        let event: Value = serde_json::from_str(&line).unwrap();
        let record = runner.record(&line, Mode::Summary);
        assert!(record.success, "{line}: {:?}", record.errors);
        let bad = event["label"][label].as_bool().unwrap();
        let outcome = record.outcome.as_str().unwrap();
        all.add(bad, outcome, record.stages.len());
        if place(event["id"].as_str().unwrap()) >= 80 {
            report.add(bad, outcome, record.stages.len());
        }
        if at % 29 == 0 {
            for changed in relabelled(&event) {
                assert_eq!(runner.verdict(&changed), crate::cascade::verdict(&record), "{line}");
            }
        }
    }
    all.print(&format!("{cascade}, everything"));
    report.print(&format!("{cascade}, part to report"));
    assert!(all.accuracy() >= floor.accuracy, "accuracy {} on everything", all.accuracy());
    assert!(report.accuracy() >= floor.accuracy, "accuracy {}", report.accuracy());
    assert!(report.precision() >= floor.precision, "precision {}", report.precision());
    assert!(report.recall() >= floor.recall, "recall {}", report.recall());
    assert!(report.share_of_depth(3) <= floor.deep, "{} reach the last stage", report.share_of_depth(3));
}

#[test]
fn real_messages_are_moderated_as_well_as_measured() {
    let floor = Floor { accuracy: 0.991, precision: 0.98, recall: 0.94, deep: 0.06 };
    measure("message_moderation", "sms_messages.ndjson.gz", "spam", &floor);
}

#[test]
fn real_flows_are_triaged_as_well_as_measured() {
    let floor = Floor { accuracy: 0.990, precision: 0.985, recall: 0.990, deep: 0.11 };
    measure("flow_triage", "network_flows.ndjson.gz", "attack", &floor);
}
