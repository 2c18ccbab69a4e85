//! Whether what could have been learned in the past holds later: rules from the older half of the examples alone, on the newer half.
//!
//! Rules are learned from all examples, so a world that changes midway is in them, and they may well fit both halves. That says nothing of
//! the next change. Rules of the past on the present do.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use crate::bits::Bits;
use crate::learner::{PartTable, pool};
use crate::sample::{Kinds, Row};
use crate::search::{Search, Strictness};
use crate::select::select;
use crate::space::Space;
use crate::verdict::halves;
use crate::{Drift, Options, Part};

/// The share of the mistakes that are allowed which these rules may have where they are fitted.
const STRICT: f64 = 0.2;

/// Learns from the older half, and measures on what is held back of it and on the newer half. None where the older half gives no rule.
pub(crate) fn forward(
    rows: &[Row],
    answers: &[(Value, u64)],
    kinds: &HashMap<Arc<str>, Kinds>,
    options: &Options,
    stop: &(dyn Fn() -> bool + Sync),
) -> Option<Drift> {
    let (older, newer) = rows.split_at_checked(rows.len() / 2)?;
    let parts = [Part::Fit, Part::Tune, Part::Report].map(|part| PartTable::new(older, part, answers));
    let [fit, _, report] = &parts;
    let space = Space::new(&fit.table, kinds, options);
    let precision = 1.0 - (1.0 - options.precision) * STRICT;
    let strictness = Strictness { precision, support: options.min_samples, gain: false };
    let found = Search::new(&space, &fit.table, (&fit.classes, stop), options).run(strictness);
    let rules = select(&pool(found, &parts, options).0, options.precision, options.max_rules);
    if rules.is_empty() {
        return None;
    }
    let newer = PartTable::of(newer.iter().collect(), answers);
    let [older, newer] = [report, &newer].map(|part| {
        let answered = part.answered(&rules);
        part.list(rules.iter().map(|rule| rule.class).zip(&answered), &Bits::all(part.table.len))
    });
    Some(halves(older, newer, 1))
}
