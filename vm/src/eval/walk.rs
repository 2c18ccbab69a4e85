//! A rule list on the way from its first rule to its last, helped by its index.

use super::matching::run;
use super::{Cursor, Evaluation, Step, Tracer, Vm};
use crate::image::{Action, Finder, HotList, Program};
use crate::index::{Candidates, ListIndex};
use crate::sieve::{Sieve, Sifted};
use crate::{Facts, ListId, PathId, RuleId};

/// Goes through a rule list and stops where [`Vm::next`] would stop. It leaves out rules that are known to come out false, by an index or by
/// what each field leaves of them. Made once and used for list after list: its buffers are kept.
///
/// What it leaves out follows from the fields as they are when it looks. Where a rule that it stopped at writes a
/// field by its `set_field`, it looks again by itself; whatever else changes fields on the way has to be told by
/// [`changed`](Self::changed).
#[derive(Clone, Debug)]
pub struct Walk {
    cursor: Cursor,
    candidates: Candidates,
    /// Of a list with a sieve the rules that are left.
    sifted: Sifted,
    /// How many of the candidates are done.
    done: usize,
    found: Found,
    /// How often candidates were found in this list.
    finds: u32,
}

/// What is known of the rules that are left.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Found {
    /// Nothing yet, or what was known is so no more.
    Nothing,
    /// The candidates.
    Candidates,
    /// Nothing, and looking up would cost more than going on.
    GoOn,
}

impl Default for Walk {
    fn default() -> Self {
        Self::new()
    }
}

impl Walk {
    /// With empty buffers, at the end of no list.
    #[must_use]
    pub fn new() -> Self {
        Self {
            cursor: Cursor::start(ListId::new(u32::MAX)),
            candidates: Candidates::default(),
            sifted: Sifted::default(),
            done: 0,
            found: Found::Nothing,
            finds: 0,
        }
    }

    /// Before the first rule of a list.
    pub fn start(&mut self, list: ListId) {
        self.cursor = Cursor::start(list);
        self.found = Found::Nothing;
        self.finds = 0;
    }

    /// Fields may have changed since the last step.
    pub fn changed(&mut self) {
        if self.found == Found::Candidates {
            self.found = Found::Nothing;
        }
    }

    /// Gives back memory beyond that many candidates.
    pub fn shrink_to(&mut self, candidates: usize) {
        self.candidates.rules.clear();
        self.candidates.rules.shrink_to(candidates);
        self.found = Found::Nothing;
    }

    /// As [`Vm::next`]. Where the tracer listens, no rule is left out.
    pub fn next<F: Facts, T: Tracer>(&mut self, program: &Program<'_>, facts: &F, tracer: &mut T) -> Step {
        if T::ON || self.found == Found::GoOn {
            return Vm::new().next(program, &mut self.cursor, facts, tracer);
        }
        let Some(list) = program.hot().lists.get(self.cursor.list.index()).copied() else { return Step::Done };
        let index = match program.finder(self.cursor.list) {
            Finder::Index(index) => index,
            Finder::Sieve(sieve) => return self.next_sifted(program, sieve, list, facts, tracer),
            Finder::Nothing => {
                self.found = Found::GoOn;
                return Vm::new().next(program, &mut self.cursor, facts, tracer);
            }
        };
        let left = list.count.saturating_sub(self.cursor.done);
        if self.found == Found::Nothing && !self.find(index, left, program.hot().index_min_rules, facts) {
            return Vm::new().next(program, &mut self.cursor, facts, tracer);
        }
        let mut evaluation = Evaluation::new(program, facts);
        while let Some(number) = self.candidates.rules.get(self.done).copied() {
            self.done = self.done.wrapping_add(1);
            self.cursor.done = number.wrapping_add(1);
            let rule = RuleId::new(list.first.wrapping_add(number));
            if let Some(step) = evaluation.step(rule, tracer) {
                self.after(program, |path| index.is_stale_after(path), step);
                return step;
            }
        }
        Step::Done
    }

    /// The same in a list with a sieve.
    #[inline]
    fn next_sifted<F: Facts, T: Tracer>(
        &mut self,
        program: &Program<'_>,
        sieve: &Sieve,
        list: HotList,
        facts: &F,
        tracer: &mut T,
    ) -> Step {
        if self.found == Found::Nothing {
            self.sifted = sieve.sift(program, facts);
            self.sifted.skip(self.cursor.done);
            self.found = Found::Candidates;
        }
        while let Some((number, sure)) = self.sifted.next() {
            self.cursor.done = number.wrapping_add(1);
            let rule = RuleId::new(list.first.wrapping_add(number));
            let step = if sure { Some(Step::Fired(rule)) } else { run(program, facts, rule, tracer) };
            if let Some(step) = step {
                if sieve.writes() {
                    self.after(program, |path| sieve.is_stale_after(path), step);
                }
                return step;
            }
        }
        Step::Done
    }

    /// Finds the candidates among the rules that are `left`; false if going on costs less. That is so when for each time that
    /// candidates were found fewer rules are left than a list needs for an index.
    fn find<F: Facts>(&mut self, index: &ListIndex, left: u32, worth: u32, facts: &F) -> bool {
        if left < self.finds.saturating_mul(worth) {
            self.found = Found::GoOn;
            return false;
        }
        self.finds = self.finds.saturating_add(1);
        index.find(facts, &mut self.candidates);
        let next = self.cursor.done;
        self.done = self.candidates.rules.partition_point(|rule| *rule < next);
        self.found = Found::Candidates;
        true
    }

    /// A rule that acts may write what the index looked at.
    fn after(&mut self, program: &Program<'_>, is_stale_after: impl Fn(PathId) -> bool, step: Step) {
        let action = match step {
            Step::Fired(rule) => program.rule(rule).map(|rule| rule.action()),
            Step::Otherwise(rule) => program.rule(rule).and_then(|rule| rule.otherwise()),
            Step::Error { .. } | Step::Done => None,
        };
        if let Some(Action::SetField { path, .. }) = action
            && is_stale_after(path)
        {
            self.changed();
        }
    }
}
