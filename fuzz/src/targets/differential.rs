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
    let rng = TestRng::from_seed(RngAlgorithm::PassThrough, data);
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
