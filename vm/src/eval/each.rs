//! Loops over the elements of a list.

use super::{End, Machine, Outcome, Registers, Tracer, Trap};
use crate::image::HotStep;
use crate::isa::Branch;
use crate::{Facts, Value};

impl<'v, F: Facts> Machine<'v, F> {
    /// Runs the body of the `each` at `pc` for one element after the other, up to the first for which it accepts, and
    /// answers where to go on. Bodies are nested four deep at most, so this recursion is bounded.
    #[inline(never)]
    pub(super) fn each<T: Tracer>(
        &self,
        registers: &mut Registers<'v>,
        step: &HotStep,
        pc: u32,
        tracer: &mut T,
    ) -> Result<u32, Trap> {
        let list = registers.get(step.b_register());
        let mut holds = false;
        if let Value::Array(elements) = list {
            for element in elements.iter() {
                registers.set(step.a, element);
                if self.run(registers, step.next, tracer)? == End::Accept {
                    holds = true;
                    break;
                }
            }
        }
        if T::ON {
            tracer.condition(pc, list, Outcome::of(holds));
        }
        let branch = Branch::decode(step.d);
        Ok(if holds == branch.when { branch.target } else { step.id() })
    }
}
