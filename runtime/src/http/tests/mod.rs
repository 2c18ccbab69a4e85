//! Requests against servers that the tests start on this machine.

mod answers;
mod network;
mod requests;
mod server;
mod settings;
mod tls;

use std::io;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cascata_config::{HandlerConfig, HttpHandler};
use tokio::net::TcpListener;
use tokio::time::Instant;

use self::server::{Server, ok, status, talk};
use super::{HttpHost, HttpOptions, Lookup, Resolve};
use crate::stage::{StageCall, StageFailure, StageHandler, StageOutput};
use crate::testing;

/// A handler that may call this machine.
fn local(url: impl Into<String>) -> HttpHandler {
    let mut handler = HttpHandler::new(url);
    handler.networks = vec!["127.0.0.0/8".to_owned()];
    handler
}

/// Settings as a cascade has them.
fn settings(json: serde_json::Value) -> HttpHandler {
    match serde_json::from_value(json).unwrap() {
        HandlerConfig::Http(handler) => *handler,
        other => panic!("{other:?}"),
    }
}

fn load(options: HttpOptions, handler: &HttpHandler) -> Arc<dyn StageHandler> {
    HttpHost::new(options).load("S", handler).unwrap_or_else(|error| panic!("{error}"))
}

fn event(text: &str) -> StageCall {
    let mut call = testing::call_on(text, &["S"]).unwrap();
    call.deadline = Instant::now() + Duration::from_secs(60);
    call
}

async fn decide(handler: &HttpHandler, text: &str) -> Result<StageOutput, StageFailure> {
    load(HttpOptions::default(), handler).call(event(text)).await
}

/// Finds what it is told, and counts how often it is asked.
struct Fixed {
    addresses: Vec<IpAddr>,
    asked: AtomicUsize,
}

impl Fixed {
    fn new(addresses: &[&str]) -> Arc<Self> {
        let addresses = addresses.iter().map(|address| address.parse().unwrap()).collect();
        Arc::new(Self { addresses, asked: AtomicUsize::new(0) })
    }
}

impl Resolve for Fixed {
    fn resolve(&self, _: &str) -> Lookup {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let found =
            if self.addresses.is_empty() { Err(io::Error::other("no such name")) } else { Ok(self.addresses.clone()) };
        Box::pin(std::future::ready(found))
    }
}
