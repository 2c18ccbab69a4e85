//! Helpers for the tests of plugins, and tests of stacks and the registry.

use super::*;
use crate::state::{FactsPlan, StageResult, State};
use crate::{
    FailureKind, HandlerService, StageCall, StageFailure, StageHandler, StageOutput, StageService, handler_fn,
};
use cascata_config::{BUILTIN_PLUGINS, PluginUse};
use cascata_vm::StageId;
use cascata_vm::json::ReadOptions;
use serde_json::json;
use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;
use tokio::time::Instant;
use tower::ServiceExt as _;

pub(super) const PROGRAM: [u8; 32] = [7; 32];

pub(super) const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A state of a cascade with stages `before` and `s`.
pub(super) fn state(event: serde_json::Value, before: Option<StageOutput>) -> Arc<State> {
    let plan = FactsPlan::new(Vec::new(), vec!["before".to_owned(), "s".to_owned()]);
    let mut state = State::new(Arc::new(plan));
    state.begin(event.to_string().as_bytes(), &ReadOptions::default(), &[], 0).unwrap();
    if let Some(output) = before {
        // Never the same time twice.
        static TIME: AtomicU32 = AtomicU32::new(1);
        let time = Duration::from_micros(u64::from(TIME.fetch_add(1, Ordering::Relaxed)));
        state.set_result(StageId::new(0), StageResult::succeeded(output, time, 1));
    }
    Arc::new(state)
}

/// A call of stage `s` on an event, with `budget` left.
pub(super) fn call_on(event: serde_json::Value, budget: Duration) -> StageCall {
    StageCall::new(state(event, None), StageId::new(1), 1, Instant::now() + budget)
}

/// A call with an hour left.
pub(super) fn call() -> StageCall {
    call_on(json!({}), Duration::from_secs(3_600))
}

pub(super) fn service(handler: impl StageHandler) -> StageService {
    HandlerService::boxed(Arc::new(handler))
}

/// What a scripted handler does at one call.
#[derive(Clone, Debug)]
pub(super) enum Do {
    Return(&'static str),
    Fail(FailureKind),
    FailWith(StageFailure),
    FailAfter(Duration, FailureKind),
    Hang,
    Panic,
}

/// A handler that follows a script, then repeats its last step; it notes every call with its time.
#[derive(Clone, Debug)]
pub(super) struct Script {
    steps: Arc<Mutex<VecDeque<Do>>>,
    pub(super) calls: Arc<Mutex<Vec<(Instant, StageCall)>>>,
}

impl Script {
    pub(super) fn new(steps: impl IntoIterator<Item = Do>) -> Self {
        Self { steps: Arc::new(Mutex::new(steps.into_iter().collect())), calls: Arc::default() }
    }

    pub(super) fn service(&self) -> StageService {
        let script = self.clone();
        service(handler_fn(move |call| {
            let step = script.next(call);
            async move {
                match step {
                    Do::Return(result) => Ok(StageOutput::new(result)),
                    Do::Fail(kind) => Err(StageFailure::new(kind, format!("failed: {kind}"))),
                    Do::FailWith(failure) => Err(failure),
                    Do::FailAfter(wait, kind) => {
                        tokio::time::sleep(wait).await;
                        Err(StageFailure::new(kind, format!("failed: {kind}")))
                    }
                    Do::Hang => std::future::pending().await,
                    Do::Panic => panic!("the handler panics"),
                }
            }
        }))
    }

    fn next(&self, call: StageCall) -> Do {
        self.calls.lock().unwrap().push((Instant::now(), call));
        let mut steps = self.steps.lock().unwrap();
        if steps.len() > 1 { steps.pop_front().unwrap() } else { steps.front().unwrap().clone() }
    }

    pub(super) fn count(&self) -> usize {
        self.calls.lock().unwrap().len()
    }

    /// Milliseconds between the calls.
    pub(super) fn gaps(&self) -> Vec<u128> {
        let calls = self.calls.lock().unwrap();
        calls.windows(2).map(|pair| (pair[1].0 - pair[0].0).as_millis()).collect()
    }
}

/// A service inside the plugins that panics itself, as a handler's cannot.
pub(super) fn panicking_service() -> StageService {
    StageService::new(tower::service_fn(|_: StageCall| async { panic!("the service panics") }))
}

/// A plugin list from its JSON form.
pub(super) fn uses(list: serde_json::Value) -> Vec<PluginUse> {
    serde_json::from_value(list).unwrap()
}

/// A service inside a plugin list, of stage `s`.
pub(super) fn stack(registry: &Registry, list: serde_json::Value, inner: StageService) -> StageService {
    compose(registry, &uses(list), inner, &PluginContext::new("s", PROGRAM)).unwrap()
}

pub(super) async fn run(service: &StageService, call: StageCall) -> Result<StageOutput, StageFailure> {
    service.clone().oneshot(call).await
}

/// Runs a call whose panic is caught outside and whose future is dropped only then. True when it panicked.
pub(super) async fn panics(service: &StageService, call: StageCall) -> bool {
    let mut future = Box::pin(service.clone().oneshot(call));
    std::future::poll_fn(|cx| {
        let poll = || future.as_mut().poll(cx);
        Poll::Ready(std::panic::catch_unwind(AssertUnwindSafe(poll)).is_err())
    })
    .await
}

/// Collects every event as text.
pub(super) fn record(registry: &Registry) -> Arc<Mutex<Vec<String>>> {
    let events = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&events);
    registry.subscribe(move |event| sink.lock().unwrap().push(format!("{event:?}")));
    events
}

#[tokio::test(start_paused = true)]
async fn the_first_plugin_of_the_list_is_the_outermost() {
    // Metrics outside the retry see one call, inside it every attempt.
    let script = Script::new([Do::Fail(FailureKind::Handler), Do::Return("ok")]);
    let registry = Registry::with_builtins();
    let service = stack(&registry, json!(["metrics", "retry", "metrics"]), script.service());
    run(&service, call()).await.unwrap();
    let all = registry.all_metrics();
    let counts: Vec<_> = all.iter().map(|(name, metrics)| (name.as_str(), metrics.count, metrics.errors)).collect();
    assert_eq!(counts, [("s", 1, 0), ("s#2", 2, 1)]);
}

#[tokio::test(start_paused = true)]
async fn the_usual_order_works_as_a_whole() {
    let script = Script::new([Do::Fail(FailureKind::Handler), Do::Return("ok"), Do::Fail(FailureKind::Handler)]);
    let registry = Registry::with_builtins();
    let list =
        json!(["cache", {"retry": {"max_retries": 5}}, "metrics", {"circuit_breaker": {"failure_threshold": 2}}]);
    let service = stack(&registry, list, script.service());
    let first = run(&service, call_on(json!({"a": 1}), ms(60_000))).await.unwrap();
    assert_eq!((first.attempts, first.cached), (Some(2), None));
    assert!(run(&service, call_on(json!({"a": 1}), ms(60_000))).await.unwrap().cached.is_some());
    // The next input fails twice, which opens the breaker, and an open breaker is not retried.
    let failure = run(&service, call_on(json!({"a": 2}), ms(60_000))).await.unwrap_err();
    assert_eq!((failure.kind, failure.attempts), (FailureKind::CircuitOpen, Some(3)));
    assert_eq!(registry.metrics("s").unwrap().rejections, 1);
    assert_eq!(script.count(), 4);
}

#[test]
fn every_plugin_in_the_table_can_be_built() {
    let registry = Registry::with_builtins();
    for builtin in cascata_config::BUILTIN_PLUGINS {
        let plugin = PluginUse::new(builtin.name, json!({})).unwrap();
        registry.layer(&plugin, &PluginContext::new("s", PROGRAM).with_idempotent(true)).unwrap();
    }
    let names: Vec<_> = registry.list().into_iter().map(|plugin| (plugin.name, plugin.version)).collect();
    assert_eq!(names.len(), cascata_config::BUILTIN_PLUGINS.len());
    assert!(names.contains(&("circuit_breaker".to_owned(), "1.0.0".to_owned())));
}

#[test]
fn an_unknown_name_is_an_error_that_lists_the_known_ones() {
    let registry = Registry::with_builtins();
    let error = compose(
        &registry,
        &uses(json!(["metrics", "cahce"])),
        Script::new([Do::Return("ok")]).service(),
        &PluginContext::new("s", PROGRAM),
    )
    .unwrap_err();
    assert_eq!(error.code(), "R2001");
    let mut known: Vec<&str> = BUILTIN_PLUGINS.iter().map(|builtin| builtin.name).collect();
    known.sort_unstable();
    let known = known.join(", ");
    assert_eq!(error.to_string(), format!("stage `s`: there is no plugin `cahce`; registered are {known}"));
}

/// Adds its option `mark` to every result.
struct Marker(&'static str);

impl PluginFactory for Marker {
    fn name(&self) -> &str {
        "marker"
    }

    fn version(&self) -> &str {
        self.0
    }

    fn build(&self, options: &serde_json::Value, cx: &PluginContext) -> Result<StageLayer, PluginError> {
        let Some(mark) = options["mark"].as_str().map(str::to_owned) else {
            return Err(PluginError::Build {
                stage: cx.stage.to_string(),
                name: "marker".to_owned(),
                message: "`mark` is missing".to_owned(),
            });
        };
        Ok(StageLayer::new(tower::layer::layer_fn(move |inner: StageService| {
            let mark = mark.clone();
            inner.map_response(move |mut output| {
                output.result = format!("{}{mark}", output.result.to_json().trim_matches('"')).into();
                output
            })
        })))
    }
}

#[tokio::test(start_paused = true)]
async fn hosts_register_plugins_of_their_own() {
    let registry = Registry::with_builtins();
    assert_eq!(registry.register(Arc::new(Marker("1.0.0"))), None);
    let list = json!([{"marker": {"mark": "a"}}, "metrics", {"marker": {"mark": "b"}}]);
    let service = stack(&registry, list, Script::new([Do::Return("ok")]).service());
    assert_eq!(run(&service, call()).await.unwrap().result, "okba".into());
    let error = registry.layer(&uses(json!(["marker"]))[0], &PluginContext::new("s", PROGRAM)).unwrap_err();
    assert_eq!(error.to_string(), "stage `s`, plugin `marker`: `mark` is missing");
}

#[test]
fn taking_the_place_of_a_plugin_is_reported() {
    let registry = Registry::with_builtins();
    let events = record(&registry);
    registry.register(Arc::new(Marker("1.0.0")));
    assert_eq!(registry.register(Arc::new(Marker("1.1.0"))).as_deref(), Some("1.0.0"));
    assert_eq!(*events.lock().unwrap(), [r#"Overwritten { plugin: "marker", from: "1.0.0", to: "1.1.0" }"#]);
}

#[test]
fn a_subscription_ends_when_asked_to() {
    let registry = Registry::empty();
    let count = Arc::new(AtomicU32::new(0));
    let seen = Arc::clone(&count);
    let id = registry.subscribe(move |_| {
        seen.fetch_add(1, Ordering::Relaxed);
    });
    registry.register(Arc::new(Marker("1")));
    registry.register(Arc::new(Marker("2")));
    assert!(registry.unsubscribe(id));
    assert!(!registry.unsubscribe(id));
    registry.register(Arc::new(Marker("3")));
    assert_eq!(count.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn states_go_on_in_the_next_program_when_their_options_are_equal() {
    let registry = Registry::with_builtins();
    let events = record(&registry);
    let script = Script::new([Do::Fail(FailureKind::Handler)]);
    let list = json!(["metrics", {"circuit_breaker": {"failure_threshold": 1}}]);
    let old = stack(&registry, list.clone(), script.service());
    run(&old, call()).await.unwrap_err();
    events.lock().unwrap().clear();

    let next = PluginContext::new("s", [8; 32]);
    let same = compose(&registry, &uses(list), script.service(), &next).unwrap();
    drop(old);
    assert_eq!(registry.breaker("s").unwrap().state(), BreakerState::Open);
    assert_eq!(registry.metrics("s").unwrap().count, 1);

    let changed = json!(["metrics", {"circuit_breaker": {"failure_threshold": 2}}]);
    let changed = compose(&registry, &uses(changed), script.service(), &PluginContext::new("s", [9; 32])).unwrap();
    assert_eq!(registry.breaker("s").unwrap().state(), BreakerState::Closed);
    assert_eq!(*events.lock().unwrap(), [r#"StateReset { plugin: "circuit_breaker", name: "s" }"#]);
    // What runs on the old program finishes on its own breaker.
    assert_eq!(run(&same, call()).await.unwrap_err().kind, FailureKind::CircuitOpen);
    assert_eq!(run(&changed, call()).await.unwrap_err().kind, FailureKind::Handler);
    drop((same, changed));
    assert_eq!(registry.metrics("s"), None);
}

#[test]
fn one_cascade_cannot_give_a_shared_breaker_two_sets_of_options() {
    let registry = Registry::with_builtins();
    let script = Script::new([Do::Return("ok")]);
    let list = |threshold: u32| uses(json!([{"circuit_breaker": {"name": "db", "failure_threshold": threshold}}]));
    let build = |stage: &str, threshold| {
        compose(&registry, &list(threshold), script.service(), &PluginContext::new(stage, PROGRAM))
    };
    let _first = build("a", 3).unwrap();
    let _second = build("b", 3).unwrap();
    let error = build("c", 4).unwrap_err();
    assert_eq!(error.code(), "R2003");
    assert!(error.to_string().contains("`db` is shared"), "{error}");
}

#[test]
fn options_name_existing_kinds_of_failure() {
    let registry = Registry::with_builtins();
    for list in [json!([{"retry": {"retry_on": ["timeuot"]}}]), json!([{"circuit_breaker": {"ignore": ["x"]}}])] {
        let error = registry.layer(&uses(list)[0], &PluginContext::new("s", PROGRAM)).unwrap_err();
        assert_eq!(error.code(), "R2002");
        assert!(error.to_string().contains("there is no kind of failure"), "{error}");
    }
}

#[tokio::test]
async fn code_outside_of_stages_shares_their_instances_and_the_first_options_count() {
    let registry = Registry::with_builtins();
    let list = json!([{"bulkhead": {"name": "b", "max_concurrent": 2}}, {"rate_limit": {"name": "r", "rate": 2}}]);
    let service = stack(&registry, list, Script::new([Do::Return("ok")]).service());
    let bulkhead = registry.bulkhead_or_create("b", &cascata_config::BulkheadOptions::default());
    assert_eq!(bulkhead.snapshot().limit, 2);
    let limiter = registry.rate_limiter_or_create("r", &cascata_config::RateLimitOptions::default());
    run(&service, call()).await.unwrap();
    limiter.acquire(1, Instant::now()).await.unwrap();
    assert_eq!(run(&service, call()).await.unwrap_err().kind, FailureKind::RateLimited);
    let made = registry.bulkhead_or_create("other", &cascata_config::BulkheadOptions::default());
    assert!(Arc::ptr_eq(&made, &registry.bulkhead("other").unwrap()));
}
