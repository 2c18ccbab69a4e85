//! From the tree to the checked model. Every mistake of a source is reported in one run; the model is made only when
//! there was no error.
//!
//! ```text
//! cascade.rs ─▶ stage.rs ─▶ rule.rs ─┬▶ condition.rs (a mapping) ─┬▶ leaf.rs ─▶ element.rs, value.rs, operand.rs, path.rs,
//!      │  │         └ host.rs    ▲    ├▶ text.rs (an expression) ──┘              pattern.rs
//!      │  └─▶ ruleset.rs ────────┘    └▶ action.rs, rollout.rs
//!      └ plan.rs
//! ```

mod action;
mod cascade;
mod condition;
mod constant;
mod element;
mod host;
mod leaf;
mod operand;
mod path;
mod pattern;
mod plan;
mod priority;
mod rollout;
mod rule;
mod ruleset;
mod stage;
mod stages;
mod text;
mod value;

use std::ops::{Deref, DerefMut};

use cranelift_entity::PrimaryMap;

use crate::analyze::analyze;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::field_path::Step;
use crate::model::{Cascade, RuleModel, RuleRef};
use crate::options::Options;
use crate::source::Source;
use crate::syntax::Reader;
use crate::yaml;

use path::Paths;
use pattern::Patterns;
use stages::StageNames;

/// Reads and checks a source; the model is there exactly if no diagnostic is an error.
pub(crate) fn check(source: &Source, options: &Options) -> (Option<Cascade>, Vec<Diagnostic>) {
    let document = yaml::read(source, &options.limits);
    let mut diagnostics = Diagnostics::new(options.strict);
    for diagnostic in document.diagnostics {
        diagnostics.push(diagnostic);
    }
    let reader = Reader { text: &source.text, options, diagnostics, pending: document.pending };
    let (stages, paths, patterns) = (StageNames::default(), Paths::default(), Patterns::default());
    let mut cx = Checker { reader, stages, paths, patterns, elements: Vec::new(), rules: PrimaryMap::new() };
    let mut cascade = document.root.as_ref().and_then(|root| cascade::cascade(&mut cx, root));
    let Checker { reader, rules, paths, .. } = cx;
    let Reader { mut diagnostics, pending, .. } = reader;
    for diagnostic in pending.finish() {
        diagnostics.push(diagnostic);
    }
    if let Some(cascade) = &mut cascade {
        cascade.rules = rules;
        cascade.paths = paths.into_map();
    }
    let cascade = cascade.filter(|_| !diagnostics.has_errors());
    if let Some(cascade) = cascade.as_ref().filter(|_| options.analysis) {
        for finding in analyze(cascade, &source.text) {
            diagnostics.push(finding.diagnostic);
        }
    }
    (cascade, diagnostics.finish(options.limits.diagnostics))
}

/// What checking knows beyond the reader: the stages there are, and the paths and rules met so far.
pub(crate) struct Checker<'s, 'n> {
    reader: Reader<'s>,
    stages: StageNames<'n>,
    paths: Paths,
    patterns: Patterns,
    /// The lists whose elements conditions around this one have taken, outermost first; each ends with `[]`.
    elements: Vec<Vec<Step>>,
    rules: PrimaryMap<RuleRef, RuleModel>,
}

impl<'s> Deref for Checker<'s, '_> {
    type Target = Reader<'s>;

    fn deref(&self) -> &Reader<'s> {
        &self.reader
    }
}

impl DerefMut for Checker<'_, '_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.reader
    }
}
