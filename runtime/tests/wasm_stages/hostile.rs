//! Pointers, lengths and handles that a guest makes up.

use cascata_config::{InstanceMode, PooledInstances};
use cascata_runtime::{FailureKind, StageHandler};
use proptest::prelude::*;

use super::support::{call, run, stage, text};

/// The imports that `any_pointer` can call, in the order of its table, with whether they take a length.
const IMPORTS: [(&str, bool); 11] = [
    ("slot", true),
    ("get_cfg", true),
    ("child", true),
    ("read", true),
    ("as_i64", false),
    ("log", true),
    ("set_result", true),
    ("set_data", true),
    ("set path", true),
    ("set json", true),
    ("fail", true),
];

const MEMORY: u64 = 65_536;

fn event(which: usize, ptr: u32, len: u32) -> String {
    // i32 fields hold the same bits.
    let (ptr, len) = (ptr.cast_signed(), len.cast_signed());
    format!(r#"{{"which": {which}, "ptr": {ptr}, "len": {len}, "text": "hello"}}"#)
}

/// What must come of a pointer and a length, whatever the import.
fn check(
    which: usize,
    ptr: u32,
    len: u32,
    outcome: &Result<cascata_runtime::StageOutput, cascata_runtime::StageFailure>,
) {
    let (name, takes_length) = IMPORTS[which];
    let length = if takes_length { u64::from(len) } else { 8 };
    let is_inside = u64::from(ptr) + length <= MEMORY;
    let context = format!("{name} {ptr:#x} {len:#x}: {outcome:?}");
    match outcome {
        Ok(_) => assert!(is_inside, "{context}"),
        Err(failure) if is_inside => {
            let fair =
                matches!(failure.kind, FailureKind::BadOutput | FailureKind::StageError | FailureKind::OutputTooLarge);
            assert!(fair, "{context}");
        }
        Err(failure) => {
            assert_eq!(failure.kind, FailureKind::Trapped, "{context}");
            assert!(failure.message.contains("outside of its memory of 65536 bytes"), "{context}");
        }
    }
}

#[tokio::test]
async fn the_corners_of_memory_on_every_import() {
    let stage = stage("any_pointer", |_| ());
    let corners = [0, 1, 65_535, 65_536, 65_537, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFE, 0xFFFF_FFFF];
    for which in 0..IMPORTS.len() {
        for ptr in corners {
            for len in corners {
                let outcome = stage.call(call(&event(which, ptr, len))).await;
                check(which, ptr, len, &outcome);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_pointer_and_no_length_reaches_outside_of_memory(which in 0..IMPORTS.len(), ptr: u32, len: u32, near in 0_u32..70_000) {
        static STAGE: std::sync::OnceLock<std::sync::Arc<cascata_runtime::wasm::WasmStage>> = std::sync::OnceLock::new();
        let stage = STAGE.get_or_init(|| stage("any_pointer", |_| ()));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        for (ptr, len) in [(ptr, len), (near, len), (ptr, near), (near, near.wrapping_mul(7) % 70_000)] {
            let outcome = runtime.block_on(stage.call(call(&event(which, ptr, len))));
            check(which, ptr, len, &outcome);
        }
    }

    #[test]
    fn a_made_up_handle_is_dead_everywhere(handle: u32) {
        // Handles of the first call of a fresh instance are generation 1, positions 1 and 2; those are alive.
        let is_given_out = handle >> 18 == 1 && matches!(handle & 0x3FFFF, 1 | 2);
        prop_assume!(!is_given_out);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let event = format!(r#"{{"handle": {}, "text": "x"}}"#, handle.cast_signed());
        let output = runtime.block_on(run("handles", &event, |_| ())).unwrap();
        prop_assert_eq!(text(&output), "safe");
    }
}

#[tokio::test]
async fn corner_handles_are_dead_everywhere() {
    for handle in [0_i32, -1, i32::MIN, i32::MAX, 0x3FFFF, 1 << 18, 2 << 18 | 1] {
        let output = run("handles", &format!(r#"{{"handle": {handle}, "text": "x"}}"#), |_| ()).await.unwrap();
        assert_eq!(text(&output), "safe", "{handle:#x}");
    }
}

#[tokio::test]
async fn a_handle_of_the_call_before_is_dead() {
    let stage = stage("handles", |handler| handler.instance = InstanceMode::Pooled(PooledInstances::default()));
    for _ in 0..5 {
        let output = stage.call(call(r#"{"handle": 0, "text": "kept from call to call"}"#)).await.unwrap();
        assert_eq!(text(&output), "safe");
    }
    assert_eq!(stage.idle_instances(), 1);
}
