//! Rule sets: which rules of a list match an event.
//!
//! Unlike the lists of a stage nothing acts between two rules, so the order of evaluation cannot be seen but in the
//! order of the answers; whatever finds the matches faster has to give them in this order.

use alloc::vec::Vec;
use core::cmp::Ordering;

use super::{Cursor, Evaluation, Step, Tracer, Trap, Vm};
use crate::image::{Finder, Program, Rule};
use crate::index::{Candidates, candidate};
use crate::number::{self, Number};
use crate::{Facts, ListId, RuleId};

/// Which matches are wanted.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Select {
    /// All, in the order of evaluation: by falling priority, ties in the order of the file.
    #[default]
    All,
    /// The first in that order. No rule after it is evaluated.
    First,
    /// The one with the highest score, ties in the order of the file; without a score it is 0.
    Best,
}

/// A rule that answered an event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Matched {
    /// The rule.
    pub rule: RuleId,
    /// Its condition is false and its `else` answered; that is no match.
    pub otherwise: bool,
    /// It is in shadow mode: it is told of and counts for nothing.
    pub shadow: bool,
}

/// A rule whose condition could not be decided. It does not match; the others are evaluated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RuleError {
    /// The rule.
    pub rule: RuleId,
    /// Why.
    pub trap: Trap,
    /// It is in shadow mode.
    pub shadow: bool,
}

/// Matches events with a rule set. Made once per worker and used for event after event: its buffers are kept.
#[derive(Clone, Debug, Default)]
pub struct Matcher {
    answers: Vec<Matched>,
    errors: Vec<RuleError>,
    candidates: Candidates,
}

impl Matcher {
    /// With empty buffers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Matches one event; what an earlier one gave is forgotten.
    ///
    /// A rule with `stop` that matches ends the list. Rules that surely don't match are left out, by an index or by what each
    /// field leaves of them; not where the tracer listens. Costs at most [`Program::list_cost`], apart from reading fields and finding rules.
    pub fn run<F: Facts, T: Tracer>(
        &mut self,
        program: &Program<'_>,
        list: ListId,
        select: Select,
        facts: &F,
        tracer: &mut T,
    ) {
        self.answers.clear();
        self.errors.clear();
        let Some(range) = program.hot().lists.get(list.index()).copied() else { return };
        // Whoever traces wants to see the rules that don't match as well.
        match if T::ON { &Finder::Nothing } else { program.finder(list) } {
            Finder::Index(index) => {
                let mut candidates = core::mem::take(&mut self.candidates);
                index.decide(facts, &mut candidates);
                let open = candidates.rules.iter().map(|rule| candidate(*rule)).filter(|(_, holds)| !holds);
                program.hot().bring_near(range.first, open.map(|(number, _)| number));
                let mut evaluation = Evaluation::new(program, facts);
                for (number, holds) in candidates.rules.iter().map(|rule| candidate(*rule)) {
                    let rule = RuleId::new(range.first.wrapping_add(number));
                    let step = if holds { Some(Step::Fired(rule)) } else { evaluation.step(rule, tracer) };
                    if let Some(step) = step
                        && self.take(program, range.extras, select, step)
                    {
                        break;
                    }
                }
                self.candidates = candidates;
            }
            Finder::Sieve(sieve) => {
                let mut sifted = sieve.sift(program, facts);
                while let Some((number, sure)) = sifted.next() {
                    let rule = RuleId::new(range.first.wrapping_add(number));
                    let ends = if sure && !range.extras {
                        self.answers.push(Matched { rule, otherwise: false, shadow: false });
                        select == Select::First
                    } else {
                        let step = if sure { Some(Step::Fired(rule)) } else { run(program, facts, rule, tracer) };
                        step.is_some_and(|step| self.take(program, range.extras, select, step))
                    };
                    if ends {
                        break;
                    }
                }
            }
            Finder::Nothing => {
                let mut cursor = Cursor::start(list);
                let mut next = || Vm::new().next(program, &mut cursor, facts, tracer);
                while !self.take(program, range.extras, select, next()) {}
            }
        }
        if select == Select::Best {
            self.keep_best(program);
        }
    }

    /// Takes up what came of a rule; whether the list ends with it. Where no rule of the list has `extras`, its record
    /// need not be looked at: of a hundred thousand each is far away.
    fn take(&mut self, program: &Program<'_>, extras: bool, select: Select, step: Step) -> bool {
        let traits = |rule| {
            let found = if extras { program.rule(rule) } else { None };
            found.map_or((false, false), |rule| (rule.is_shadow(), rule.stops()))
        };
        let (rule, otherwise) = match step {
            Step::Done => return true,
            Step::Fired(rule) => (rule, false),
            Step::Otherwise(rule) => (rule, true),
            Step::Error { rule, trap } => {
                let (shadow, _) = traits(rule);
                self.errors.push(RuleError { rule, trap, shadow });
                return false;
            }
        };
        let (shadow, stops) = traits(rule);
        self.answers.push(Matched { rule, otherwise, shadow });
        !otherwise && !shadow && (select == Select::First || stops)
    }

    /// The rules that match.
    pub fn matches(&self) -> impl Iterator<Item = RuleId> {
        self.answers.iter().filter(|answer| !answer.otherwise && !answer.shadow).map(|answer| answer.rule)
    }

    /// Every rule that answered, in the order of evaluation: matches, `else`s, and those in shadow mode.
    #[must_use]
    pub fn answers(&self) -> &[Matched] {
        &self.answers
    }

    /// The rules whose conditions could not be decided, in the order of evaluation.
    #[must_use]
    pub fn errors(&self) -> &[RuleError] {
        &self.errors
    }

    fn keep_best(&mut self, program: &Program<'_>) {
        let candidates = self.matches().filter_map(|rule| program.rule(rule));
        let best = candidates.reduce(|best, other| if is_better(&other, &best) { other } else { best });
        let best = best.map(|rule| rule.id());
        self.answers.retain(|answer| answer.otherwise || answer.shadow || Some(answer.rule) == best);
    }
}

/// Evaluates one rule of a list that was sifted.
#[inline(never)]
pub(super) fn run<F: Facts, T: Tracer>(program: &Program<'_>, facts: &F, rule: RuleId, tracer: &mut T) -> Option<Step> {
    Evaluation::new(program, facts).step(rule, tracer)
}

/// Whether a rule has a higher score, or the same one and an earlier place in the file.
fn is_better(rule: &Rule<'_>, than: &Rule<'_>) -> bool {
    match number::compare(score(rule), score(than)) {
        Some(Ordering::Greater) => true,
        Some(Ordering::Equal) => rule.order() < than.order(),
        _ => false,
    }
}

fn score<'p>(rule: &Rule<'p>) -> Number<'p> {
    rule.score().and_then(Number::of).unwrap_or(Number::Int(0))
}
