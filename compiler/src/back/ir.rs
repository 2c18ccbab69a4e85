//! The typed intermediate form: for each rule a graph of tests that ends in true or false.
//!
//! Conditions are short-circuit logic, so a rule is a decision graph: each node decides one test and says where to
//! go on either outcome. `AND`, `OR` and `NOT` are gone; they are where the edges lead. Equal tests are one entity
//! across the whole program, which is what lets passes see that two rules ask the same thing.

use std::fmt::Write as _;

use cascata_vm::Segment;
use cascata_vm::ops::{CompareOp, Quantifier, Relation, Stat};
use cranelift_entity::{PrimaryMap, entity_impl};

use crate::model::{Arithmetic, Cascade, Constant, PathRef, RuleRef};
use crate::span::Span;

/// A distinct value of the program.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ValueRef(u32);
entity_impl!(ValueRef, "value");

/// A distinct test of the program.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TestRef(u32);
entity_impl!(TestRef, "test");

/// A body of one rule's loops over lists.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BodyRef(u32);
entity_impl!(BodyRef, "body");

/// A node of one rule's decision graph.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeRef(u32);
entity_impl!(NodeRef, "node");

/// A whole program.
#[derive(Debug, Default)]
pub struct Program {
    /// Every distinct value that tests look at.
    pub values: PrimaryMap<ValueRef, ValueExpr>,
    /// Every distinct test.
    pub tests: PrimaryMap<TestRef, TypedTest>,
    /// The decision graph of every rule, by rule number.
    pub graphs: PrimaryMap<RuleRef, Graph>,
}

impl Program {
    /// Whether a value is a list of which members of the elements are looked at.
    pub(super) fn is_selection(&self, value: ValueRef) -> bool {
        matches!(self.values.get(value), Some(ValueExpr::Selected(..)))
    }
}

/// A value: read, written or computed from others.
#[derive(Clone, Debug, PartialEq)]
pub enum ValueExpr {
    /// A field of the event or of a stage result.
    Field(PathRef),
    /// The element that a loop around has taken.
    Element {
        /// The list; two loops over one list are the same question.
        list: ValueRef,
        /// How many loops stand around that one.
        level: u32,
    },
    /// A constant.
    Constant(Constant),
    /// When the cascade began.
    Now,
    /// A member of a value.
    Member(ValueRef, Vec<Segment>),
    /// A list of which quantifiers and statistics look at members of the elements; a way for each list.
    Selected(ValueRef, Vec<Vec<Segment>>),
    /// A statistic over members of the elements of a list.
    Statistic(Stat, ValueRef, Vec<Vec<Segment>>),
    /// The length of a value.
    Length(ValueRef),
    /// The moment that a text means.
    Time(ValueRef),
    /// The hour of a moment, minutes east of UTC.
    Hour(ValueRef, i16),
    /// The weekday of a moment, minutes east of UTC.
    Weekday(ValueRef, i16),
    /// Two numbers combined.
    Arithmetic(Arithmetic, ValueRef, ValueRef),
}

/// A test of one value, with an operand of the type it needs.
#[derive(Clone, Debug, PartialEq)]
pub struct TypedTest {
    /// What is looked at.
    pub subject: ValueRef,
    /// What is asked of it.
    pub kind: TestKind,
}

/// What a test asks.
#[derive(Clone, Debug, PartialEq)]
pub enum TestKind {
    /// Comparison with a constant.
    Compare(CompareOp, Constant),
    /// Membership in a list of scalars: its texts, and its other members as numbers (booleans are 0 and 1).
    InSet {
        /// Whether it asks for membership or its opposite.
        member: bool,
        /// The texts.
        texts: Vec<String>,
        /// The numbers, sorted by value, no two equal.
        numbers: Vec<Constant>,
    },
    /// Membership in a list, as substring of a text, or as key of a mapping.
    InConstant {
        /// Whether it asks for membership or its opposite.
        member: bool,
        /// A list, text or mapping.
        container: Constant,
    },
    /// The constant in the field.
    Contains(Constant),
    /// A pattern at the start of the field's text.
    Matches {
        /// As it is written.
        source: String,
        /// In the syntax of `regex-syntax`.
        pattern: String,
    },
    /// A pattern that is a literal: the field's text begins with it.
    MatchesPrefix(String),
    /// The pattern `.*LITERAL$`.
    MatchesSuffix(String),
    /// Text that begins with the constant.
    StartsWith(String),
    /// Text that ends with the constant.
    EndsWith(String),
    /// Text that equals the constant but for case.
    EqualFolded(String),
    /// An address in some of the networks.
    InNetwork(Vec<String>),
    /// How it relates to another value that is read.
    Relate(Relation, ValueRef),
    /// Present and not null.
    Exists,
    /// Missing or null.
    IsNull,
    /// Elements compared with a constant.
    Quantified(Quantifier, CompareOp, Constant),
    /// A statistic of the elements compared with a constant.
    Statistic(Stat, CompareOp, Constant),
    /// Whether the event is in the sample of a rule.
    Sample {
        /// The rule's name.
        rule: String,
        /// Hundredths of a percent.
        share: u16,
    },
}

/// A rule's decision graph. Edges lead from a node to nodes with smaller numbers, so falling numbers are an
/// order in which all edges go forward.
#[derive(Clone, Debug)]
pub struct Graph {
    /// The nodes.
    pub nodes: PrimaryMap<NodeRef, Node>,
    /// What loops ask of one element; graphs that accept or reject it.
    pub bodies: PrimaryMap<BodyRef, Self>,
    /// Where evaluation begins.
    pub entry: Edge,
    /// What the rule gives where it accepts, and where that stands in the source.
    pub gives: Option<(ValueRef, Span)>,
}

/// What a node decides.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ask {
    /// A test.
    Test(TestRef),
    /// Whether the body accepts some element of a list.
    Each {
        /// The list.
        list: ValueRef,
        /// The element that the loop takes.
        element: ValueRef,
        /// How many other loops stand around it.
        level: u32,
        /// What is asked of an element.
        body: BodyRef,
    },
}

/// A question and where its outcomes lead.
#[derive(Clone, Copy, Debug)]
pub struct Node {
    /// The question.
    pub ask: Ask,
    /// When it holds.
    pub on_true: Edge,
    /// When it does not.
    pub on_false: Edge,
    /// The condition in the source.
    pub span: Span,
}

/// Where control goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Edge {
    /// To another test.
    Node(NodeRef),
    /// The condition holds.
    Accept,
    /// The condition does not hold, or the event is not in the rule's sample.
    Reject,
    /// The condition does not hold, and the rule's `else` acts.
    Otherwise,
}

/// The program as text, for people and golden tests.
#[must_use]
pub fn dump(cascade: &Cascade, program: &Program) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    for (test, typed) in &program.tests {
        let _ = writeln!(out, "{test}: {} {:?}", value(cascade, program, typed.subject), typed.kind);
    }
    for (rule, graph) in &program.graphs {
        let name = cascade.rules.get(rule).map(|rule| rule.name.as_str()).unwrap_or_default();
        let _ = writeln!(out, "{rule} {name:?}: {}", edge(graph.entry));
        dump_nodes(cascade, program, graph, "  ", &mut out);
        if let Some((given, _)) = graph.gives {
            let _ = writeln!(out, "  gives {}", value(cascade, program, given));
        }
    }
    out
}

/// Recursion is as deep as loops are nested, which the checker limits.
fn dump_nodes(cascade: &Cascade, program: &Program, graph: &Graph, indent: &str, out: &mut String) {
    for (at, node) in graph.nodes.iter().rev() {
        let (on_true, on_false) = (edge(node.on_true), edge(node.on_false));
        match node.ask {
            Ask::Test(test) => {
                let _ = writeln!(out, "{indent}{at}: {test} ? {on_true} : {on_false}");
            }
            Ask::Each { list, body, .. } => {
                let list = value(cascade, program, list);
                let inner = graph.bodies.get(body);
                let entry = inner.map(|inner| edge(inner.entry)).unwrap_or_default();
                let _ = writeln!(out, "{indent}{at}: each {list} {entry} ? {on_true} : {on_false}");
                if let Some(inner) = inner {
                    dump_nodes(cascade, program, inner, &format!("{indent}  "), out);
                }
            }
        }
    }
}

/// Recursion is as deep as values are computed from one another, which the checker limits.
fn value(cascade: &Cascade, program: &Program, at: ValueRef) -> String {
    let inner = |at: &ValueRef| value(cascade, program, *at);
    match program.values.get(at) {
        None => String::new(),
        Some(ValueExpr::Field(path)) => cascade.paths.get(*path).map(|path| format!("{path:?}")).unwrap_or_default(),
        Some(ValueExpr::Element { list, .. }) => format!("element({})", inner(list)),
        Some(ValueExpr::Constant(constant)) => format!("{constant:?}"),
        Some(ValueExpr::Now) => "now".to_owned(),
        Some(ValueExpr::Member(of, tail)) => format!("member({}, {tail:?})", inner(of)),
        Some(ValueExpr::Selected(of, tails)) => format!("selected({}, {tails:?})", inner(of)),
        Some(ValueExpr::Statistic(stat, of, tails)) => format!("{stat:?}({}, {tails:?})", inner(of)),
        Some(ValueExpr::Length(of)) => format!("length({})", inner(of)),
        Some(ValueExpr::Time(of)) => format!("time({})", inner(of)),
        Some(ValueExpr::Hour(of, east)) => format!("hour({}, {east})", inner(of)),
        Some(ValueExpr::Weekday(of, east)) => format!("weekday({}, {east})", inner(of)),
        Some(ValueExpr::Arithmetic(op, left, right)) => {
            format!("({} {} {})", inner(left), op.symbol(), inner(right))
        }
    }
}

fn edge(edge: Edge) -> String {
    match edge {
        Edge::Node(node) => node.to_string(),
        Edge::Accept => "accept".to_owned(),
        Edge::Reject => "reject".to_owned(),
        Edge::Otherwise => "otherwise".to_owned(),
    }
}
