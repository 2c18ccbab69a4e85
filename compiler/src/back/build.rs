//! From conditions to decision graphs of typed tests.

use std::collections::HashMap;

use cascata_vm::ops::{CompareOp, Quantifier, Stat};

use super::constant::key_of;
use super::ir::{Edge, Graph, Node, Program, TestKind, TestRef, TypedTest};
use super::passes::Passes;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::model::{Cascade, Condition, ConditionNode, Constant, Operator, RuleModel, Test};
use crate::span::Span;
use cranelift_entity::PrimaryMap;

/// Builds the graphs of all rules, with what the passes make of their tests.
///
/// # Errors
/// A test whose operand no instruction takes.
pub(super) fn build(cascade: &Cascade, passes: Passes) -> Result<Program, Box<Diagnostic>> {
    let mut builder = Builder { passes, ..Builder::default() };
    for rule in cascade.rules.values() {
        let graph = builder.rule(rule)?;
        builder.program.graphs.push(graph);
    }
    Ok(builder.program)
}

/// The tests met so far, and the graphs of a program that has any.
#[derive(Default)]
pub(super) struct Builder {
    pub(super) program: Program,
    known: HashMap<String, TestRef>,
    passes: Passes,
}

type Nodes = PrimaryMap<super::ir::NodeRef, Node>;

impl Builder {
    /// The graph of one rule. Its tests are added to those of the program.
    ///
    /// # Errors
    /// A test whose operand no instruction takes.
    pub(super) fn rule(&mut self, rule: &RuleModel) -> Result<Graph, Box<Diagnostic>> {
        let mut nodes = PrimaryMap::new();
        let no = if rule.otherwise.is_some() { Edge::Otherwise } else { Edge::Reject };
        let mut entry = self.condition(&rule.condition, Edge::Accept, no, &mut nodes)?;
        if let Some(sample) = rule.sample {
            let kind = TestKind::Sample { rule: rule.name.clone(), share: sample.share };
            let test = self.intern(TypedTest { path: sample.key, kind });
            entry = Edge::Node(nodes.push(Node { test, on_true: entry, on_false: Edge::Reject, span: sample.span }));
        }
        Ok(Graph { nodes, entry })
    }

    /// Adds the nodes of a condition, last one first, and answers where it begins. Recursion is as deep as the
    /// condition, which the reader limits.
    fn condition(
        &mut self,
        condition: &Condition,
        yes: Edge,
        no: Edge,
        nodes: &mut Nodes,
    ) -> Result<Edge, Box<Diagnostic>> {
        match &condition.node {
            ConditionNode::All(children) => {
                children.iter().rev().try_fold(yes, |next, child| self.condition(child, next, no, nodes))
            }
            ConditionNode::Any(children) => {
                children.iter().rev().try_fold(no, |next, child| self.condition(child, yes, next, nodes))
            }
            ConditionNode::Not(child) => self.condition(child, no, yes, nodes),
            ConditionNode::Each(_) => Err(not_available(condition.span)),
            ConditionNode::Test(test) => {
                let typed = kind_of(test).zip(test.path()).map(|(kind, path)| TypedTest { path, kind });
                let test = self.intern(typed.ok_or_else(|| unlowerable(test))?);
                Ok(Edge::Node(nodes.push(Node { test, on_true: yes, on_false: no, span: condition.span })))
            }
        }
    }

    fn intern(&mut self, test: TypedTest) -> TestRef {
        let test = TypedTest { kind: self.passes.run(test.kind), ..test };
        let key = key_of(&test);
        let tests = &mut self.program.tests;
        *self.known.entry(key).or_insert_with(|| tests.push(test))
    }
}

fn not_available(span: Span) -> Box<Diagnostic> {
    let message = "this comparison is not available in this version";
    Box::new(Diagnostic::new(Code::NotAvailable, message).label(span, "cannot be run yet"))
}

fn unlowerable(test: &Test) -> Box<Diagnostic> {
    if test.path().is_none() || test.constant().is_none() {
        return not_available(test.spans.operator);
    }
    let span = test.spans.value.unwrap_or(test.spans.operator);
    let message = format!("`{}` cannot work with this operand", test.op.spelling());
    let label = format!("`{}` takes {}", test.op.spelling(), test.op.operand().words());
    Box::new(Diagnostic::new(Code::ImpossibleOperand, message).label(span, label))
}

/// The typed form of a test; `None` for an operand that the operator never takes.
fn kind_of(test: &Test) -> Option<TestKind> {
    let constant = test.constant()?;
    let operand = || constant.clone();
    let compare = |op| Some(TestKind::Compare(op, operand()));
    let quantified = |quantifier| Some(TestKind::Quantified(quantifier, test.compare, operand()));
    let statistic = |stat| Some(TestKind::Statistic(stat, test.compare, operand()));
    match test.op {
        Operator::Eq => compare(CompareOp::Eq),
        Operator::Ne => compare(CompareOp::Ne),
        Operator::Lt => compare(CompareOp::Lt),
        Operator::Le => compare(CompareOp::Le),
        Operator::Gt => compare(CompareOp::Gt),
        Operator::Ge => compare(CompareOp::Ge),
        Operator::In => membership(true, constant),
        Operator::NotIn => membership(false, constant),
        Operator::Contains => Some(TestKind::Contains(operand())),
        Operator::Matches => matches(test),
        Operator::Exists => Some(TestKind::Exists),
        Operator::IsNull => Some(TestKind::IsNull),
        Operator::All => quantified(Quantifier::All),
        Operator::Any => quantified(Quantifier::Any),
        Operator::NoneOf => quantified(Quantifier::None),
        Operator::Sum => statistic(Stat::Sum),
        Operator::Avg => statistic(Stat::Avg),
        Operator::Min => statistic(Stat::Min),
        Operator::Max => statistic(Stat::Max),
        Operator::Count => statistic(Stat::Count),
        Operator::And | Operator::Or | Operator::Not | Operator::Between => None,
    }
}

/// The pattern is translated; the source tells passes what it asks.
fn matches(test: &Test) -> Option<TestKind> {
    let Constant::Text(source) = test.constant()? else { return None };
    test.regex.clone().map(|pattern| TestKind::Matches { source: source.clone(), pattern })
}

fn membership(member: bool, operand: &Constant) -> Option<TestKind> {
    matches!(operand, Constant::List(_) | Constant::Text(_) | Constant::Map(_))
        .then(|| TestKind::InConstant { member, container: operand.clone() })
}
