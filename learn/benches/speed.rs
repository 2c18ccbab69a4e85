//! A million decision records from a recorder's folder to proposals, and ten candidates back over records:
//! `cargo bench -p cascata-learn --bench speed`.
//!
//! The records are the real flows, repeated with other ids and numbers that are moved a little, as a recorder in mode `replay` writes
//! them. Two threads read and take records apart, as `cascata learn` does; `RECORDS` says how many, `KEEP` where they are left.

#[path = "../tests/support/mod.rs"]
mod support;

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::Instant;

use cascata_learn::{Backtest, Costs, Learned, Learner, Options, RecordReader, StageCost, Taken};
use cascata_record::DecisionRecord;
use cascata_record::log::{Block, Reader, RecordSettings, Recorder};
use serde_json::{Value, json};
use support::shift::Random;
use support::{answer, events};

const THREADS: usize = 2;

/// A flow as it might have been.
fn moved(flow: &Value, random: &mut Random, number: usize) -> Value {
    let mut flow = flow.clone();
    flow["id"] = json!(format!("e{number}"));
    for key in ["src_bytes", "dst_bytes", "duration"] {
        let value = flow["flow"][key].as_f64().unwrap_or(0.0) * (0.97 + 0.06 * random.share());
        flow["flow"][key] = json!(value.round() as u64);
    }
    flow
}

fn record(flow: &Value, number: usize) -> DecisionRecord {
    let verdict = answer(flow);
    let at = cascata_vm::ops::time_text(1_760_000_000_000_000 + 250_000 * number as i64).unwrap_or_default();
    let text = json!({
        "v": 1, "mode": "replay", "id": format!("{number:032x}"), "cascade": "flow_triage", "version": "1.0",
        "program_hash": "0".repeat(64), "now": at, "event": flow, "outcome": verdict, "outcome_source": "terminate",
        "stages": [
            {"name": "RULES", "status": "rules", "result": null, "attempts": 0, "time_us": 0},
            {"name": "DEEP", "status": "ok", "result": verdict, "confidence": 0.98, "attempts": 1, "time_us": 180, "fuel": 5000},
        ],
        "fired": [], "skipped": [], "decisions": [], "writes": [], "errors": [], "terminated": true, "success": true,
        "time_us": 210,
    });
    serde_json::from_value(text).expect("a record")
}

fn write(folder: &Path, flows: &[Value], count: usize) {
    let settings: RecordSettings = serde_json::from_value(json!({"max_bytes": 0, "sync": "none"})).expect("settings");
    let recorder = Recorder::open(folder, settings).expect("a folder");
    let mut random = Random::new(7);
    for number in 0..count {
        let flow = moved(&flows[random.below(flows.len())], &mut random, number);
        recorder.write(record(&flow, number));
    }
    recorder.close().expect("written");
}

/// Blocks of records to as many workers as there are threads.
fn work<W: Send>(folder: &Path, workers: &mut [W], take: impl Fn(&mut W, u64, &[u8]) + Sync) -> u64 {
    let mut reader = Reader::open(folder).expect("records");
    let (send, receive) = sync_channel::<(u64, Block)>(2 * THREADS);
    let receive = Mutex::new(receive);
    thread::scope(|scope| {
        for worker in workers.iter_mut() {
            let (receive, take) = (&receive, &take);
            scope.spawn(move || {
                loop {
                    let received = receive.lock().expect("nobody panicked").recv();
                    let Ok((first, block)) = received else { return };
                    block.lines().zip(first..).for_each(|(line, number)| take(worker, number, line));
                }
            });
        }
        let mut first = 0;
        loop {
            let mut block = Block::default();
            if !reader.next_block(&mut block).expect("readable") {
                break;
            }
            let records = u64::from(block.records);
            send.send((first, block)).expect("workers run");
            first += records;
        }
        drop(send);
        first
    })
}

fn learn(folder: &Path) -> Learned {
    let options = || {
        let mut options = Options::default();
        (options.stage, options.target) = ("DEEP".to_owned(), "RULES".to_owned());
        options.threads = THREADS;
        let cost = |stage: &str, cost| StageCost { stage: stage.to_owned(), cost };
        options.costs = Costs(vec![cost("RULES", 1.0), cost("DEEP", 25.0)]);
        options
    };
    let (started, before) = (Instant::now(), cpu("self"));
    let worker = || (RecordReader::new("DEEP", "RULES", &[]), Learner::new(options()));
    let mut workers: Vec<_> = (0..THREADS).map(|_| worker()).collect();
    let count = work(folder, &mut workers, |(reader, learner), number, line| {
        if let Ok(Taken::Example(example)) = reader.read(line, None) {
            learner.add_numbered(number, *example);
        }
    });
    let mut learner = Learner::new(options());
    workers.into_iter().for_each(|(_, other)| learner.absorb(other));
    let (read, read_cpu) = (started.elapsed().as_secs_f64(), cpu("self") - before);
    let learned = learner.finish().expect("its rules pass the compiler");
    let whole = started.elapsed().as_secs_f64();
    let report = learned.together.report;
    println!(
        "learn: {count} records in {whole:.1} s on {THREADS} threads ({:.1} s of processors), of these {read:.1} s ({read_cpu:.1} s) reading; {} kept; most memory {} MiB",
        cpu("self") - before,
        learned.sampled,
        peak()
    );
    println!(
        "       {} rules, {:.2} % of the calls away, precision {:.2} % (at least {:.2} %), {:?}",
        learned.proposals.len(),
        100.0 * report.coverage(),
        100.0 * report.precision(),
        100.0 * report.precision_lower(),
        learned.recommendation
    );
    learned
}

/// What this process (`self`) or thread (`thread-self`) had of the processors, in seconds: the machine may have other work.
fn cpu(of: &str) -> f64 {
    let read = |path: String| std::fs::read_to_string(path).unwrap_or_default();
    let nanos = |text: String| text.split(' ').next().and_then(|nanos| nanos.parse::<f64>().ok()).unwrap_or(0.0) / 1e9;
    if of == "thread-self" {
        return nanos(read("/proc/thread-self/schedstat".to_owned()));
    }
    // User and system time, in hundredths, behind the name in brackets; threads that ended count too.
    let text = read("/proc/self/stat".to_owned());
    let fields: Vec<f64> =
        text.rsplit(')').next().unwrap_or_default().split(' ').filter_map(|field| field.parse().ok()).collect();
    fields.get(10..12).unwrap_or_default().iter().sum::<f64>() / 100.0
}

/// The most memory this process had, in MiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches("kB").trim().parse::<u64>().unwrap_or(0) / 1024
}

fn backtest(folder: &Path, learned: &Learned) {
    let ten = learned.proposals.iter().cycle().take(10).cloned().collect::<Vec<_>>();
    let mut reader = Reader::open(folder).expect("records");
    let mut blocks = Vec::new();
    let mut block = Block::default();
    while blocks.len() < 64 && reader.next_block(&mut block).expect("readable") {
        blocks.push(block.clone());
    }
    let lines: Vec<&[u8]> = blocks.iter().flat_map(Block::lines).collect();
    let bytes = lines.iter().map(|line| line.len()).sum::<usize>() / lines.len().max(1);
    let mut one = Backtest::new(&ten).expect("rules compile");
    let (started, before) = (Instant::now(), cpu("thread-self"));
    let mut count = 0_u64;
    while cpu("thread-self") - before < 3.0 {
        for line in &lines {
            count += 1;
            one.recorded(count, line).expect("a record");
        }
    }
    println!(
        "backtest: {:.0} records a second and core from memory ({:.0} a second as the machine was), {} candidates, {bytes} bytes a record",
        count as f64 / (cpu("thread-self") - before),
        count as f64 / started.elapsed().as_secs_f64(),
        ten.len()
    );
    events_alone(&lines, &ten);
    let (started, before) = (Instant::now(), cpu("self"));
    let mut workers: Vec<_> = (0..THREADS).map(|_| Backtest::new(&ten).expect("rules compile")).collect();
    let count = work(folder, &mut workers, |worker, number, line| worker.recorded(number, line).expect("a record"));
    println!(
        "backtest: {:.0} records a second and core from the folder on {THREADS} threads, decompression included ({:.0} a second as the machine was)",
        count as f64 / (cpu("self") - before),
        count as f64 / started.elapsed().as_secs_f64()
    );
}

/// The events of these records without the records around them.
fn events_alone(lines: &[&[u8]], ten: &[cascata_learn::Proposal]) {
    let events: Vec<(String, String)> = lines
        .iter()
        .map(|line| {
            let record: Value = serde_json::from_slice(line).expect("a record");
            (record["event"].to_string(), record["outcome"].as_str().unwrap_or_default().to_owned())
        })
        .collect();
    let mut one = Backtest::new(ten).expect("rules compile");
    let (before, mut count) = (cpu("thread-self"), 0_u64);
    while cpu("thread-self") - before < 3.0 {
        events.iter().for_each(|(event, answer)| one.event(event, cascata_vm::Value::Text(answer)));
        count += events.len() as u64;
    }
    let bytes = events.iter().map(|(event, _)| event.len()).sum::<usize>() / events.len().max(1);
    println!(
        "backtest: {:.0} events a second and core without the records around them, {bytes} bytes an event",
        count as f64 / (cpu("thread-self") - before)
    );
}

fn main() {
    if let Some(folder) = std::env::var_os("KEEP").map(PathBuf::from).filter(|folder| folder.exists()) {
        let learned = learn(&folder);
        return backtest(&folder, &learned);
    }
    let Some(flows) = events("network_flows.ndjson.gz") else { return };
    let count = std::env::var("RECORDS").ok().and_then(|count| count.parse().ok()).unwrap_or(1_000_000);
    let scratch = tempfile::tempdir().expect("a folder");
    let folder = std::env::var_os("KEEP").map_or_else(|| scratch.path().join("records"), PathBuf::from);
    let started = Instant::now();
    write(&folder, &flows, count);
    println!("wrote {count} records in {:.1} s", started.elapsed().as_secs_f64());
    // In a process of its own, whose memory is what learning takes and not what writing took.
    let tool = std::env::current_exe().expect("this program");
    let ended = std::process::Command::new(tool).env("KEEP", &folder).status().expect("it runs");
    assert!(ended.success(), "{ended}");
}
