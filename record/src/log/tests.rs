use std::fs::OpenOptions;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::{DecisionRecord, Mode, redacted};

/// A record whose event and stage say what a test needs.
fn record(number: usize, event: Value) -> DecisionRecord {
    let text = json!({
        "v": 1, "mode": "full", "id": format!("{number:032x}"), "cascade": "c", "version": "1",
        "program_hash": "00".repeat(32), "now": "2026-01-01T00:00:00Z", "event": event, "outcome": "pass",
        "outcome_source": "last_result", "fired": [], "skipped": [], "decisions": [], "writes": [], "errors": [],
        "stages": [{"name": "S", "status": "ok", "result": 1, "attempts": 1, "time_us": 5, "data": {"n": number},
            "logs": [{"level": "info", "message": "m"}]}],
        "terminated": false, "success": true, "time_us": 7,
    });
    serde_json::from_value(text).expect("a record")
}

fn small() -> RecordSettings {
    RecordSettings { block_bytes: 4 << 10, flush_ms: 3_600_000, ..RecordSettings::default() }
}

fn fill(folder: &Path, settings: RecordSettings, numbers: std::ops::Range<usize>) -> Written {
    let recorder = Recorder::open(folder, settings).expect("opens");
    for number in numbers {
        recorder.write(record(number, json!({"n": number, "text": "x".repeat(number % 50)})));
    }
    recorder.close().expect("writes")
}

/// The numbers of all records that can be read, and what cannot be.
fn numbers(path: &Path) -> (Vec<u64>, Vec<Damage>) {
    let mut records = Reader::open(path).expect("opens").records();
    let numbers = records.by_ref().map(|record| record.expect("a record").event.expect("an event")["n"].as_u64());
    (numbers.map(|number| number.expect("a number")).collect(), records.reader().damages().to_vec())
}

#[test]
fn records_are_read_as_they_were_written_and_take_little_room() {
    let folder = tempfile::tempdir().unwrap();
    let written = fill(folder.path(), small(), 0..2_000);
    assert_eq!((written.records, written.dropped), (2_000, 0));
    assert!(written.blocks > 10 && written.bytes * 5 < written.text_bytes, "{written:?}");
    assert_eq!(numbers(folder.path()), ((0..2_000).collect(), Vec::new()));
    let first = Reader::open(folder.path()).unwrap().records().next().unwrap().unwrap();
    let mut wanted = record(0, json!({"n": 0, "text": ""}));
    wanted.reduce(Mode::Replay);
    assert_eq!(first, wanted);
    assert_eq!(first.mode, Mode::Replay);
}

#[test]
fn a_torn_tail_is_told_and_all_before_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path(), small(), 0..200);
    let path = segments(folder.path()).unwrap().remove(0);
    let whole = std::fs::read(&path).unwrap();
    let mut seen = Vec::new();
    for length in (0..whole.len()).rev().step_by(97) {
        std::fs::write(&path, &whole[..length]).unwrap();
        let (numbers, damages) = numbers(folder.path());
        assert_eq!(numbers, (0..numbers.len() as u64).collect::<Vec<_>>(), "a prefix is left");
        assert!(damages.len() <= 1 && damages.iter().all(|one| one.kind == DamageKind::Torn), "{damages:?}");
        seen.push((numbers.len(), damages.len()));
    }
    assert!(seen.iter().any(|(left, torn)| *left > 100 && *torn == 1), "{seen:?}");
    // A writer that comes after that begins a segment of its own.
    std::fs::write(&path, &whole[..whole.len() - 5]).unwrap();
    fill(folder.path(), small(), 1_000..1_010);
    let (numbers, damages) = numbers(folder.path());
    assert_eq!(damages.len(), 1);
    assert_eq!(numbers[numbers.len() - 10..], (1_000..1_010).collect::<Vec<u64>>());
}

#[test]
fn a_changed_block_is_left_out_and_told() {
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path(), small(), 0..200);
    let path = segments(folder.path()).unwrap().remove(0);
    let mut blocks = Reader::open(&path).unwrap();
    let mut block = Block::default();
    assert!(blocks.next_block(&mut block).unwrap() && blocks.next_block(&mut block).unwrap());
    let mut file = OpenOptions::new().write(true).open(&path).unwrap();
    file.seek(SeekFrom::Start(block.offset + 60)).unwrap();
    file.write_all(b"!!").unwrap();
    let gone = block.lines().count();
    let (numbers, damages) = numbers(folder.path());
    assert_eq!(numbers.len(), 200 - gone);
    assert_eq!((damages[0].offset, damages[0].kind), (block.offset, DamageKind::Changed));
    assert_eq!(damages.len(), 1);
}

#[test]
fn bytes_that_are_no_segment_never_take_much_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("00000000000000000001.cdr");
    let mut bytes = b"CASCREC\n\x01\0\0\0\0\0\0\0BLK1".to_vec();
    bytes.extend([0xFF; 36]);
    std::fs::write(&path, &bytes).unwrap();
    assert_eq!(numbers(&path).1[0].kind, DamageKind::Torn);
    bytes[8] = 2;
    std::fs::write(&path, &bytes).unwrap();
    let error = Reader::open(&path).unwrap().next_block(&mut Block::default()).unwrap_err();
    assert_eq!(error.code(), "R0303");
}

#[test]
fn segments_end_at_their_size_and_old_ones_are_removed() {
    let folder = tempfile::tempdir().unwrap();
    let settings = RecordSettings { segment_bytes: 64 << 10, ..small() };
    let noise = |number: usize| {
        let hash = blake3::hash(&number.to_le_bytes());
        json!({"n": number, "noise": (0..40).map(|_| hash.to_hex().to_string()).collect::<Vec<_>>(), "k": noise_text(number)})
    };
    let recorder = Recorder::open(folder.path(), settings.clone()).unwrap();
    (0..400).for_each(|number| recorder.write(record(number, noise(number))));
    recorder.close().unwrap();
    let all = segments(folder.path()).unwrap();
    assert!(all.len() > 3, "{}", all.len());
    assert_eq!(numbers(folder.path()).0.len(), 400);
    let kept = RecordSettings { max_bytes: 150 << 10, ..settings };
    let recorder = Recorder::open(folder.path(), kept).unwrap();
    let left = segments(folder.path()).unwrap();
    assert_eq!(recorder.written().removed_segments, (all.len() - left.len()) as u64);
    assert!(!left.is_empty() && left[..] == all[all.len() - left.len()..], "the newest stay");
}

fn noise_text(number: usize) -> String {
    let mut text = String::new();
    for part in 0..60_u64 {
        text += blake3::hash(&(number as u64 * 1_000 + part).to_le_bytes()).to_hex().as_str();
    }
    text
}

#[test]
fn a_segment_that_is_written_is_not_removed() {
    let folder = tempfile::tempdir().unwrap();
    let first = Recorder::open(folder.path(), small()).unwrap();
    first.write(record(1, json!({"n": 1})));
    first.flush().unwrap();
    let greedy = RecordSettings { max_bytes: 1, ..small() };
    assert_eq!(Recorder::open(folder.path(), greedy.clone()).unwrap().written().removed_segments, 0);
    drop(first);
    assert_eq!(Recorder::open(folder.path(), greedy).unwrap().written().removed_segments, 1);
}

#[test]
fn what_waits_is_written_in_time_and_when_the_last_clone_goes() {
    let folder = tempfile::tempdir().unwrap();
    let recorder = Recorder::open(folder.path(), RecordSettings { flush_ms: 1, ..small() }).unwrap();
    recorder.write(record(1, json!({"n": 1})));
    // The test would hang here if nobody wrote it.
    while recorder.written().records == 0 {
        std::thread::yield_now();
    }
    let other = Recorder::open(folder.path(), small()).unwrap();
    other.clone().write(record(2, json!({"n": 2})));
    drop(other);
    assert_eq!(numbers(folder.path()).0, [1, 2]);
}

#[test]
fn a_sample_is_the_same_every_time_and_of_the_size_asked_for() {
    let settings = RecordSettings { sample_percent: 10.0, sample_key: Some("user.id".to_owned()), ..small() };
    let sampler = Sampler::new(&settings).unwrap();
    let taken: Vec<_> = (0..10_000_u32).filter(|user| sampler.takes(&user.to_le_bytes())).collect();
    assert!((900..1_100).contains(&taken.len()), "{}", taken.len());
    assert!(taken.iter().all(|user| sampler.takes(&user.to_le_bytes())));
    assert_eq!(sampler.key().unwrap().to_string(), "user.id");
    let none = Sampler::new(&RecordSettings { sample_percent: 0.0, ..small() }).unwrap();
    assert!(!none.takes(b"x") && !none.takes_all());
}

#[test]
fn redacted_fields_are_nowhere_on_disk() {
    let folder = tempfile::tempdir().unwrap();
    let fields = ["user.email", "items[].card", "stages.S.owner", "pin"].map(str::to_owned).to_vec();
    let recorder = Recorder::open(folder.path(), RecordSettings { redact: fields, ..small() }).unwrap();
    assert_eq!(recorder.wanted(), Mode::Full);
    let event = json!({"n": 1, "pin": 77, "user": {"email": "jo@corp.example", "name": "Jo"}, "items": [{"card": 4_111_111_111_u64}]});
    let mut full = record(1, event);
    full.event_hash = Some("aa".to_owned());
    full.outcome = json!("mail to jo@corp.example");
    full.stages[0].data = Some(json!({"owner": "Ann Example", "copy": [4_111_111_111_u64, "card 4111111111"]}));
    full.metadata.insert("who".to_owned(), json!("Ann Example"));
    full.writes = serde_json::from_value(json!([
        {"stage": "S", "path": "user", "value": {"email": "new@corp.example"}},
        {"stage": "S", "path": "items[0].card.last", "value": "secret-tail"},
    ]))
    .unwrap();
    recorder.write(full);
    recorder.close().unwrap();
    let mut reader = Reader::open(folder.path()).unwrap();
    let mut block = Block::default();
    assert!(reader.next_block(&mut block).unwrap());
    let text = String::from_utf8(block.text().to_vec()).unwrap();
    for secret in ["corp.example", "4111111111", "Ann Example", "secret-tail", "\"aa\"", "77"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    let read = DecisionRecord::from_json(text.trim().as_bytes()).unwrap();
    let event = read.event.unwrap();
    assert_eq!((&event["user"]["email"], &event["user"]["name"]), (&redacted(), &json!("Jo")));
    assert_eq!(read.redacted, ["user.email", "items[].card", "pin", "stages.S.owner"]);
}

#[test]
fn too_long_records_and_slow_disks_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let settings = RecordSettings { max_record_bytes: 1 << 10, ..small() };
    let recorder = Recorder::open(folder.path(), settings).unwrap();
    recorder.write(record(1, json!({"n": 1, "text": "x".repeat(2_000)})));
    recorder.write(record(2, json!({"n": 2})));
    let written = recorder.close().unwrap();
    assert_eq!((written.records, written.dropped), (1, 1));
    let mut block = Block::default();
    assert!(Reader::open(folder.path()).unwrap().next_block(&mut block).unwrap());
    assert_eq!(block.dropped, 1);
}

#[test]
fn a_disk_that_fails_is_told_and_holds_nobody_up() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("records");
    let recorder = Recorder::open(&inner, small()).unwrap();
    std::fs::remove_dir_all(&inner).unwrap();
    let (sender, receiver) = mpsc::channel();
    let writing = recorder.clone();
    std::thread::spawn(move || {
        (0..500).for_each(|number| writing.write(record(number, json!({"n": number}))));
        sender.send(writing.flush().map_err(|error| error.code())).unwrap();
    });
    let told = receiver.recv_timeout(Duration::from_secs(60)).expect("nobody waits for ever");
    assert_eq!(told.unwrap_err(), "R0302");
    assert_eq!(recorder.written().dropped, 500);
}

#[test]
fn settings_out_of_range_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (settings, name) in [
        (RecordSettings { sample_percent: 101.0, ..small() }, "sample_percent"),
        (RecordSettings { block_bytes: 1, ..small() }, "block_bytes"),
        (RecordSettings { redact: vec!["a..b".to_owned()], ..small() }, "redact"),
        (RecordSettings { sample_key: Some("[0]".to_owned()), ..small() }, "sample_key"),
    ] {
        let error = Recorder::open(folder.path(), settings).unwrap_err();
        assert_eq!(error.code(), "R0301");
        assert!(error.to_string().contains(name), "{error}");
    }
}

#[test]
fn files_with_a_record_a_line_are_read_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("decisions.ndjson");
    let lines = (0..5).map(|number| serde_json::to_string(&record(number, json!({"n": number}))).unwrap());
    std::fs::write(&path, lines.collect::<Vec<_>>().join("\n\n")).unwrap();
    assert_eq!(numbers(&path), (vec![0, 1, 2, 3, 4], Vec::new()));
    std::fs::write(&path, "{}\n").unwrap();
    assert_eq!(Reader::open(&path).unwrap().records().next().unwrap().unwrap_err().code(), "R0304");
}

#[test]
fn records_as_deep_as_they_may_be_are_read() {
    let deep = |levels: usize| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
    let text = |levels| {
        let whole = serde_json::to_string(&record(1, json!({"n": "HERE"}))).unwrap();
        whole.replace("\"HERE\"", &deep(levels))
    };
    assert!(DecisionRecord::from_json(text(crate::MAX_DEPTH - 2).as_bytes()).is_ok());
    assert!(DecisionRecord::from_json(text(100_000).as_bytes()).is_err());
}

#[test]
fn folders_of_earlier_writers_stay_readable() {
    // Written when blocks were packed by another encoder; the format is the same.
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/written-by-0.1-ruzstd.cdr");
    let mut records = Reader::open(&path).unwrap().records();
    let read: Vec<DecisionRecord> = records.by_ref().map(|record| record.expect("a record")).collect();
    assert_eq!((read.len(), records.reader().damage_count()), (22, 0));
    assert!(read.iter().all(|record| record.cascade == "flow_triage" && record.event.is_some()));
}
