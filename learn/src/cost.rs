//! What moving decisions to a cheaper stage is worth: the reference's formulas, its constants as settings.
//!
//! Cost is in the host's own unit. Stages stand in an order of rising scrutiny; a decision that moves down by `gap` places is
//! taken to miss 5 % and to be wrong 20 % of its uncertainty for each place.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Recommendation;

/// What a stage costs for one event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StageCost {
    /// The stage.
    pub stage: String,
    /// For one event, in the host's unit.
    pub cost: f64,
}

/// What stages cost, in the order of rising scrutiny.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Costs(pub Vec<StageCost>);

impl Default for Costs {
    /// RULES 1, STATISTICAL_ML 5, SINGLE_AI 25, POD 100, ADVERSARIAL 500.
    fn default() -> Self {
        let defaults =
            [("RULES", 1.0), ("STATISTICAL_ML", 5.0), ("SINGLE_AI", 25.0), ("POD", 100.0), ("ADVERSARIAL", 500.0)];
        Self(defaults.into_iter().map(|(stage, cost)| StageCost { stage: stage.to_owned(), cost }).collect())
    }
}

/// What a saving has to be for which recommendation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct RoiThresholds {
    /// The least saving of [`Recommendation::Migrate`], in percent. Default 20.
    pub migrate_percent: f64,
    /// The least confidence of it. Default 0.8.
    pub migrate_confidence: f64,
    /// The least saving of [`Recommendation::Monitor`], in percent. Default 5.
    pub monitor_percent: f64,
    /// The most risk of a wrong answer that either may have. Default 0.1.
    pub max_risk: f64,
    /// The most periods that may pass until the effort is paid back. Default 10.
    pub max_periods: f64,
    /// What bringing a rule into service costs, in the unit of the stages. Default 100.
    pub effort: f64,
}

impl Default for RoiThresholds {
    fn default() -> Self {
        Self {
            migrate_percent: 20.0,
            migrate_confidence: 0.8,
            monitor_percent: 5.0,
            max_risk: 0.1,
            max_periods: 10.0,
            effort: 100.0,
        }
    }
}

/// The risk there is even where a decision moves to no cheaper stage.
const LEAST_RISK: f64 = 0.01;

/// What stands for "never paid back".
const NEVER: u64 = 1_000_000;

/// What moving one pattern is worth.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Roi {
    /// What an event costs now.
    pub current_cost_per_item: f64,
    /// What it would cost.
    pub projected_cost_per_item: f64,
    /// Events of a period.
    pub estimated_volume: i64,
    /// What a period saves.
    pub cost_reduction_absolute: f64,
    /// The same of what an event costs now, in percent.
    pub cost_reduction_percentage: f64,
    /// How the share of what is found changes.
    pub detection_rate_change: f64,
    /// The risk of a wrong answer, 0 to 1.
    pub false_positive_risk: f64,
    /// Events after which the effort is paid back.
    pub payback_items: u64,
    /// What follows.
    pub recommendation: Recommendation,
}

/// A stage without a cost.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("stage `{0}` has no cost")]
pub struct CostError(pub String);

impl Costs {
    /// What a stage costs for one event.
    ///
    /// # Errors
    /// The stage has no cost.
    pub fn of(&self, stage: &str) -> Result<f64, CostError> {
        self.place(stage).map(|(_, cost)| cost)
    }

    /// What it is worth to answer a pattern of `from` in `to`, for `volume` events a period.
    ///
    /// # Errors
    /// One of the stages has no cost.
    pub fn roi(
        &self,
        (from, to): (&str, &str),
        confidence: f64,
        volume: i64,
        thresholds: &RoiThresholds,
    ) -> Result<Roi, CostError> {
        let ((above, current), (below, projected)) = (self.place(from)?, self.place(to)?);
        let gap = above as f64 - below as f64;
        let (saving, doubt) = (current - projected, 1.0 - confidence);
        let percentage = if current > 0.0 { saving / current * 100.0 } else { 0.0 };
        let risk = if gap > 0.0 { gap * 0.2 * doubt } else { LEAST_RISK };
        let payback = if saving > 0.0 { (thresholds.effort / saving) as u64 + 1 } else { NEVER };
        Ok(Roi {
            current_cost_per_item: current,
            projected_cost_per_item: projected,
            estimated_volume: volume,
            cost_reduction_absolute: saving * volume as f64,
            cost_reduction_percentage: percentage,
            detection_rate_change: -gap * 0.05 * doubt,
            false_positive_risk: risk,
            payback_items: payback,
            recommendation: thresholds.recommend(percentage, confidence, risk, payback, volume),
        })
    }

    fn place(&self, stage: &str) -> Result<(usize, f64), CostError> {
        let found = self.0.iter().position(|one| one.stage == stage);
        let place = found.and_then(|at| Some((at, self.0.get(at)?.cost)));
        place.ok_or_else(|| CostError(stage.to_owned()))
    }
}

impl RoiThresholds {
    fn recommend(&self, percentage: f64, confidence: f64, risk: f64, payback: u64, volume: i64) -> Recommendation {
        if risk > self.max_risk || payback as f64 > self.max_periods * volume as f64 {
            Recommendation::Reject
        } else if percentage >= self.migrate_percent && confidence >= self.migrate_confidence {
            Recommendation::Migrate
        } else if percentage >= self.monitor_percent {
            Recommendation::Monitor
        } else {
            Recommendation::Reject
        }
    }
}

/// What many are worth together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Savings {
    /// Saved in a period, whatever is recommended.
    pub total_absolute_savings: f64,
    /// Events of a period, over all.
    pub total_volume: i64,
    /// Saved of what those events cost now, in percent.
    pub average_reduction_percentage: f64,
}

impl Savings {
    /// Adds up.
    #[must_use]
    pub fn of<'r>(all: impl IntoIterator<Item = &'r Roi>) -> Self {
        let mut sum = Self::default();
        let mut current = 0.0;
        for roi in all {
            sum.total_absolute_savings += roi.cost_reduction_absolute;
            sum.total_volume += roi.estimated_volume;
            current += roi.current_cost_per_item * roi.estimated_volume as f64;
        }
        if current > 0.0 {
            sum.average_reduction_percentage = sum.total_absolute_savings / current * 100.0;
        }
        sum
    }
}

/// The order in which proposals are looked at: by recommendation, then by what a period saves, most first unless
/// `ascending`; ties as they came.
pub fn rank<T>(items: &mut [T], roi: impl Fn(&T) -> &Roi, ascending: bool) {
    items.sort_by(|first, second| {
        let (first, second) = (roi(first), roi(second));
        let by_saving = first.cost_reduction_absolute.total_cmp(&second.cost_reduction_absolute);
        let by_saving = if ascending { by_saving } else { by_saving.reverse() };
        first.recommendation.cmp(&second.recommendation).then(by_saving)
    });
}
