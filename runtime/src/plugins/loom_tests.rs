//! Every order in which threads can meet at a breaker, a budget of retries and calls that share one flight.
//!
//! Built with `--cfg cascata_loom`, by `.ci/loom`.

use super::breaker::{BreakerState, CircuitBreaker, Settings};
use super::event::Listeners;
use super::flight::{Flights, Seat};
use super::retry::Budget;
use crate::StageOutput;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;
use serde_json::{Value, json};
use std::sync::Arc;

fn breaker(options: Value) -> Arc<CircuitBreaker> {
    let options: cascata_config::CircuitBreakerOptions = serde_json::from_value(options).unwrap();
    Arc::new(CircuitBreaker::new("b", Settings::from(&options), Arc::new(Listeners::default())))
}

/// Two threads do the same.
fn twice<T: 'static>(work: impl Fn() -> T + Send + Sync + 'static) -> [T; 2] {
    let work = Arc::new(work);
    let other = Arc::clone(&work);
    let thread = thread::spawn(move || other());
    let here = work();
    [here, thread.join().unwrap()]
}

#[test]
fn loom_no_more_probes_run_than_there_are_permits() {
    loom::model(|| {
        let breaker = breaker(json!({"failure_threshold": 1, "reset_timeout_ms": 0}));
        breaker.acquire().unwrap().failure();
        let (shared, running) = (Arc::clone(&breaker), AtomicUsize::new(0));
        twice(move || {
            if let Ok(permit) = shared.acquire() {
                assert_eq!(running.fetch_add(1, Ordering::AcqRel), 0);
                running.fetch_sub(1, Ordering::AcqRel);
                permit.ignored();
            }
        });
        // All of them were given back.
        assert!(breaker.acquire().is_ok());
    });
}

#[test]
fn loom_failures_of_two_threads_open_it_and_nothing_that_began_before_closes_it() {
    loom::model(|| {
        let breaker = breaker(json!({"failure_threshold": 2, "reset_timeout_ms": 3_600_000}));
        let late = breaker.acquire().unwrap();
        let shared = Arc::clone(&breaker);
        twice(move || shared.acquire().map(|permit| permit.failure()).is_ok());
        late.success();
        let figures = breaker.snapshot();
        assert_eq!((figures.state, figures.transitions), (BreakerState::Open, 1));
        assert!(breaker.acquire().is_err());
    });
}

#[test]
fn loom_a_success_without_the_lock_never_hides_a_failure_that_came_after_it() {
    loom::model(|| {
        let breaker = breaker(json!({"failure_threshold": 2, "reset_timeout_ms": 3_600_000}));
        let (one, other) = (breaker.acquire().unwrap(), breaker.acquire().unwrap());
        let fails = thread::spawn(move || one.failure());
        other.success();
        assert_eq!(fails.join().unwrap(), BreakerState::Closed);
        let counted = breaker.snapshot().failures_in_a_row;
        assert!(counted <= 1);
        // What calls see without the lock is what the machine says.
        breaker.acquire().unwrap().failure();
        let open = breaker.snapshot().state == BreakerState::Open;
        assert_eq!(open, counted == 1);
        assert_eq!(breaker.state() == BreakerState::Open, open);
    });
}

#[test]
fn loom_a_budget_pays_for_no_more_than_was_saved() {
    loom::model(|| {
        let budget = Arc::new(Budget::new(50.0, 1));
        let shared = Arc::clone(&budget);
        let paid = twice(move || {
            shared.pay_in();
            shared.take_out()
        });
        // One at first, and two halves, of which what finds the budget full is lost.
        let left = budget.take_out();
        assert!(paid.contains(&true));
        assert!(paid.iter().filter(|paid| **paid).count() + usize::from(left) <= 2);
    });
}

#[test]
fn loom_one_leads_at_a_time_and_whoever_follows_hears_of_the_end() {
    loom::model(|| {
        let (flights, leading) = (Arc::new(Flights::default()), AtomicUsize::new(0));
        let shared = Arc::clone(&flights);
        twice(move || match shared.board([1; 32]) {
            Seat::Lead(lead) => {
                assert_eq!(leading.fetch_add(1, Ordering::AcqRel), 0);
                leading.fetch_sub(1, Ordering::AcqRel);
                lead.land(&Ok(StageOutput::new(1)));
            }
            Seat::Follow(flight) => {
                // Under way, or over: never gone without a word.
                assert!(flight.has_changed().is_ok() || flight.borrow().is_some());
            }
        });
        assert!(!flights.is_under_way(&[1; 32]));
    });
}

#[test]
fn loom_a_leader_that_is_cancelled_frees_its_place() {
    loom::model(|| {
        let flights = Arc::new(Flights::default());
        let shared = Arc::clone(&flights);
        twice(move || match shared.board([1; 32]) {
            Seat::Lead(lead) => drop(lead),
            Seat::Follow(flight) => assert!(flight.borrow().is_none()),
        });
        assert!(matches!(flights.board([1; 32]), Seat::Lead(_)));
    });
}
