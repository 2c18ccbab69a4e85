//! Lays out a decision graph as instructions: registers for fields, branches for edges.
//!
//! Nodes are laid out by falling number, so every edge goes forward. A field that is in a register on every way to
//! a node is not read again; this is the verifier's own analysis, so what is laid out here always passes it.

#![expect(clippy::indexing_slicing, reason = "maps of entities, read with keys that the program itself gave out")]

use cascata_vm::image::SourceSpan;
use cascata_vm::isa::{Branch, Instruction, Opcode, REGISTERS};
use cranelift_entity::{EntityRef, SecondaryMap};

use super::ir::{Edge, Graph, NodeRef, TestRef};
use crate::model::PathRef;

/// Which field each register holds; `None` until control is known to come to a node.
type Held = [Option<PathRef>; REGISTERS as usize];

/// Code of a rule, with jumps that count from its first instruction, and the places of its tests.
pub(super) struct Code {
    pub(super) instructions: Vec<Instruction>,
    pub(super) spans: Vec<(u32, SourceSpan)>,
}

/// Lays out a graph. `test` gives the field and the open instruction of a test, `span` the place of a node.
pub(super) fn lay_out(
    graph: &Graph,
    mut test: impl FnMut(TestRef) -> (PathRef, Instruction),
    mut span: impl FnMut(NodeRef) -> SourceSpan,
) -> Code {
    let mut held: SecondaryMap<NodeRef, Option<Held>> = SecondaryMap::new();
    let mut starts: SecondaryMap<NodeRef, u32> = SecondaryMap::new();
    let mut code = Code { instructions: Vec::new(), spans: Vec::new() };
    let mut open: Vec<(usize, Edge)> = Vec::new();
    if let Edge::Node(entry) = graph.entry {
        held[entry] = Some([None; REGISTERS as usize]);
    }
    for (at, node) in graph.nodes.iter().rev() {
        // A node that nothing leads to has no place in the code.
        let Some(mut registers) = held[at] else { continue };
        starts[at] = position(&code);
        let (path, mut instruction) = test(node.test);
        let register = read_field(path, &mut registers, &mut code.instructions);
        instruction.a = register;
        for edge in [node.on_true, node.on_false] {
            if let Edge::Node(next) = edge {
                held[next] = Some(held[next].map_or(registers, |known| common(&known, &registers)));
            }
        }
        code.spans.push((position(&code), span(at)));
        let next = next_node(&held, at);
        let (when, taken, other) = if node.on_true == next {
            (false, node.on_false, node.on_true)
        } else {
            (true, node.on_true, node.on_false)
        };
        instruction.d = Branch { target: 0, when }.encode();
        open.push((code.instructions.len(), taken));
        code.instructions.push(instruction);
        if other != next {
            open.push((code.instructions.len(), other));
            code.instructions.push(Instruction::new(Opcode::Jump));
        }
    }
    finish(code, &open, &starts)
}

/// Puts the ends behind the nodes and fills in the targets.
fn finish(mut code: Code, open: &[(usize, Edge)], starts: &SecondaryMap<NodeRef, u32>) -> Code {
    let end = |code: &mut Code, edge: Edge, op: Opcode| {
        let at = position(code);
        // An end that nothing leads to has no place in the code; the last node goes on to the accepting one.
        if edge == Edge::Accept || open.iter().any(|(_, to)| *to == edge) {
            code.instructions.push(Instruction::new(op));
        }
        at
    };
    let accept = end(&mut code, Edge::Accept, Opcode::Accept);
    let reject = end(&mut code, Edge::Reject, Opcode::Reject);
    let otherwise = end(&mut code, Edge::Otherwise, Opcode::Otherwise);
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
    code
}

fn position(code: &Code) -> u32 {
    u32::try_from(code.instructions.len()).unwrap_or(u32::MAX)
}

/// What stands right behind a node: the next node that control comes to, or the accepting end.
fn next_node(held: &SecondaryMap<NodeRef, Option<Held>>, at: NodeRef) -> Edge {
    let reached = (0..at.index()).rev().map(NodeRef::new).find(|node| held[*node].is_some());
    reached.map_or(Edge::Accept, Edge::Node)
}

/// The register that holds the field; reads it into a free one, else into the one after the last, in turn.
fn read_field(path: PathRef, registers: &mut Held, code: &mut Vec<Instruction>) -> u8 {
    let slot =
        |wanted: Option<PathRef>| (0_u8..).zip(registers.iter()).find(|(_, held)| **held == wanted).map(|(at, _)| at);
    if let Some(register) = slot(Some(path)) {
        return register;
    }
    let in_turn = || u8::try_from(code.len()).unwrap_or(u8::MAX) & REGISTERS.wrapping_sub(1);
    let register = slot(None).unwrap_or_else(in_turn);
    if let Some(held) = registers.get_mut(usize::from(register)) {
        *held = Some(path);
    }
    let mut load = Instruction::new(Opcode::Load);
    load.a = register;
    load.c = path.as_u32();
    code.push(load);
    register
}

/// What both ways have in the same register.
fn common(left: &Held, right: &Held) -> Held {
    let mut both = *left;
    for (l, r) in both.iter_mut().zip(right) {
        if l != r {
            *l = None;
        }
    }
    both
}
