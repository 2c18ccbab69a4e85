//! From arguments to suites: files are taken as they are, directories are searched.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::suite::Suite;
use crate::cli::exit::Failure;

/// What lies between the name of a cascade and the ending of its file of tests.
const MARK: &str = ".test";
/// The endings of files of tests and of cascades.
const ENDINGS: [&str; 3] = ["yaml", "yml", "json"];

/// What was found.
#[derive(Default)]
pub struct Found {
    /// The suites, in order of the arguments and, within a directory, of their paths.
    pub suites: Vec<Suite>,
    /// Files that could not be used; reported already.
    pub errors: usize,
}

/// Finds and loads all suites; what is wrong with a file is reported on stderr and counted.
pub fn suites(arguments: &[PathBuf]) -> Result<Found, Failure> {
    let here = [PathBuf::from(".")];
    let arguments = if arguments.is_empty() { &here } else { arguments };
    let mut found = Found::default();
    let mut seen = BTreeSet::new();
    for argument in arguments {
        let named = !argument.is_dir();
        let files = if named { vec![argument.clone()] } else { search(argument)? };
        for file in files {
            let before = found.suites.len() + found.errors;
            let mut fresh = false;
            for file in with_tests_beside(&file, named) {
                if seen.insert(file.canonicalize().unwrap_or_else(|_| file.clone())) {
                    fresh = true;
                    found.load(&file);
                }
            }
            if named && fresh && found.suites.len() + found.errors == before {
                let tests = format!("{}{MARK}.yaml", file.with_extension("").display());
                eprintln!("cascata: {}: no tests in it, and no {tests} beside it", file.display());
                found.errors += 1;
            }
        }
    }
    Ok(found)
}

impl Found {
    fn load(&mut self, file: &Path) {
        match Suite::load(file, is_test_file(file)) {
            Ok(suite) => self.suites.extend(suite),
            Err(Failure { message, .. }) => {
                eprintln!("cascata: {message}");
                self.errors += 1;
            }
        }
    }
}

/// Whether a file's name is that of a file of tests.
pub fn is_test_file(path: &Path) -> bool {
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    has_ending(path) && stem.ends_with(MARK)
}

fn has_ending(path: &Path) -> bool {
    path.extension().and_then(|ending| ending.to_str()).is_some_and(|ending| ENDINGS.contains(&ending))
}

/// The cascade of a file of tests that names none: the file of the same name.
pub fn cascade_beside(tests: &Path) -> Option<PathBuf> {
    let stem = tests.file_stem()?.to_str()?.strip_suffix(MARK)?;
    let candidates = ENDINGS.iter().chain(&["cbc"]).map(|ending| tests.with_file_name(format!("{stem}.{ending}")));
    candidates.into_iter().find(|path| path.is_file())
}

/// A named cascade is tested by what stands in it and by the file beside it.
fn with_tests_beside(file: &Path, named: bool) -> Vec<PathBuf> {
    let mut files = vec![file.to_path_buf()];
    if named && !is_test_file(file) {
        let stem = file.with_extension("");
        let beside = ENDINGS.iter().map(|ending| PathBuf::from(format!("{}{MARK}.{ending}", stem.display())));
        files.extend(beside.filter(|path| path.is_file()));
    }
    files
}

/// The files of tests, and cascades with tests, under a directory, by path. Hidden ones and linked directories are left
/// out.
fn search(directory: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut open = vec![directory.to_path_buf()];
    let mut files = Vec::new();
    while let Some(directory) = open.pop() {
        let entries = std::fs::read_dir(&directory).map_err(|error| Failure::io(directory.display(), error))?;
        for entry in entries {
            let entry = entry.map_err(|error| Failure::io(directory.display(), error))?;
            let kind = entry.file_type().map_err(|error| Failure::io(entry.path().display(), error))?;
            let path = entry.path();
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            if kind.is_dir() {
                open.push(path);
            } else if is_test_file(&path) || (has_ending(&path) && looks_tested(&path)) {
                files.push(path);
            }
        }
    }
    files.sort();
    // `./a` reads as `a`.
    Ok(files.iter().map(|path| path.strip_prefix(".").unwrap_or(path).to_path_buf()).collect())
}

/// Whether a file in a directory is a cascade with tests. Other people's YAML and JSON lies in directories too, so only
/// one that has `tests` and a cascade's own keys at its top is taken.
fn looks_tested(path: &Path) -> bool {
    let Ok(text) = std::fs::read_to_string(path) else { return false };
    if path.extension().is_some_and(|ending| ending == "json") {
        let root: Result<serde_json::Value, _> = serde_json::from_str(&text);
        return root.is_ok_and(|root| ["tests", "name", "version"].iter().all(|key| root.get(key).is_some()));
    }
    let has = |key: &str| text.lines().any(|line| line.strip_prefix(key).is_some_and(|rest| rest.starts_with(':')));
    ["tests", "name", "version"].into_iter().all(has)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_tests_are_told_by_their_name() {
        for (name, yes) in [("a.test.yaml", true), ("a.test.json", true), ("a.yaml", false), ("test.yaml", false)] {
            assert_eq!(is_test_file(Path::new(name)), yes, "{name}");
        }
    }

    #[test]
    fn a_directory_gives_files_of_tests_and_cascades_with_tests_only() {
        let directory = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| std::fs::write(directory.path().join(name), text).unwrap();
        put("a.test.yaml", "tests: []");
        put("b.yaml", "name: b\nversion: 1\ntests: []\n");
        put("c.yaml", "name: c\nversion: 1\n");
        put("d.yaml", "tests: []\n");
        put("e.json", r#"{"name": "e", "version": "1", "tests": []}"#);
        put(".hidden.test.yaml", "tests: []");
        let found = search(directory.path()).unwrap();
        let names: Vec<_> = found.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
        assert_eq!(names, ["a.test.yaml", "b.yaml", "e.json"]);
    }
}
