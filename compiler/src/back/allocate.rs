//! Lays out a decision graph as instructions: registers for values, branches for edges.
//!
//! Nodes are laid out by falling number, so every edge goes forward. A value that is in a register on every way to
//! a node is not read or computed again; this is the verifier's own analysis, so what is laid out here always passes it.
//! The element of a loop has a register of its own, counted from the last one; what was in other registers is forgotten
//! where a loop begins and where it ends, because its body may run any number of times.

#![expect(clippy::indexing_slicing, reason = "maps of entities, read with keys that the program itself gave out")]

use cascata_vm::image::{ImageBuilder, SourceSpan};
use cascata_vm::isa::{Branch, Instruction, Opcode};
use cranelift_entity::{EntityRef, SecondaryMap};

use super::ir::{Ask, Edge, Graph, NodeRef, Program, TestKind, TestRef};
use super::registers::{Held, common, element_register, inside, none};
use super::select::select;
use crate::span::Span;

/// Code of a rule, with jumps that count from its first instruction, and the places of its tests.
#[derive(Default)]
pub(super) struct Code {
    pub(super) instructions: Vec<Instruction>,
    pub(super) spans: Vec<(u32, SourceSpan)>,
}

impl Code {
    pub(super) fn position(&self) -> u32 {
        u32::try_from(self.instructions.len()).unwrap_or(u32::MAX)
    }

    /// Adds an instruction and, for one that decides a condition, where that stands; answers its place.
    pub(super) fn push(&mut self, instruction: Instruction, span: Option<SourceSpan>) -> usize {
        let place = self.position();
        self.spans.extend(span.map(|span| (place, span)));
        self.instructions.push(instruction);
        place as usize
    }
}

/// Lays out the rules of a program.
pub(super) struct Layout<'c> {
    pub(super) program: &'c Program,
    pub(super) image: ImageBuilder,
    /// Instructions of the tests that some rule has used already.
    pub(super) selected: SecondaryMap<TestRef, Option<Instruction>>,
}

impl Layout<'_> {
    /// The code of a rule.
    pub(super) fn rule(&mut self, graph: &Graph, span: &dyn Fn(Span) -> SourceSpan) -> Code {
        let mut code = Code::default();
        self.graph(graph, none(), 0, &mut code, span);
        code
    }

    /// Lays out a graph with some values in registers, inside `loops` loops. Recursion is as deep as loops are nested.
    fn graph(&mut self, graph: &Graph, known: Held, loops: u32, code: &mut Code, span: &dyn Fn(Span) -> SourceSpan) {
        let mut held: SecondaryMap<NodeRef, Option<Held>> = SecondaryMap::new();
        let mut starts: SecondaryMap<NodeRef, u32> = SecondaryMap::new();
        let mut open: Vec<(usize, Edge)> = Vec::new();
        if let Edge::Node(entry) = graph.entry {
            held[entry] = Some(known);
        }
        for (at, node) in graph.nodes.iter().rev() {
            // A node that nothing leads to has no place in the code.
            let Some(mut registers) = held[at] else { continue };
            starts[at] = code.position();
            let place = match node.ask {
                Ask::Test(test) => {
                    let instruction = self.test(test, &mut registers, loops, code);
                    code.push(instruction, Some(span(node.span)))
                }
                Ask::Each { list, element, level, body } => {
                    let register = self.read(list, &mut registers, loops, 0, code);
                    let mut each = Instruction::new(Opcode::Each);
                    each.a = element_register(level);
                    each.b = u16::from(register);
                    let place = code.push(each, Some(span(node.span)));
                    let known = inside(&registers, level, Some(element));
                    self.graph(&graph.bodies[body], known, level.saturating_add(1), code, span);
                    let end = code.position();
                    if let Some(each) = code.instructions.get_mut(place) {
                        each.c = end;
                    }
                    registers = inside(&registers, level, None);
                    place
                }
            };
            for edge in [node.on_true, node.on_false] {
                if let Edge::Node(next) = edge {
                    held[next] = Some(held[next].map_or(registers, |known| common(&known, &registers)));
                }
            }
            let next = next_node(&held, at);
            let (when, taken, other) = if node.on_true == next {
                (false, node.on_false, node.on_true)
            } else {
                (true, node.on_true, node.on_false)
            };
            if let Some(instruction) = code.instructions.get_mut(place) {
                instruction.d = Branch { target: 0, when }.encode();
            }
            open.push((place, taken));
            if other != next {
                open.push((code.instructions.len(), other));
                code.push(Instruction::new(Opcode::Jump), None);
            }
        }
        if let Some((value, place)) = graph.gives {
            let accept = code.position();
            let register = self.read(value, &mut none(), loops, 0, code);
            code.push(Instruction { a: register, ..Instruction::new(Opcode::Give) }, Some(span(place)));
            finish(code, accept, &open, &starts);
        } else {
            let accept = end(code, &open, Edge::Accept, Opcode::Accept);
            finish(code, accept, &open, &starts);
        }
    }

    /// The instruction of a test behind those that its values need; its branch is still open.
    fn test(&mut self, test: TestRef, registers: &mut Held, loops: u32, code: &mut Code) -> Instruction {
        let typed = &self.program.tests[test];
        let register = self.read(typed.subject, registers, loops, 0, code);
        let image = &mut self.image;
        let mut instruction = *self.selected[test].get_or_insert_with(|| select(&typed.kind, image));
        if let TestKind::Relate(_, operand) = typed.kind {
            instruction.b = u16::from(self.read(operand, registers, loops, 1 << register, code));
        } else if self.program.is_selection(typed.subject) {
            instruction.b |= cascata_vm::isa::SELECTED;
        }
        instruction.a = register;
        instruction
    }
}

/// Puts an end behind the nodes; answers its place.
fn end(code: &mut Code, open: &[(usize, Edge)], edge: Edge, op: Opcode) -> u32 {
    let at = code.position();
    // An end that nothing leads to has no place in the code; the last node goes on to the accepting one.
    if edge == Edge::Accept || open.iter().any(|(_, to)| *to == edge) {
        code.push(Instruction::new(op), None);
    }
    at
}

/// Puts the other ends behind the accepting one and fills in the targets.
fn finish(code: &mut Code, accept: u32, open: &[(usize, Edge)], starts: &SecondaryMap<NodeRef, u32>) {
    let reject = end(code, open, Edge::Reject, Opcode::Reject);
    let otherwise = end(code, open, Edge::Otherwise, Opcode::Otherwise);
    for (at, edge) in open {
        let target = match edge {
            Edge::Node(node) => starts[*node],
            Edge::Accept => accept,
            Edge::Reject => reject,
            Edge::Otherwise => otherwise,
        };
        if let Some(instruction) = code.instructions.get_mut(*at) {
            instruction.d |= target;
        }
    }
}

/// What stands right behind a node: the next node that control comes to, or the accepting end.
fn next_node(held: &SecondaryMap<NodeRef, Option<Held>>, at: NodeRef) -> Edge {
    let reached = (0..at.index()).rev().map(NodeRef::new).find(|node| held[*node].is_some());
    reached.map_or(Edge::Accept, Edge::Node)
}
