use super::*;
use proptest::prelude::*;

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn settings() -> Settings {
    Settings {
        failure_threshold: 3,
        reset_timeout: ms(1_000),
        half_open_max_calls: 1,
        success_threshold: 1,
        failure_rate: None,
        window: ms(60_000),
        min_calls: 3,
    }
}

/// One call with an outcome, which the breaker must let through.
fn call(machine: &mut Machine, outcome: Outcome, now: Duration) -> Option<Transition> {
    let (ticket, before) = machine.permit(now).expect("the breaker lets the call through");
    machine.report(ticket, outcome, now).or(before)
}

fn opened(settings: Settings) -> Machine {
    let mut machine = Machine::new(settings, ms(0));
    for _ in 0..settings.failure_threshold {
        call(&mut machine, Outcome::Failure, ms(0));
    }
    assert_eq!(machine.state(), BreakerState::Open);
    machine
}

#[test]
fn failures_in_a_row_open_it_and_a_success_starts_the_count_again() {
    let mut machine = Machine::new(settings(), ms(0));
    for outcome in [Outcome::Failure, Outcome::Failure, Outcome::Success, Outcome::Failure, Outcome::Failure] {
        assert_eq!(call(&mut machine, outcome, ms(0)), None);
    }
    let transition = call(&mut machine, Outcome::Failure, ms(0)).unwrap();
    assert_eq!((transition.from, transition.to), (BreakerState::Closed, BreakerState::Open));
    assert_eq!(transition.cause, Cause::FailuresInARow(3));
}

#[test]
fn ignored_calls_neither_raise_nor_reset_the_count() {
    let mut machine = Machine::new(settings(), ms(0));
    call(&mut machine, Outcome::Failure, ms(0));
    call(&mut machine, Outcome::Ignored, ms(0));
    assert_eq!(machine.failures_in_a_row(), 1);
}

#[test]
fn what_others_found_out_is_taken_over_unless_it_is_held_open() {
    let mut machine = Machine::new(settings(), ms(0));
    assert_eq!(machine.adopt(None, ms(0)), None);
    let opened = machine.adopt(Some(ms(400)), ms(100)).unwrap();
    assert_eq!((opened.to, opened.cause), (BreakerState::Open, Cause::Elsewhere));
    assert_eq!(machine.permit(ms(499)).unwrap_err().retry_after, Some(ms(1)));
    assert_eq!(machine.adopt(Some(ms(100)), ms(200)), None, "it is open already, and for longer");
    assert_eq!(machine.permit(ms(499)).unwrap_err().retry_after, Some(ms(1)));
    assert_eq!(machine.adopt(Some(ms(400)), ms(400)), None, "the later end counts");
    assert_eq!(machine.permit(ms(500)).unwrap_err().retry_after, Some(ms(300)));
    machine.permit(ms(800)).expect("its time is over");
    assert_eq!(machine.adopt(None, ms(900)).unwrap().to, BreakerState::Closed);
    machine.force_open();
    assert_eq!((machine.adopt(None, ms(950)), machine.adopt(Some(ms(1)), ms(950))), (None, None));
}

#[test]
fn an_open_breaker_rejects_until_exactly_the_timeout() {
    let mut machine = opened(settings());
    let rejection = machine.permit(ms(400)).unwrap_err();
    assert_eq!((rejection.state, rejection.retry_after), (BreakerState::Open, Some(ms(600))));
    assert!(machine.permit(ms(999)).is_err());
    let (_, transition) = machine.permit(ms(1_000)).unwrap();
    assert_eq!(transition.unwrap().to, BreakerState::HalfOpen);
}

#[test]
fn half_open_lets_as_many_probes_through_as_it_has_permits() {
    let mut machine = opened(Settings { half_open_max_calls: 2, ..settings() });
    let (first, _) = machine.permit(ms(1_000)).unwrap();
    machine.permit(ms(1_000)).unwrap();
    let rejection = machine.permit(ms(1_000)).unwrap_err();
    assert_eq!((rejection.state, rejection.retry_after), (BreakerState::HalfOpen, None));
    machine.report(first, Outcome::Ignored, ms(1_000));
    machine.permit(ms(1_000)).expect("a cancelled probe gives its permit back");
}

#[test]
fn enough_probes_close_it_and_one_failure_opens_it_again() {
    let mut machine = opened(Settings { success_threshold: 2, ..settings() });
    call(&mut machine, Outcome::Success, ms(1_000));
    assert_eq!(machine.state(), BreakerState::HalfOpen);
    call(&mut machine, Outcome::Failure, ms(1_500));
    assert_eq!(machine.permit(ms(2_499)).unwrap_err().retry_after, Some(ms(1)));
    call(&mut machine, Outcome::Success, ms(2_500));
    let transition = call(&mut machine, Outcome::Success, ms(2_500)).unwrap();
    assert_eq!((transition.to, transition.cause), (BreakerState::Closed, Cause::ProbesSucceeded));
    assert_eq!(machine.failures_in_a_row(), 0);
}

#[test]
fn a_report_from_before_the_last_change_counts_for_nothing() {
    let mut machine = Machine::new(settings(), ms(0));
    let (late, _) = machine.permit(ms(0)).unwrap();
    for _ in 0..3 {
        call(&mut machine, Outcome::Failure, ms(0));
    }
    let (probe, _) = machine.permit(ms(1_000)).unwrap();
    assert_eq!(machine.report(late, Outcome::Failure, ms(1_000)), None);
    assert_eq!(machine.state(), BreakerState::HalfOpen);
    machine.report(probe, Outcome::Success, ms(1_000));
    assert_eq!(machine.state(), BreakerState::Closed);
}

#[test]
fn the_failure_rate_opens_it_only_with_enough_calls_in_the_window() {
    let rate = Settings { failure_threshold: 100, failure_rate: Some(0.5), min_calls: 4, ..settings() };
    let mut machine = Machine::new(rate, ms(0));
    for outcome in [Outcome::Failure, Outcome::Success, Outcome::Failure] {
        assert_eq!(call(&mut machine, outcome, ms(0)), None);
    }
    // An hour later the window is empty, so one failure is one call of one.
    let later = ms(3_600_000);
    for outcome in [Outcome::Failure, Outcome::Success, Outcome::Success] {
        assert_eq!(call(&mut machine, outcome, later), None);
    }
    let transition = call(&mut machine, Outcome::Failure, later).unwrap();
    assert_eq!(transition.cause, Cause::FailureRate { failed: 2, total: 4 });
}

#[test]
fn forced_open_stays_open_until_reset() {
    let mut machine = Machine::new(settings(), ms(0));
    assert_eq!(machine.force_open().unwrap().to, BreakerState::ForcedOpen);
    assert_eq!(machine.force_open(), None);
    let rejection = machine.permit(ms(1_000_000)).unwrap_err();
    assert_eq!((rejection.state, rejection.retry_after), (BreakerState::ForcedOpen, None));
    assert_eq!(machine.reset(ms(1_000_000)).unwrap().to, BreakerState::Closed);
    assert_eq!(machine.reset(ms(1_000_000)), None);
    machine.permit(ms(1_000_000)).unwrap();
}

#[test]
fn calls_under_way_at_a_reset_no_longer_count() {
    let mut machine = Machine::new(Settings { failure_threshold: 1, ..settings() }, ms(0));
    let (ticket, _) = machine.permit(ms(0)).unwrap();
    machine.reset(ms(0));
    assert_eq!(machine.report(ticket, Outcome::Failure, ms(0)), None);
    assert_eq!(machine.state(), BreakerState::Closed);
}

/// The breaker said again, slowly and from its description: every outcome since the last change is kept, and every
/// question is answered by going through all of them.
struct Model {
    settings: Settings,
    state: BreakerState,
    since: u64,
    generation: u64,
    /// Time and failure of each counted call since the breaker closed.
    calls: Vec<(u64, bool)>,
    /// Where the grid of window buckets starts.
    grid: u64,
    /// Generation of every call under way.
    under_way: Vec<u64>,
    probes_passed: u32,
}

impl Model {
    fn new(settings: Settings) -> Self {
        Self {
            settings,
            state: BreakerState::Closed,
            since: 0,
            generation: 0,
            calls: Vec::new(),
            grid: 0,
            under_way: Vec::new(),
            probes_passed: 0,
        }
    }

    fn change(&mut self, state: BreakerState, now: u64) {
        self.state = state;
        self.since = now;
        self.generation += 1;
        self.probes_passed = 0;
        if state == BreakerState::Closed {
            self.calls.clear();
            self.grid = now;
        }
    }

    fn may_call(&mut self, now: u64) -> bool {
        let timeout = self.settings.reset_timeout.as_millis() as u64;
        if self.state == BreakerState::Open && now - self.since >= timeout {
            self.change(BreakerState::HalfOpen, now);
        }
        let probes = self.under_way.iter().filter(|generation| **generation == self.generation).count();
        let may = match self.state {
            BreakerState::Closed => true,
            BreakerState::HalfOpen => probes < self.settings.half_open_max_calls as usize,
            _ => false,
        };
        if may {
            self.under_way.push(self.generation);
        }
        may
    }

    fn finished(&mut self, index: usize, outcome: Outcome, now: u64) {
        let generation = self.under_way.remove(index);
        if generation != self.generation || outcome == Outcome::Ignored {
            return;
        }
        let failed = outcome == Outcome::Failure;
        match self.state {
            BreakerState::HalfOpen if failed => self.change(BreakerState::Open, now),
            BreakerState::HalfOpen => {
                self.probes_passed += 1;
                if self.probes_passed == self.settings.success_threshold {
                    self.change(BreakerState::Closed, now);
                }
            }
            BreakerState::Closed => {
                self.calls.push((now, failed));
                if failed && (self.row_too_long() || self.rate_too_high(now)) {
                    self.change(BreakerState::Open, now);
                }
            }
            _ => unreachable!("no call is under way in this generation"),
        }
    }

    fn row_too_long(&self) -> bool {
        let row = self.calls.iter().rev().take_while(|(_, failed)| *failed).count();
        row >= self.settings.failure_threshold as usize
    }

    fn rate_too_high(&self, now: u64) -> bool {
        let Some(rate) = self.settings.failure_rate else { return false };
        let width = self.settings.window.as_millis() as u64 / 60;
        let bucket = |at: u64| (at - self.grid) / width;
        let recent: Vec<bool> =
            self.calls.iter().filter(|(at, _)| bucket(now) - bucket(*at) < 60).map(|(_, failed)| *failed).collect();
        let failed = recent.iter().filter(|failed| **failed).count();
        recent.len() >= self.settings.min_calls as usize && failed as f64 / recent.len() as f64 >= rate
    }
}

#[derive(Clone, Debug)]
enum Step {
    Pass(u64),
    Call,
    Finish(prop::sample::Index, Outcome),
    Reset,
    Force,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let outcome = prop_oneof![
        3 => Just(Outcome::Success),
        4 => Just(Outcome::Failure),
        1 => Just(Outcome::Ignored),
    ];
    let step = prop_oneof![
        3 => prop_oneof![0_u64..50, 0_u64..2_000, 0_u64..200_000].prop_map(Step::Pass),
        10 => Just(Step::Call),
        10 => (any::<prop::sample::Index>(), outcome).prop_map(|(index, outcome)| Step::Finish(index, outcome)),
        1 => prop_oneof![Just(Step::Reset), Just(Step::Force)],
    ];
    prop::collection::vec(step, 0..300)
}

fn any_settings() -> impl Strategy<Value = Settings> {
    let rate = prop::option::of(prop_oneof![Just(0.3), Just(0.5), Just(1.0)]);
    (1_u32..6, 0_u64..3_000, 1_u32..4, 1_u32..4, rate, 1_u64..1_500, 1_u32..8).prop_map(
        |(failures, timeout, probes, successes, failure_rate, width, min_calls)| Settings {
            failure_threshold: failures,
            reset_timeout: ms(timeout),
            half_open_max_calls: probes,
            success_threshold: successes,
            failure_rate,
            window: ms(width * 60),
            min_calls,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]
    #[test]
    fn the_machine_does_what_the_slow_model_does(settings in any_settings(), steps in steps()) {
        let mut now = 0;
        let mut machine = Machine::new(settings, ms(now));
        let mut model = Model::new(settings);
        let mut tickets = Vec::new();
        for step in steps {
            match step {
                Step::Pass(millis) => now += millis,
                Step::Call => {
                    let permitted = machine.permit(ms(now));
                    prop_assert_eq!(permitted.is_ok(), model.may_call(now));
                    tickets.extend(permitted.map(|(ticket, _)| ticket));
                }
                Step::Finish(index, outcome) if !tickets.is_empty() => {
                    let index = index.index(tickets.len());
                    machine.report(tickets.remove(index), outcome, ms(now));
                    model.finished(index, outcome, now);
                }
                Step::Finish(..) => {}
                Step::Reset => {
                    machine.reset(ms(now));
                    model.change(BreakerState::Closed, now);
                }
                Step::Force => {
                    if machine.force_open().is_some() {
                        model.change(BreakerState::ForcedOpen, now);
                    }
                }
            }
            prop_assert_eq!(machine.state(), model.state);
        }
    }
}
