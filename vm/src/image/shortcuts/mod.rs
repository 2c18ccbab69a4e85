//! Shortcuts: what a run that nobody traces may do in fewer steps.
//!
//! A trace shows every condition that is written and reached, so an image keeps all of them. Where nobody looks, only
//! decisions, errors and their order count. Shortcuts are found when the image is loaded, from code that is proven: they
//! are in no image and no hash, they need no trust, and an image of an older compiler has them too.
//!
//! ```text
//! image ─▶ verify ─▶ steps ─▶ chains ─▶ common, merged ─▶ order, late ─▶ what runs    (the replaced steps are kept for tracing)
//! ```
//!
//! Each takes time in proportion to the code. A step stands at its instruction's place whatever it is replaced with, so
//! jumps into the middle of what a shortcut spans go on as before.

mod chains;
mod common;
mod late;
mod order;

use alloc::format;
use alloc::string::String;

use super::hot::{ACCEPT, Hot, Late, REJECT};
use super::program::Program;
use super::tables::Tables;
use super::verify::rows;
use crate::isa::{Branch, INSTRUCTION_BYTES, Opcode};
use crate::{Value, json};

/// A kind of shortcut.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Shortcut {
    /// Comparisons of one field with one constant after the other become one look into a set.
    Chains = 1,
    /// A long test that several rules of a list ask is decided once a run.
    Common = 2,
    /// Of tests that cannot fail the long ones come last.
    Order = 4,
    /// Patterns that rules of a list ask of one field are asked in one pass.
    Merged = 8,
    /// Long tests come last where the kinds of the fields show that none fails.
    Late = 16,
    /// Lists of up to 64 rules are sifted by what each field leaves of them.
    Sieve = 32,
}

/// Which shortcuts are looked for. Default all.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Shortcuts {
    skipped: u8,
}

impl Shortcuts {
    /// All of them.
    pub const ALL: Self = Self { skipped: 0 };

    /// None of them.
    pub const NONE: Self = Self { skipped: u8::MAX };

    /// With one.
    #[must_use]
    pub const fn with(self, shortcut: Shortcut) -> Self {
        Self { skipped: self.skipped & !(shortcut as u8) }
    }

    /// Without one.
    #[must_use]
    pub const fn without(self, shortcut: Shortcut) -> Self {
        Self { skipped: self.skipped | shortcut as u8 }
    }

    pub(super) const fn has(self, shortcut: Shortcut) -> bool {
        self.skipped & shortcut as u8 == 0
    }
}

impl Default for Shortcuts {
    fn default() -> Self {
        Self::ALL
    }
}

/// Finds the shortcuts of all rules.
pub(super) fn find(hot: &mut Hot, tables: &Tables<'_>, wanted: Shortcuts) {
    if wanted.has(Shortcut::Chains) {
        chains::find(hot, tables);
    }
    let (common, merged) = (wanted.has(Shortcut::Common), wanted.has(Shortcut::Merged));
    if common || merged {
        common::find(hot, tables, common, merged);
    }
    if wanted.has(Shortcut::Order) {
        order::find(hot);
    }
    if wanted.has(Shortcut::Late) {
        late::find(hot, rows(tables.code(), INSTRUCTION_BYTES));
    }
    hot.reordered.sort_by_key(|(pc, _)| *pc);
    // Of two replacements of one step the first knows the step as the image has it.
    hot.replaced.sort_by_key(|(pc, _)| *pc);
    hot.replaced.dedup_by_key(|(pc, _)| *pc);
}

/// What runs in the place of an instruction, for listings. Targets count from the rule's `entry`.
pub(crate) fn describe(program: &Program<'_>, pc: u32, entry: u32) -> Option<String> {
    let hot = program.hot();
    let step = hot.code.get(pc as usize)?;
    if let Ok(at) = hot.reordered.binary_search_by_key(&pc, |(pc, _)| *pc) {
        let mut places = String::new();
        for place in &hot.reordered.get(at)?.1 {
            let test = hot.whole(*place)?.test_at(*place);
            let comma = if places.is_empty() { "" } else { ", " };
            places = format!("{places}{comma}{}", test.saturating_sub(entry));
        }
        let kinds = if step.late == Late::NONE { "" } else { ", unless the field's kind may be refused" };
        return Some(format!("untraced: in the order {places}{kinds}"));
    }
    if hot.replaced.binary_search_by_key(&pc, |(pc, _)| *pc).is_ok() {
        let (texts, numbers) = hot.sets.get(step.id() as usize)?.members();
        let text = |(start, end): (u32, u32)| program.text().get(start as usize..end as usize).unwrap_or_default();
        let members = texts.map(|range| Value::Text(text(range)));
        let mut list = String::new();
        for member in members.chain(numbers.map(|number| number.value(program.text()))) {
            list.push(if list.is_empty() { '[' } else { ',' });
            json::write_value(&member, &mut list);
        }
        let place = |pc: u32| match pc {
            ACCEPT => String::from("accept"),
            REJECT => String::from("reject"),
            _ => format!("{}", pc.saturating_sub(entry)),
        };
        let Branch { target, when } = Branch::decode(step.d);
        let (op, target, next) = (step.op.mnemonic(), place(target), place(step.next));
        return Some(format!("untraced: {op} {list}], {when} -> {target}, else -> {next}"));
    }
    // Of a sample the same bits are its share.
    if step.memory() == 0 || step.op == Opcode::Sample {
        return None;
    }
    let group = step.group().filter(|_| step.op == Opcode::Matches).and_then(|group| hot.merged.get(group));
    let together =
        group.map_or_else(String::new, |group| format!(", with {} other patterns", group.len().saturating_sub(1)));
    Some(format!("asked once a run: {}{together}", step.memory()))
}
