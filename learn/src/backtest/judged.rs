//! What follows from the counts.

use super::report::{BacktestReport, BacktestRule, Tally};
use super::{Backtest, Candidate, Counted};
use crate::verdict::{Judged, halves, judge};
use crate::{Counts, Options, Recommendation, VERSION, stats};

impl Backtest {
    /// What was counted, and what follows. `learned` is what the list counted when it was learned, where that is known.
    #[must_use]
    pub fn report(&self, options: &Options, learned: Option<Counts>) -> BacktestReport {
        let Counted { candidates, groups, tallies, totals } = &self.counted;
        let count = candidates.len() as u64;
        let rules = candidates.iter().zip(tallies);
        let rules = rules.map(|(candidate, tally)| {
            let (examples, positives) =
                groups.get(candidate.group).map_or((0, 0), |group| (group.examples, group.positives));
            let counts = Counts { examples, positives, ..tally.counts };
            rule(candidate, Tally { counts, ..tally.clone() }, count, options)
        });
        let together = totals.together;
        let drift = halves(learned.unwrap_or(together), together, 1);
        let verdict = judge(&together, &drift, Judged { asked: options.precision, roi: None });
        let saving = candidates.first().map(Candidate::roi);
        let saving = saving.map_or(0.0, |roi| roi.current_cost_per_item - roi.projected_cost_per_item);
        BacktestReport {
            v: VERSION,
            records: totals.records,
            events: together.examples,
            bad: totals.bad,
            calls: totals.calls,
            calls_saved: totals.calls_saved,
            errors: totals.errors,
            rules: rules.collect(),
            together,
            saved: saving * totals.calls_saved as f64,
            disagreements: together.matched - together.right,
            first_disagreements: totals.disagreements(),
            recommendation: verdict.recommendation,
            reasons: verdict.reasons,
        }
    }
}

fn rule(candidate: &Candidate, tally: Tally, count: u64, options: &Options) -> BacktestRule {
    let (counts, proposal) = (&tally.counts, &candidate.proposal);
    let learned = proposal.measured.report;
    let drift = if learned.matched == 0 { halves(*counts, *counts, 1) } else { halves(learned, *counts, count) };
    let asked = proposal.asked;
    let alone = judge(counts, &drift, Judged { asked, roi: None });
    let verdict = judge(counts, &drift, Judged { asked, roi: Some((candidate.roi(), &options.roi)) });
    let both = learned.matched > 0 && counts.matched > 0;
    let z = both.then(|| stats::z_between((learned.right, learned.matched), (counts.right, counts.matched)));
    BacktestRule {
        id: proposal.id.clone(),
        precision: counts.precision(),
        precision_lower: counts.precision_lower(),
        recall: counts.recall(),
        coverage: counts.coverage(),
        z_against_learned: z,
        holds: alone.recommendation != Recommendation::Reject && z.is_none_or(|z| z > -stats::Z95),
        recommendation: verdict.recommendation,
        reasons: verdict.reasons,
        tally,
    }
}
