use std::sync::OnceLock;

use cascata_vm::RuleId;
use cascata_vm::image::{HEADER_BYTES, LoadOptions, Program, RuleKind};

use super::evaluate::evaluate_all;
use crate::support::machine::image_of;

const LENGTH: std::ops::Range<usize> = 24..32;
const HASH: std::ops::Range<usize> = 32..64;

/// Bytes as an image, or as changes to a real one whose length and hash are set right again: it is refused, or all it
/// says can be read and every rule list runs to its end.
pub fn load_image(data: &[u8]) {
    verify_and_run(data.to_vec());
    let mut image = real_image().clone();
    for change in data.chunks_exact(4) {
        let at = usize::from(u16::from_le_bytes([change[0], change[1]])) % image.len();
        apply(&mut image, at, change[2], change[3]);
    }
    seal(&mut image);
    verify_and_run(image);
}

fn apply(image: &mut Vec<u8>, at: usize, kind: u8, by: u8) {
    let word = at & !3;
    match kind % 8 {
        0 => image[at] = by,
        1 => image[at] ^= 1 << (by % 8),
        // Tables are made of words, most of them small indices.
        2 | 3 => put(image, word, &u32::from(by).to_le_bytes()),
        4 => put(image, word, &(u32::MAX - u32::from(by)).to_le_bytes()),
        // Moves as much as an instruction takes.
        5 => {
            let from = (word + 4 * usize::from(by)) % image.len();
            let moved = image[from..(from + 12).min(image.len())].to_vec();
            put(image, word, &moved);
        }
        6 if by == 0 => image.truncate(at.max(HEADER_BYTES)),
        _ => put(image, word, &[by, 0]),
    }
}

fn put(image: &mut [u8], at: usize, bytes: &[u8]) {
    image.iter_mut().skip(at).zip(bytes).for_each(|(old, new)| *old = *new);
}

/// Sets length and hash in the header right, so that what lies behind them is looked at.
fn seal(image: &mut [u8]) {
    if image.len() >= HEADER_BYTES {
        let length = (image.len() as u64).to_le_bytes();
        image[LENGTH].copy_from_slice(&length);
        let hash = blake3::hash(&image[HEADER_BYTES..]);
        image[HASH].copy_from_slice(hash.as_bytes());
    }
}

/// An image with every kind of table in it.
fn real_image() -> &'static Vec<u8> {
    static IMAGE: OnceLock<Vec<u8>> = OnceLock::new();
    IMAGE.get_or_init(|| {
        let config = serde_json::from_str(include_str!("load_image.json")).expect("the cascade is JSON");
        image_of(&config).expect("the cascade compiles")
    })
}

fn verify_and_run(image: Vec<u8>) {
    let Ok(program) = Program::verify(image, &LoadOptions::default()) else { return };
    read_all(&program);
    evaluate_all(&program, br#"{"n": 5, "s": "alpha", "obj": {"n": [1, 2.5, 3]}, "tags": ["a", {"b": 1}]}"#);
}

/// Reads everything a program says.
fn read_all(program: &Program<'_>) {
    let mut seen = format!("{} {} {} {}", program.name(), program.version(), program.host_json(), program.build_info());
    for stage in program.stages() {
        let lists = [RuleKind::Precondition, RuleKind::Routing, RuleKind::Postcondition].map(|kind| stage.list(kind));
        let depends_on: Vec<_> = stage.depends_on().collect();
        seen +=
            &format!("{} {:?} {depends_on:?} {lists:?} {}", stage.name(), stage.parallel_group(), stage.host_json());
    }
    for rule in (0..program.rule_count()).filter_map(|index| program.rule(RuleId::new(index as u32))) {
        let spans: Vec<_> = rule.code().take(64).map(|pc| program.condition_span(pc)).collect();
        seen += &format!(
            "{} {:?} {:?} {spans:?} {:?}",
            rule.name(),
            rule.kind(),
            rule.action(),
            program.rule_span(rule.id())
        );
    }
    seen += &format!("{:?} {:?}", program.plan().collect::<Vec<_>>(), program.cache_key_paths().collect::<Vec<_>>());
    assert!(!seen.is_empty());
}
