//! The capability `kv` on a real Redis: engines that share it, stages that don't, a server that dies.

use std::error::Error;
use std::sync::Arc;

use cascata_config::HandlerConfig;
use cascata_record::Mode;
use serde_json::json;
use tokio::runtime::Runtime;

use super::kit::{Kit, decide, stage};
use crate::engine::{Engine, HandlerRequest, HandlerSource, Resolved};
use crate::plugins::processes_tests::redis::Redis;
use crate::wasm::{Place, WasmHost, WasmHostOptions};

/// Gives every stage the fixture that does what its event says.
struct Keeps(WasmHost);

impl HandlerSource for Keeps {
    fn handler(&self, request: &HandlerRequest<'_>) -> Result<Option<Resolved>, Box<dyn Error + Send + Sync>> {
        let Some(config @ HandlerConfig::Wasm(_)) = &request.host.handler else { return Ok(None) };
        let module = wat::parse_str(include_str!("../../../../tests/stages/keeps.wat"))?;
        let stage = self.0.load_at(&Place::of(request)?, request.stage.name(), &module, config)?;
        Ok(Some(Resolved::new(stage)))
    }
}

/// An engine of its own, as another process has it: stages `A` and `B` with namespaces of their own, `X` and `Y` with one together.
fn engine(url: &str) -> Engine {
    let keeping = |name: &str, namespace: Option<&str>| {
        let mut kv = json!({"store": "shared", "operations": 2});
        if let Some(namespace) = namespace {
            kv["namespace"] = namespace.into();
        }
        let handler = json!({
            "kind": "wasm", "module": "keeps.wasm", "allow": ["kv", "metrics", "secrets"], "secrets": ["TOKEN"], "kv": kv,
        });
        let mut spec = stage(name);
        // Not about time: what comes first is the store's answer.
        spec.timeout_ms = 60_000;
        spec.host = json!({ "handler": handler }).to_string();
        spec
    };
    let both = Some("both");
    let mut kit = Kit::new(vec![keeping("A", None), keeping("B", None), keeping("X", both), keeping("Y", both)]);
    kit.cascade.host = json!({"stores": {"shared": {"url": url}}}).to_string();
    let secrets = crate::Secrets::default().with("TOKEN", "s3cr3t-of-a-test");
    let host = WasmHost::new(WasmHostOptions::default().with_max_instances(8).with_secrets(secrets));
    Engine::builder(kit.program()).source(Arc::new(Keeps(host))).build().unwrap()
}

/// What the stages answer to an event, in order.
fn ask(runtime: &Runtime, engine: &Engine, op: u32) -> Vec<String> {
    let event = json!({"op": op, "key": "k", "value": "", "by": 1}).to_string();
    let record = runtime.block_on(decide(engine, &event)).record(Mode::Full);
    let said = record.stages.iter().map(|stage| match &stage.error {
        None => serde_json::to_value(&stage.result).unwrap().as_str().unwrap_or_default().to_owned(),
        Some(error) => panic!("{error:?}"),
    });
    said.collect()
}

/// What the fixture does, by number.
const GET: u32 = 0;
const ADD: u32 = 3;

#[test]
fn engines_share_a_store_stages_do_not_and_an_outage_ends() {
    let Some(mut redis) = Redis::start() else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (here, there) = (engine(&redis.url()), engine(&redis.url()));
    assert_eq!(ask(&runtime, &here, GET), ["none"; 4]);
    assert_eq!(ask(&runtime, &here, ADD), ["1", "1", "1", "2"], "counters of two namespaces and of a shared one");
    assert_eq!(ask(&runtime, &there, ADD), ["2", "2", "3", "4"], "another engine goes on with them");

    redis.kill();
    for engine in [&here, &there] {
        for said in ask(&runtime, engine, GET) {
            assert!(said.starts_with("R04") && said.ends_with('e'), "the store is out of order: {said}");
        }
    }
    redis.restart();
    assert_eq!(ask(&runtime, &there, ADD), ["1", "1", "1", "2"], "it is back, with nothing in it");
    assert_eq!(ask(&runtime, &here, ADD), ["2", "2", "3", "4"]);
}
