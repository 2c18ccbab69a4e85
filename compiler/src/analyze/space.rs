//! The space of everything that the conditions of a rule look at, and sets of states in it.
//!
//! Each field is a variable over its pieces, each statistic over its own, and each question whose answer no piece decides
//! (whether a pattern matches, say) over true, false and error. A state gives each variable the set it may still be in. A
//! real event is in a state exactly if its piece of every variable is, so what is empty here cannot happen; the converse
//! is not promised.

use std::collections::HashMap;
use std::rc::Rc;

use super::atom::{Atom, Points, StatAtom};
use super::bits::Bits;
use super::decide::{decide, decide_stat};
use super::facts::Types;
use super::leaf::{Plain, leaves, plain};
use super::measured::{Measured, Pieces};
use super::outcome::{Outcome, Outcomes};
use super::parts::{Asks, Part, folded};
use super::patterns::Patterns;
use crate::model::{Cascade, CompareOp, Condition, Constant, Operator, PathRef, Test};
use crate::operators::Family;

/// Constants of one field that are told apart; further ones are left open.
const MOST_POINTS: usize = 192;

/// Constants of one test that are told apart.
pub(super) const MOST_OF_A_TEST: usize = 48;

/// What a variable stands for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Subject {
    Field(PathRef),
    Stat(PathRef, Operator),
    Measure(String),
    Question(String),
}

/// What a test says about one variable: the pieces it leaves for each outcome.
#[derive(Debug)]
pub(super) struct View {
    variable: usize,
    leaves: [Bits; 3],
}

/// What ties two variables.
#[derive(Debug)]
pub(super) enum Link {
    /// While `of` is within `when`, `then` can only be within `only`.
    Implies { of: usize, when: Bits, then: usize, only: Bits },
    /// The same while `field` is text.
    AsText { field: usize, text: Bits, of: usize, when: Bits, then: usize, only: Bits },
}

/// Sets that each variable may be in, none of them empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct State(Vec<Rc<Bits>>);

/// The variables of some conditions and what each test says about them.
#[derive(Debug, Default)]
pub(super) struct Space {
    pub(super) subjects: HashMap<Subject, usize>,
    whole: Vec<Rc<Bits>>,
    views: HashMap<String, Rc<Vec<View>>>,
    pub(super) links: Vec<Link>,
    pub(super) parts: Vec<Part>,
}

impl Space {
    /// The space of some conditions.
    pub(super) fn new<'c>(
        cascade: &Cascade,
        types: &Types<'_>,
        conditions: impl IntoIterator<Item = &'c Condition>,
        patterns: &mut Patterns,
    ) -> Self {
        let mut all = Vec::new();
        conditions.into_iter().for_each(|condition| leaves(condition, &mut all));
        let mut fields: Vec<(PathRef, Points)> = Vec::new();
        let mut stats: Vec<((PathRef, Operator), Points)> = Vec::new();
        for plain in all.iter().filter_map(|leaf| plain(*leaf)) {
            if plain.test.op.family() == Family::Statistic {
                slot(&mut stats, (plain.path, plain.test.op)).numbers.extend(super::line::number(plain.operand));
            }
            test_points(plain.test, plain.operand, slot(&mut fields, plain.path), patterns);
        }
        let mut measures: Vec<(String, Pieces)> = Vec::new();
        for measured in all.iter().filter_map(|leaf| Measured::of(*leaf)) {
            measured.add_to(slot(&mut measures, measured.key()));
            if let Some(path) = measured.path() {
                slot(&mut fields, path);
            }
        }
        let mut space = Self::default();
        let mut atoms: HashMap<PathRef, Vec<Atom>> = HashMap::new();
        let mut known = Vec::new();
        for (path, mut points) in fields {
            let fact = cascade.paths.get(path).and_then(|path| types.fact(path));
            if let Some(fact) = fact {
                fact.add_to(&mut points, MOST_OF_A_TEST);
            }
            let pieces = points.atoms();
            let variable = space.variable(Subject::Field(path), pieces.len());
            known.extend(fact.map(|fact| (variable, fact.pieces(&pieces))));
            atoms.insert(path, pieces);
        }
        let mut stat_atoms: HashMap<(PathRef, Operator), Vec<StatAtom>> = HashMap::new();
        for ((path, op), points) in stats {
            let pieces = points.stat_atoms();
            let variable = space.variable(Subject::Stat(path, op), pieces.len());
            space.tie_stat(path, variable, op, &pieces, &atoms);
            stat_atoms.insert((path, op), pieces);
        }
        for leaf in &all {
            let key = leaf.key();
            if space.views.contains_key(&key) {
                continue;
            }
            let views = match (plain(*leaf), Measured::of(*leaf)) {
                (Some(plain), _) => {
                    let pieces = atoms.get(&plain.path).map(Vec::as_slice).unwrap_or_default();
                    space.views_of(plain, pieces, stat_atoms.get(&(plain.path, plain.test.op)), patterns)
                }
                (None, Some(measured)) => {
                    let pieces = slot(&mut measures, measured.key());
                    measured.cut(pieces);
                    space.views_of_measure(&measured, &pieces.atoms, &key, &atoms)
                }
                // Anything else is a question without pieces.
                (None, None) => vec![space.open(&key)],
            };
            space.views.insert(key, Rc::new(views));
        }
        space.tie_paths(cascade, &atoms);
        space.tie_parts(&atoms);
        space.know(known);
        space
    }

    /// Leaves only what the schema lets the fields be.
    fn know(&mut self, known: Vec<(usize, Bits)>) {
        for (variable, pieces) in known {
            // A schema that leaves nothing says nothing.
            if !pieces.is_empty()
                && let Some(whole) = self.whole.get_mut(variable)
            {
                Rc::make_mut(whole).keep(&pieces);
            }
        }
    }

    pub(super) fn variable(&mut self, subject: Subject, size: usize) -> usize {
        let next = self.whole.len();
        let variable = *self.subjects.entry(subject).or_insert(next);
        if variable == next {
            self.whole.push(Rc::new(Bits::of(size, |_| true)));
        }
        variable
    }

    /// A question of which nothing is known.
    pub(super) fn open(&mut self, key: &str) -> View {
        let variable = self.variable(Subject::Question(key.to_owned()), 3);
        view(variable, &[Outcomes::TRUE, Outcomes::FALSE, Outcomes::ERROR])
    }

    fn views_of(
        &mut self,
        plain: Plain<'_>,
        pieces: &[Atom],
        stats: Option<&Vec<StatAtom>>,
        patterns: &mut Patterns,
    ) -> Vec<View> {
        let Plain { test, path, operand } = plain;
        let facts = test.regex.as_ref().map(|pattern| patterns.get(pattern));
        let outcomes: Vec<_> = pieces.iter().map(|atom| decide(test.op, operand, facts.as_deref(), atom)).collect();
        let field = self.variable(Subject::Field(path), pieces.len());
        let mut views = vec![view(field, &outcomes)];
        if let Some(stats) = stats {
            let outcomes: Vec<_> = stats.iter().map(|atom| decide_stat(test.compare, operand, atom)).collect();
            let variable = self.variable(Subject::Stat(path, test.op), stats.len());
            views.push(view(variable, &outcomes));
        }
        if outcomes.iter().any(|outcomes| outcomes.is_open()) {
            let (question, flipped) = question(plain);
            let variable = self.variable(Subject::Question(question), 4);
            let answers = [Outcomes::TRUE, Outcomes::FALSE, Outcomes::ERROR];
            let mut answers = answers.map(|answer| if flipped { answer.flip() } else { answer }).to_vec();
            // The last one is the answer of a missing field: a question and its opposite are both false.
            answers.push(Outcomes::FALSE);
            views.push(view(variable, &answers));
            self.parts.extend(Asks::of(test.op, operand).map(|asks| Part { question: variable, field, asks }));
        }
        views
    }

    /// The states of all events.
    pub(super) fn all(&self) -> State {
        State(self.whole.clone())
    }

    /// What is left of a state when the test comes out so; nothing if it cannot.
    pub(super) fn after(&self, state: &State, key: &str, outcome: Outcome) -> Option<State> {
        let Some(views) = self.views.get(key) else { return Some(state.clone()) };
        let mut state = state.clone();
        for view in views.iter() {
            let leaves = match outcome {
                Outcome::True => view.leaves.first(),
                Outcome::False => view.leaves.get(1),
                Outcome::Error => view.leaves.get(2),
            };
            if !leaves.is_none_or(|leaves| state.keep(view.variable, leaves)) {
                return None;
            }
        }
        self.settle(&mut state).then_some(state)
    }

    /// What two states share, if anything.
    pub(super) fn both(&self, left: &State, right: &State) -> Option<State> {
        let mut state = left.clone();
        for (at, bits) in right.0.iter().enumerate() {
            if !state.keep(at, bits) {
                return None;
            }
        }
        self.settle(&mut state).then_some(state)
    }

    /// Follows the links until nothing changes; false if nothing is left.
    fn settle(&self, state: &mut State) -> bool {
        // Each round with a change empties a bit, and more rounds than this only lose findings.
        for _ in 0..4 {
            let before = state.clone();
            for link in &self.links {
                let (of, when, then, only) = match link {
                    Link::Implies { of, when, then, only } => (of, when, then, only),
                    Link::AsText { field, text, of, when, then, only } => {
                        if !state.within(*field, text) {
                            continue;
                        }
                        (of, when, then, only)
                    }
                };
                if state.within(*of, when) && !state.keep(*then, only) {
                    return false;
                }
            }
            if before == *state {
                break;
            }
        }
        true
    }
}

/// The entry of a key, made where it is not there.
fn slot<K: PartialEq, V: Default>(list: &mut Vec<(K, V)>, key: K) -> &mut V {
    let at = list.iter().position(|(known, _)| *known == key).unwrap_or_else(|| {
        list.push((key, V::default()));
        list.len().saturating_sub(1)
    });
    #[expect(clippy::indexing_slicing, reason = "found or pushed on the line above")]
    &mut list[at].1
}

/// Adds the constants of a test that tell its answers apart.
pub(super) fn test_points(test: &Test, operand: &Constant, points: &mut Points, patterns: &mut Patterns) {
    let constants: Vec<Constant> = match (operand, test.op.family()) {
        (_, Family::Quantifier | Family::Statistic | Family::Containment | Family::Presence | Family::Network) => {
            return;
        }
        (Constant::List(list), Family::Membership) => list.clone(),
        (Constant::Map(entries), Family::Membership) => {
            entries.iter().map(|(key, _)| Constant::Text(key.clone())).collect()
        }
        (Constant::Text(_), Family::Membership) => return,
        (Constant::Text(_), Family::Pattern) => {
            if let Some(pattern) = &test.regex {
                patterns.get(pattern).add_to(points);
            }
            return;
        }
        (Constant::Text(prefix), _) if test.op == Operator::StartsWith => {
            points.add_prefix(prefix);
            return;
        }
        (operand, _) => vec![operand.clone()],
    };
    if constants.len() > MOST_OF_A_TEST || points.len().saturating_add(constants.len()) > MOST_POINTS {
        points.open = true;
        return;
    }
    constants.iter().for_each(|constant| points.add(constant));
}

pub(super) fn view(variable: usize, outcomes: &[Outcomes]) -> View {
    let leaves = Outcome::ALL
        .map(|outcome| Bits::of(outcomes.len(), |at| outcomes.get(at).is_some_and(|outcomes| outcomes.has(outcome))));
    View { variable, leaves }
}

/// What a test asks where no piece decides it, and whether the test is the opposite of that.
fn question(Plain { test, path, operand }: Plain<'_>) -> (String, bool) {
    let (op, flipped) = match test.op {
        Operator::NotIn => (Operator::In, true),
        Operator::Ne => (Operator::Eq, true),
        op => (op, false),
    };
    // `NONE` is the opposite of `ANY` on lists only, and so not here.
    let compare = if test.op.takes_compare() { test.compare } else { CompareOp::Eq };
    if let (Operator::EqualFolded, Constant::Text(text)) = (op, operand) {
        return (format!("{path:?} {op:?} {:?}", folded(text)), flipped);
    }
    (format!("{path:?} {op:?} {compare:?} {operand:?}"), flipped)
}

impl State {
    /// Keeps what is in a set; false if nothing is left.
    fn keep(&mut self, variable: usize, set: &Bits) -> bool {
        let Some(bits) = self.0.get_mut(variable) else { return true };
        if !bits.within(set) {
            Rc::make_mut(bits).keep(set);
        }
        !bits.is_empty()
    }

    fn within(&self, variable: usize, set: &Bits) -> bool {
        self.0.get(variable).is_some_and(|bits| bits.within(set))
    }

    /// The smallest state around both, and whether nothing else is in it.
    pub(super) fn around(&self, other: &Self) -> (Self, bool) {
        let mut different = 0_usize;
        let joined = self.0.iter().zip(&other.0).map(|(left, right)| {
            if left == right {
                return Rc::clone(left);
            }
            different = different.saturating_add(1);
            let mut bits = Bits::clone(left);
            bits.add(right);
            Rc::new(bits)
        });
        let joined = Self(joined.collect());
        (joined, different <= 1)
    }
}
