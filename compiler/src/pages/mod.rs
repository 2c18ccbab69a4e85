//! The page of every code: what it means, an example that is reported and one that is not.
//!
//! The texts stand in the table of codes. The examples stand in the Markdown files of this folder, two fenced blocks below a
//! heading that is the code: first the text that fails, then the fixed one. A test compiles them. An example leaves out
//! `name` and `version` where they are beside the point.

use std::fmt::Write as _;

use crate::codes::{Code, Severity};
use crate::source::Source;

/// Groups of codes, by the start of the code.
const GROUPS: &[(&str, &str, &str)] = &[
    ("E01", "Text", include_str!("text.md")),
    ("E02", "Structure", include_str!("structure.md")),
    ("E03", "Names", include_str!("names.md")),
    ("E04", "Conditions", include_str!("conditions.md")),
    ("E05", "Actions", include_str!("actions.md")),
    ("E06", "Patterns", include_str!("patterns.md")),
    ("E07", "Limits", include_str!("limits.md")),
    ("E08", "Expressions", include_str!("expressions.md")),
    ("E09", "Types", include_str!("types.md")),
    ("E10", "Files", include_str!("files.md")),
    ("W1", "Warnings", include_str!("warnings.md")),
    ("W2", "Findings of the analysis", include_str!("findings.md")),
];

/// A text that a page shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Example {
    /// The text, without `name` and `version` if they are beside the point.
    pub text: &'static str,
    /// Whether it is JSON; otherwise it is YAML.
    pub json: bool,
}

impl Example {
    /// The whole text, ready to be compiled.
    #[must_use]
    pub fn source(self) -> Source {
        let whole = self.json || self.text.starts_with("name:") || self.text.contains("\nname:");
        // An example of a text without any cascade has only comments.
        let empty = self.text.lines().all(|line| line.starts_with('#'));
        let text = if whole || empty {
            self.text.to_owned()
        } else {
            let (options, rest) = match self.text.split_once('\n') {
                Some((first, rest)) if first.starts_with("# options:") => (format!("{first}\n"), rest),
                _ => (String::new(), self.text),
            };
            format!("{options}name: example\nversion: \"1\"\n{rest}\n")
        };
        Source::new(if self.json { "example.json" } else { "example.yaml" }, text)
    }
}

impl Code {
    /// A text that is reported with this code, and the same without the mistake.
    #[must_use]
    pub fn examples(self) -> Option<(Example, Example)> {
        let (_, _, page) = GROUPS.iter().find(|(start, ..)| self.as_str().starts_with(start))?;
        let (_, section) = page.split_once(&format!("## {}\n", self.as_str()))?;
        let section = section.split_once("\n## ").map_or(section, |(section, _)| section);
        let mut fences = section.split("```");
        let mut example = || {
            let (language, text) = fences.nth(1)?.split_once('\n')?;
            Some(Example { text: text.trim_end_matches('\n'), json: language == "json" })
        };
        Some((example()?, example()?))
    }

    /// The page of the code as Markdown, below its heading.
    #[must_use]
    pub fn page(self) -> String {
        let mut page = self.explanation().to_owned();
        if let Some((fails, fixed)) = self.examples() {
            for (title, example) in [("Reported:", fails), ("Fixed:", fixed)] {
                let language = if example.json { "json" } else { "yaml" };
                // Writing into a string cannot fail.
                let _ = write!(page, "\n\n{title}\n\n```{language}\n{}\n```", example.text);
            }
        }
        page
    }

    /// Pages of all codes of the compiler as Markdown, by group.
    #[must_use]
    pub fn reference() -> String {
        let mut out = String::new();
        for (start, title, _) in GROUPS {
            let _ = writeln!(out, "## {title}\n");
            for code in Self::ALL.iter().filter(|code| code.as_str().starts_with(start)) {
                let severity = if code.severity() == Severity::Error { "error" } else { "warning" };
                let _ = writeln!(
                    out,
                    "### {code}: {}\n\n`{}`, {severity}.\n\n{}\n",
                    code.title(),
                    code.in_words(),
                    code.page()
                );
            }
        }
        out
    }
}
