//! Runs a condition over sets of states: which states make it true, which false, which an error.

use super::leaf::Leaf;
use super::outcome::Outcome;
use super::space::{Space, State};
use crate::model::{Condition, ConditionNode};

/// More states than this are joined, which loses findings and nothing else.
const MOST_STATES: usize = 48;

/// A set of states: those in any of its members.
#[derive(Clone, Debug, Default)]
pub(super) struct States(Vec<State>);

/// The states after a condition, by its outcome.
#[derive(Clone, Debug, Default)]
pub(super) struct Split {
    pub(super) yes: States,
    pub(super) no: States,
    pub(super) error: States,
}

/// What was seen of one condition of a tree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// Whether it is ever asked.
    pub(super) reached: bool,
    pub(super) yes: bool,
    pub(super) no: bool,
    pub(super) error: bool,
}

/// What may still be spent. Analysis that costs more than this stops, and says less.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget(u64);

impl Budget {
    pub(super) const fn new(steps: u64) -> Self {
        Self(steps)
    }

    pub(super) fn spend(&mut self, steps: usize) {
        self.0 = self.0.saturating_sub(steps as u64);
    }

    pub(super) const fn is_spent(self) -> bool {
        self.0 == 0
    }
}

impl States {
    pub(super) fn one(state: State) -> Self {
        Self(vec![state])
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    fn push(&mut self, state: State) {
        for known in &mut self.0 {
            let (joined, exact) = known.around(&state);
            if exact {
                *known = joined;
                return;
            }
        }
        self.0.push(state);
        if self.0.len() > MOST_STATES
            && let (Some(last), Some(other)) = (self.0.pop(), self.0.pop())
        {
            self.0.push(last.around(&other).0);
        }
    }

    /// Both sets together.
    pub(super) fn or(mut self, other: Self) -> Self {
        for state in other.0 {
            self.push(state);
        }
        self
    }

    /// What both sets share.
    pub(super) fn and(&self, other: &Self, space: &Space, budget: &mut Budget) -> Self {
        let mut shared = Self::default();
        for left in &self.0 {
            budget.spend(other.0.len());
            for right in &other.0 {
                if let Some(state) = space.both(left, right) {
                    shared.push(state);
                }
            }
        }
        shared
    }

    /// Whether the sets surely share nothing.
    pub(super) fn apart(&self, other: &Self, space: &Space, budget: &mut Budget) -> bool {
        budget.spend(self.len().saturating_mul(other.len()));
        self.0.iter().all(|left| other.0.iter().all(|right| space.both(left, right).is_none()))
    }
}

/// Runs a condition; `seen` gets one entry a condition, the whole one first, then each child with its own.
pub(super) fn split(
    space: &Space,
    condition: &Condition,
    states: &States,
    seen: &mut Vec<Seen>,
    budget: &mut Budget,
) -> Split {
    let at = seen.len();
    seen.push(Seen::default());
    budget.spend(states.len());
    let split = match &condition.node {
        ConditionNode::Test(_) | ConditionNode::Each(_) => {
            let mut split = Split::default();
            let key = Leaf::of(condition).map(Leaf::key).unwrap_or_default();
            for state in &states.0 {
                for outcome in Outcome::ALL {
                    let Some(state) = space.after(state, &key, outcome) else { continue };
                    match outcome {
                        Outcome::True => split.yes.push(state),
                        Outcome::False => split.no.push(state),
                        Outcome::Error => split.error.push(state),
                    }
                }
            }
            split
        }
        ConditionNode::Not(child) => {
            let Split { yes, no, error } = self::split(space, child, states, seen, budget);
            Split { yes: no, no: yes, error }
        }
        ConditionNode::All(children) => {
            let mut whole = Split { yes: states.clone(), ..Split::default() };
            for child in children {
                let part = self::split(space, child, &whole.yes, seen, budget);
                whole = Split { yes: part.yes, no: whole.no.or(part.no), error: whole.error.or(part.error) };
            }
            whole
        }
        ConditionNode::Any(children) => {
            let mut whole = Split { no: states.clone(), ..Split::default() };
            for child in children {
                let part = self::split(space, child, &whole.no, seen, budget);
                whole = Split { no: part.no, yes: whole.yes.or(part.yes), error: whole.error.or(part.error) };
            }
            whole
        }
    };
    if let Some(entry) = seen.get_mut(at) {
        *entry = Seen {
            reached: !states.is_empty(),
            yes: !split.yes.is_empty(),
            no: !split.no.is_empty(),
            error: !split.error.is_empty(),
        };
    }
    split
}
