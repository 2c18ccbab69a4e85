//! Builds the sieve of a list from its verified code.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::ask::{Ask, What};
use super::cells;
use super::field::{Field, Run};
use super::{Guard, MAX_WAYS, SIEVE_MIN_RULES, Sieve, bit};
use crate::eval::decides;
use crate::image::{Const, Program, Quick, quick_way};
use crate::index::{Kinds, Literal, ways, writes_that_matter};
use crate::isa::Opcode;
use crate::{Kind, ListId, PathId, Value};

/// Most literals of a list that are looked at: what a value leaves is worked out for each of them.
const MAX_LITERALS: usize = 256;

/// Most constants of one field.
const MAX_CONSTANTS: usize = 96;

/// A test on a way.
struct Test<'p> {
    path: u32,
    /// Its place in the code.
    pc: u32,
    outcome: bool,
    /// The constants that values are compared with, if that is all it does.
    constants: Option<Vec<Value<'p>>>,
    /// What is asked, by number.
    ask: Option<usize>,
}

/// One way for a rule to hold.
#[derive(Default)]
struct Way<'p> {
    rule: u32,
    tests: Vec<Test<'p>>,
    /// If it is open the rule holds.
    exact: bool,
}

impl Way<'_> {
    fn has_short(&self) -> bool {
        self.tests.iter().any(|test| test.constants.is_some())
    }
}

/// What is said of the rules of a list.
struct Said<'p> {
    /// The first way of each rule, and behind them the others. `None` for a rule that never holds.
    ways: Vec<Option<Way<'p>>>,
    /// On which kinds of a field no test of a rule fails.
    guards: BTreeMap<(u32, Kinds), u64>,
    literals_left: usize,
    /// How many constants each field has so far.
    constants: BTreeMap<u32, usize>,
    asks: Vec<Ask>,
}

pub(super) fn build(program: &Program<'_>, list: ListId) -> Option<Sieve> {
    let range = program.hot().lists.get(list.index()).copied()?;
    if !(SIEVE_MIN_RULES..=MAX_WAYS).contains(&range.count) {
        return None;
    }
    let mut said = Said {
        ways: Vec::new(),
        guards: BTreeMap::new(),
        literals_left: MAX_LITERALS,
        constants: BTreeMap::new(),
        asks: Vec::new(),
    };
    said.ways.resize_with(range.count as usize, || None);
    for rule in 0..range.count {
        if read_rule(program, range.first.saturating_add(rule), rule, &mut said).is_none() {
            let open = Way { rule, ..Way::default() };
            if let Some(first) = said.ways.get_mut(rule as usize) {
                *first = Some(open);
            }
        }
    }
    // Rules that a look at fields may leave out. Where they are few the machine goes through the list as quickly.
    let closed = |rule: &u32| said.ways.iter().flatten().filter(|way| way.rule == *rule).all(Way::has_short);
    let closed = u32::try_from((0..range.count).filter(closed).count()).unwrap_or(0);
    if closed.saturating_mul(2) < range.count {
        return None;
    }
    let mut read: Vec<u32> = said.guards.keys().map(|(path, _)| *path).collect();
    read.extend(said.ways.iter().flatten().flat_map(|way| &way.tests).map(|test| test.path));
    concern(&mut said);
    let mut sieve = assemble(program, said, range.count);
    sieve.writes = writes_that_matter(&program.tables(), range.first, range.count, &read);
    Some(sieve)
}

/// Reads the ways of one rule; `None` if nothing can be said about it.
fn read_rule<'p>(program: &'p Program<'_>, id: u32, rule: u32, said: &mut Said<'p>) -> Option<()> {
    let tables = program.tables();
    let record = tables.rule(id)?;
    let code: Vec<_> = (record.entry..record.end).filter_map(|pc| tables.instruction(pc)).collect();
    // Where registers hold fields and nothing else, a test on a register is a test on the field that was read last.
    if code.iter().any(|instruction| quick_way(instruction.op) == Quick::No) {
        return None;
    }
    let known = ways(&tables, &code).ok()?;
    let literals: usize = known.ways.iter().map(|way| way.literals.len()).sum();
    let more = known.ways.len().saturating_sub(1);
    if literals > said.literals_left || said.ways.len().saturating_add(more) > MAX_WAYS as usize {
        return None;
    }
    let mut ways = Vec::new();
    for way in &known.ways {
        let mut test = |literal: &Literal| {
            let (path, pc) = (literal.path?, record.entry.saturating_add(literal.at));
            let constants = cells::constants(&tables, &literal.test).filter(|more| room(said, path, more.len()));
            let ask = if constants.is_none() { ask(program, said, path, pc) } else { None };
            Some(Test { path, pc, outcome: literal.outcome, constants, ask })
        };
        let tests: Vec<Test<'_>> = way.literals.iter().map(&mut test).collect::<Option<_>>()?;
        let exact = way.holds && tests.iter().all(|test| test.constants.is_some() || test.ask.is_some());
        ways.push(Way { rule, tests, exact });
    }
    said.literals_left = said.literals_left.saturating_sub(literals);
    for guard in known.guards {
        let rules = said.guards.entry(guard).or_default();
        *rules |= bit(rule);
    }
    let mut ways = ways.into_iter().map(Some);
    if let (Some(first), Some(slot)) = (ways.next(), said.ways.get_mut(rule as usize)) {
        *slot = first;
    }
    said.ways.extend(ways);
    Some(())
}

/// Whether a field may have so many more constants.
fn room(said: &mut Said<'_>, path: u32, more: usize) -> bool {
    let count = said.constants.entry(path).or_default();
    let fits = count.saturating_add(more) <= MAX_CONSTANTS;
    *count = count.saturating_add(if fits { more } else { 0 });
    fits
}

/// The number of the question that a test is, if it is one that may be put.
fn ask(program: &Program<'_>, said: &mut Said<'_>, path: u32, pc: u32) -> Option<usize> {
    let hot = program.hot();
    let step = hot.whole(pc)?;
    let grouped =
        |at: u32| hot.whole(at).is_some_and(|step| step.op == Opcode::Matches && step.test_at(at) == pc && step.b != 0);
    let what = match (step.op, hot.constants.get(step.id() as usize)) {
        (Opcode::Contains, Some(Const::Text(start, end))) => {
            What::Contains(program.text().get(*start as usize..*end as usize)?.into())
        }
        // What is asked together with other patterns is left to the machine. Read and test may be one step.
        (Opcode::Matches, _) if !grouped(pc) && !grouped(pc.wrapping_sub(1)) => What::Matches(step.id()),
        _ => return None,
    };
    let path = PathId::new(path);
    if let Some(known) = said.asks.iter().position(|ask| ask.path == path && ask.what == what) {
        return Some(known);
    }
    said.asks.push(Ask { path, what, concerned: 0, left: [u64::MAX; 2], rules: 0 });
    said.asks.len().checked_sub(1)
}

/// Notes which ways a question is about.
fn concern(said: &mut Said<'_>) {
    for (number, way) in (0_u32..).zip(&said.ways) {
        let Some(way) = way else { continue };
        for test in &way.tests {
            let Some(ask) = test.ask.and_then(|ask| said.asks.get_mut(ask)) else { continue };
            let [no, yes] = &mut ask.left;
            *(if test.outcome { no } else { yes }) &= !bit(number);
            ask.concerned |= bit(number);
            ask.rules |= bit(way.rule);
        }
    }
}

/// Puts together what was said.
fn assemble(program: &Program<'_>, said: Said<'_>, rules: u32) -> Sieve {
    let mut sieve = Sieve { firsts: bit(rules).wrapping_sub(1), ..Sieve::default() };
    for (number, way) in (0_u32..).zip(&said.ways) {
        let Some(way) = way else { continue };
        sieve.possible |= bit(number);
        sieve.exact |= if way.exact { bit(number) } else { 0 };
    }
    sieve.others = said.ways.iter().skip(rules as usize).map(|way| way.as_ref().map_or(0, |way| way.rule)).collect();
    let tests = || said.ways.iter().flatten().flat_map(|way| &way.tests);
    let mut paths: Vec<u32> = tests().filter(|test| test.constants.is_some()).map(|test| test.path).collect();
    paths.sort_unstable();
    paths.dedup();
    let (mut numbers, mut truths, mut texts, mut present) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for path in &paths {
        let constants: Vec<Value<'_>> = tests()
            .filter(|test| test.path == *path)
            .filter_map(|test| test.constants.as_ref())
            .flatten()
            .copied()
            .collect();
        let field = field(program, &said, *path, &constants);
        let count = |of: fn(&Value<'_>) -> bool| constants.iter().filter(|value| of(value)).count();
        let number = count(|value| matches!(value, Value::Int(_) | Value::Float(_)));
        let truth = count(|value| matches!(value, Value::Bool(_)));
        let text = count(|value| matches!(value, Value::Text(_)));
        let group = match number.max(truth).max(text) {
            0 => &mut present,
            most if most == number => &mut numbers,
            most if most == text => &mut texts,
            _ => &mut truths,
        };
        group.push(field);
    }
    sieve.numbers = numbers.into();
    sieve.truths = truths.into();
    sieve.texts = texts.into();
    sieve.present = present.into();
    // A rule of one long test needs no guard: whoever asks it sees the kind.
    let several = |way: &&Way<'_>| way.has_short() || way.tests.len() > 1;
    let shut = said.ways.iter().flatten().filter(several).fold(0, |rules, way| rules | bit(way.rule));
    let guards =
        said.guards.iter().filter(|((path, _), rules)| paths.binary_search(path).is_err() && **rules & shut != 0);
    let guard = |((path, safe), rules): (&(u32, Kinds), &u64)| Guard {
        path: PathId::new(*path),
        safe: *safe,
        text: if safe.has(Kind::Text) { 0 } else { *rules },
        rules: *rules,
    };
    sieve.guards = guards.map(guard).collect();
    sieve.asks = said.asks.into();
    sieve
}

/// What each value of a field leaves.
fn field(program: &Program<'_>, said: &Said<'_>, path: u32, constants: &[Value<'_>]) -> Field {
    let left = |value: Value<'_>| -> u64 {
        (0_u32..).zip(&said.ways).fold(0, |left, (number, way)| {
            let Some(way) = way else { return left };
            let fits = |test: &Test<'_>| {
                let known = value.is_nil() || test.constants.is_some();
                // What is not known here leaves the way open. So does what fails: the rule is run then.
                let holds = if known { decides(program, test.pc, value) } else { None };
                holds.is_none_or(|holds| holds == test.outcome)
            };
            let open = way.tests.iter().filter(|test| test.path == path).all(fits);
            if open { left | bit(number) } else { left }
        })
    };
    let failing = |kinds: &[Kind]| {
        let guards =
            said.guards.iter().filter(|((of, safe), _)| *of == path && kinds.iter().any(|kind| !safe.has(*kind)));
        guards.fold(0, |rules, (_, more)| rules | more)
    };
    let asking = said.ways.iter().flatten().filter(|way| way.tests.iter().any(|test| test.path == path));
    let other =
        asking.fold(failing(&[Kind::Int, Kind::Text, Kind::Array, Kind::Object]), |rules, way| rules | bit(way.rule));
    Field {
        path: PathId::new(path),
        ints: cells::ints(constants, left),
        floats: cells::floats(constants, left),
        truths: cells::truths(left),
        texts: cells::texts(constants, left),
        nil: left(Value::Missing),
        run: Run { number: failing(&[Kind::Bool, Kind::Int, Kind::Float]), text: failing(&[Kind::Text]), other },
    }
}
