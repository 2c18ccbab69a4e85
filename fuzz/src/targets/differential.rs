use proptest::prelude::Strategy as _;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::oracle::condition::Outcome;
use crate::support::conditions::conditions;
use crate::support::machine::{Traced, hosting, image_of, oracle_rules, program_of, run_rules};
use crate::support::values::events;

/// Bytes as the random choices of the generators: machine and oracle decide a generated rule list on a generated event
/// alike, leaf by leaf.
pub fn differential(data: &[u8]) {
    let rng = TestRng::from_seed(RngAlgorithm::PassThrough, &padded(data));
    let mut runner = TestRunner::new_with_rng(Config { max_local_rejects: 64, ..Config::default() }, rng);
    let Ok(rules) = proptest::collection::vec(conditions(&[]), 1..4).new_tree(&mut runner) else { return };
    let Ok(event) = events().new_tree(&mut runner) else { return };
    let (rules, event) = (rules.current(), event.current());
    let Ok(image) = image_of(&hosting(&rules, &[])) else { return };
    let (machine, oracle) = (run_rules(&program_of(image), &event, &[]), oracle_rules(&rules, &event, &[]));
    assert_eq!(machine.rules, oracle.rules, "{rules:?} on {event}");
    let outcomes = |traced: &Traced| traced.leaves.iter().map(|leaf| leaf.1).collect::<Vec<Outcome>>();
    assert_eq!(outcomes(&machine), outcomes(&oracle), "{rules:?} on {event}");
}

/// The bytes with a stretch of mixed ones behind them. A generator that is out of bytes gets zeros, and one that waits for
/// a number it likes would wait for ever.
fn padded(data: &[u8]) -> Vec<u8> {
    let mut padded = data.to_vec();
    let mut state = data
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |state, byte| (state ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3));
    while padded.len() < data.len() + 32 * 1024 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        padded.extend_from_slice(&state.to_le_bytes());
    }
    padded
}
