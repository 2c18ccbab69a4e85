//! What is compiled.

/// One text and what it is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its name, shown in diagnostics. A name that ends in `.json` asks for the rules of JSON instead of YAML's.
    pub name: String,
    /// The text.
    pub text: String,
}

impl Source {
    /// A source from its name and text.
    #[must_use]
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), text: text.into() }
    }

    /// Whether the name is that of a file of tests: `NAME.test.yaml`.
    #[must_use]
    pub fn is_tests(&self) -> bool {
        self.name.rsplit_once('.').is_some_and(|(name, _)| name.ends_with(".test"))
    }

    /// Whether it is rules as JSON lines rather than a cascade: the name ends in `.jsonl` or `.ndjson`, or the first line is
    /// a JSON object with `id` and `all`.
    #[must_use]
    pub fn is_rule_lines(&self) -> bool {
        let ending = self.name.rsplit_once('.').map(|(_, ending)| ending);
        ending.is_some_and(|ending| ["jsonl", "ndjson"].iter().any(|lines| ending.eq_ignore_ascii_case(lines)))
            || (!self.is_json() && crate::check::are_rules(&self.text))
    }

    pub(crate) fn is_json(&self) -> bool {
        self.name.rsplit_once('.').is_some_and(|(_, ending)| ending.eq_ignore_ascii_case("json"))
    }
}
