//! What kinds of values the fields of a condition have when it holds, does not hold or fails: much less than a space of states
//! tells, for much less time. Enough to see that most rules of a list say nothing about each other.

use super::atom::{Atom, Container};
use super::decide::decide;
use super::leaf::{Leaf, Plain, plain};
use super::line::{Numbers, Texts};
use super::outcome::Outcome;
use super::space::MOST_OF_A_TEST;
use crate::model::{Condition, ConditionNode, Constant, PathRef};

/// Kinds of values: a bit for each atom of [`Coarse`].
type Kinds = u8;

/// Fields of which something is known, each once; the others may be anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Known(Vec<(PathRef, Kinds)>);

/// What is known of the fields by the outcome of a condition; never less than what can happen.
#[derive(Clone, Debug, Default)]
pub(super) struct ByOutcome {
    pub(super) yes: Option<Known>,
    pub(super) no: Option<Known>,
    /// An error comes from one comparison or another.
    pub(super) errors: Vec<Known>,
}

/// Everything a field can be, one piece for each kind.
#[derive(Debug)]
pub(super) struct Coarse(Vec<Atom>);

impl Default for Coarse {
    fn default() -> Self {
        let mut atoms = vec![Atom::Nil, Atom::Bool(false), Atom::Bool(true), Atom::NotANumber];
        atoms.extend(Numbers::cut(&[]).into_iter().map(Atom::Number));
        atoms.extend(Texts::cut(Vec::new()).into_iter().map(Atom::Text));
        atoms.extend([Atom::List(Container::Open), Atom::Map(Container::Open)]);
        Self(atoms)
    }
}

impl Coarse {
    /// Runs a condition.
    pub(super) fn run(&self, condition: &Condition) -> ByOutcome {
        self.after(condition, Known::default())
    }

    fn after(&self, condition: &Condition, known: Known) -> ByOutcome {
        match &condition.node {
            ConditionNode::Test(_) | ConditionNode::Each(_) => self.leaf(condition, known),
            ConditionNode::Not(child) => {
                let ByOutcome { yes, no, errors } = self.after(child, known);
                ByOutcome { yes: no, no: yes, errors }
            }
            ConditionNode::All(children) => self.each(children, known),
            ConditionNode::Any(children) => {
                // Some hold: not all fail to.
                let ByOutcome { yes, no, errors } = self.each_not(children, known);
                ByOutcome { yes: no, no: yes, errors }
            }
        }
    }

    /// Every child holds.
    fn each(&self, children: &[Condition], known: Known) -> ByOutcome {
        let mut whole = ByOutcome { yes: Some(known), ..ByOutcome::default() };
        for child in children {
            let Some(known) = whole.yes.take() else { break };
            whole.add(self.after(child, known));
        }
        whole
    }

    /// No child holds.
    fn each_not(&self, children: &[Condition], known: Known) -> ByOutcome {
        let mut whole = ByOutcome { yes: Some(known), ..ByOutcome::default() };
        for child in children {
            let Some(known) = whole.yes.take() else { break };
            let ByOutcome { yes, no, errors } = self.after(child, known);
            whole.add(ByOutcome { yes: no, no: yes, errors });
        }
        whole
    }

    fn leaf(&self, condition: &Condition, known: Known) -> ByOutcome {
        let plain = Leaf::of(condition).and_then(plain).filter(|plain| !is_long(plain.operand));
        let Some(Plain { test, path, operand }) = plain else {
            let (yes, no) = (Some(known.clone()), Some(known.clone()));
            return ByOutcome { yes, no, errors: vec![known] };
        };
        let (mut yes, mut no, mut error) = (0, 0, 0);
        for (at, atom) in self.0.iter().enumerate() {
            let outcomes = decide(test.op, operand, None, atom);
            let bit = 1_u8.wrapping_shl(at as u32);
            for (kinds, outcome) in [(&mut yes, Outcome::True), (&mut no, Outcome::False), (&mut error, Outcome::Error)]
            {
                if outcomes.has(outcome) {
                    *kinds |= bit;
                }
            }
        }
        let errors = known.clone().keep(path, error).into_iter().collect();
        ByOutcome { yes: known.clone().keep(path, yes), no: known.keep(path, no), errors }
    }
}

/// Lists that would take their time.
fn is_long(constant: &Constant) -> bool {
    matches!(constant, Constant::List(list) if list.len() > MOST_OF_A_TEST)
}

impl ByOutcome {
    /// Takes up what came of the next child of those that all have to hold.
    fn add(&mut self, child: Self) {
        self.yes = child.yes;
        self.no = match (self.no.take(), child.no) {
            (Some(one), Some(other)) => Some(one.or(&other)),
            (one, other) => one.or(other),
        };
        self.errors.extend(child.errors);
    }
}

impl Known {
    /// What is known once a field is one of some kinds; nothing if it cannot be.
    fn keep(mut self, path: PathRef, kinds: Kinds) -> Option<Self> {
        match self.0.iter_mut().find(|(known, _)| *known == path) {
            Some((_, known)) => *known &= kinds,
            None => self.0.push((path, kinds)),
        }
        let possible = self.kinds(path).is_some_and(|kinds| kinds != 0);
        possible.then_some(self)
    }

    fn kinds(&self, path: PathRef) -> Option<Kinds> {
        self.0.iter().find(|(known, _)| *known == path).map(|(_, kinds)| *kinds)
    }

    /// What is known if it is one or the other.
    fn or(&self, other: &Self) -> Self {
        let both = self.0.iter().filter_map(|(path, kinds)| Some((*path, kinds | other.kinds(*path)?)));
        Self(both.collect())
    }

    /// Whether the two surely never happen together.
    pub(super) fn excludes(&self, other: &Self) -> bool {
        self.0.iter().any(|(path, kinds)| other.kinds(*path).is_some_and(|others| kinds & others == 0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Options, Source};

    /// What is known of two conditions.
    fn both(one: &str, other: &str) -> [ByOutcome; 2] {
        let rule = |name: &str, when: &str| format!("{{name: {name}, when: '{when}', action: {{type: terminate}}}}");
        let rules = [rule("one", one), rule("other", other)].join(", ");
        let text = format!("{{name: c, version: '1', stages: {{S: {{name: S, routing_rules: [{rules}]}}}}}}");
        let (cascade, diagnostics) = crate::check(&Source::new("c.yaml", text), &Options::default());
        let cascade = cascade.unwrap_or_else(|| panic!("{one}, {other}: {diagnostics:?}"));
        let mut models = cascade.rules.values().map(|model| Coarse::default().run(&model.condition));
        [models.next().unwrap(), models.next().unwrap()]
    }

    /// Whether the first condition fails for something that makes the second one hold.
    fn fails_where(one: &str, other: &str) -> bool {
        let [one, other] = both(one, other);
        one.errors.iter().any(|error| other.yes.as_ref().is_some_and(|yes| !error.excludes(yes)))
    }

    #[test]
    fn a_comparison_of_numbers_fails_for_no_number() {
        assert!(!fails_where("a > 5", "a < 3"));
        assert!(!fails_where("a > 5 and b > 5", "a < 3 and b == 1"));
        assert!(!fails_where("not (a > 5 or b > 5)", "b > 3 and a == 1"));
        assert!(fails_where("a > 5", "a == \"x\""));
        assert!(fails_where("a > 5 and b > 5", "a < 3"));
        assert!(fails_where("a > 5 or b > 5", "a > 3 and b == \"x\""));
        assert!(fails_where("a > 5 or b > 5", "a > 3 or b > 3"));
    }

    #[test]
    fn what_cannot_be_together_is_excluded() {
        let [number, text] = both("a > 5", "a starts with \"x\"");
        assert!(number.yes.as_ref().unwrap().excludes(text.yes.as_ref().unwrap()));
        assert!(!number.no.as_ref().unwrap().excludes(text.no.as_ref().unwrap()));
        let [or, text] = both("a == \"x\" or a > 5", "a starts with \"x\"");
        assert!(!or.yes.as_ref().unwrap().excludes(text.yes.as_ref().unwrap()));
    }
}
