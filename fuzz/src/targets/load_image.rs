use cascata_vm::image::{LoadOptions, Program};

use super::evaluate::evaluate_all;
use crate::support::machine::{hosting, image_of};

/// Bytes as an image, or as changes to a real one whose checksums are set right again: it is refused, or it runs to an end.
pub fn load_image(data: &[u8]) {
    verify_and_run(data.to_vec());
    let mut image = image_of(&hosting(&small_rules(), &[])).expect("the small cascade compiles");
    for change in data.chunks_exact(4) {
        let at = usize::from(u16::from_le_bytes([change[0], change[1]])) % image.len();
        match change[2] % 4 {
            0 => image[at] = change[3],
            1 => image[at] ^= 1 << (change[3] % 8),
            2 => image.truncate(at.max(1)),
            _ => image.insert(at, change[3]),
        }
    }
    verify_and_run(image);
}

fn small_rules() -> Vec<serde_json::Value> {
    let rules = r#"[
        {"operator": "AND", "conditions": [{"field": "n", "operator": ">", "value": 3}, {"field": "s", "operator": "MATCHES", "value": "al.*"}]},
        {"operator": "NOT", "conditions": [{"field": "s", "operator": "IN", "value": ["a", 1, [2.5]]}]},
        {"field": "obj.n", "operator": "SUM", "compare": ">=", "value": 18446744073709551616}
    ]"#;
    serde_json::from_str(rules).expect("the rules are JSON")
}

fn verify_and_run(image: Vec<u8>) {
    if let Ok(program) = Program::verify(image, &LoadOptions::default()) {
        evaluate_all(&program, br#"{"n": 5, "s": "alpha", "obj": {"n": [1, 2.5, 3]}}"#);
    }
}
