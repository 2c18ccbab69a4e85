//! The files of the public JSON parsing test suite: `y_` is accepted, `n_` refused, `i_` either way without a crash.

use cascata_vm::json::{ReadOptions, validate};

use super::Tally;
use crate::support::conformance_dir;

pub fn suite(name: &str) -> Option<Tally> {
    let mut files: Vec<_> = std::fs::read_dir(conformance_dir()?.join(name)).ok()?.filter_map(Result::ok).collect();
    files.sort_by_key(std::fs::DirEntry::file_name);
    let mut tally = Tally::default();
    for file in files {
        let name = file.file_name().to_string_lossy().into_owned();
        let bytes = std::fs::read(file.path()).expect("a file of the suite can be read");
        let read = validate(&bytes, &ReadOptions::default());
        let outcome = match (&name[..2], &read) {
            ("y_", Err(error)) => Err(format!("refused: {error}")),
            ("n_", Ok(_)) => Err("accepted".to_owned()),
            _ => Ok(()),
        };
        tally.count(&name, outcome);
    }
    Some(tally)
}
