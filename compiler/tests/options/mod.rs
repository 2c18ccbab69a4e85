//! Options in a fixture's first line: `# options: depth=4 strict`.

use cascata_compiler::{Options, Source};

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
            "diagnostics" => options.limits.diagnostics = value.parse().unwrap(),
            other => panic!("no option `{other}`"),
        }
    }
    options
}
