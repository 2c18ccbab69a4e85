//! A log of proposals that somebody cut, changed or blew up: it is refused or read as far as it is whole, and never believed.

use std::io::{Seek, SeekFrom, Write};

use cascata_learn::proposals::{Action, Change, Store};
use serde_json::{Value, json};

const AT: &str = "2026-01-01T00:00:00Z";

fn proposal(id: &str) -> cascata_learn::Proposal {
    let mut value: Value = serde_json::from_str(include_str!("fixtures/proposal.json")).expect("JSON");
    value["id"] = id.into();
    serde_json::from_value(value).expect("a proposal")
}

fn change(id: &str, action: Action, data: Value) -> Change {
    Change { proposal: id.to_owned(), action, who: "x".to_owned(), at: AT.to_owned(), why: None, data }
}

/// A log of three entries, as bytes.
fn written(folder: &tempfile::TempDir) -> Vec<u8> {
    let mut store = Store::open(folder.path().join("whole.log")).unwrap();
    store.add(&proposal("p1"), None, "x", AT).unwrap();
    store.add(&proposal("p2"), None, "x", AT).unwrap();
    store.apply(change("p1", Action::Approve, Value::Null)).unwrap();
    std::fs::read(store.path()).unwrap()
}

/// How many entries a log of these bytes has, or the code of why it is refused.
fn opened(folder: &tempfile::TempDir, bytes: &[u8]) -> Result<u64, &'static str> {
    let path = folder.path().join("hostile.log");
    std::fs::write(&path, bytes).unwrap();
    Store::open(&path).map(|store| store.head().0).map_err(|error| error.code())
}

#[test]
fn a_log_cut_anywhere_is_its_whole_entries() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = written(&folder);
    for length in (0..bytes.len()).step_by(7) {
        let whole = bytes[..length].iter().filter(|byte| **byte == b'\n').count() as u64;
        assert_eq!(opened(&folder, &bytes[..length]), Ok(whole), "{length} bytes");
    }
    // The next entry takes the place of what the crash left.
    let path = folder.path().join("hostile.log");
    std::fs::write(&path, &bytes[..bytes.len() - 9]).unwrap();
    let mut store = Store::open(&path).unwrap();
    store.apply(change("p2", Action::Approve, Value::Null)).unwrap();
    assert_eq!(Store::open(&path).unwrap().head(), store.head());
}

#[test]
fn a_log_with_any_byte_changed_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = written(&folder);
    for at in (0..bytes.len() - 1).step_by(11) {
        let mut changed = bytes.clone();
        changed[at] ^= 0x15;
        let read = opened(&folder, &changed);
        assert_eq!(read, Err("C0402"), "byte {at}");
    }
    for noise in [&b"\n"[..], b"\xff\xfe\n", b"{}\n", b"0000 {}\n", &[b'['; 100_000], &[0; 4096]] {
        let ends = noise.ends_with(b"\n");
        assert_eq!(opened(&folder, noise), if ends { Err("C0402") } else { Ok(0) }, "{:?}", noise.get(..8));
    }
}

#[test]
fn a_log_that_is_too_long_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("huge.log");
    let mut file = std::fs::File::create(&path).unwrap();
    // Sparse: nothing of it is on the disk, and nothing of it may be taken into memory.
    file.set_len(1 << 42).unwrap();
    assert_eq!(Store::open(&path).unwrap_err().code(), "C0408");
    let mut line = vec![b'x'; 5 << 20];
    line.push(b'\n');
    file.set_len(0).unwrap();
    file.seek(SeekFrom::Start(0)).unwrap();
    file.write_all(&line).unwrap();
    assert_eq!(Store::open(&path).unwrap_err().code(), "C0408");
    // And what would be is not written.
    let mut store = Store::open(folder.path().join("small.log")).unwrap();
    store.add(&proposal("p1"), None, "x", AT).unwrap();
    store.apply(change("p1", Action::Approve, Value::Null)).unwrap();
    store.apply(change("p1", Action::StartTesting, Value::Null)).unwrap();
    let bomb = json!({"backtest": "y".repeat(5 << 20)});
    assert_eq!(store.apply(change("p1", Action::Record, bomb)).unwrap_err().code(), "C0408");
    assert_eq!(Store::open(store.path()).unwrap().head().0, 3);
}
