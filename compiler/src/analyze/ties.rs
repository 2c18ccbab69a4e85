//! What ties the variables of a space: a field and its statistics, a field and what it is part of.

use std::collections::HashMap;

use super::atom::{Atom, StatAtom};
use super::bits::Bits;
use super::space::{Link, Space, Subject};
use crate::model::{Cascade, Constant, Operator, PathRef, Segment};

impl Space {
    pub(super) fn tie_stat(
        &mut self,
        path: PathRef,
        stat: usize,
        op: Operator,
        pieces: &[StatAtom],
        atoms: &HashMap<PathRef, Vec<Atom>>,
    ) {
        let Some(atoms) = atoms.get(&path) else { return };
        let field = self.variable(Subject::Field(path), atoms.len());
        let list = Bits::of(atoms.len(), |at| atoms.get(at).is_some_and(Atom::is_list));
        let no_list = Bits::of(atoms.len(), |at| !atoms.get(at).is_some_and(Atom::is_list));
        let none = Bits::of(pieces.len(), |at| pieces.get(at) == Some(&StatAtom::NoList));
        let some = Bits::of(pieces.len(), |at| pieces.get(at).is_some_and(|piece| possible(op, piece)));
        self.links.push(Link::Implies { of: stat, when: none.clone(), then: field, only: no_list.clone() });
        self.links.push(Link::Implies { of: stat, when: some.clone(), then: field, only: list.clone() });
        self.links.push(Link::Implies { of: field, when: list, then: stat, only: some });
        self.links.push(Link::Implies { of: field, when: no_list, then: stat, only: none });
    }

    /// What has a part is a mapping or a list.
    pub(super) fn tie_paths(&mut self, cascade: &Cascade, atoms: &HashMap<PathRef, Vec<Atom>>) {
        for (below, below_atoms) in atoms {
            for (above, above_atoms) in atoms {
                let (Some(long), Some(short)) = (cascade.paths.get(*below), cascade.paths.get(*above)) else {
                    continue;
                };
                let Some([next, ..]) = long.strip_prefix(short.as_slice()) else { continue };
                // Below a stage's result other rules hold than in events.
                if super::is_stage_path(long) {
                    continue;
                }
                let container: fn(&Atom) -> bool = match next {
                    Segment::Key(_) => Atom::is_map,
                    Segment::Index(_) => Atom::is_list,
                };
                let (Some(of), Some(then)) =
                    (self.subjects.get(&Subject::Field(*below)), self.subjects.get(&Subject::Field(*above)))
                else {
                    continue;
                };
                self.links.push(Link::Implies {
                    of: *of,
                    when: Bits::of(below_atoms.len(), |at| below_atoms.get(at).is_some_and(|atom| !atom.is_nil())),
                    then: *then,
                    only: Bits::of(above_atoms.len(), |at| above_atoms.get(at).is_some_and(container)),
                });
            }
        }
    }
}

/// Whether a statistic of a list can be a piece: a number of elements is a whole one and not negative.
fn possible(op: Operator, piece: &StatAtom) -> bool {
    let zero = Constant::Int("0".to_owned());
    match piece {
        StatAtom::NoList => false,
        StatAtom::Nothing => op == Operator::Avg,
        StatAtom::Fault => op != Operator::Count,
        StatAtom::Other => op != Operator::Count,
        StatAtom::Number(numbers) if op == Operator::Count => {
            numbers.order(&zero).is_none_or(std::cmp::Ordering::is_ge) && numbers.has_whole()
        }
        StatAtom::Number(_) => true,
    }
}
