//! What recording costs: `cargo run --release -p cascata-record --example speed`. Prints time per record for whoever decides, bytes on
//! disk, and how fast records are read.

use std::time::Instant;

use cascata_record::DecisionRecord;
use cascata_record::log::{Block, Reader, RecordSettings, Recorder};
use serde_json::json;

const RECORDS: u32 = 200_000;

fn record(number: u32) -> DecisionRecord {
    let noise = number.wrapping_mul(2_654_435_761);
    let record = json!({
        "v": 1, "mode": "replay", "id": format!("9a411468db1a42ab{number:016x}"), "cascade": "flow_triage", "version": "1.2",
        "program_hash": "3f9c".repeat(16), "now": "2026-01-01T00:00:00.123456Z", "outcome": "normal", "outcome_source": "terminate",
        "event": {"flow": {"duration": noise % 5_000, "bytes_in": noise % 90_000, "bytes_out": noise % 7_000, "flag": "SF", "service": "http",
            "rate": f64::from(noise % 100) / 100.0, "host_count": noise % 256}, "source": format!("10.0.{}.{}", noise % 256, number % 256)},
        "stages": [
            {"name": "SCREEN", "status": "rules", "result": null, "attempts": 0, "time_us": 1},
            {"name": "TREE", "status": "ok", "result": "normal", "confidence": 0.93, "data": {"leaf": noise % 64}, "attempts": 1,
                "time_us": 12, "fuel": 4_000 + noise % 500, "memory": 1_114_112, "module": "stages/tree.wasm@0123456789abcdef"},
        ],
        "fired": [{"stage": "TREE", "rule": "sure", "type": "routing", "action": "terminate"}],
        "skipped": [{"stage": "DEEP", "why": "terminated"}], "decisions": [], "writes": [], "errors": [], "metadata": {"line": number},
        "terminated": true, "termination": "action", "success": true, "time_us": 21,
    });
    serde_json::from_value(record).expect("a record")
}

fn main() {
    let folder = std::env::temp_dir().join(format!("cascata-speed-{}", std::process::id()));
    let mut records: Vec<_> = (0..RECORDS).map(record).collect();
    let recorder = Recorder::open(&folder, RecordSettings::default()).expect("opens");
    let started = Instant::now();
    records.drain(..).for_each(|record| recorder.write(record));
    let handed = started.elapsed();
    let written = recorder.close().expect("writes");
    let all = started.elapsed();
    println!("{RECORDS} records, {} bytes of text, {} on disk", written.text_bytes, written.bytes);
    println!(
        "handed over: {:.2} us a record; on disk after {:.2} s",
        handed.as_secs_f64() * 1e6 / f64::from(RECORDS),
        all.as_secs_f64()
    );
    let started = Instant::now();
    let (mut reader, mut block, mut lines) = (Reader::open(&folder).expect("opens"), Block::default(), 0);
    while reader.next_block(&mut block).expect("reads") {
        lines += block.lines().count();
    }
    println!("blocks: {lines} lines in {:.2} s", started.elapsed().as_secs_f64());
    let started = Instant::now();
    let read = Reader::open(&folder).expect("opens").records().filter(Result::is_ok).count();
    println!("records: {read} in {:.2} s", started.elapsed().as_secs_f64());
    std::fs::remove_dir_all(folder).expect("is removed");
}
