//! The capabilities `kv`, `secrets` and `metrics`: what a guest gets, what it doesn't, and where secrets never turn up.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use cascata_config::{Determinism, KvAccess, WasmHandler};
use cascata_runtime::plugins::NamedStore;
use cascata_runtime::wasm::{Figure, Place, WasmHost, WasmHostOptions, WasmStage};
use cascata_runtime::{FailureKind, Secrets, StageHandler};
use cascata_store::{MemoryStore, Settings};
use proptest::prelude::*;
use serde_json::json;

use super::components::component;
use super::support::{call, settings, text, wasm};

const TOKEN: &str = "s3cr3t\"!ö";

fn host() -> WasmHost {
    let secrets = Secrets::default().with("TOKEN", TOKEN).with("OTHER", "not for this one");
    WasmHost::new(WasmHostOptions::default().with_max_instances(8).with_secrets(secrets))
}

fn granted(handler: &mut WasmHandler) {
    handler.allow = ["kv", "secrets", "metrics"].map(ToOwned::to_owned).to_vec();
    handler.secrets = vec!["TOKEN".to_owned()];
}

fn load(host: &WasmHost, place: &Place, name: &str, change: impl FnOnce(&mut KvAccess)) -> Arc<WasmStage> {
    let handler = settings(|handler| {
        granted(handler);
        let mut access = KvAccess::default();
        change(&mut access);
        handler.kv = Some(access);
    });
    host.load_at(place, name, &wasm("keeps"), &handler).unwrap_or_else(|error| panic!("{error}"))
}

/// What a stage answers to an operation.
async fn ask(stage: &WasmStage, op: u32, key: &str, value: &str, by: i64) -> String {
    let event = json!({"op": op, "key": key, "value": value, "by": by}).to_string();
    let output = stage.call(call(&event)).await.unwrap_or_else(|failure| panic!("{failure}"));
    text(&output).to_owned()
}

#[tokio::test(start_paused = true)]
async fn values_and_counters_stay_until_their_time_is_over() {
    let stage = load(&host(), &Place::default(), "S", |_| ());
    assert_eq!(ask(&stage, 0, "a", "", 0).await, "none");
    assert_eq!(ask(&stage, 1, "a", "first", 1_000).await, "0");
    assert_eq!(ask(&stage, 0, "a", "", 0).await, "first", "a fresh instance sees it");
    assert_eq!(ask(&stage, 1, "b", "", 0).await, "0");
    assert_eq!(ask(&stage, 0, "b", "", 0).await, "", "an empty value is one");
    tokio::time::advance(Duration::from_millis(1_001)).await;
    assert_eq!(ask(&stage, 0, "a", "", 0).await, "none");
    assert_eq!((ask(&stage, 2, "b", "", 0).await, ask(&stage, 2, "b", "", 0).await), ("1".into(), "0".into()));
    assert_eq!((ask(&stage, 3, "a", "", 5).await, ask(&stage, 3, "a", "", -3).await), ("5".into(), "2".into()));
    assert_eq!(ask(&stage, 3, "a", "", -30).await, "0", "a sum is never below 0");
}

#[tokio::test]
async fn stages_see_their_own_namespace_and_shared_ones_by_name_only() {
    let host = host();
    let cascade = Place::new("c");
    let (a, b) = (load(&host, &cascade, "a", |_| ()), load(&host, &cascade, "b", |_| ()));
    let elsewhere = load(&host, &Place::new("d"), "a", |_| ());
    let shared = |name: &str| load(&host, &cascade, name, |kv| kv.namespace = Some("shared".to_owned()));
    let (first, second) = (shared("x"), shared("y"));
    assert_eq!(ask(&a, 1, "k", "mine", 0).await, "0");
    for other in [&b, &elsewhere, &first] {
        assert_eq!(ask(other, 0, "k", "", 0).await, "none");
    }
    assert_eq!(ask(&first, 1, "k", "ours", 0).await, "0");
    assert_eq!(ask(&second, 0, "k", "", 0).await, "ours");
    assert_eq!(ask(&a, 0, "k", "", 0).await, "mine");
    // Loaded anew while it is there, it goes on; once nobody has it, it is gone.
    let again = load(&host, &cascade, "a", |_| ());
    drop(a);
    assert_eq!(ask(&again, 0, "k", "", 0).await, "mine");
    drop(again);
    assert_eq!(ask(&load(&host, &cascade, "a", |_| ()), 0, "k", "", 0).await, "none");
}

#[tokio::test]
async fn a_stage_keeps_no_more_and_no_more_often_than_it_may() {
    let host = host();
    let limited = |change: fn(&mut KvAccess)| load(&host, &Place::default(), "limited", change);
    let small = limited(|kv| (kv.key_bytes, kv.value_bytes, kv.entries) = (3, 4, 2));
    assert_eq!(ask(&small, 0, "", "", 0).await, "a key of 0 bytes, 1 to 3 can be; raise `kv.key_bytes` if it shouldb");
    assert!(ask(&small, 0, "long", "", 0).await.ends_with('b'));
    assert_eq!(ask(&small, 1, "key", "1234", 0).await, "0");
    assert_eq!(
        ask(&small, 1, "key", "12345", 0).await,
        "a value of more than 4 bytes; raise `kv.value_bytes` if it should bec"
    );
    assert!(ask(&small, 1, "key", "x", i64::MAX).await.ends_with('b'), "a lifetime beyond a hundred years");
    for key in ["1", "2"] {
        assert_eq!(ask(&small, 1, key, "x", 0).await, "0");
    }
    assert_eq!(ask(&small, 0, "key", "", 0).await, "none", "the oldest went");
    assert_eq!((ask(&small, 3, "1", "", 1).await, ask(&small, 3, "2", "", 1).await), ("1".into(), "1".into()));
    assert!(ask(&small, 3, "3", "", 1).await.ends_with('d'), "counters are never dropped");
    let none = limited(|kv| kv.operations = 0);
    let said = ask(&none, 1, "key", "x", 0).await;
    assert_eq!(said, "one call may make 0 operations; raise `kv.operations` if it should make mored");
}

#[tokio::test]
async fn stages_of_one_namespace_have_one_memory_however_much_each_wants_to_keep() {
    let host = host();
    let load = |name: &str, entries| {
        let change = move |kv: &mut KvAccess| (kv.namespace, kv.entries) = (Some("shared".to_owned()), entries);
        load(&host, &Place::new("c"), name, change)
    };
    let small = load("small", 2);
    let keep = async |keys: &[&str]| {
        for key in keys {
            assert_eq!(ask(&small, 1, key, "x", 0).await, "0");
        }
    };
    keep(&["1", "2", "3"]).await;
    assert_eq!((ask(&small, 0, "1", "", 0).await, ask(&small, 0, "2", "", 0).await), ("none".into(), "x".into()));
    let large = load("large", 4);
    keep(&["4", "5"]).await;
    assert_eq!((ask(&large, 0, "2", "", 0).await, ask(&large, 0, "5", "", 0).await), ("x".into(), "x".into()));
    keep(&["6"]).await;
    assert_eq!((ask(&large, 0, "2", "", 0).await, ask(&large, 0, "3", "", 0).await), ("none".into(), "x".into()));
}

#[tokio::test]
async fn a_named_store_is_the_cascades() {
    let host = host();
    let store = |settings| NamedStore::new("shared", Arc::new(MemoryStore::new(settings)));
    let named = |kv: &mut KvAccess| kv.store = Some("shared".to_owned());
    let place = Place::new("c").with_store(store(Settings::default()));
    let stage = load(&host, &place, "a", named);
    assert_eq!(ask(&stage, 1, "k", "kept", 0).await, "0");
    drop(stage);
    assert_eq!(ask(&load(&host, &place, "a", named), 0, "k", "", 0).await, "kept", "it outlives the stage");
    let refused = |place: &Place| {
        let handler = settings(|handler| {
            granted(handler);
            handler.kv = Some(KvAccess { store: Some("shared".to_owned()), ..KvAccess::default() });
        });
        host.load_at(place, "a", &wasm("keeps"), &handler).err().map(|error| error.to_string()).unwrap_or_default()
    };
    assert!(refused(&Place::default()).contains("there is no cascade here"));
    let mut narrow = Settings::default();
    narrow.max_key_bytes = 100;
    assert!(refused(&Place::new("c").with_store(store(narrow))).contains("kv.key_bytes"));
}

#[tokio::test]
async fn a_secret_is_shown_where_it_is_listed_and_is_in_no_answer_log_or_message() {
    let stage = load(&host(), &Place::default(), "S", |_| ());
    assert_eq!(ask(&stage, 4, "OTHER", "", 0).await, "none");
    assert_eq!(ask(&stage, 4, "NOWHERE", "", 0).await, "none");
    let event = |op: u32| json!({"op": op, "key": "TOKEN", "value": "", "by": 0}).to_string();
    let failure = stage.call(call(&event(4))).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::BadOutput);
    assert_eq!(failure.message, "the answer repeats the secret `TOKEN`, and answers are recorded");
    let logged = stage.call(call(&event(5))).await.unwrap();
    assert_eq!(logged.logs[0].message, "[secret TOKEN]");
    let failure = stage.call(call(&event(6))).await.unwrap_err();
    assert_eq!(failure.message, "unavailable: [secret TOKEN]");
    assert!(!format!("{stage:?} {logged:?} {failure:?}").contains("s3cr3t"));
}

#[tokio::test]
async fn what_a_stage_measures_is_its_hosts() {
    let host = host();
    let stage = load(&host, &Place::new("c"), "S", |_| ());
    for by in [2, 3] {
        ask(&stage, 7, "asked", "size", by).await;
    }
    ask(&stage, 7, "asked", "Size", -1).await;
    let all = host.figures();
    assert_eq!((all.len(), all[0].cascade.as_str(), all[0].stage.as_str()), (1, "c", "S"));
    // A counter below 0, a gauge and a histogram with a capital letter.
    assert_eq!(all[0].dropped, 3);
    let figures: BTreeMap<_, _> = all[0].figures.clone();
    assert_eq!((figures["asked"], figures["size"]), (Figure::Counter(5.0), Figure::Gauge(3.0)));
    let Figure::Histogram { count, sum, .. } = figures["askedsize"] else { panic!("{figures:?}") };
    assert_eq!((count, sum), (2, 5.0));
}

#[tokio::test]
async fn a_component_has_the_same() {
    let host = host();
    let handler = settings(granted);
    let stage = host.load_stage("S", &component("keeps"), &handler).unwrap_or_else(|error| panic!("{error}"));
    for _ in 0..2 {
        assert_eq!(text(&stage.call(call("{}")).await.unwrap()), format!("helloa21{}", char::from(b'0' + 10)));
    }
    let figures = &host.figures()[0].figures;
    assert_eq!(figures["seen"], Figure::Counter(2.0));
}

#[test]
fn settings_without_their_capability_and_strict_stages_with_one_are_refused() {
    let code = |change: &dyn Fn(&mut WasmHandler)| {
        let handler = settings(|handler| {
            granted(handler);
            change(handler);
        });
        host().load("S", &wasm("keeps"), &handler).err().map(|error| error.code())
    };
    let without = |name: &'static str| move |handler: &mut WasmHandler| handler.allow.retain(|allowed| allowed != name);
    assert_eq!(code(&|_| ()), None);
    assert_eq!(code(&without("metrics")), Some("R1020"));
    assert_eq!(code(&without("kv")), Some("R1020"));
    assert_eq!(code(&without("secrets")), Some("R1013"));
    assert_eq!(code(&|handler| handler.secrets.clear()), Some("R1013"));
    assert_eq!(code(&|handler| handler.secrets.push("UNKNOWN".to_owned())), Some("R1022"));
    for kv in [
        KvAccess { namespace: Some("a/b".to_owned()), ..KvAccess::default() },
        KvAccess { namespace: Some(String::new()), ..KvAccess::default() },
        KvAccess { namespace: Some("n".repeat(129)), ..KvAccess::default() },
        KvAccess { key_bytes: 0, ..KvAccess::default() },
        KvAccess { entries: 0, ..KvAccess::default() },
    ] {
        assert_eq!(code(&|handler| handler.kv = Some(kv.clone())), Some("R1013"), "{kv:?}");
    }
    let strict = |allow: &'static str| {
        let handler = settings(|handler| {
            granted(handler);
            handler.allow = vec![allow.to_owned()];
            handler.secrets.retain(|_| allow == "secrets");
            handler.determinism = Determinism::Strict;
        });
        host().load("S", &wasm("good"), &handler).err().map(|error| error.code())
    };
    assert_eq!((strict("kv"), strict("secrets"), strict("metrics")), (Some("R1013"), Some("R1013"), None));
}

/// Every import, with what its parameters are: P and L a range, O eight bytes to write, n a number of 64 bits, f a double.
const IMPORTS: [(&str, &str, &str); 10] = [
    ("kv", "get", "PLPL"),
    ("kv", "value", "PL"),
    ("kv", "set", "PLPLn"),
    ("kv", "delete", "PL"),
    ("kv", "add", "PLnnO"),
    ("kv", "error", "PL"),
    ("secrets", "get", "PLPL"),
    ("metrics", "counter", "PLf"),
    ("metrics", "gauge", "PLf"),
    ("metrics", "histogram", "PLf"),
];

/// A module that calls an import with the numbers of its event, in `stage_run` or `stage_init`.
fn caller((module, function, parameters): (&str, &str, &str), export: &str) -> Vec<u8> {
    let typed = |parameter| match parameter {
        'n' => "i64",
        'f' => "f64",
        _ => "i32",
    };
    let types: Vec<_> = parameters.chars().map(typed).collect();
    let value = |(slot, parameter): (usize, char)| match parameter {
        'n' => "(i64.const 1)".to_owned(),
        'f' => "(f64.const 1)".to_owned(),
        _ if export == "stage_run" => format!("(call $number (i32.const {slot}))"),
        _ => "(i32.const 0)".to_owned(),
    };
    let values: String = parameters.chars().enumerate().map(value).collect();
    let (result, kept) = if module == "metrics" { ("", "") } else { ("(result i32)", "drop") };
    let run = if export == "stage_run" { "" } else { "(func (export \"stage_run\") (result i32) (i32.const 0))" };
    let text = format!(
        r#"(module
            (import "cascata_v1" "get" (func $field (param i32) (result i64)))
            (import "cascata_v1" "as_i64" (func $as_i64 (param i32 i32) (result i32)))
            (import "cascata_v1" "set_result" (func $result (param i32 i32 f64)))
            (import "cascata_{module}_v1" "{function}" (func $f (param {types}) {result}))
            (memory (export "memory") 1)
            (func $number (param i32) (result i32)
                (drop (call $as_i64 (i32.wrap_i64 (call $field (local.get 0))) (i32.const 0)))
                (i32.load (i32.const 0)))
            {run}
            (func (export "{export}") (result i32)
                (call $f {values}) {kept}
                (call $result (i32.const 0) (i32.const 0) (f64.const nan))
                (i32.const 0))
            (@custom "cascata-manifest" "{{\"fields\":[\"p0\",\"p1\",\"p2\",\"p3\",\"p4\"]}}"))"#,
        types = types.join(" "),
    );
    wat::parse_str(text).unwrap()
}

fn load_caller(import: (&str, &str, &str), export: &str) -> Arc<WasmStage> {
    host().load_stage("S", &caller(import, export), &settings(granted)).unwrap_or_else(|error| panic!("{error}"))
}

/// Whether every range of a call lies in memory.
fn is_inside(parameters: &str, numbers: &[u32; 5]) -> bool {
    let length = |at: usize, kind| if kind == 'O' { Some(8) } else { numbers.get(at + 1).map(|len| u64::from(*len)) };
    parameters
        .chars()
        .enumerate()
        .filter(|(_, kind)| matches!(kind, 'P' | 'O'))
        .all(|(at, kind)| length(at, kind).is_some_and(|length| u64::from(numbers[at]) + length <= 65_536))
}

/// Calls an import with pointers and lengths, and holds what comes of it against where they lie.
async fn check(stage: &WasmStage, import: (&str, &str, &str), numbers: [u32; 5]) {
    let entries: Vec<_> = numbers.iter().enumerate().map(|(at, number)| format!("\"p{at}\": {number}")).collect();
    let outcome = stage.call(call(&format!("{{{}}}", entries.join(", ")))).await;
    let context = format!("{import:?} {numbers:?}: {outcome:?}");
    match outcome {
        Ok(_) => assert!(is_inside(import.2, &numbers), "{context}"),
        Err(failure) => {
            assert_eq!(failure.kind, FailureKind::Trapped, "{context}");
            assert!(failure.message.contains("outside of its memory of 65536 bytes"), "{context}");
            assert!(!is_inside(import.2, &numbers), "{context}");
        }
    }
}

#[tokio::test]
async fn the_corners_of_memory_on_every_import() {
    let corners = [0, 1, 65_535, 65_536, 65_537, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF];
    for import in IMPORTS {
        let stage = load_caller(import, "stage_run");
        for ptr in corners {
            for len in corners {
                check(&stage, import, [ptr, len, 0, 0, 0]).await;
                check(&stage, import, [0, 0, ptr, len, ptr]).await;
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_pointer_and_no_length_reaches_outside_of_memory(which in 0..IMPORTS.len(), wild: [u32; 5], near: [u16; 5]) {
        static STAGES: std::sync::OnceLock<Vec<Arc<WasmStage>>> = std::sync::OnceLock::new();
        let stages = STAGES.get_or_init(|| IMPORTS.map(|import| load_caller(import, "stage_run")).to_vec());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let near = near.map(u32::from);
        let mixed = [wild[0], near[1], near[2], wild[3], near[4]];
        for numbers in [wild, near, mixed] {
            runtime.block_on(check(&stages[which], IMPORTS[which], numbers));
        }
    }
}

#[tokio::test]
async fn nothing_is_kept_before_there_is_an_event() {
    for import in IMPORTS.into_iter().filter(|(module, name, _)| *module == "kv" && !matches!(*name, "value" | "error"))
    {
        let failure = load_caller(import, "stage_init").call(call("{}")).await.unwrap_err();
        let message = format!("`{}` may not be called from `stage_init`", import.1);
        assert!(failure.message.contains(&message), "{failure}");
    }
}
