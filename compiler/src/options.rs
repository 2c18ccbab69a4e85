//! What a compilation may be told.

use crate::back::passes::Passes;
use crate::limits::Limits;

/// How a source is compiled. The default suits files of one's own.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options {
    /// Whether unknown keys are errors instead of warnings. Default false.
    pub strict: bool,
    /// How much a source may ask for.
    pub limits: Limits,
    /// The plugins the host registers beside those that come with Cascata. Default none. Any other name in `plugins` is
    /// an error.
    pub plugins: Vec<String>,
    /// Whether to look for conditions and rules that cannot do what they say; see [`crate::analyze`]. Default true.
    pub analysis: bool,
    /// The most that one rule list may cost at worst, in the units of the instruction table. Default no limit. Code
    /// `E0708`, given by [`crate::compile`].
    pub max_cost: Option<u64>,
    /// Which passes rewrite tests. For tests of the passes: all give the same decisions and traces.
    #[doc(hidden)]
    pub passes: Passes,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            strict: false,
            limits: Limits::default(),
            plugins: Vec::new(),
            analysis: true,
            max_cost: None,
            passes: Passes::ALL,
        }
    }
}
