//! Rules that were chosen, written and measured.

use std::collections::BTreeSet;
use std::sync::Arc;

use cascata_vm::ops::time_text;
use serde_json::Value;

use crate::bits::Bits;
use crate::curves::{reasons_given, threshold_curves};
use crate::learned::{AnswerCount, CurvePoint};
use crate::learner::{LearnError, Material, PartTable};
use crate::relations::relations;
use crate::search::Found;
use crate::verdict::{Judged, Verdict, halves, judge};
use crate::{Counts, Learned, Measured, Proposal, Relation, Saving, VERSION, rule, stats};

/// The priority of the first rule; each further one has one less.
const FIRST_PRIORITY: i64 = 1_000;

/// Writes what was chosen.
pub(crate) struct Writer<'m> {
    material: &'m Material<'m>,
    chosen: Vec<Found>,
}

impl<'m> Writer<'m> {
    pub const fn new(material: &'m Material<'m>, chosen: Vec<Found>) -> Self {
        Self { material, chosen }
    }

    /// The whole report.
    pub fn learned(self) -> Result<Learned, LearnError> {
        let Material { options, answers, parts, .. } = self.material;
        let [fit, tune, report] = parts;
        let mut proposals = Vec::new();
        for (at, found) in self.chosen.iter().enumerate() {
            proposals.push(self.proposal(found, at)?);
        }
        let together = Measured { fit: self.list(fit), tune: self.list(tune), report: self.list(report) };
        let (older, newer) = self.list_halves();
        let drift = halves(older, newer, 1);
        let mut verdict = judge(&together.report, &drift, Judged { asked: options.precision, roi: None });
        verdict.looking_forward(self.material.forward.as_ref(), options.precision);
        let mut learned = Learned {
            v: VERSION,
            stage: options.stage.clone(),
            target: options.target.clone(),
            precision: options.precision,
            examples: self.material.seen,
            sampled: parts.iter().map(|part| part.rows.len() as u64).sum(),
            parts: parts.each_ref().map(|part| part.rows.len() as u64),
            answers: answers
                .iter()
                .map(|(answer, count)| AnswerCount { answer: answer.clone(), count: *count })
                .collect(),
            tried: self.material.tried,
            found: self.material.found,
            precision_lower: together.report.precision_lower(),
            together,
            drift,
            forward: self.material.forward,
            recommendation: verdict.recommendation,
            reasons: verdict.reasons,
            curve: self.curve()?,
            overlap: self.overlap(),
            thresholds: threshold_curves(&self.chosen, &proposals, report),
            reasons_given: reasons_given(parts, answers, options),
            notes: self.notes(),
            proposals,
        };
        learned.withdraw();
        Ok(learned)
    }

    fn proposal(&self, found: &Found, at: usize) -> Result<Proposal, LearnError> {
        let Material { options, answers, parts, seen, .. } = self.material;
        let answer = answers.get(found.class).map(|(answer, _)| answer.clone()).unwrap_or_default();
        let [fit, tune, report] = parts.each_ref().map(|part| count(part, found));
        let id = id(&options.stage, &options.target, &answer, found);
        let name = format!("learned_{}_{}", slug(&answer), id.get(1..7).unwrap_or_default());
        let reason = format!("as {} would answer", options.stage);
        let mapping = rule::mapping(&name, &found.conditions, &answer, FIRST_PRIORITY - at as i64, &reason);
        let written = rule::written(mapping, &options.target)?;
        let (older, newer) = self.halves(found);
        let drift = halves(older, newer, self.chosen.len() as u64);
        let volume = options.volume.unwrap_or_else(|| i64::try_from(*seen).unwrap_or(i64::MAX));
        let answered = (volume as f64 * report.coverage()).round() as i64;
        let confidence = report.precision_lower();
        let roi = options.costs.roi((&options.stage, &options.target), confidence, answered, &options.roi)?;
        let relations = self.relations(found, &answer, &written.rule);
        let mut verdict = judge(&report, &drift, Judged { asked: options.precision, roi: Some((&roi, &options.roi)) });
        verdict.beside(&relations);
        let Verdict { recommendation, reasons } = verdict;
        Ok(Proposal {
            v: VERSION,
            id,
            name,
            pattern: rule::pattern(&found.conditions),
            stage: options.stage.clone(),
            target: options.target.clone(),
            answer,
            answer_of: options.answer_of,
            asked: options.precision,
            rule: written.rule,
            yaml: written.yaml,
            when: written.when,
            conditions: found.conditions.len(),
            measured: Measured { fit, tune, report },
            precision: report.precision(),
            precision_lower: confidence,
            coverage: report.coverage(),
            recall: report.recall(),
            saving: Saving {
                per_item: roi.current_cost_per_item - roi.projected_cost_per_item,
                per_period: roi.cost_reduction_absolute,
                time_us: self.mean_time(found),
            },
            roi,
            recommendation,
            reasons,
            drift,
            relations,
            seen: self.seen(found),
        })
    }

    fn relations(&self, found: &Found, answer: &Value, rule: &Value) -> Vec<Relation> {
        let [.., report] = &self.material.parts;
        let answered = report.table.holding(&found.conditions);
        relations((rule, answer, &answered), &self.material.existing, &self.material.held)
    }

    /// What the list answers in a part: the first rule that holds.
    fn list(&self, part: &PartTable<'_>) -> Counts {
        self.list_to(part, self.chosen.len(), &Bits::all(part.table.len))
    }

    fn list_to(&self, part: &PartTable<'_>, rules: usize, within: &Bits) -> Counts {
        part.list(self.chosen.get(..rules).unwrap_or(&self.chosen), within)
    }

    /// One rule in the older and the newer half of what it was not fitted to.
    fn halves(&self, found: &Found) -> (Counts, Counts) {
        self.in_halves(|part, within| {
            let answered = part.table.holding(&found.conditions).and(within);
            counted(part, found.class, &answered, within)
        })
    }

    fn list_halves(&self) -> (Counts, Counts) {
        self.in_halves(|part, within| self.list_to(part, self.chosen.len(), within))
    }

    fn in_halves(&self, measure: impl Fn(&PartTable<'_>, &Bits) -> Counts) -> (Counts, Counts) {
        let [_, tune, report] = &self.material.parts;
        let mut sums = (Counts::default(), Counts::default());
        for part in [tune, report] {
            let half = part.rows.len() / 2;
            let older = Bits::of(part.rows.len(), |at| at < half);
            let newer = Bits::of(part.rows.len(), |at| at >= half);
            sums = (sums.0.and(measure(part, &older)), sums.1.and(measure(part, &newer)));
        }
        sums
    }

    fn curve(&self) -> Result<Vec<CurvePoint>, LearnError> {
        let Material { options, parts: [.., report], .. } = self.material;
        let (stage, target) = (options.costs.of(&options.stage)?, options.costs.of(&options.target)?);
        let all = Bits::all(report.table.len);
        let point = |rules: usize| {
            let counts = self.list_to(report, rules, &all);
            let conditions = self.chosen.iter().take(rules).map(|found| found.conditions.len()).sum();
            let target = if rules == 0 { 0.0 } else { target };
            CurvePoint { rules, conditions, counts, cost: target + stage * (1.0 - counts.coverage()) }
        };
        Ok((0..=self.chosen.len()).map(point).collect())
    }

    fn overlap(&self) -> Vec<Vec<u64>> {
        let [.., report] = &self.material.parts;
        let all: Vec<_> = self.chosen.iter().map(|found| report.table.holding(&found.conditions)).collect();
        all.iter().map(|first| all.iter().map(|second| first.both(second)).collect()).collect()
    }

    fn mean_time(&self, found: &Found) -> f64 {
        let [.., report] = &self.material.parts;
        let answered = report.table.holding(&found.conditions);
        let times = report.rows.iter().enumerate().filter(|(at, _)| answered.has(*at));
        let sum: f64 = times.map(|(_, row)| row.example.answer.time_us as f64).sum();
        sum / answered.count().max(1) as f64
    }

    fn seen(&self, found: &Found) -> Option<(String, String)> {
        let [.., report] = &self.material.parts;
        let answered = report.table.holding(&found.conditions);
        let times = report.rows.iter().enumerate().filter(|(at, _)| answered.has(*at));
        let times: BTreeSet<i64> = times.filter_map(|(_, row)| row.example.at_us).collect();
        Some((time_text(*times.first()?)?, time_text(*times.last()?)?))
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        let sampled: usize = self.material.parts.iter().map(|part| part.rows.len()).sum();
        if (sampled as u64) < self.material.seen {
            notes.push(format!("learned from a uniform sample of {sampled} of {} examples", self.material.seen));
        }
        if self.material.forgotten > 0 {
            let (forgotten, hours) = (self.material.forgotten, self.material.options.pattern_ttl_hours);
            notes.push(format!("left out, because nothing came for them in the last {hours} hours: {forgotten} rules"));
        }
        if !self.material.mixed.is_empty() {
            let fields = self.material.mixed.join(", ");
            notes.push(format!("left out, because their values are of several types: {fields}"));
        }
        notes
    }
}

impl Learned {
    /// A list that is to be left withdraws its rules: they were chosen to be used together.
    fn withdraw(&mut self) {
        if self.recommendation != crate::Recommendation::Reject {
            return;
        }
        for proposal in &mut self.proposals {
            proposal.recommendation = crate::Recommendation::Reject;
            proposal.reasons.splice(0..0, self.reasons.first().map(|reason| format!("all rules together: {reason}")));
        }
    }
}

fn count(part: &PartTable<'_>, found: &Found) -> Counts {
    counted(part, found.class, &part.table.holding(&found.conditions), &Bits::all(part.table.len))
}

fn counted(part: &PartTable<'_>, class: usize, answered: &Bits, within: &Bits) -> Counts {
    let right = part.classes.get(class);
    Counts {
        examples: within.count(),
        positives: right.map_or(0, |right| right.both(within)),
        matched: answered.count(),
        right: right.map_or(0, |right| right.both(answered)),
    }
}

/// The same for the same rule, whenever and from whatever it is learned.
fn id(stage: &str, target: &str, answer: &Value, found: &Found) -> String {
    let conditions: Vec<_> = found.conditions.iter().map(|one: &Arc<_>| one.mapping().to_string()).collect();
    let text = serde_json::json!([stage, target, answer, conditions]).to_string();
    let hash = blake3::hash(text.as_bytes()).to_hex();
    format!("p{}", hash.get(..12).unwrap_or_default())
}

/// An answer as part of a name.
fn slug(answer: &Value) -> String {
    let text = match answer {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let word: String = text
        .chars()
        .map(|sign| if sign.is_ascii_alphanumeric() { sign.to_ascii_lowercase() } else { '_' })
        .take(24)
        .collect();
    let word = word.trim_matches('_');
    if word.is_empty() { "answer".to_owned() } else { word.to_owned() }
}

/// The lower bound that holds for all of several proposals at once.
#[must_use]
pub fn lower_among(counts: &Counts, proposals: usize, alpha: f64) -> f64 {
    stats::lower(counts.right, counts.matched, stats::z_among(alpha, proposals as u64))
}
