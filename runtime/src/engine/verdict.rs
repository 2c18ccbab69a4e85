//! The cascade's own verdict: what `outcome` comes to when the cascade has ended.

use cascata_vm::eval::{Cursor, NoTrace, Vm};
use cascata_vm::image::Action;

use super::run::Run;
use crate::value::OwnedValue;

impl Run<'_> {
    /// Takes down what the cascade's `outcome` gives, unless a `terminate` has given a verdict. A case that fails is an
    /// error of the cascade and gives nothing; the next one is asked.
    pub(super) fn give_outcome(&mut self) {
        let loaded = self.loaded;
        let Some(list) = loaded.outcome.filter(|_| !self.terminate_gives()) else { return };
        self.seen = None;
        let mut cursor = Cursor::start(list);
        loop {
            let (program, state) = (&loaded.program, &**self.state);
            let given = match &mut self.explanation {
                None => Vm::new().give(program, &mut cursor, state, &mut NoTrace),
                Some(explanation) => Vm::new().give(program, &mut cursor, state, &mut **explanation),
            };
            match given {
                Ok(given) => {
                    self.scratch.journal.outcome = given.as_ref().map(OwnedValue::from_value);
                    return;
                }
                Err((rule, trap)) => self.condition_failed(None, rule, trap),
            }
        }
    }

    /// Whether the `terminate` that ended the cascade carries a verdict.
    fn terminate_gives(&self) -> bool {
        let action = self.scratch.journal.terminated_by.and_then(|fired| {
            let rule = self.loaded.program.rule(fired.rule)?;
            fired.action(&rule)
        });
        matches!(action, Some(Action::Terminate { outcome: Some(_), .. }))
    }
}
