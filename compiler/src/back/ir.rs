//! The typed intermediate form: for each rule a graph of tests that ends in true or false.
//!
//! Conditions are short-circuit logic, so a rule is a decision graph: each node decides one test and says where to
//! go on either outcome. `AND`, `OR` and `NOT` are gone; they are where the edges lead. Equal tests are one entity
//! across the whole program, which is what lets passes see that two rules ask the same thing.

use std::fmt::Write as _;

use cascata_vm::ops::{CompareOp, Quantifier, Stat};
use cranelift_entity::{PrimaryMap, entity_impl};

use crate::model::{Cascade, Constant, PathRef, RuleRef};
use crate::span::Span;

/// A distinct test of the program.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TestRef(u32);
entity_impl!(TestRef, "test");

/// A node of one rule's decision graph.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeRef(u32);
entity_impl!(NodeRef, "node");

/// A whole program.
#[derive(Debug, Default)]
pub struct Program {
    /// Every distinct test.
    pub tests: PrimaryMap<TestRef, TypedTest>,
    /// The decision graph of every rule, by rule number.
    pub graphs: PrimaryMap<RuleRef, Graph>,
}

/// A test of one field, with an operand of the type it needs.
#[derive(Clone, Debug, PartialEq)]
pub struct TypedTest {
    /// The field.
    pub path: PathRef,
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
    /// Where evaluation begins.
    pub entry: Edge,
}

/// A test and where its outcomes lead.
#[derive(Clone, Copy, Debug)]
pub struct Node {
    /// The test.
    pub test: TestRef,
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
        let path = cascade.paths.get(typed.path).map(|path| format!("{path:?}")).unwrap_or_default();
        let _ = writeln!(out, "{test}: {path} {:?}", typed.kind);
    }
    for (rule, graph) in &program.graphs {
        let name = cascade.rules.get(rule).map(|rule| rule.name.as_str()).unwrap_or_default();
        let _ = writeln!(out, "{rule} {name:?}: {}", edge(graph.entry));
        for (at, node) in graph.nodes.iter().rev() {
            let _ = writeln!(out, "  {at}: {} ? {} : {}", node.test, edge(node.on_true), edge(node.on_false));
        }
    }
    out
}

fn edge(edge: Edge) -> String {
    match edge {
        Edge::Node(node) => node.to_string(),
        Edge::Accept => "accept".to_owned(),
        Edge::Reject => "reject".to_owned(),
        Edge::Otherwise => "otherwise".to_owned(),
    }
}
