//! Conditions as people read them, from the instructions that decide them.

use alloc::format;
use alloc::string::String;
use core::fmt::Write as _;

use super::disasm::{json_text, write_operand};
use super::{Instruction, Opcode, Operand, Place};
use crate::image::{Program, Tables};
use crate::ops::{Arithmetic, Quantity, Relation, offset_text};
use crate::{PathId, RuleId, Segment};

/// How deep a computed value is described; what is inside deeper is left out.
const MAX_DEPTH: u32 = 16;

/// The condition that a test decides, as people write it: `amount > 1000`. What it looks at comes from the
/// instructions before it. Of an end that gives a value, that value. `None` for other instructions.
#[must_use]
pub fn describe_condition(program: &Program<'_>, pc: u32) -> Option<String> {
    let reader = Reader { program, tables: program.tables() };
    let test = reader.tables.instruction(pc)?;
    if test.op == Opcode::Give {
        return reader.register(u32::from(test.a), pc, 0);
    }
    if !test.op.is_test() {
        return None;
    }
    if test.op == Opcode::Each {
        return Some(format!("any {}[] (…)", reader.register(u32::from(test.b), pc, 0)?));
    }
    let mut out = reader.register(u32::from(test.a), pc, 0)?;
    if test.op == Opcode::Relate {
        let symbol = Relation::from_code(test.c).map_or("?", Relation::symbol);
        let _ = write!(out, " {symbol} {}", reader.register(u32::from(test.b), pc, 0)?);
        return Some(out);
    }
    let _ = write!(out, " {}", condition_operator(test.op));
    let quantity = reader.quantity(u32::from(test.a), pc, 0);
    let counted = |operand, constant| match operand {
        Operand::Const | Operand::Int => quantity.text(reader.tables.constant(constant)?),
        _ => None,
    };
    for (place, operand) in test.op.operands() {
        match operand {
            Operand::Use | Operand::Define | Operand::Target | Operand::Branch => {}
            operand if let Some(text) = counted(*operand, test.place(*place)) => {
                let _ = write!(out, " {}", json_text(&text));
            }
            _ => {
                out.push(' ');
                write_operand(&reader.tables, *operand, test.place(*place), &mut out);
            }
        }
    }
    Some(out)
}

/// The instruction by which a rule gives what it has read or computed, if it is one that does.
#[must_use]
pub fn given(program: &Program<'_>, rule: RuleId) -> Option<u32> {
    let tables = program.tables();
    let gives = |pc: &u32| tables.instruction(*pc).is_some_and(|instruction| instruction.op == Opcode::Give);
    program.rule(rule)?.code().find(gives)
}

/// Whether an instruction asks if the event is in the sample of its rule.
#[must_use]
pub fn is_sample(program: &Program<'_>, pc: u32) -> bool {
    program.tables().instruction(pc).is_some_and(|instruction| instruction.op == Opcode::Sample)
}

/// What the number counts that the test at `pc` looks at.
#[must_use]
pub fn condition_quantity(program: &Program<'_>, pc: u32) -> Quantity {
    let reader = Reader { program, tables: program.tables() };
    let test = reader.tables.instruction(pc).filter(|test| test.op.is_test());
    test.map_or(Quantity::Plain, |test| reader.quantity(u32::from(test.a), pc, 0))
}

/// Reads what registers hold out of the code before an instruction.
struct Reader<'p> {
    program: &'p Program<'p>,
    tables: Tables<'p>,
}

impl Reader<'_> {
    /// What is in a register before the instruction at `pc`: what the last one before it wrote.
    fn register(&self, register: u32, pc: u32, depth: u32) -> Option<String> {
        if depth > MAX_DEPTH {
            return Some("…".into());
        }
        let (at, writer) = self.writer(register, pc)?;
        let read = |register| self.register(register, at, depth.saturating_add(1));
        let of = |name: &str| Some(format!("{name}({})", read(u32::from(writer.b))?));
        let list = |name: &str| Some(format!("{name}({}{})", read(u32::from(writer.b))?, self.tails(writer.c)));
        let clock = |name: &str| {
            let moment = read(u32::from(writer.b))?;
            let field = moment.strip_prefix("time(").and_then(|rest| rest.strip_suffix(')')).unwrap_or(&moment);
            let east = i16::try_from(writer.c.cast_signed()).ok().filter(|east| *east != 0);
            let zone = east.map(|east| format!(", \"{}\"", offset_text(east))).unwrap_or_default();
            Some(format!("{name}({field}{zone})"))
        };
        let both = |symbol| Some(format!("({} {symbol} {})", read(u32::from(writer.b))?, read(writer.c)?));
        match writer.op {
            Opcode::Load => Some(path_text(&self.program.path(PathId::new(writer.c)))),
            Opcode::Const => {
                let mut out = String::new();
                write_operand(&self.tables, Operand::Const, writer.c, &mut out);
                Some(out)
            }
            Opcode::Now => Some("now()".into()),
            Opcode::Each => Some(format!("{}[]", read(u32::from(writer.b))?)),
            Opcode::Member => Some(format!("{}{}", read(u32::from(writer.b))?, self.tail(writer.c))),
            Opcode::Select => Some(format!("{}{}", read(u32::from(writer.b))?, self.tails(writer.c))),
            Opcode::Length => of("length"),
            Opcode::Time => of("time"),
            Opcode::Hour => clock("hour"),
            Opcode::Weekday => clock("weekday"),
            Opcode::SumOf => list("sum"),
            Opcode::AvgOf => list("avg"),
            Opcode::MinOf => list("min"),
            Opcode::MaxOf => list("max"),
            Opcode::CountOf => list("count"),
            Opcode::Add => both("+"),
            Opcode::Sub => both("-"),
            Opcode::Mul => both("*"),
            Opcode::Div => both("/"),
            Opcode::Rem => both("%"),
            _ => None,
        }
    }

    /// The last instruction before the one at `pc` that writes a register.
    fn writer(&self, register: u32, pc: u32) -> Option<(u32, Instruction)> {
        let writes = |pc: u32| {
            let writer = self.tables.instruction(pc)?;
            let written = writer.op.operands().contains(&(Place::A, Operand::Define));
            (written && u32::from(writer.a) == register).then_some((pc, writer))
        };
        (0..pc).rev().find_map(writes)
    }

    /// What the number in a register counts.
    fn quantity(&self, register: u32, pc: u32, depth: u32) -> Quantity {
        let Some((at, writer)) = self.writer(register, pc).filter(|_| depth <= MAX_DEPTH) else {
            return Quantity::Plain;
        };
        let both = |op| {
            let [left, right] =
                [u32::from(writer.b), writer.c].map(|side| self.quantity(side, at, depth.saturating_add(1)));
            Quantity::combined(op, left, right)
        };
        match writer.op {
            Opcode::Now | Opcode::Time => Quantity::Moment,
            Opcode::Add => both(Arithmetic::Add),
            Opcode::Sub => both(Arithmetic::Sub),
            Opcode::Mul => both(Arithmetic::Mul),
            Opcode::Div => both(Arithmetic::Div),
            Opcode::Rem => both(Arithmetic::Rem),
            _ => Quantity::Plain,
        }
    }

    /// The way to a member, as it stands behind what it is a member of.
    fn tail(&self, constant: u32) -> String {
        let tail = self.tables.constant(constant).and_then(crate::image::tail).unwrap_or_default();
        path_below(&tail)
    }

    /// Members of the elements of lists.
    fn tails(&self, constant: u32) -> String {
        let tails = self.tables.constant(constant).and_then(crate::image::tails).unwrap_or_default();
        tails.iter().map(|tail| format!("[]{}", path_below(tail))).collect()
    }
}

/// A path that goes on from something.
fn path_below(path: &[Segment]) -> String {
    let text = path_text(path);
    if text.is_empty() || text.starts_with('[') { text } else { format!(".{text}") }
}

/// The operator of the language that a test instruction stands for.
fn condition_operator(op: Opcode) -> &'static str {
    match op {
        Opcode::Eq | Opcode::EqText | Opcode::EqInt | Opcode::EqBool => "==",
        Opcode::Ne | Opcode::NeText | Opcode::NeInt | Opcode::NeBool => "!=",
        Opcode::Lt | Opcode::LtInt | Opcode::LtFloat => "<",
        Opcode::Le | Opcode::LeInt | Opcode::LeFloat => "<=",
        Opcode::Gt | Opcode::GtInt | Opcode::GtFloat => ">",
        Opcode::Ge | Opcode::GeInt | Opcode::GeFloat => ">=",
        Opcode::InSet | Opcode::InArray | Opcode::InText | Opcode::InObject => "IN",
        Opcode::NotInSet | Opcode::NotInArray | Opcode::NotInText | Opcode::NotInObject => "NOT_IN",
        Opcode::Contains => "CONTAINS",
        Opcode::Matches => "MATCHES",
        Opcode::MatchesPrefix => "begins with",
        Opcode::MatchesSuffix => "is a line that ends with",
        Opcode::StartsWith => "STARTS_WITH",
        Opcode::EndsWith => "ENDS_WITH",
        Opcode::EqFolded => "IEQUALS",
        Opcode::InNetwork => "CIDR",
        Opcode::Sample => "is sampled, in hundredths of a percent and for the rule",
        Opcode::Exists => "EXISTS",
        Opcode::IsNull => "IS_NULL",
        Opcode::All => "ALL",
        Opcode::Any => "ANY",
        Opcode::None => "NONE",
        Opcode::Sum => "SUM",
        Opcode::Avg => "AVG",
        Opcode::Min => "MIN",
        Opcode::Max => "MAX",
        Opcode::Count => "COUNT",
        // A relation says its own, and what is no test has none.
        _ => "",
    }
}

/// A path as cascades write it: `user.tags[0]`, keys with dots or brackets quoted.
#[must_use]
pub(crate) fn path_text(path: &[Segment]) -> String {
    let mut out = String::new();
    for (at, segment) in path.iter().enumerate() {
        match segment {
            Segment::Key(key) if key.contains(['.', '[', ']', '"']) => {
                let _ = write!(out, "[{}]", json_text(key));
            }
            Segment::Key(key) => {
                if at > 0 {
                    out.push('.');
                }
                out.push_str(key);
            }
            Segment::Index(index) => {
                let _ = write!(out, "[{index}]");
            }
        }
    }
    out
}
