//! What the report draws: other cuts of a rule's numbers, and the words stages gave as reasons.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::condition::{Check, Condition};
use crate::learned::{ReasonCount, ThresholdCurve};
use crate::learner::PartTable;
use crate::search::Found;
use crate::{Counts, Options, Proposal, Scalar, stats};

/// Cuts of one curve.
const POINTS: usize = 24;

/// The most words that are told.
const MAX_REASONS: usize = 40;

/// Words that are counted at a time, in `max_patterns`.
const COUNTED_WORDS: usize = 16;

/// The least letters of a word that says something.
const MIN_WORD: usize = 5;

/// For each number of each rule what other cuts would have given.
pub(crate) fn threshold_curves(chosen: &[Found], proposals: &[Proposal], part: &PartTable<'_>) -> Vec<ThresholdCurve> {
    let mut curves = Vec::new();
    for (found, proposal) in chosen.iter().zip(proposals) {
        for (at, condition) in found.conditions.iter().enumerate() {
            let (operator, chosen) = match condition.check {
                Check::AtMost(cut) => ("<=", cut),
                Check::AtLeast(cut) => (">=", cut),
                _ => continue,
            };
            let others = Others::new(found, at, part);
            let points =
                cuts(part, condition, chosen).into_iter().map(|cut| (cut, others.cut(operator, cut))).collect();
            curves.push(ThresholdCurve {
                proposal: proposal.id.clone(),
                field: condition.path.to_string(),
                operator: operator.to_owned(),
                chosen,
                points,
            });
        }
    }
    curves
}

/// Values of the field at equal shares of the examples, and the cut that was chosen.
fn cuts(part: &PartTable<'_>, condition: &Condition, chosen: f64) -> Vec<f64> {
    let column = part.table.column(&condition.path);
    let number = |value: &Option<&Scalar>| if let Some(Scalar::Number(number)) = value { Some(*number) } else { None };
    let mut values: Vec<f64> = column.into_iter().flatten().filter_map(number).collect();
    values.sort_by(f64::total_cmp);
    let mut cuts: Vec<f64> =
        (0..=POINTS).filter_map(|share| values.get(values.len().saturating_sub(1) * share / POINTS).copied()).collect();
    cuts.push(chosen);
    cuts.sort_by(f64::total_cmp);
    cuts.dedup();
    cuts
}

/// The examples of which a rule's other conditions hold, by the number that one asks for.
struct Others {
    examples: u64,
    positives: u64,
    /// The number, and whether the rule's answer is theirs.
    values: Vec<(f64, bool)>,
}

impl Others {
    fn new(found: &Found, at: usize, part: &PartTable<'_>) -> Self {
        let (class, condition) = (part.classes.get(found.class), found.conditions.get(at));
        let column = condition.and_then(|condition| part.table.column(&condition.path));
        let mut others = found.conditions.clone();
        others.remove(at);
        let held = part.table.holding(&others);
        let value = |at: usize| {
            let Some(Scalar::Number(number)) = column?.get(at).copied().flatten() else { return None };
            Some((*number, class.is_some_and(|class| class.has(at))))
        };
        Self {
            examples: part.table.len as u64,
            positives: class.map_or(0, crate::bits::Bits::count),
            values: held.backwards().filter_map(value).collect(),
        }
    }

    fn cut(&self, operator: &str, cut: f64) -> Counts {
        let inside = |value: f64| if operator == "<=" { value <= cut } else { value >= cut };
        let (mut matched, mut right) = (0, 0);
        for (value, is_right) in &self.values {
            matched += u64::from(inside(*value));
            right += u64::from(inside(*value) && *is_right);
        }
        Counts { examples: self.examples, positives: self.positives, matched, right }
    }
}

/// Words of `data.reasoning` and `data.factors` with the answer they came with, surest first.
pub(crate) fn reasons_given(
    parts: &[PartTable<'_>; 3],
    answers: &[(Value, u64)],
    options: &Options,
) -> Vec<ReasonCount> {
    let mut words: BTreeMap<String, BTreeMap<usize, u64>> = BTreeMap::new();
    for row in parts.iter().flat_map(|part| &part.rows) {
        let answer = &row.example.answer;
        let class = answers.iter().position(|(one, _)| *one == answer.result).unwrap_or(usize::MAX);
        let text = answer.reasoning.as_deref().unwrap_or_default().to_lowercase();
        let spoken = text.split(|sign: char| !sign.is_alphanumeric()).filter(|word| word.chars().count() >= MIN_WORD);
        let mut seen: Vec<String> = spoken.map(str::to_owned).chain(answer.factors.iter().cloned()).collect();
        seen.sort();
        seen.dedup();
        for word in seen {
            *words.entry(word).or_default().entry(class).or_default() += 1;
        }
        forget(&mut words, options.max_patterns.saturating_mul(COUNTED_WORDS));
    }
    let mut all: Vec<_> = words
        .into_iter()
        .filter_map(|(word, classes)| reason(word, &classes, answers))
        .filter(|one| one.count >= options.min_samples && one.confidence >= options.min_confidence)
        .collect();
    all.sort_by(|first, second| {
        second.confidence.total_cmp(&first.confidence).then_with(|| first.word.cmp(&second.word))
    });
    all.truncate(MAX_REASONS);
    all
}

/// Keeps memory bounded: words that came least go, until half of the room is free (lossy counting; G. Manku and R. Motwani, 2002).
fn forget(words: &mut BTreeMap<String, BTreeMap<usize, u64>>, most: usize) {
    let mut least = 1;
    while words.len() > most {
        words.retain(|_, classes| classes.values().sum::<u64>() > least);
        least *= 2;
    }
}

fn reason(word: String, classes: &BTreeMap<usize, u64>, answers: &[(Value, u64)]) -> Option<ReasonCount> {
    let count = classes.values().sum();
    let (class, right) = classes.iter().max_by_key(|(_, count)| **count)?;
    let (answer, _) = answers.get(*class)?;
    let confidence = stats::lower(*right, count, stats::Z95);
    Some(ReasonCount { word, answer: answer.clone(), count, right: *right, confidence })
}
