//! The interfaces of capabilities: what is linked for every component, and reached by those that have the capability only.

use wasmtime::StoreContextMut;
use wasmtime::component::{ComponentType, LinkerInstance, Lower};

use super::super::guest::Guest;
#[cfg(feature = "http")]
use super::super::http::ask;
use super::super::imports;
use super::super::kv::{Operation, Outcome, Reason, perform};
use super::super::metrics::Kind;
use super::super::stop::Stop;
use super::host::{Fill, define};
#[cfg(feature = "http")]
use super::http::{Refusal, Request, Response};

/// Defines the interfaces of all capabilities.
pub(super) fn link(interface: &mut impl FnMut(&str, Fill) -> wasmtime::Result<()>) -> wasmtime::Result<()> {
    interface("clock", clock)?;
    interface("kv", kv)?;
    interface("metrics", metrics)?;
    interface("random", random)?;
    interface("secrets", secrets)?;
    #[cfg(feature = "http")]
    interface("http", http)?;
    Ok(())
}

fn clock(interface: &mut LinkerInstance<'_, Guest>) -> wasmtime::Result<()> {
    define(interface, "now-ms", |guest, (): ()| Ok((guest.now_ms(),)))?;
    define(interface, "monotonic-ns", |guest, (): ()| Ok((guest.monotonic_ns(),)))
}

fn random(interface: &mut LinkerInstance<'_, Guest>) -> wasmtime::Result<()> {
    define(interface, "bytes", |guest, (len,): (u32,)| {
        let limit = guest.spec.handler.memory_bytes;
        if u64::from(len) > limit {
            return Err(Stop::ReadsTooLarge { limit });
        }
        let mut bytes = vec![0; usize::try_from(len).unwrap_or(0)];
        guest.meter.add(bytes.len());
        let seed = guest.spec.is_strict().then_some(guest.spec.seed);
        guest.random.fill(&mut bytes, seed.as_ref())?;
        Ok((bytes,))
    })
}

fn secrets(interface: &mut LinkerInstance<'_, Guest>) -> wasmtime::Result<()> {
    define(interface, "get", |guest, (name,): (String,)| {
        Ok((guest.secret(&name).map(|value| value.as_ref().to_owned()),))
    })
}

fn metrics(interface: &mut LinkerInstance<'_, Guest>) -> wasmtime::Result<()> {
    for (name, kind) in [("counter", Kind::Counter), ("gauge", Kind::Gauge), ("histogram", Kind::Histogram)] {
        define(interface, name, move |guest, (name, value): (String, f64)| {
            guest.measure(kind, &name, value);
            Ok(())
        })?;
    }
    Ok(())
}

/// `kv.failure`.
#[derive(Clone, Debug, ComponentType, Lower)]
#[component(record)]
struct Failure {
    reason: Reason,
    message: String,
}

/// Does one operation of a component.
async fn keep<T>(
    store: &mut StoreContextMut<'_, Guest>,
    import: &'static str,
    key: &str,
    operation: Operation,
    read: fn(Outcome) -> T,
) -> wasmtime::Result<(Result<T, Failure>,)> {
    let guest = store.data_mut();
    guest.only_in_run(import)?;
    let outcome = perform(guest, key, operation).await;
    let outcome = outcome.map(read).map_err(|reason| Failure { reason, message: guest.keeping.take_message() });
    imports::settle(store)?;
    Ok((outcome,))
}

fn found(outcome: Outcome) -> Option<Vec<u8>> {
    match outcome {
        Outcome::Value(value) => value.map(|value| value.as_ref().to_vec()),
        _ => None,
    }
}

fn kv(interface: &mut LinkerInstance<'_, Guest>) -> wasmtime::Result<()> {
    interface.func_wrap_async("get", |mut store: StoreContextMut<'_, Guest>, (key,): (String,)| {
        Box::new(async move { keep(&mut store, "kv.get", &key, Operation::Get, found).await })
    })?;
    interface.func_wrap_async(
        "set",
        |mut store: StoreContextMut<'_, Guest>, (key, value, ttl_ms): (String, Vec<u8>, u64)| {
            Box::new(async move {
                store.data_mut().meter.add(value.len());
                keep(&mut store, "kv.set", &key, Operation::Set(value, ttl_ms), drop).await
            })
        },
    )?;
    interface.func_wrap_async("delete", |mut store: StoreContextMut<'_, Guest>, (key,): (String,)| {
        let was_there = |outcome| matches!(outcome, Outcome::WasThere(true));
        Box::new(async move { keep(&mut store, "kv.delete", &key, Operation::Delete, was_there).await })
    })?;
    interface.func_wrap_async("add", |mut store: StoreContextMut<'_, Guest>, (key, by, ttl_ms): (String, i64, u64)| {
        let sum = |outcome| if let Outcome::Sum(sum) = outcome { sum } else { 0 };
        Box::new(async move { keep(&mut store, "kv.add", &key, Operation::Add(by, ttl_ms), sum).await })
    })
}

#[cfg(feature = "http")]
fn http(interface: &mut LinkerInstance<'_, Guest>) -> wasmtime::Result<()> {
    type Sent = Result<Response, Refusal>;
    interface.func_wrap_async("send", |mut store: StoreContextMut<'_, Guest>, (request,): (Request,)| {
        Box::new(async move {
            let guest = store.data_mut();
            guest.only_in_run("http.send")?;
            guest.meter.add(request.body.len());
            let said: Sent = match ask(guest, Ok(request.into())).await? {
                Ok(_) => Ok(guest.exchange.take_reply().map(Response::from).unwrap_or_default()),
                Err(reason) => Err(Refusal { reason, message: guest.exchange.take_message() }),
            };
            imports::settle(&mut store)?;
            Ok::<(Sent,), wasmtime::Error>((said,))
        })
    })
}
