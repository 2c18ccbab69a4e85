//! The public JSON parsing test suite: what must be read is, what must not is refused, and nothing panics.

use std::path::PathBuf;

use cascata_vm::json::{DuplicateKeys, Extraction, PathTrie, ReadOptions, Validate, validate};

/// The suite's files, in the folder that `CASCATA_SHARED` names or in `shared` beside the checkout.
fn suite() -> Option<PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared");
    let shared = std::env::var_os("CASCATA_SHARED").map_or_else(|| PathBuf::from(beside), PathBuf::from);
    Some(shared.join("conformance/json")).filter(|folder| folder.is_dir())
}

#[test]
fn the_public_suite_is_accepted_and_rejected_as_its_names_say() {
    let Some(folder) = suite() else {
        println!("json: no suite found, skipped");
        return;
    };
    let (mut passed, mut failed) = (0, 0);
    for entry in std::fs::read_dir(folder).expect("the suite's folder is readable") {
        let path = entry.expect("its entries are readable").path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let bytes = std::fs::read(&path).expect("its files are readable");
        let read = read_in_every_way(&bytes);
        let right = match name.split_once('_').map(|(expected, _)| expected) {
            Some("y") => read,
            Some("n") => !read,
            _ => true,
        };
        if right {
            passed += 1;
        } else {
            failed += 1;
            println!("json: {name}: accepted = {read}");
        }
    }
    println!("json: {passed} passed, {failed} failed");
    assert!(failed == 0 && passed > 0);
}

/// Whether the bytes are accepted, which every way of reading that checks all of them must agree on.
fn read_in_every_way(bytes: &[u8]) -> bool {
    let trie = PathTrie::new(&[]);
    let all = PathTrie::new(&[vec![]]);
    let mut extraction = Extraction::new();
    let options = ReadOptions { max_depth: 1_000_000, ..ReadOptions::default() };
    let valid = validate(bytes, &options).is_ok();
    for duplicate_keys in [DuplicateKeys::Last, DuplicateKeys::First] {
        let options = ReadOptions { duplicate_keys, ..options };
        assert_eq!(extraction.read(&trie, bytes, &options).is_ok(), valid);
        assert_eq!(extraction.read(&all, bytes, &options).is_ok(), valid);
        let trusted = ReadOptions { validate: Validate::Trusted, ..options };
        assert!(extraction.read(&all, bytes, &trusted).is_ok() || !valid);
    }
    let _ = extraction.read(&all, bytes, &ReadOptions { duplicate_keys: DuplicateKeys::Reject, ..options });
    valid
}
