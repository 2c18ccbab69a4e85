//! Checked conditions: the one form that the mapping `condition:` and the text `when:` both become.
//!
//! Most tests look at one field and one constant; [`Test::path`] and [`Test::constant`] give these two. What reads
//! conditions and cannot follow computed values or elements of lists may take any other test for one that can come out
//! either way.

use cascata_vm::Segment;

use super::{Constant, PathRef};
use crate::operators::{Arithmetic, CompareOp, Operator};
use crate::span::Span;

/// A checked condition.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// The condition in the source.
    pub span: Span,
    /// What it asks.
    pub node: ConditionNode,
}

/// What a condition asks. Children are evaluated left to right and stop as soon as the answer is known.
#[derive(Clone, Debug, PartialEq)]
pub enum ConditionNode {
    /// `AND`: every child holds; at least one child.
    All(Vec<Condition>),
    /// `OR`: some child holds; at least one child.
    Any(Vec<Condition>),
    /// `NOT`: the child does not hold.
    Not(Box<Condition>),
    /// A comparison. Never one of the three above.
    Test(Box<Test>),
    /// Some element of a list satisfies a condition.
    Each(Box<Each>),
}

/// Asks whether some element of a list satisfies a condition. Elements are looked at in order up to the first that does;
/// what is no list has no elements.
#[derive(Clone, Debug, PartialEq)]
pub struct Each {
    /// How many others stand around this one: [`Root::Element`] with this number is the element.
    pub level: u32,
    /// The list.
    pub list: Field,
    /// What the element has to satisfy. It may read the event as well.
    pub body: Condition,
}

/// One comparison.
///
/// `op` is never `AND`, `OR` or `NOT`, and none of those that are written in terms of others: `BETWEEN` is two tests,
/// `LENGTH`, `AGE`, `HOUR` and `WEEKDAY` compare a [`Measure`], `BEFORE` and `AFTER` compare two moments.
#[derive(Clone, Debug, PartialEq)]
pub struct Test {
    /// What is looked at.
    pub subject: Expr,
    /// How.
    pub op: Operator,
    /// How `ALL`, `ANY`, `NONE` and the statistics compare; `==` for every other operator.
    pub compare: CompareOp,
    /// What it is compared with; the constant null where the operator takes nothing or nothing was given.
    pub operand: Expr,
    /// The name of the list that the operand is, if it was written so. The operand has its entries.
    pub list: Option<String>,
    /// For `MATCHES` the pattern in the syntax of `regex-syntax`, anchored at the start by whoever runs it.
    pub regex: Option<String>,
    /// Where the parts stand in the source.
    pub spans: TestSpans,
}

impl Test {
    /// The field, where the test looks at a field of the event or of a stage result and at nothing else.
    #[must_use]
    pub fn path(&self) -> Option<PathRef> {
        match &self.subject {
            Expr::Field(field) => field.path(),
            _ => None,
        }
    }

    /// The constant it compares with, if it does.
    #[must_use]
    pub const fn constant(&self) -> Option<&Constant> {
        match &self.operand {
            Expr::Constant(constant) => Some(constant),
            _ => None,
        }
    }
}

/// Where the parts of a [`Test`] stand in the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TestSpans {
    /// The value of `field`.
    pub field: Span,
    /// The value of `operator`.
    pub operator: Span,
    /// The value of `value`, if there is one.
    pub value: Option<Span>,
}

/// A value: written, read or computed. What is computed from something missing or null is missing.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// A constant.
    Constant(Constant),
    /// A field.
    Field(Field),
    /// When the cascade began, in microseconds since 1970 UTC.
    Now,
    /// Something measured of a field.
    Measure(Box<Measure>),
    /// Two numbers combined. A constant operand is a number, and not both are constants.
    Arithmetic(Arithmetic, Box<Self>, Box<Self>),
}

/// A field of the event, of a stage result or of an element.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Where it begins.
    pub root: Root,
    /// The way on from an element; empty for [`Root::Path`].
    pub tail: Vec<Segment>,
    /// Only of statistics and quantifiers: for each `[]` the way on from the element of the list so far. The value is the
    /// list of all that is found there in order, without what is missing or null. Empty: the field itself.
    pub each: Vec<Vec<Segment>>,
}

impl Field {
    /// The path, where it is a field of the event or of a stage result and no list of elements' fields.
    #[must_use]
    pub fn path(&self) -> Option<PathRef> {
        match self.root {
            Root::Path(path) if self.each.is_empty() => Some(path),
            _ => None,
        }
    }
}

/// Where a [`Field`] begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Root {
    /// At the event or at a stage result.
    Path(PathRef),
    /// At the element of the [`Each`] with this level.
    Element(u32),
}

/// Something measured of a field.
#[derive(Clone, Debug, PartialEq)]
pub struct Measure {
    /// What.
    pub kind: MeasureKind,
    /// Of what.
    pub field: Field,
}

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MeasureKind {
    /// The sum of a list; beyond 64 bits an error.
    Sum,
    /// The mean of a list, missing for an empty one.
    Avg,
    /// The least element of a list.
    Min,
    /// The greatest element of a list.
    Max,
    /// The length of a list.
    Count,
    /// Characters of a text, elements of a list, keys of a mapping.
    Length,
    /// The moment an RFC 3339 time or date means, in microseconds since 1970 UTC.
    Time,
    /// The hour of the day of such a moment, 0 to 23, this many minutes east of UTC.
    Hour(i16),
    /// Its day of the week, Monday 1 to Sunday 7, this many minutes east of UTC.
    Weekday(i16),
}
