//! What to do with a rule, by what was measured: in doubt against it.
//!
//! The reference looks at the saving and at a guessed confidence. Here the confidence is a bound that was measured on examples nothing was
//! fitted to, and a rule that answers worse than was asked, or worse than before, is left whatever it saves.

use crate::stats::{self, Z95};
use crate::{Counts, Drift, Recommendation, Relation, RelationKind, Roi, RoiThresholds};

/// How sure a check has to be that something got worse, one-sided.
const DRIFT_ALPHA: f64 = 0.001;

/// How much the share that is answered may move, as a ratio, before somebody should look.
const COVERAGE_RATIO: f64 = 1.5;

/// A recommendation with its reasons, the first of which decided.
pub(crate) struct Verdict {
    pub recommendation: Recommendation,
    pub reasons: Vec<String>,
}

impl Verdict {
    /// Takes into account how rules of the past do later: those that fell beyond chance and below what was asked say that the records are
    /// of two worlds, and these rules may be of the one that is gone.
    pub fn looking_forward(&mut self, drift: Option<&Drift>, asked: f64) {
        let Some(drift) = drift.filter(|drift| fell(drift, asked)) else { return };
        let (before, now) = (percent(drift.older.precision()), percent(drift.newer.precision()));
        self.recommendation = Recommendation::Reject;
        self.reasons.insert(
            0,
            format!("the records changed: rules learned from their older half are right for {now} of the newer one, {before} before"),
        );
    }

    /// Takes into account rules that stand there already.
    pub fn beside(&mut self, relations: &[Relation]) {
        for relation in relations {
            let (least, reason) = match relation.kind {
                RelationKind::SubsumedBy if relation.certain => {
                    (Recommendation::Reject, format!("rule `{}` answers all of it already", relation.rule))
                }
                RelationKind::Conflicts => {
                    (Recommendation::Monitor, format!("rule `{}` answers some of it otherwise", relation.rule))
                }
                _ => continue,
            };
            if least > self.recommendation {
                self.recommendation = least;
                self.reasons.insert(0, reason);
            } else {
                self.reasons.push(reason);
            }
        }
    }
}

/// Compares an older and a newer half, with room for `rules` of which each could seem to drift.
pub(crate) fn halves(older: Counts, newer: Counts, rules: u64) -> Drift {
    let precision_z = stats::z_between((older.right, older.matched), (newer.right, newer.matched));
    let coverage_z = stats::z_between((older.matched, older.examples), (newer.matched, newer.examples));
    let missed = |counts: &Counts| (counts.matched - counts.right, counts.matched);
    let precision_p = stats::more_misses(missed(&older), missed(&newer));
    let far = stats::z_among(DRIFT_ALPHA, rules);
    let ratio = newer.coverage() / older.coverage().max(1e-9);
    let moved = coverage_z.abs() > far && !(1.0 / COVERAGE_RATIO..=COVERAGE_RATIO).contains(&ratio);
    let worse = precision_p < DRIFT_ALPHA / rules.max(1) as f64;
    Drift { older, newer, precision_z, coverage_z, precision_p, drifted: worse || moved }
}

/// What a rule, or a list of them (`roi` none), is held against.
#[derive(Clone, Copy)]
pub(crate) struct Judged<'j> {
    /// The precision that is asked for.
    pub asked: f64,
    /// What it saves, and what that has to be.
    pub roi: Option<(&'j Roi, &'j RoiThresholds)>,
}

/// What to do with a rule, or with a list of them.
pub(crate) fn judge(report: &Counts, drift: &Drift, Judged { asked, roi }: Judged<'_>) -> Verdict {
    let mut reasons = Vec::new();
    let worst = stats::upper(report.right, report.matched, Z95);
    let mut recommendation = roi.map_or(Recommendation::Migrate, |(roi, _)| roi.recommendation);
    if report.matched == 0 {
        recommendation = Recommendation::Reject;
        reasons.push("it answers none of the examples kept for the report".to_owned());
    } else if worst < asked {
        recommendation = Recommendation::Reject;
        reasons.push(format!("its precision is below {}: at most {}", percent(asked), percent(worst)));
    } else if let Some(reason) = worse(drift, asked) {
        recommendation = Recommendation::Reject;
        reasons.push(reason);
    } else if drift.drifted {
        recommendation = recommendation.max(Recommendation::Monitor);
        reasons.push(format!(
            "the share it answers moved from {} to {}",
            percent(drift.older.coverage()),
            percent(drift.newer.coverage())
        ));
    }
    if let Some((roi, thresholds)) = roi {
        reasons.push(saving_reason(roi, thresholds));
    }
    // Of none there is no share.
    if report.matched > 0 {
        reasons.push(format!(
            "right for {} of {} examples nothing was fitted to: {}, at least {} with 95 % confidence",
            report.right,
            report.matched,
            percent(report.precision()),
            percent(report.precision_lower())
        ));
    }
    Verdict { recommendation, reasons }
}

/// Whether precision fell beyond chance, and below what was asked for.
fn fell(drift: &Drift, asked: f64) -> bool {
    drift.precision_p < DRIFT_ALPHA && drift.newer.precision() < asked
}

/// Whether the newer half is worse than the older one, or beyond doubt below what was asked for.
fn worse(drift: &Drift, asked: f64) -> Option<String> {
    let Drift { older, newer, .. } = drift;
    let below = stats::upper(newer.right, newer.matched, stats::z_among(DRIFT_ALPHA, 1)) < asked;
    (fell(drift, asked) || below)
        .then(|| format!("its precision fell from {} to {}", percent(older.precision()), percent(newer.precision())))
}

fn saving_reason(roi: &Roi, thresholds: &RoiThresholds) -> String {
    let saving = format!("saves {:.1} % of what an event costs", roi.cost_reduction_percentage);
    match roi.recommendation {
        Recommendation::Migrate => saving,
        _ if roi.false_positive_risk > thresholds.max_risk => {
            format!("risk {:.3} of a wrong answer is above {}", roi.false_positive_risk, thresholds.max_risk)
        }
        _ if roi.cost_reduction_percentage < thresholds.monitor_percent => format!("{saving}: too little"),
        Recommendation::Monitor => {
            format!(
                "{saving}; {} and a confidence of {} would be enough",
                thresholds.migrate_percent, thresholds.migrate_confidence
            )
        }
        Recommendation::Reject => {
            format!("{saving}, but the effort is not paid back in {} periods", thresholds.max_periods)
        }
    }
}

/// As people read a share.
pub(crate) fn percent(share: f64) -> String {
    format!("{:.2} %", share * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(examples: u64, matched: u64, right: u64) -> Counts {
        Counts { examples, positives: examples, matched, right }
    }

    #[test]
    fn what_got_worse_is_rejected_whatever_it_saves() {
        let alone = Judged { asked: 0.99, roi: None };
        let good = counts(5_000, 4_000, 3_990);
        let steady = judge(&good, &halves(good, good, 1), alone);
        assert_eq!(steady.recommendation, Recommendation::Migrate);
        let worse = halves(good, counts(5_000, 4_000, 3_900), 1);
        assert!(worse.drifted && worse.precision_z < -3.0);
        let fallen = judge(&good, &worse, alone);
        assert_eq!(fallen.recommendation, Recommendation::Reject);
        assert!(fallen.reasons[0].contains("fell from 99.75 % to 97.50 %"), "{:?}", fallen.reasons);
    }

    #[test]
    fn of_no_examples_no_share_is_told() {
        let none = counts(5_000, 0, 0);
        let verdict = judge(&none, &halves(none, none, 1), Judged { asked: 0.99, roi: None });
        assert_eq!(verdict.recommendation, Recommendation::Reject);
        assert_eq!(verdict.reasons, ["it answers none of the examples kept for the report"]);
    }

    #[test]
    fn a_share_that_moves_is_watched() {
        let (older, newer) = (counts(5_000, 4_000, 3_990), counts(5_000, 1_000, 998));
        let verdict = judge(&older, &halves(older, newer, 1), Judged { asked: 0.99, roi: None });
        assert_eq!(verdict.recommendation, Recommendation::Monitor);
        assert!(verdict.reasons[0].contains("from 80.00 % to 20.00 %"), "{:?}", verdict.reasons);
    }

    #[test]
    fn rules_that_stand_there_count() {
        let relation = |kind, certain| Relation { rule: "old".to_owned(), kind, both: 3, certain };
        for (kind, certain, wanted) in [
            (RelationKind::SubsumedBy, true, Recommendation::Reject),
            (RelationKind::Conflicts, false, Recommendation::Monitor),
            (RelationKind::Overlaps, false, Recommendation::Migrate),
        ] {
            let mut verdict = Verdict { recommendation: Recommendation::Migrate, reasons: Vec::new() };
            verdict.beside(&[relation(kind, certain)]);
            assert_eq!(verdict.recommendation, wanted);
        }
    }
}
