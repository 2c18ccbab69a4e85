//! From the tree to the checked model. Every mistake of a source is reported in one run; the model is made only when
//! there was no error.
//!
//! ```text
//! cascade.rs ─▶ stage.rs ─▶ rule.rs ─┬▶ condition.rs (a mapping) ─┬▶ leaf.rs ─▶ element.rs, value.rs, operand.rs, path.rs,
//!      │  │         └ host.rs    ▲    ├▶ text.rs (an expression) ──┘              pattern.rs
//!      │  └─▶ ruleset.rs ────────┘    └▶ action.rs, rollout.rs
//!      ├ lists.rs, outcome.rs, plan.rs, plugins.rs, stores.rs, http.rs (for host.rs)
//!      └ tests.rs
//! ```

mod action;
mod arithmetic;
mod cascade;
mod condition;
mod constant;
mod element;
mod host;
mod http;
mod leaf;
mod lines;
mod lists;
mod moment;
mod operand;
mod outcome;
mod path;
mod pattern;
mod plan;
mod plugins;
mod priority;
mod rollout;
mod rule;
mod ruleset;
mod stage;
mod stages;
mod stores;
mod tests;
mod text;
mod value;

use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};

use cascata_config::{PluginUse, StoreConfig};
use cranelift_entity::PrimaryMap;

use crate::analyze::{analyze, type_errors};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::field_path::Step;
use crate::files;
use crate::model::{Cascade, RuleModel, RuleRef};
use crate::options::Options;
use crate::source::Source;
use crate::syntax::Reader;
use crate::testing::TestFile;
use crate::yaml::Node;

pub(crate) use constant::constant;
pub(crate) use lines::are_rules;
use lists::Lists;
use path::Paths;
pub(crate) use path::parse as parse_path;
use pattern::Patterns;
use stages::StageNames;

/// Reads and checks a source; the model is there exactly if no diagnostic is an error.
pub(crate) fn check(source: &Source, options: &Options) -> (Option<Cascade>, Vec<Diagnostic>) {
    if source.is_rule_lines() {
        return lines::check_lines(source, options);
    }
    let whole = source.whole();
    let Checked { mut value, rules, paths, mut diagnostics } = read(source, &whole, options, cascade::cascade);
    if let Some(cascade) = &mut value {
        cascade.rules = rules;
        cascade.paths = paths.into_map();
    }
    if let Some(cascade) = &value {
        let analysis = if options.analysis { analyze } else { type_errors };
        for finding in analysis(cascade, &whole) {
            diagnostics.push(finding.diagnostic);
        }
    }
    let value = value.filter(|_| !diagnostics.has_errors());
    (value, diagnostics.finish(options.limits.diagnostics))
}

/// Reads and checks a file of tests; they are there exactly if no diagnostic is an error.
pub(crate) fn check_tests(source: &Source, options: &Options) -> (Option<TestFile>, Vec<Diagnostic>) {
    let Checked { value, diagnostics, .. } = read(source, &source.text, options, tests::file);
    (value, diagnostics.finish(options.limits.diagnostics))
}

/// What a source was read as, unless it has errors, and what was met on the way.
struct Checked<T> {
    value: Option<T>,
    rules: PrimaryMap<RuleRef, RuleModel>,
    paths: Paths,
    diagnostics: Diagnostics,
}

/// Reads a source and has it checked; `text` is what spans are offsets into.
fn read<T>(
    source: &Source,
    text: &str,
    options: &Options,
    check: impl for<'n> FnOnce(&mut Checker<'_, 'n>, &'n Node) -> Option<T>,
) -> Checked<T> {
    let document = files::read(source, &options.limits);
    let mut diagnostics = Diagnostics::new(options.strict);
    for diagnostic in document.diagnostics {
        diagnostics.push(diagnostic);
    }
    let reader = Reader { text, source, options, diagnostics, pending: document.pending };
    let (stages, paths, patterns) = (StageNames::default(), Paths::default(), Patterns::default());
    let (elements, rules, lists) = (Vec::new(), PrimaryMap::new(), Lists::default());
    let (shared, stores) = (BTreeMap::new(), BTreeMap::new());
    let mut cx = Checker { reader, stages, paths, patterns, elements, shared, stores, rules, lists };
    let value = document.root.as_ref().and_then(|root| check(&mut cx, root));
    let Checker { reader, rules, paths, .. } = cx;
    let Reader { mut diagnostics, pending, .. } = reader;
    for diagnostic in pending.finish() {
        diagnostics.push(diagnostic);
    }
    let value = value.filter(|_| !diagnostics.has_errors());
    Checked { value, rules, paths, diagnostics }
}

/// What checking knows beyond the reader: the stages there are, and the paths and rules met so far.
pub(crate) struct Checker<'s, 'n> {
    reader: Reader<'s>,
    stages: StageNames<'n>,
    paths: Paths,
    patterns: Patterns,
    /// The lists whose elements conditions around this one have taken, outermost first; each ends with `[]`.
    elements: Vec<Vec<Step>>,
    /// The plugins that the cascade gave names to.
    shared: BTreeMap<String, Vec<PluginUse>>,
    /// The stores of the cascade; none under a name whose store cannot be used.
    stores: BTreeMap<String, Option<StoreConfig>>,
    rules: PrimaryMap<RuleRef, RuleModel>,
    lists: Lists<'n>,
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
