//! Work that has nothing of ours in it, and goes through everything that counts depend on besides our code: the standard library
//! as this compiler builds it, and code that is chosen by what the CPU can do.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::fmt::Write as _;
use std::hash::BuildHasherDefault;
use std::hint::black_box;

use crate::callgrind::counted_work;

/// How it is asked for.
pub const NAME: &str = "reference";

/// Bytes that look like nothing and are the same everywhere.
fn bytes(count: usize) -> Vec<u8> {
    let mut state = 7_u64;
    let next = |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    (0..count).map(next).collect()
}

/// Does it.
pub fn run() {
    let data = bytes(1 << 16);
    let text: String = data.iter().map(|byte| char::from(b'a' + byte % 26)).collect();
    counted_work(&mut || {
        // Chosen by the CPU: memcpy, memchr, substring search and blake3.
        black_box(black_box(&data).clone());
        black_box(memchr::memchr_iter(b'x', black_box(text.as_bytes())).count());
        black_box(memchr::memmem::find(black_box(text.as_bytes()), b"quickbrown"));
        black_box(blake3::hash(black_box(&data)));
        // Made by the compiler: sorting, hashing, formatting, trees.
        let mut numbers: Vec<u32> =
            data.chunks_exact(4).map(|four| four.iter().fold(0, |all, byte| all << 8 | u32::from(*byte))).collect();
        numbers.sort_unstable();
        let mut table: HashMap<u32, String, BuildHasherDefault<DefaultHasher>> = HashMap::default();
        for number in numbers.iter().take(4096) {
            let words = table.entry(number >> 20).or_default();
            // Writing into a string cannot fail.
            let _ = write!(words, "{number:>12} {:?}", number % 7 == 0);
        }
        let value: serde_json::Value =
            serde_json::from_str(r#"{"a": [1, 2.5, "x\u00e9"], "b": {"c": null}}"#).unwrap_or_default();
        black_box((table, value.to_string()));
    });
}
