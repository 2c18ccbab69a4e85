//! Rules that were chosen, written and measured.

use std::sync::Arc;

use cascata_vm::ops::time_text;
use serde_json::Value;

use crate::bits::{Bits, NONE};
use crate::curves::{reasons_given, threshold_curves};
use crate::learned::{AnswerCount, CurvePoint};
use crate::learner::{LearnError, Material, PartTable};
use crate::relations::relations;
use crate::sample::Row;
use crate::search::Found;
use crate::verdict::{Judged, Verdict, halves, judge};
use crate::{Counts, Learned, Measured, Proposal, Relation, Saving, VERSION, rule, stats};

/// The priority of the first rule; each further one has one less.
const FIRST_PRIORITY: i64 = 1_000;

/// Writes what was chosen.
pub(crate) struct Writer<'m> {
    material: &'m Material<'m>,
    chosen: Vec<Found>,
    /// What each of them answers, by part.
    answered: [Vec<Bits>; 3],
}

/// The parts by their places.
const PARTS: [usize; 3] = [0, 1, 2];
const TUNE: usize = 1;
const REPORT: usize = 2;

impl<'m> Writer<'m> {
    pub fn new(material: &'m Material<'m>, chosen: Vec<Found>) -> Self {
        let answered = material.parts.each_ref().map(|part| part.answered(&chosen));
        Self { material, chosen, answered }
    }

    /// The whole report.
    pub fn learned(self) -> Result<Learned, LearnError> {
        let Material { options, answers, parts, .. } = self.material;
        let mut proposals = Vec::new();
        for (at, found) in self.chosen.iter().enumerate() {
            proposals.push(self.proposal(found, at)?);
        }
        let [fit, tune, report] = PARTS.map(|part| self.list(part));
        let together = Measured { fit, tune, report };
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
            thresholds: threshold_curves(&self.chosen, &proposals, self.part(REPORT)),
            reasons_given: reasons_given(parts, answers, options),
            notes: self.notes(),
            proposals,
        };
        learned.withdraw();
        Ok(learned)
    }

    fn proposal(&self, found: &Found, at: usize) -> Result<Proposal, LearnError> {
        let Material { options, answers, seen, .. } = self.material;
        let answer = answers.get(found.class).map(|(answer, _)| answer.clone()).unwrap_or_default();
        let [fit, tune, report] = PARTS.map(|part| self.count(part, at));
        let id = id(&options.stage, &options.target, &answer, found);
        let name = format!("learned_{}_{}", slug(&answer), id.get(1..7).unwrap_or_default());
        let reason = format!("as {} would answer", options.stage);
        let mapping = rule::mapping(&name, &found.conditions, &answer, FIRST_PRIORITY - at as i64, &reason);
        let written = rule::written(mapping, &options.target)?;
        let (older, newer) = self.halves(at);
        let drift = halves(older, newer, self.chosen.len() as u64);
        let volume = options.volume.unwrap_or_else(|| i64::try_from(*seen).unwrap_or(i64::MAX));
        let answered = (volume as f64 * report.coverage()).round() as i64;
        let confidence = report.precision_lower();
        let roi = options.costs.roi((&options.stage, &options.target), confidence, answered, &options.roi)?;
        let relations = self.relations(at, &answer, &written.rule);
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
                time_us: self.mean_time(at),
            },
            roi,
            recommendation,
            reasons,
            drift,
            relations,
            seen: self.seen(at),
        })
    }

    fn part(&self, part: usize) -> &PartTable<'m> {
        let [fit, tune, report] = &self.material.parts;
        match part {
            REPORT => report,
            TUNE => tune,
            _ => fit,
        }
    }

    /// What a rule answers in a part.
    fn answers(&self, part: usize, at: usize) -> &Bits {
        let [fit, tune, report] = &self.answered;
        let of = match part {
            REPORT => report,
            TUNE => tune,
            _ => fit,
        };
        of.get(at).unwrap_or(&NONE)
    }

    fn class(&self, at: usize) -> usize {
        self.chosen.get(at).map_or(usize::MAX, |found| found.class)
    }

    fn relations(&self, at: usize, answer: &Value, rule: &Value) -> Vec<Relation> {
        relations((rule, answer, self.answers(REPORT, at)), &self.material.existing, &self.material.held)
    }

    fn count(&self, part: usize, at: usize) -> Counts {
        let all = Bits::all(self.part(part).table.len);
        counted(self.part(part), self.class(at), self.answers(part, at), &all)
    }

    /// What the list answers in a part: the first rule that holds.
    fn list(&self, part: usize) -> Counts {
        self.list_to(part, self.chosen.len(), &Bits::all(self.part(part).table.len))
    }

    fn list_to(&self, part: usize, rules: usize, within: &Bits) -> Counts {
        let each = (0..self.chosen.len()).map(|at| (self.class(at), self.answers(part, at)));
        self.part(part).list(each.take(rules), within)
    }

    /// One rule in the older and the newer half of what it was not fitted to.
    fn halves(&self, at: usize) -> (Counts, Counts) {
        self.in_halves(|part, within| {
            counted(self.part(part), self.class(at), &self.answers(part, at).and(within), within)
        })
    }

    fn list_halves(&self) -> (Counts, Counts) {
        self.in_halves(|part, within| self.list_to(part, self.chosen.len(), within))
    }

    fn in_halves(&self, measure: impl Fn(usize, &Bits) -> Counts) -> (Counts, Counts) {
        let mut sums = (Counts::default(), Counts::default());
        for part in [TUNE, REPORT] {
            let count = self.part(part).rows.len();
            let half = count / 2;
            let older = Bits::of(count, |at| at < half);
            let newer = Bits::of(count, |at| at >= half);
            sums = (sums.0.and(measure(part, &older)), sums.1.and(measure(part, &newer)));
        }
        sums
    }

    fn curve(&self) -> Result<Vec<CurvePoint>, LearnError> {
        let Material { options, .. } = self.material;
        let (stage, target) = (options.costs.of(&options.stage)?, options.costs.of(&options.target)?);
        let all = Bits::all(self.part(REPORT).table.len);
        let point = |rules: usize| {
            let counts = self.list_to(REPORT, rules, &all);
            let conditions = self.chosen.iter().take(rules).map(|found| found.conditions.len()).sum();
            let target = if rules == 0 { 0.0 } else { target };
            CurvePoint { rules, conditions, counts, cost: target + stage * (1.0 - counts.coverage()) }
        };
        Ok((0..=self.chosen.len()).map(point).collect())
    }

    fn overlap(&self) -> Vec<Vec<u64>> {
        let [.., all] = &self.answered;
        all.iter().map(|first| all.iter().map(|second| first.both(second)).collect()).collect()
    }

    fn mean_time(&self, at: usize) -> f64 {
        let answered = self.answers(REPORT, at);
        let sum: f64 = self.rows(answered).map(|row| row.example.answer.time_us as f64).sum();
        sum / answered.count().max(1) as f64
    }

    fn seen(&self, at: usize) -> Option<(String, String)> {
        let moments = || self.rows(self.answers(REPORT, at)).filter_map(|row| row.example.at_us);
        Some((time_text(moments().min()?)?, time_text(moments().max()?)?))
    }

    /// Reported examples.
    fn rows<'s>(&'s self, of: &'s Bits) -> impl Iterator<Item = &'s Row> {
        let rows = &self.part(REPORT).rows;
        of.backwards().filter_map(|at| rows.get(at).copied())
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
