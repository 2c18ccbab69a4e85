//! From conditions to decision graphs of typed tests.

use std::collections::HashMap;

use cascata_vm::ops::{CompareOp, Quantifier, Relation, Stat};

use super::ir::{Ask, Edge, Graph, Node, Program, TestKind, TestRef, TypedTest, ValueExpr, ValueRef};
use super::key;
use super::passes::Passes;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::model::{ActionModel, Cascade, Condition, ConditionNode, Constant, Each, Expr, Operator, RuleModel, Test};
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

/// The tests and values met so far, and the graphs of a program that has any.
#[derive(Default)]
pub(super) struct Builder {
    pub(super) program: Program,
    known: HashMap<String, TestRef>,
    passes: Passes,
    pub(super) known_values: HashMap<String, ValueRef>,
    /// The elements that the loops around have taken, by level.
    pub(super) elements: Vec<ValueRef>,
}

impl Builder {
    /// The graph of one rule. Its tests are added to those of the program.
    ///
    /// # Errors
    /// A test whose operand no instruction takes.
    pub(super) fn rule(&mut self, rule: &RuleModel) -> Result<Graph, Box<Diagnostic>> {
        let mut graph = empty();
        let no = if rule.otherwise.is_some() { Edge::Otherwise } else { Edge::Reject };
        graph.entry = self.condition(&rule.condition, Edge::Accept, no, &mut graph)?;
        if let ActionModel::Give { value, span } = &rule.action {
            graph.gives = Some((self.expr(value), *span));
        }
        if let Some(sample) = rule.sample {
            let kind = TestKind::Sample { rule: rule.name.clone(), share: sample.share };
            let subject = self.value(ValueExpr::Field(sample.key));
            let ask = Ask::Test(self.intern(TypedTest { subject, kind }));
            let node = Node { ask, on_true: graph.entry, on_false: Edge::Reject, span: sample.span };
            graph.entry = Edge::Node(graph.nodes.push(node));
        }
        Ok(graph)
    }

    /// Adds the nodes of a condition, last one first, and answers where it begins. Recursion is as deep as the
    /// condition, which the reader limits.
    fn condition(
        &mut self,
        condition: &Condition,
        yes: Edge,
        no: Edge,
        graph: &mut Graph,
    ) -> Result<Edge, Box<Diagnostic>> {
        let ask = match &condition.node {
            ConditionNode::All(children) => {
                return children.iter().rev().try_fold(yes, |next, child| self.condition(child, next, no, graph));
            }
            ConditionNode::Any(children) => {
                return children.iter().rev().try_fold(no, |next, child| self.condition(child, yes, next, graph));
            }
            ConditionNode::Not(child) => return self.condition(child, no, yes, graph),
            ConditionNode::Each(each) => self.each(each, graph)?,
            ConditionNode::Test(test) => {
                let typed = self.typed(test).ok_or_else(|| unlowerable(test))?;
                Ask::Test(self.intern(typed))
            }
        };
        Ok(Edge::Node(graph.nodes.push(Node { ask, on_true: yes, on_false: no, span: condition.span })))
    }

    fn each(&mut self, each: &Each, graph: &mut Graph) -> Result<Ask, Box<Diagnostic>> {
        let list = self.field(&each.list);
        let element = self.value(ValueExpr::Element { list, level: each.level });
        self.elements.push(element);
        let mut body = empty();
        let entry = self.condition(&each.body, Edge::Accept, Edge::Reject, &mut body);
        self.elements.pop();
        body.entry = entry?;
        Ok(Ask::Each { list, element, level: each.level, body: graph.bodies.push(body) })
    }

    fn intern(&mut self, test: TypedTest) -> TestRef {
        let test = TypedTest { kind: self.passes.run(test.kind), ..test };
        let key = key::of_test(&test);
        let tests = &mut self.program.tests;
        *self.known.entry(key).or_insert_with(|| tests.push(test))
    }

    /// The typed form of a test; `None` for an operand that the operator never takes.
    fn typed(&mut self, test: &Test) -> Option<TypedTest> {
        if let Expr::Constant(constant) = &test.operand {
            let kind = kind_of(test, constant)?;
            return Some(TypedTest { subject: self.subject(test), kind });
        }
        let (relation, subject) = match stat_of(test.op) {
            Some(stat) => {
                let Expr::Field(field) = &test.subject else { return None };
                (compared(test.compare), self.statistic(stat, field))
            }
            None => (relation(test.op)?, self.subject(test)),
        };
        let operand = self.expr(&test.operand);
        Some(TypedTest { subject, kind: TestKind::Relate(relation, operand) })
    }
}

fn empty() -> Graph {
    Graph { nodes: PrimaryMap::new(), bodies: PrimaryMap::new(), entry: Edge::Accept, gives: None }
}

fn unlowerable(test: &Test) -> Box<Diagnostic> {
    let span = test.spans.value.unwrap_or(test.spans.operator);
    let message = format!("`{}` cannot work with this operand", test.op.spelling());
    let label = format!("`{}` takes {}", test.op.spelling(), test.op.operand().words());
    Box::new(Diagnostic::new(Code::ImpossibleOperand, message).label(span, label))
}

/// The relation of two read values that an operator asks for.
const fn relation(op: Operator) -> Option<Relation> {
    Some(match op {
        Operator::Eq => Relation::Eq,
        Operator::Ne => Relation::Ne,
        Operator::Lt => Relation::Lt,
        Operator::Le => Relation::Le,
        Operator::Gt => Relation::Gt,
        Operator::Ge => Relation::Ge,
        Operator::In => Relation::In,
        Operator::NotIn => Relation::NotIn,
        Operator::Contains => Relation::Contains,
        Operator::StartsWith => Relation::StartsWith,
        Operator::EndsWith => Relation::EndsWith,
        Operator::EqualFolded => Relation::EqualFolded,
        _ => return None,
    })
}

/// The relation of a comparison.
const fn compared(compare: CompareOp) -> Relation {
    match compare {
        CompareOp::Eq => Relation::Eq,
        CompareOp::Ne => Relation::Ne,
        CompareOp::Lt => Relation::Lt,
        CompareOp::Le => Relation::Le,
        CompareOp::Gt => Relation::Gt,
        CompareOp::Ge => Relation::Ge,
    }
}

const fn stat_of(op: Operator) -> Option<Stat> {
    Some(match op {
        Operator::Sum => Stat::Sum,
        Operator::Avg => Stat::Avg,
        Operator::Min => Stat::Min,
        Operator::Max => Stat::Max,
        Operator::Count => Stat::Count,
        _ => return None,
    })
}

/// What a test with a constant asks; `None` for an operand that the operator never takes.
fn kind_of(test: &Test, constant: &Constant) -> Option<TestKind> {
    let operand = || constant.clone();
    let compare = |op| Some(TestKind::Compare(op, operand()));
    let quantified = |quantifier| Some(TestKind::Quantified(quantifier, test.compare, operand()));
    let text = |kind: fn(String) -> TestKind| match constant {
        Constant::Text(text) => Some(kind(text.clone())),
        _ => None,
    };
    if let Some(stat) = stat_of(test.op) {
        return Some(TestKind::Statistic(stat, test.compare, operand()));
    }
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
        Operator::StartsWith => text(TestKind::StartsWith),
        Operator::EndsWith => text(TestKind::EndsWith),
        Operator::EqualFolded => text(TestKind::EqualFolded),
        Operator::InNetwork => networks(constant).map(TestKind::InNetwork),
        Operator::Matches => matches(test, constant),
        Operator::Exists => Some(TestKind::Exists),
        Operator::IsNull => Some(TestKind::IsNull),
        Operator::All => quantified(Quantifier::All),
        Operator::Any => quantified(Quantifier::Any),
        Operator::NoneOf => quantified(Quantifier::None),
        _ => None,
    }
}

/// One network or several, the same ones always in the same order.
fn networks(constant: &Constant) -> Option<Vec<String>> {
    let text = |constant: &Constant| match constant {
        Constant::Text(text) => Some(text.clone()),
        _ => None,
    };
    let mut networks = match constant {
        Constant::List(networks) => networks.iter().map(text).collect::<Option<Vec<_>>>()?,
        one => vec![text(one)?],
    };
    networks.sort();
    networks.dedup();
    Some(networks)
}

/// The pattern is translated; the source tells passes what it asks.
fn matches(test: &Test, constant: &Constant) -> Option<TestKind> {
    let Constant::Text(source) = constant else { return None };
    test.regex.clone().map(|pattern| TestKind::Matches { source: source.clone(), pattern })
}

fn membership(member: bool, operand: &Constant) -> Option<TestKind> {
    matches!(operand, Constant::List(_) | Constant::Text(_) | Constant::Map(_))
        .then(|| TestKind::InConstant { member, container: operand.clone() })
}
