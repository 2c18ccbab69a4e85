//! The whole way: from a source to an image.

use crate::analyze::{costs, over_budget};
use crate::back;
use crate::diagnostic::Diagnostic;
use crate::files::SourceIndex;
use crate::options::Options;
use crate::source::Source;

/// What became of a source.
#[derive(Clone, Debug, PartialEq)]
pub struct Compiled {
    /// The image; there exactly if no diagnostic is an error.
    pub image: Option<Vec<u8>>,
    /// All mistakes and doubts, in the order of the source.
    pub diagnostics: Vec<Diagnostic>,
}

/// Compiles a source. It never panics and does no IO; the same source gives the same bytes.
#[must_use]
pub fn compile(source: &Source, options: &Options) -> Compiled {
    let (cascade, mut diagnostics) = crate::check(source, options);
    let image = cascade.as_ref().and_then(|cascade| {
        match back::compile_model(cascade, &SourceIndex::new(source), options.passes) {
            Ok(image) => Some(image),
            Err(diagnostic) => {
                diagnostics.push(diagnostic);
                None
            }
        }
    });
    let budget = options.max_cost.zip(image.as_ref());
    let over = match (budget, &cascade) {
        (Some((budget, image)), Some(cascade)) => over_budget(cascade, &costs(image), budget),
        _ => Vec::new(),
    };
    let image = image.filter(|_| over.is_empty());
    diagnostics.extend(over);
    Compiled { image, diagnostics }
}

/// The intermediate form of a source as text, for people: its distinct tests, then the decision graph of each rule. `None` if
/// it has mistakes.
#[must_use]
pub fn intermediate(source: &Source, options: &Options) -> Option<String> {
    let (cascade, _) = crate::check(source, options);
    back::dump_ir(&cascade?, options.passes).ok()
}
