use super::choices::Choices;
use crate::oracle::condition::Outcome;
use crate::support::machine::{
    Traced, hosting, image_of, oracle_rules, program_as_loaded, program_of, run_rules, steps_untraced,
};
use crate::support::refusals::may_be_refused;

/// Bytes as choices among conditions and events: machine and oracle decide a rule list alike, leaf by leaf, and the
/// compiler refuses only what can never succeed. Untraced, with an index or a sieve, the machine does what it does traced.
pub fn differential(data: &[u8]) {
    let mut choices = Choices::new(data);
    let rules: Vec<_> = (0..=choices.below(4)).map(|_| choices.condition(3)).collect();
    let event = choices.event();
    let image = match image_of(&hosting(&rules, &[])) {
        Ok(image) => image,
        Err(why) => {
            assert!(rules.iter().any(may_be_refused), "refused: {why}\n{rules:?}");
            return;
        }
    };
    let (machine, oracle) = (run_rules(&program_of(image.clone()), &event, &[]), oracle_rules(&rules, &event, &[]));
    assert_eq!(machine.rules, oracle.rules, "{rules:?} on {event}");
    for program in [program_of(image.clone()), program_as_loaded(image)] {
        assert_eq!(steps_untraced(&program, &event, &[]), machine.steps, "{rules:?} on {event}");
    }
    let outcomes = |traced: &Traced| traced.leaves.iter().map(|leaf| leaf.1).collect::<Vec<Outcome>>();
    assert_eq!(outcomes(&machine), outcomes(&oracle), "{rules:?} on {event}");
}
