//! How much a source may ask for.

/// Limits of reading a source. Crossing one is an error with its own code; none can be switched off, only raised.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The longest text, in bytes. Default 16 MiB. Code `E0701`.
    pub bytes: usize,
    /// The longest text of rules as JSON lines, in bytes. Default 256 MiB. Each line has the other limits for itself. Code
    /// `E0701`.
    pub rule_lines_bytes: usize,
    /// The deepest nesting of lists and mappings. Default 128, at most 256 whatever is set, because checking recurses.
    /// Code `E0702`.
    pub depth: usize,
    /// The most values, copies made by aliases included. Default 4 million. Code `E0703`.
    pub nodes: usize,
    /// The most values that aliases may copy. Default 100,000. Code `E0704`.
    pub alias_nodes: usize,
    /// The most digits of a number, as in CPython. Default 4,300. Code `E0705`.
    pub number_digits: usize,
    /// The most different patterns. Default 10,000. Code `E0707`.
    pub patterns: usize,
    /// The most files that a cascade names, with those that included ones name. Default 256. Code `E0709`.
    pub files: usize,
    /// The most bytes that these files have together. Default 64 MiB. Code `E0711`.
    pub files_bytes: usize,
    /// How deep files may include one another. Default 16, at most 64 whatever is set, because merging recurses. Code
    /// `E0710`.
    pub include_depth: usize,
    /// The most entries of lists, those of every use of a list counted again. Default 4 million. Code `E0712`.
    pub list_entries: usize,
    /// The most diagnostics that are listed. Default 1,000. Code `E0706`.
    pub diagnostics: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 16 << 20,
            rule_lines_bytes: 256 << 20,
            depth: 128,
            nodes: 4_000_000,
            alias_nodes: 100_000,
            number_digits: 4300,
            patterns: 10_000,
            files: 256,
            files_bytes: 64 << 20,
            include_depth: 16,
            list_entries: 4_000_000,
            diagnostics: 1000,
        }
    }
}

impl Limits {
    /// The nesting that is let through.
    pub(crate) fn nesting(&self) -> usize {
        self.depth.min(256)
    }
}
