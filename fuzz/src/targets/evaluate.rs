use cascata_vm::eval::{Cursor, NoTrace, Step, Vm};
use cascata_vm::image::{Program, RuleKind};
use cascata_vm::json::{Extraction, JsonFacts, PathTrie, ReadOptions};
use cascata_vm::{ListId, PathId, Segment};

/// Evaluates every rule list of a program to its end.
pub fn evaluate_all(program: &Program<'_>, event: &[u8]) {
    let paths: Vec<Vec<Segment>> =
        (0..program.path_count()).map(|index| program.path(PathId::new(index as u32))).collect();
    let trie = PathTrie::new(&paths);
    let mut extraction = Extraction::new();
    let event = extraction.read(&trie, event, &ReadOptions::default()).expect("the event is JSON");
    let facts = JsonFacts::new(event, &extraction);
    let kinds = [RuleKind::Precondition, RuleKind::Routing, RuleKind::Postcondition];
    let lists: Vec<ListId> = program.stages().flat_map(|stage| kinds.map(|kind| stage.list(kind))).collect();
    for list in lists.into_iter().chain([program.globals()]) {
        let mut cursor = Cursor::start(list);
        for _ in 0..=program.list_len(list) {
            if Vm::new().next(program, &mut cursor, &facts, &mut NoTrace) == Step::Done {
                break;
            }
        }
    }
}
