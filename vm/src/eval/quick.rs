//! Evaluation of rules, and the way through a rule that needs no registers.
//!
//! A test asks for its field as the kind that it mostly is. Whatever the field is else, and every other test, goes the
//! way that [`Machine`] takes: there is one place that says what an operator answers.

use core::hint::cold_path;

use super::machine::{Machine, Registers};
use super::test::{self, same_text};
use super::{Cursor, End, INTERNAL, NoTrace, Outcome, Step, Tracer, Trap, TrapKind};
use crate::image::{Const, HotStep, Late, Program, Quick};
use crate::isa::Branch;
use crate::{Array, Facts, RuleId, Value, ops};

/// What tests look at that need none.
pub(super) static NO_REGISTERS: Registers<'static> = Registers::new();

/// What comes of the kind of a long test's field.
enum Ahead {
    /// The test cannot fail: short ones behind it are asked first.
    At(u32),
    /// It is false of what is not there.
    Decided,
    /// It may fail, so the rule is run as it is written.
    AsWritten,
}

/// One evaluation: the machine, and its registers once some rule needs them.
pub(super) struct Evaluation<'v, F> {
    machine: Machine<'v, F>,
    registers: Option<Registers<'v>>,
}

impl<'v, F: Facts> Evaluation<'v, F> {
    #[inline(always)]
    pub(super) fn new(program: &'v Program<'v>, facts: &'v F) -> Self {
        Self { machine: Machine::new(program, facts), registers: None }
    }

    /// What the rule that was evaluated last gave.
    pub(super) fn given(&self) -> Value<'v> {
        self.registers.as_ref().map_or(Value::Missing, Registers::given)
    }

    /// Evaluates rules from the cursor on until one has something to say.
    #[inline]
    pub(super) fn next<T: Tracer>(&mut self, cursor: &mut Cursor, tracer: &mut T) -> Step {
        let hot = self.machine.cx.program.hot();
        let Some(list) = hot.lists.get(cursor.list.index()).copied() else { return Step::Done };
        let (begin, end) = (list.first.wrapping_add(cursor.done), list.first.wrapping_add(list.count));
        let Some(entries) = hot.entries.get(begin as usize..end as usize) else { return Step::Done };
        for (rule, entry) in (begin..).zip(entries) {
            if let Some(step) = self.step_at(RuleId::new(rule), *entry, tracer) {
                cursor.done = rule.wrapping_sub(list.first).wrapping_add(1);
                return step;
            }
        }
        cursor.done = list.count;
        Step::Done
    }

    /// Evaluates one rule; `None` if its condition is false and nothing acts on that.
    #[inline(always)]
    pub(super) fn step<T: Tracer>(&mut self, rule: RuleId, tracer: &mut T) -> Option<Step> {
        match self.machine.cx.program.hot().entries.get(rule.index()).copied() {
            Some(entry) => self.step_at(rule, entry, tracer),
            None => Some(Step::Error { rule, trap: INTERNAL }),
        }
    }

    /// Evaluates the rule whose code begins at `entry`.
    #[inline(always)]
    fn step_at<T: Tracer>(&mut self, rule: RuleId, entry: u32, tracer: &mut T) -> Option<Step> {
        let ended = if T::ON { self.whole(entry, tracer) } else { self.quick(entry) };
        if T::ON {
            tracer
                .rule(rule, ended.map_or_else(|trap| Outcome::Error(trap.kind), |end| Outcome::of(end == End::Accept)));
        }
        match ended {
            Ok(End::Reject) => None,
            Ok(End::Accept) => Some(Step::Fired(rule)),
            Ok(End::Otherwise) => Some(Step::Otherwise(rule)),
            Err(trap) => Some(Step::Error { rule, trap }),
        }
    }

    /// Runs a rule with registers.
    #[inline(never)]
    fn whole<T: Tracer>(&mut self, entry: u32, tracer: &mut T) -> Result<End, Trap> {
        self.machine.run(self.registers.get_or_insert_with(Registers::new), entry, tracer)
    }

    /// Runs a rule without registers, if it needs none.
    #[inline(always)]
    fn quick(&mut self, entry: u32) -> Result<End, Trap> {
        let (code, facts) = (self.machine.code, self.machine.facts);
        let mut pc = entry;
        loop {
            let Some(step) = code.get(pc as usize) else { return End::at(pc) };
            let int = || facts.int(step.field());
            let float = || facts.float(step.field());
            let truth = || facts.truth(step.field());
            let text = || facts.text(step.field());
            let bytes = || facts.text_bytes(step.field());
            let decided = match step.quick {
                Quick::LtInt => int().map(|value| value < step.int()),
                Quick::LeInt => int().map(|value| value <= step.int()),
                Quick::GtInt => int().map(|value| value > step.int()),
                Quick::GeInt => int().map(|value| value >= step.int()),
                Quick::EqInt => int().map(|value| value == step.int()),
                Quick::NeInt => int().map(|value| value != step.int()),
                Quick::LtFloat => float().map(|value| value < step.float()),
                Quick::LeFloat => float().map(|value| value <= step.float()),
                Quick::GtFloat => float().map(|value| value > step.float()),
                Quick::GeFloat => float().map(|value| value >= step.float()),
                Quick::EqBool => truth().map(|value| value == step.bool()),
                Quick::NeBool => truth().map(|value| value != step.bool()),
                Quick::EqText => bytes().map(|value| same_text(&self.machine.cx, step, value)),
                Quick::NeText => bytes().map(|value| !same_text(&self.machine.cx, step, value)),
                Quick::InSet => bytes().and_then(|value| self.member(step, value)),
                Quick::NotInSet => bytes().and_then(|value| self.member(step, value)).map(|has| !has),
                // Others are asked together with more, or remembered.
                Quick::Matches if step.b == 0 => text().and_then(|value| self.matches(step, value)),
                Quick::Contains if step.b == 0 => self.contains(step),
                Quick::Exists => Some(!facts.get(step.field()).is_nil()),
                Quick::IsNull => Some(facts.get(step.field()).is_nil()),
                Quick::LateMatches | Quick::LateContains => match self.before(step) {
                    Ahead::At(new_order) => {
                        pc = new_order;
                        continue;
                    }
                    Ahead::Decided => Some(false),
                    Ahead::AsWritten => return self.whole(entry, &mut NoTrace),
                },
                Quick::Test | Quick::Matches | Quick::Contains => None,
                Quick::Pass => {
                    pc = step.next;
                    continue;
                }
                Quick::Jump => {
                    pc = step.d;
                    continue;
                }
                Quick::Accept => return Ok(End::Accept),
                Quick::Reject => return Ok(End::Reject),
                Quick::Otherwise => return Ok(End::Otherwise),
                Quick::No => return self.whole(entry, &mut NoTrace),
            };
            let holds = match decided {
                Some(holds) => holds,
                None if step.late == Late::MOVED => match self.moved(step) {
                    Some(holds) => holds,
                    None => return self.whole(entry, &mut NoTrace),
                },
                None => match self.other(step) {
                    Ok(holds) => holds,
                    Err(kind) => return Err(Trap { kind, pc: step.test_at(pc) }),
                },
            };
            let branch = Branch::decode(step.d);
            // A branch lets the processor go on before it knows the outcome; choosing between two numbers would not.
            if holds == branch.when {
                cold_path();
                pc = branch.target;
            } else {
                pc = step.next;
            }
        }
    }

    /// Whether the set of a test has a text.
    #[inline(always)]
    fn member(&self, step: &HotStep, text: &[u8]) -> Option<bool> {
        let cx = &self.machine.cx;
        Some(cx.program.hot().sets.get(step.id() as usize)?.has_text(text, cx.text))
    }

    /// Whether the pattern of a test matches a text.
    #[inline(always)]
    fn matches(&self, step: &HotStep, text: &str) -> Option<bool> {
        Some(self.machine.cx.program.patterns().get(step.id() as usize)?.matches_at_start(text))
    }

    /// Whether a text or list contains the text of a test, where a look at the bytes tells.
    #[inline(never)]
    fn contains(&self, step: &HotStep) -> Option<bool> {
        let cx = &self.machine.cx;
        let Some(Const::Text(start, end)) = cx.constants.get(step.id() as usize) else { return None };
        let wanted = cx.text.get(*start as usize..*end as usize)?;
        if let Some(text) = self.machine.facts.text(step.field()) {
            return Some(ops::has_text(text, wanted));
        }
        if let Some(json) = self.machine.facts.json_array(step.field()) {
            return ops::has_element(Array::Json(json), wanted);
        }
        match self.machine.facts.get(step.field()) {
            Value::Array(array) => ops::has_element(array, wanted),
            _ => None,
        }
    }

    /// Where to go on at a long test that has short ones behind it.
    #[inline(always)]
    fn before(&self, step: &HotStep) -> Ahead {
        let new_order = || self.machine.cx.program.hot().late(step).map_or(Ahead::AsWritten, Ahead::At);
        if self.machine.facts.text_bytes(step.field()).is_some() {
            return new_order();
        }
        match self.machine.facts.get(step.field()) {
            Value::Missing | Value::Null => Ahead::Decided,
            Value::Text(_) | Value::EscapedText(_) => new_order(),
            Value::Array(_) | Value::Object(_) if step.quick == Quick::LateContains => new_order(),
            _ => Ahead::AsWritten,
        }
    }

    /// Decides a test in the new order that its field's kind does not decide at once; `None` if it may fail.
    #[inline(never)]
    fn moved(&self, step: &HotStep) -> Option<bool> {
        let long = matches!(step.quick, Quick::Matches | Quick::Contains);
        if long || self.machine.facts.get(step.field()).is_nil() { self.other(step).ok() } else { None }
    }

    /// The general way to decide a test.
    #[inline(never)]
    fn other(&self, step: &HotStep) -> Result<bool, TrapKind> {
        test::decide(&self.machine.cx, &NO_REGISTERS, step, self.machine.facts.get(step.field()))
    }
}
