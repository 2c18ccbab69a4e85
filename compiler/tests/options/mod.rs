//! Options in a fixture's first line: `# options: depth=4 strict`.

use cascata_compiler::{Loader, Options, Source};

/// The options a text asks for.
pub fn options(source: &Source) -> Options {
    let mut options = Options::default();
    let Some(line) = source.text.lines().next().and_then(|line| line.strip_prefix("# options: ")) else {
        return options;
    };
    for setting in line.split(' ') {
        let (key, value) = setting.split_once('=').unwrap_or((setting, ""));
        match key {
            "strict" => options.strict = true,
            "plugin" => options.plugins.push(value.to_owned()),
            "max_cost" => options.max_cost = Some(value.parse().unwrap()),
            "bytes" => options.limits.bytes = value.parse().unwrap(),
            "depth" => options.limits.depth = value.parse().unwrap(),
            "nodes" => options.limits.nodes = value.parse().unwrap(),
            "alias_nodes" => options.limits.alias_nodes = value.parse().unwrap(),
            "number_digits" => options.limits.number_digits = value.parse().unwrap(),
            "patterns" => options.limits.patterns = value.parse().unwrap(),
            "files" => options.limits.files = value.parse().unwrap(),
            "files_bytes" => options.limits.files_bytes = value.parse().unwrap(),
            "include_depth" => options.limits.include_depth = value.parse().unwrap(),
            "list_entries" => options.limits.list_entries = value.parse().unwrap(),
            "diagnostics" => options.limits.diagnostics = value.parse().unwrap(),
            other => panic!("no option `{other}`"),
        }
    }
    options
}

/// The files of `tests/files`.
pub struct Shelf;

impl Loader for Shelf {
    fn load(&self, path: &str) -> Result<String, String> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/files/");
        std::fs::read_to_string(format!("{folder}{path}")).map_err(|_| "no such file".to_owned())
    }
}

/// The source with the files of `tests/files` that it names.
pub fn with_files(source: Source) -> Source {
    let limits = options(&source).limits;
    source.with_files(&Shelf, &limits)
}
