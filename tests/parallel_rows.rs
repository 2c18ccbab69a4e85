//! The committed parallel rows against the oracle that made them.

mod oracle;
mod support;

use std::fmt::Write as _;

use oracle::cascade::decide;
use oracle::value::identical;
use support::cascades::{STAGES, paced};
use support::parallel::{file, generate, rows};

/// Writes the rows anew under `CASCATA_BLESS=1`; otherwise checks the committed ones.
#[test]
fn the_committed_rows_are_what_the_oracle_answers() {
    if std::env::var_os("CASCATA_BLESS").is_some() {
        let mut text = String::new();
        for row in generate() {
            writeln!(text, "{row}").expect("writing to a String cannot fail");
        }
        std::fs::create_dir_all(file().parent().expect("a file has a folder")).expect("tests/data can be made");
        std::fs::write(file(), text).expect("tests/data can be written");
    }
    for row in rows() {
        let seen = decide(&row["config"], &row["event"], &row["script"]).expect("a committed row compiles");
        assert!(identical(&seen.row(), &row["expected"]), "{}: {}", row["id"], seen.row());
    }
}

#[test]
fn no_row_depends_on_who_is_faster() {
    for row in rows() {
        for finish in [STAGES, {
            let mut last_first = STAGES;
            last_first.reverse();
            last_first
        }] {
            let script = paced(&row["script"], &finish);
            let seen = decide(&row["config"], &row["event"], &script).expect("a committed row compiles");
            assert!(identical(&seen.row(), &row["expected"]), "{}: {}", row["id"], seen.row());
        }
    }
}
