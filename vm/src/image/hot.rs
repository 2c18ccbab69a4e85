//! What evaluation reads at every step, decoded once when the program is made: instructions, constants and the
//! ranges of rules. The rest stays in the image and is read in place.

use alloc::vec::Vec;

use once_cell::race::OnceBox;

use super::layout::{ConstRecord, ListRecord, NONE, RuleRecord, SetRecord, const_kinds};
use super::tables::Tables;
use super::verify::rows;
use crate::isa::{Branch, INSTRUCTION_BYTES, Instruction, Opcode, Operand, Place};
use crate::{Array, Object, PathId, Value};

use super::finder::Finder;
use super::hot_set::HotSet;
use super::lookup::Lookups;
use super::merged::Group;
use super::quick::{self, Quick};
use super::{LoadOptions, Shortcut, shortcuts};

/// A constant whose text, if any, is a range of the image's text.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Const {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    BigInt(u32, u32),
    Text(u32, u32),
    Array(u32, u32),
    Object(u32, u32),
}

impl Const {
    /// As a value over the image's text.
    #[inline]
    pub(crate) fn value(self, text: &str) -> Value<'_> {
        let slice = |start: u32, end: u32| text.get(start as usize..end as usize).unwrap_or_default();
        match self {
            Self::Null => Value::Null,
            Self::Bool(b) => Value::Bool(b),
            Self::Int(i) => Value::Int(i),
            Self::Float(f) => Value::Float(f),
            Self::BigInt(start, end) => Value::BigInt(slice(start, end)),
            Self::Text(start, end) => Value::Text(slice(start, end)),
            Self::Array(start, end) => Value::Array(Array::Json(slice(start, end))),
            Self::Object(start, end) => Value::Object(Object::Json(slice(start, end))),
        }
    }
}

/// A rule list as a range of rules.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct HotList {
    pub(crate) first: u32,
    pub(crate) count: u32,
    /// Whether some rule has more than a condition and an action: a mode, an `else`, a `stop`.
    pub(crate) extras: bool,
}

/// No field is read before the test.
pub(super) const NO_PATH: u32 = u32::MAX;

/// Stands in for the end of a rule at which its condition is true, so that going there ends the rule at once.
pub(crate) const ACCEPT: u32 = u32::MAX >> 1;
/// Stands in for the end at which it is false.
pub(crate) const REJECT: u32 = ACCEPT.wrapping_sub(1);

/// An instruction as the machine runs it: constants looked up, jumps as places in the whole code, and where
/// a field is read only to be tested, both in one step.
///
/// Steps stand at the places of their instructions. A read that is fused with its test stands at the
/// read's place; the test alone keeps its own, for jumps that go there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    pub(crate) op: Opcode,
    /// Operand place a.
    pub(crate) a: u8,
    /// Operand place b. Where that is a comparison, the upper byte is [`memory`](Self::memory).
    pub(crate) b: u16,
    /// The field to read first.
    pub(super) load: u32,
    /// Operand place d with the jump resolved.
    pub(crate) d: u32,
    /// Where to go on unless the branch is taken.
    pub(crate) next: u32,
    /// Operand place c: the number of a table's row, the range of a text, or a scalar.
    pub(super) c: [u32; 2],
    /// In a rule that needs no registers, the field that the tested register holds.
    pub(super) field: u32,
    /// Whether long tests come last.
    pub(crate) late: Late,
    /// How the step runs where nobody traces.
    pub(crate) quick: Quick,
}

/// What a step has to do with tests that come later than they are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Late(u16);

impl Late {
    /// Nothing.
    pub(crate) const NONE: Self = Self(u16::MAX);
    /// It stands in the new order.
    pub(crate) const MOVED: Self = Self(u16::MAX - 1);

    /// The old order begins there; the new one is number so and so of the program.
    pub(super) const fn run(number: u16) -> Self {
        if number < Self::MOVED.0 { Self(number) } else { Self::MOVED }
    }
}

impl Step {
    /// The place of the test in the code, for a step that stands at `pc`.
    #[inline(always)]
    pub(crate) fn test_at(&self, pc: u32) -> u32 {
        pc.wrapping_add(u32::from(self.load().is_some()))
    }

    /// Where the answers of this test and its equals are remembered, from 1; 0 for nowhere. Samples have none: their share
    /// takes all of operand place b.
    #[inline(always)]
    pub(crate) const fn memory(&self) -> u16 {
        self.b >> 8
    }

    /// Of a pattern, its place among those that are asked together.
    #[inline(always)]
    pub(crate) fn group(&self) -> Option<usize> {
        usize::from(self.b & 0xff).checked_sub(1)
    }

    /// The comparison in operand place b.
    #[inline(always)]
    pub(crate) const fn compare(&self) -> u16 {
        self.b & 0xff
    }

    /// The field that is read into the register before the test.
    #[inline(always)]
    pub(crate) const fn load(&self) -> Option<PathId> {
        if self.load == NO_PATH { None } else { Some(PathId::new(self.load)) }
    }

    /// The field that the step looks at, unless its rule needs registers.
    #[inline(always)]
    pub(crate) const fn field(&self) -> PathId {
        PathId::new(self.field)
    }

    /// Operand place c as the row of a table.
    #[inline(always)]
    pub(crate) const fn id(&self) -> u32 {
        self.c[0]
    }

    /// Operand place b as a register.
    #[inline(always)]
    pub(crate) const fn b_register(&self) -> u8 {
        (self.b & 0xff) as u8
    }

    /// Operand place c as a register.
    #[inline(always)]
    pub(crate) const fn c_register(&self) -> u8 {
        (self.c[0] & 0xff) as u8
    }

    /// Operand place c as a constant integer.
    #[inline(always)]
    pub(crate) const fn int(&self) -> i64 {
        self.bits().cast_signed()
    }

    /// Operand place c as a constant double.
    #[inline(always)]
    pub(crate) const fn float(&self) -> f64 {
        f64::from_bits(self.bits())
    }

    /// Operand place c as a constant truth value.
    #[inline(always)]
    pub(crate) const fn bool(&self) -> bool {
        self.c[0] != 0
    }

    #[inline(always)]
    const fn bits(&self) -> u64 {
        (self.c[1] as u64) << 32 | self.c[0] as u64
    }

    /// How many bytes the constant text in operand place c has.
    #[inline(always)]
    pub(crate) const fn text_len(&self) -> usize {
        self.c[1].wrapping_sub(self.c[0]) as usize
    }

    /// The bytes of that text: comparing them needs no look at where characters begin.
    #[inline(always)]
    pub(crate) fn text_bytes<'t>(&self, text: &'t str) -> &'t [u8] {
        let [start, end] = self.c;
        text.as_bytes().get(start as usize..end as usize).unwrap_or_default()
    }

    /// Operand place c as a constant text.
    #[inline(always)]
    pub(crate) fn text<'t>(&self, text: &'t str) -> &'t str {
        let [start, end] = self.c;
        text.get(start as usize..end as usize).unwrap_or_default()
    }
}

/// The decoded tables of a verified image.
#[derive(Debug, Default)]
pub(crate) struct Hot {
    pub(crate) sets: Vec<HotSet>,
    pub(crate) code: Vec<Step>,
    pub(crate) constants: Vec<Const>,
    /// First instruction of each rule, and behind the last rule the end of the code: rules stand without gaps.
    pub(crate) entries: Vec<u32>,
    pub(crate) lists: Vec<HotList>,
    /// The steps that stood where shortcuts now stand, by place.
    pub(super) replaced: Vec<(u32, Step)>,
    /// For each list what finds rules in it, once somebody needed it: built with the image it would be most of the time to load.
    pub(super) finders: Vec<OnceBox<Finder>>,
    /// How many rules a list needs for one.
    pub(crate) index_min_rules: u32,
    /// Whether lists of up to 64 rules are sifted.
    pub(super) sieves: bool,
    /// Patterns that are asked together.
    pub(crate) merged: Vec<Group>,
    /// Where the new order of tests begins, by its number.
    pub(super) late: Vec<u32>,
    /// For listings: the places of tests in the order in which they run untraced.
    pub(super) reordered: Vec<(u32, Vec<u32>)>,
    pub(crate) lookups: Lookups,
}

impl Hot {
    /// The step at a place as the image has it, for those who want to see every condition.
    #[inline]
    pub(crate) fn whole(&self, pc: u32) -> Option<&Step> {
        match self.replaced.binary_search_by_key(&pc, |(pc, _)| *pc) {
            Ok(at) => self.replaced.get(at).map(|(_, step)| step),
            Err(_) => self.code.get(pc as usize),
        }
    }

    /// Where the new order begins of tests the first of which is a step.
    #[inline(always)]
    pub(crate) fn late(&self, step: &Step) -> Option<u32> {
        self.late.get(usize::from(step.late.0)).copied()
    }

    /// Looks at the code of rules that are about to run, so that it is near: looks into memory of which none waits for another
    /// take a part of the time that they take one after the other.
    #[inline]
    pub(crate) fn bring_near(&self, first: u32, rules: impl Iterator<Item = u32>) {
        let look = |rule: u32| {
            let entry = self.entries.get(first.wrapping_add(rule) as usize)?;
            self.code.get(*entry as usize).map(|step| step.next)
        };
        core::hint::black_box(rules.filter_map(look).fold(0, |all, next| all ^ next));
    }

    /// Decodes verified tables.
    pub(super) fn decode(tables: &Tables<'_>, options: &LoadOptions) -> Self {
        let rules = rows(tables.rules(), RuleRecord::BYTES);
        let code = rows(tables.code(), INSTRUCTION_BYTES);
        let mut entries: Vec<u32> = (0..rules).filter_map(|rule| tables.rule(rule)).map(|rule| rule.entry).collect();
        entries.push(code);
        let has_extra = |rule| tables.rule(rule).is_some_and(|rule| rule.extra != NONE);
        let lists: Vec<HotList> = (0..rows(tables.lists(), ListRecord::BYTES))
            .filter_map(|list| tables.list(list))
            .map(|ListRecord { first, count, .. }| HotList {
                first,
                count,
                extras: (first..first.saturating_add(count)).any(has_extra),
            })
            .collect();
        let constants: Vec<Const> =
            (0..rows(tables.constants(), ConstRecord::BYTES)).filter_map(|id| constant(tables, id)).collect();
        let mut lookups = Lookups::default();
        let code = steps(tables, &entries, &constants, &mut lookups);
        let mut hot = Self {
            sets: (0..rows(tables.set_table(), SetRecord::BYTES)).filter_map(|set| decode_set(tables, set)).collect(),
            code,
            lookups,
            constants,
            entries,
            finders: lists.iter().map(|_| OnceBox::new()).collect(),
            index_min_rules: options.index_min_rules,
            sieves: options.shortcuts.has(Shortcut::Sieve),
            lists,
            replaced: Vec::new(),
            merged: Vec::new(),
            late: Vec::new(),
            reordered: Vec::new(),
        };
        shortcuts::find(&mut hot, tables, options.shortcuts);
        hot
    }
}

/// Decodes the instructions of all rules.
fn steps(tables: &Tables<'_>, entries: &[u32], constants: &[Const], lookups: &mut Lookups) -> Vec<Step> {
    let mut steps = Vec::with_capacity(entries.last().copied().unwrap_or(0) as usize);
    let mut code: Vec<Instruction> = Vec::new();
    for (entry, end) in entries.iter().copied().zip(entries.iter().copied().skip(1)) {
        code.clear();
        code.extend((entry..end).filter_map(|pc| tables.instruction(pc)));
        let fields = quick::fields(&code);
        for (at, instruction) in code.iter().enumerate() {
            let next = code.get(at.saturating_add(1));
            let fused = next.filter(|next| {
                instruction.op == Opcode::Load
                    && next.op.is_test()
                    && next.op != Opcode::Each
                    && next.a == instruction.a
            });
            let after = at.saturating_add(if fused.is_some() { 2 } else { 1 });
            let mut step = step(fused.unwrap_or(instruction), after, entry, &code, constants);
            step.c = lookups.place(tables, fused.unwrap_or(instruction)).unwrap_or(step.c);
            if fused.is_some() {
                step.load = instruction.c;
            }
            quick::mark(&mut step, fields.as_ref());
            steps.push(step);
        }
    }
    steps
}

/// Decodes one instruction of the rule that begins at `entry`; `after` is the next one in the rule.
fn step(instruction: &Instruction, after: usize, entry: u32, code: &[Instruction], constants: &[Const]) -> Step {
    let place = |target: u32| match code.get(target as usize).map(|target| target.op) {
        Some(Opcode::Accept) => ACCEPT,
        Some(Opcode::Reject) => REJECT,
        _ => entry.saturating_add(target),
    };
    let d = match instruction.op {
        Opcode::Jump => place(instruction.d),
        op if op.is_test() => {
            let branch = Branch::decode(instruction.d);
            Branch { target: place(branch.target), ..branch }.encode()
        }
        _ => instruction.d,
    };
    let operand = instruction.op.operands().iter().find(|(place, _)| *place == Place::C).map(|(_, operand)| *operand);
    let c = match (operand, constants.get(instruction.c as usize)) {
        (Some(Operand::Int), Some(Const::Int(int))) => halves(int.cast_unsigned()),
        (Some(Operand::Float), Some(Const::Float(float))) => halves(float.to_bits()),
        (Some(Operand::Bool), Some(Const::Bool(b))) => [u32::from(*b), 0],
        (Some(Operand::Text), Some(Const::Text(start, end))) => [*start, *end],
        (Some(Operand::Body), _) => [place(instruction.c), 0],
        _ => [instruction.c, 0],
    };
    let next = place(u32::try_from(after).unwrap_or(u32::MAX));
    Step {
        op: instruction.op,
        a: instruction.a,
        b: instruction.b,
        load: NO_PATH,
        d,
        next,
        c,
        field: NO_PATH,
        late: Late::NONE,
        quick: Quick::No,
    }
}

/// The lower and the upper half.
const fn halves(bits: u64) -> [u32; 2] {
    [(bits & u32::MAX as u64) as u32, (bits >> 32) as u32]
}

fn decode_set(tables: &Tables<'_>, id: u32) -> Option<HotSet> {
    let set = tables.set(id)?;
    let words = |first: u32, count: u32| (first..first.saturating_add(count)).filter_map(|at| tables.set_word(at));
    let texts = words(set.texts, set.text_count).filter_map(|word| tables.string_range(word));
    let numbers = words(set.numbers, set.number_count).filter_map(|word| constant(tables, word)).collect();
    Some(HotSet::new(tables.text, texts, numbers))
}

fn constant(tables: &Tables<'_>, id: u32) -> Option<Const> {
    let record = tables.const_record(id)?;
    let range = |make: fn(u32, u32) -> Const| tables.string_range(record.text).map(|(start, end)| make(start, end));
    match record.kind {
        const_kinds::NULL => Some(Const::Null),
        const_kinds::BOOL => Some(Const::Bool(record.bits != 0)),
        const_kinds::INT => Some(Const::Int(record.bits.cast_signed())),
        const_kinds::FLOAT => Some(Const::Float(f64::from_bits(record.bits))),
        const_kinds::BIG_INT => range(Const::BigInt),
        const_kinds::TEXT => range(Const::Text),
        const_kinds::ARRAY => range(Const::Array),
        const_kinds::OBJECT => range(Const::Object),
        _ => None,
    }
}
