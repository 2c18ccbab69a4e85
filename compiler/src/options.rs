//! What a compilation may be told.

use crate::limits::Limits;

/// How a source is compiled. The default suits files of one's own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options {
    /// Whether unknown keys are errors instead of warnings. Default false.
    pub strict: bool,
    /// How much a source may ask for.
    pub limits: Limits,
    /// The plugins the host registers beside those that come with Cascata. Default none. Any other name in `plugins` is
    /// an error.
    pub plugins: Vec<String>,
}
