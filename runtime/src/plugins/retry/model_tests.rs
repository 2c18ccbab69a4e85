//! Retries against a small model of them: which attempts are made, when, and what the call comes to.

use crate::plugins::Registry;
use crate::plugins::tests::{call_on, ms, run, service, stack};
use crate::{FailureKind, StageCall, StageFailure, StageOutput, handler_fn};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::time::Instant;

/// What an attempt comes to, and how long it takes.
#[derive(Clone, Debug)]
struct Attempt {
    takes: u64,
    end: End,
}

#[derive(Clone, Debug)]
enum End {
    Done,
    /// A result that `retry_on_result` lists.
    Pending,
    /// Kind, and a status with a hint of the callee.
    Failed(FailureKind, Option<i32>, Option<u64>),
}

#[derive(Clone, Debug)]
struct Options {
    max_retries: u32,
    strategy: &'static str,
    base: u64,
    cap: u64,
    abort_timeouts: bool,
    only_handler: bool,
    status_503: Option<(u32, u64)>,
    error_at_last: bool,
    time: u64,
}

impl Options {
    fn json(&self) -> Value {
        let mut options = json!({
            "max_retries": self.max_retries, "strategy": self.strategy, "base_ms": self.base, "cap_ms": self.cap,
            "never_retry_status": [404], "retry_on_result": ["pending"],
        });
        if self.abort_timeouts {
            options["abort_on"] = json!(["timeout"]);
        }
        if self.only_handler {
            options["retry_on"] = json!(["handler", "timeout"]);
        }
        if let Some((retries, base)) = self.status_503 {
            options["status_policies"] = json!({"503": {"max_retries": retries, "base_ms": base}});
        }
        if self.error_at_last {
            options["on_exhausted"] = json!("error");
        }
        json!([{ "retry": options }])
    }
}

/// What a call comes to: its end as text, how many attempts there were, and when it was over.
fn model(options: &Options, attempts: &[Attempt]) -> (String, usize, u64) {
    let mut now = 0;
    for (made, attempt) in (1_u32..).zip(attempts) {
        now += attempt.takes;
        let count = usize::try_from(made).unwrap();
        let of_503 = match attempt.end {
            End::Failed(_, Some(503), _) => options.status_503,
            _ => None,
        };
        let (most, base) = of_503.unwrap_or((options.max_retries, options.base));
        let last = made > most;
        let (kind, hint) = match attempt.end {
            End::Done => return ("done".to_owned(), count, now),
            End::Pending => (None, None),
            End::Failed(kind, status, hint) => {
                let may_pass = match (kind, status) {
                    (FailureKind::Timeout, _) if options.abort_timeouts => false,
                    (_, Some(404)) => false,
                    (FailureKind::Handler | FailureKind::Timeout, _) => true,
                    _ if options.only_handler => false,
                    // Nothing else that is drawn may pass, but for a status with a policy of its own.
                    (FailureKind::CircuitOpen, _) => false,
                    _ => of_503.is_some(),
                };
                if (last && made == 1) || (!last && !may_pass) {
                    return (kind.name().to_owned(), count, now);
                }
                (Some(kind), hint)
            }
        };
        let retries = u64::from(made - 1);
        let wait = hint.unwrap_or(match options.strategy {
            "fixed" => base,
            "linear" => base * (retries + 1),
            _ => base << retries,
        });
        let wait = wait.min(options.cap);
        let reason = match () {
            () if last => "retry_exhausted",
            () if now + wait >= options.time => "budget_exhausted",
            () => {
                now += wait;
                continue;
            }
        };
        let end = if kind.is_none() && !options.error_at_last { "pending" } else { reason };
        return (end.to_owned(), count, now);
    }
    unreachable!("the last attempt is done")
}

fn options() -> impl Strategy<Value = Options> {
    let waits = (prop_oneof![Just("exponential"), Just("linear"), Just("fixed")], 0..50_u64, 0..200_u64);
    let lists = (any::<bool>(), any::<bool>(), prop::option::of((0..4_u32, 0..80_u64)), any::<bool>());
    (0..5_u32, waits, lists, 1..600_u64).prop_map(|(max_retries, (strategy, base, cap), lists, time)| Options {
        max_retries,
        strategy,
        base,
        cap,
        abort_timeouts: lists.0,
        only_handler: lists.1,
        status_503: lists.2,
        error_at_last: lists.3,
        time: 300 + time,
    })
}

fn attempts() -> impl Strategy<Value = Vec<Attempt>> {
    let kind = prop_oneof![
        6 => Just(FailureKind::Handler),
        2 => Just(FailureKind::Timeout),
        1 => Just(FailureKind::Trapped),
        1 => Just(FailureKind::CircuitOpen),
    ];
    let status = prop_oneof![4 => Just(None), 2 => Just(Some(503)), 1 => Just(Some(404))];
    let failed = (kind, status, prop::option::weighted(0.2, 0..300_u64));
    let end = prop_oneof![
        1 => Just(End::Done),
        2 => Just(End::Pending),
        8 => failed.prop_map(|(kind, status, hint)| End::Failed(kind, status, hint)),
    ];
    prop::collection::vec((0..40_u64, end).prop_map(|(takes, end)| Attempt { takes, end }), 0..8).prop_map(|mut all| {
        all.push(Attempt { takes: 0, end: End::Done });
        all
    })
}

proptest! {
    #[test]
    fn retries_follow_the_model(options in options(), attempts in attempts()) {
        let expected = model(&options, &attempts);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let made = Arc::new(Mutex::new(0_usize));
            let count = Arc::clone(&made);
            let handler = service(handler_fn(move |_: StageCall| {
                let mut made = count.lock().unwrap();
                let Attempt { takes, end } = attempts[*made].clone();
                *made += 1;
                async move {
                    tokio::time::sleep(ms(takes)).await;
                    match end {
                        End::Done => Ok(StageOutput::new("done")),
                        End::Pending => Ok(StageOutput::new("pending")),
                        End::Failed(kind, status, hint) => {
                            let mut failure = StageFailure::new(kind, "as told");
                            (failure.status, failure.retry_after_ms) = (status, hint);
                            Err(failure)
                        }
                    }
                }
            }));
            let registry = Registry::with_builtins();
            let service = stack(&registry, options.json(), handler);
            let began = Instant::now();
            let outcome = run(&service, call_on(json!({}), ms(options.time))).await;
            let end = match &outcome {
                Ok(output) => output.result.to_json().trim_matches('"').to_owned(),
                Err(failure) => failure.kind.name().to_owned(),
            };
            let attempts = outcome.map_or_else(|failure| failure.attempts, |output| output.attempts).unwrap();
            let made = *made.lock().unwrap();
            let passed = u64::try_from(began.elapsed().as_millis()).unwrap();
            assert_eq!((end, made, passed), expected);
            assert_eq!(usize::try_from(attempts).unwrap(), made);
            assert_eq!(registry.retries("s").unwrap().retries, u64::from(attempts) - 1);
        });
    }
}
