//! Inputs that fuzzing once found, and its seeds, through the functions that the fuzz targets run.

#[path = "../compiler/tests/claims/mod.rs"]
mod claims;
#[path = "../fuzz/src/modules.rs"]
mod modules;
mod oracle;
mod support;
#[path = "../fuzz/src/targets/mod.rs"]
mod targets;

use std::path::Path;

fn replay(folder: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(folder);
    for (name, target) in targets::ALL.into_iter().chain(modules::ALL) {
        let mut files: Vec<_> =
            std::fs::read_dir(root.join(name)).into_iter().flatten().filter_map(Result::ok).collect();
        files.sort_by_key(std::fs::DirEntry::file_name);
        for file in files {
            println!("{}", file.path().display());
            target(&std::fs::read(file.path()).expect("an input can be read"));
        }
    }
}

#[test]
fn inputs_that_once_failed_no_longer_do() {
    replay("regressions");
}

#[test]
fn seeds_pass() {
    replay("seeds");
}
