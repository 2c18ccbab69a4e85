//! The capability `http`: what a guest may ask for, and that everything else is a value it can live with.

use std::sync::Arc;
use std::time::Duration;

use cascata_config::{Determinism, HttpAccess, HttpMethod, WasmHandler};
use cascata_runtime::http::{HttpHost, HttpOptions, Lookup, Resolve};
use cascata_runtime::wasm::{WasmHost, WasmHostOptions};
use cascata_runtime::{FailureKind, StageHandler};
use serde_json::{Value, json};

use super::components::component;
use super::server::{Server, ok, status};
use super::support::{call, call_within, host, run, settings, stage, text, wasm};

/// Lets a module ask a server of this machine.
fn granted(handler: &mut WasmHandler, port: u16) {
    handler.allow = vec!["http".to_owned()];
    let mut access = HttpAccess::new(vec!["127.0.0.1".to_owned(), "*.service.example".to_owned()]);
    access.ports = vec![port];
    access.networks = vec!["127.0.0.0/8".to_owned()];
    access.plain = true;
    handler.http = Some(access);
}

fn change(handler: &mut WasmHandler, change: impl FnOnce(&mut HttpAccess)) {
    if let Some(access) = &mut handler.http {
        change(access);
    }
}

fn event(head: &Value, body: &str, times: usize) -> String {
    json!({"head": head.to_string(), "body": body, "times": "x".repeat(times)}).to_string()
}

#[tokio::test]
async fn a_guest_asks_and_reads_what_is_answered() {
    let server = Server::new(|number| match number {
        0 => ok("first"),
        1 => "HTTP/1.1 404 Not Found\r\nx-answer: from a header\r\ncontent-length: 0\r\n\r\n".to_owned(),
        _ => status("204 No Content", ""),
    })
    .await;
    let stage = stage("http", |handler| granted(handler, server.port));
    let head = json!({"url": server.url("/a?b=c"), "method": "POST", "headers": {"x-one": "1"}});
    let mut said = Vec::new();
    for _ in 0..3 {
        said.push(text(&stage.call(call(&event(&head, "hello", 1))).await.unwrap()).to_owned());
    }
    assert_eq!(said, ["first", "from a header", ""], "a status that is no success is an answer too");
    let asked = &server.requests()[0];
    assert!(asked.starts_with("POST /a?b=c HTTP/1.1\r\n") && asked.ends_with("\r\n\r\nhello"), "{asked}");
    assert!(asked.contains("x-one: 1\r\n") && asked.contains(&format!("host: 127.0.0.1:{}\r\n", server.port)));
    assert_eq!(server.connections(), 1, "instances come and go, the stage keeps its connection");
}

#[tokio::test]
async fn a_component_asks_in_the_same_way() {
    let server = Server::new(|_| ok("said")).await;
    let load =
        |settings| host().load_stage("S", &component("http"), &settings).unwrap_or_else(|error| panic!("{error}"));
    let stage = load(settings(|handler| granted(handler, server.port)));
    let url = |url: String| json!({"url": url}).to_string();
    assert_eq!(text(&stage.call(call(&url(server.url("/")))).await.unwrap()), "said");
    assert!(server.requests()[0].contains("x-one: 1\r\n") && server.requests()[0].ends_with("\r\n\r\nbody!"));
    let said = stage.call(call(&url("https://example.com/".to_owned()))).await.unwrap();
    assert_eq!(text(&said), "not allowed: the host `example.com` is not in `hosts`b");
    let said = stage.call(call(&url("gopher://example.com/".to_owned()))).await.unwrap();
    assert!(text(&said).ends_with('a'), "{}", text(&said));
}

#[tokio::test]
async fn what_is_not_listed_is_refused_and_nothing_sent() {
    let server = Server::new(|_| ok("1")).await;
    let stage = stage("http", |handler| granted(handler, server.port));
    let port = server.port;
    let url = server.url("/");
    for (head, code) in [
        (json!({"url": format!("http://localhost:{port}/")}), 'b'),
        (json!({"url": format!("http://service.example:{port}/")}), 'b'),
        (json!({"url": format!("http://127.0.0.1.evil.example:{port}/")}), 'b'),
        (json!({"url": format!("http://2130706433:{port}/")}), 'b'),
        (json!({"url": "http://127.0.0.1/"}), 'b'),
        (json!({"url": url, "method": "DELETE"}), 'b'),
        (json!({"url": url, "method": "BREW"}), 'a'),
        (json!({"url": url, "method": "GET\r\nX: y"}), 'a'),
        (json!({"url": format!("http://127.0.0.1:{port}@evil.example/")}), 'a'),
        (json!({"url": format!("http://u:p@127.0.0.1:{port}/")}), 'a'),
        (json!({"url": format!("http://127.0.0.1:{port}/ HTTP/1.1\r\nX: y\r\n\r\n")}), 'a'),
        (json!({"url": format!("http://127.0.0.1:{port}/{}", "x".repeat(9_000))}), 'a'),
        (json!({"url": url, "headers": {"x": "a\r\nb"}}), 'a'),
        (json!({"url": url, "headers": {"a b": "1"}}), 'a'),
        (json!({"url": url, "headers": {"Host": "evil.example"}}), 'a'),
        (json!({"url": url, "headers": {"Transfer-Encoding": "chunked"}}), 'a'),
        (json!({"url": url, "headers": {"x": "y".repeat(20_000)}}), 'a'),
        (json!({"url": url, "header": {}}), 'a'),
        (json!({}), 'a'),
        (json!([1]), 'a'),
    ] {
        let said = stage.call(call(&event(&head, "", 1))).await.unwrap();
        assert!(text(&said).ends_with(code), "{head}: {}", text(&said));
    }
    assert_eq!(server.requests().len(), 0);
}

#[tokio::test]
async fn a_call_asks_no_more_often_and_no_more_than_it_may() {
    let server = Server::new(|_| ok(&"y".repeat(100))).await;
    let port = server.port;
    let head = json!({"url": server.url("/"), "method": "POST"});
    let few = |handler: &mut WasmHandler| {
        granted(handler, port);
        change(handler, |access| access.requests = 3);
    };
    let said = run("http", &event(&head, "", 5_000), few).await.unwrap();
    assert_eq!(text(&said), "one call may make 3 requests; raise `http.requests` if it should make moree");
    assert_eq!(server.requests().len(), 3);
    for (request, response, code) in [(4, 1 << 20, 'd'), (5, 99, 'd'), (5, 100, 'y')] {
        let sizes = |handler: &mut WasmHandler| {
            granted(handler, port);
            change(handler, |access| (access.request_bytes, access.response_bytes) = (request, response));
        };
        let said = run("http", &event(&head, "hello", 1), sizes).await.unwrap();
        assert!(text(&said).ends_with(code), "{request} {response}: {}", text(&said));
    }
}

/// Every name is this machine's, or a private network's.
struct Inside(&'static str);

impl Resolve for Inside {
    fn resolve(&self, _: &str) -> Lookup {
        Box::pin(std::future::ready(Ok(vec![self.0.parse().unwrap()])))
    }
}

#[tokio::test]
async fn a_listed_name_with_a_private_address_is_refused() {
    let server = Server::new(|_| ok("reached")).await;
    let head = json!({"url": format!("http://a.service.example:{}/", server.port)});
    for (address, ends) in [("127.0.0.1", "reached"), ("10.0.0.1", "b"), ("169.254.169.254", "b"), ("::1", "b")] {
        let options = HttpOptions::default().with_resolver(Arc::new(Inside(address)));
        let host = WasmHost::new(WasmHostOptions::default().with_http(HttpHost::new(options)));
        let stage = host.load_stage("S", &wasm("http"), &settings(|handler| granted(handler, server.port))).unwrap();
        let said = stage.call(call(&event(&head, "", 1))).await.unwrap();
        assert!(text(&said).ends_with(ends), "{address}: {}", text(&said));
    }
}

#[tokio::test]
async fn a_service_that_says_nothing_ends_the_guest_at_its_deadline() {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let stage = stage("http", |handler| granted(handler, port));
    let head = json!({"url": format!("http://127.0.0.1:{port}/")});
    let failure = stage.call(call_within(&event(&head, "", 1), Duration::from_millis(100))).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Deadline, "{failure}");
}

#[test]
fn the_capability_needs_to_be_listed_with_its_hosts() {
    let code = |change: &dyn Fn(&mut WasmHandler)| {
        host().load("S", &wasm("http"), &settings(change)).err().map(|error| error.code())
    };
    assert_eq!(code(&|_| ()), Some("R1020"));
    assert_eq!(code(&|handler| handler.allow = vec!["http".to_owned()]), Some("R1021"));
    assert_eq!(code(&|handler| granted(handler, 80)), None);
    let with = |edit: fn(&mut HttpAccess)| {
        code(&move |handler| {
            granted(handler, 80);
            change(handler, edit);
        })
    };
    assert_eq!(with(|access| access.hosts.clear()), Some("R1021"));
    assert_eq!(with(|access| access.hosts = vec!["*".to_owned()]), Some("R1021"));
    assert_eq!(with(|access| access.networks = vec!["10".to_owned()]), Some("R1021"));
    assert_eq!(with(|access| access.methods = HttpMethod::ALL.to_vec()), None);
    let strict = |handler: &mut WasmHandler| {
        granted(handler, 80);
        handler.determinism = Determinism::Strict;
    };
    assert_eq!(code(&strict), Some("R1013"));
    let unasked = |handler: &mut WasmHandler| {
        granted(handler, 80);
        handler.allow.clear();
    };
    assert_eq!(code(&unasked), Some("R1013"));
}

/// A module that calls one function of the capability with made-up numbers.
fn caller(function: &str, parameters: usize, numbers: &str, export: &str) -> Vec<u8> {
    let types = "i32 ".repeat(parameters);
    let run = if export == "stage_run" { "" } else { "(func (export \"stage_run\") (result i32) (i32.const 0))" };
    let text = format!(
        r#"(module
            (import "cascata_v1" "set_result" (func $result (param i32 i32 f64)))
            (import "cascata_http_v1" "{function}" (func $f (param {types}) (result i32)))
            (memory (export "memory") 1)
            {run}
            (func (export "{export}") (result i32)
                (drop (call $f {numbers}))
                (call $result (i32.const 0) (i32.const 0) (f64.const nan))
                (i32.const 0)))"#
    );
    wat::parse_str(text).unwrap()
}

#[tokio::test]
async fn no_pointer_reaches_outside_of_the_guests_memory() {
    for (function, parameters) in [("send", 4), ("body", 2), ("header", 4), ("error", 2)] {
        for pair in 0..parameters / 2 {
            for (ptr, len) in
                [(0xFFFF_FFFF_u32, 0xFFFF_FFFF_u32), (65_536, 1), (65_535, 2), (0, 65_537), (0x8000_0000, 0)]
            {
                let number = |at: usize| match at {
                    at if at == pair * 2 => ptr,
                    at if at == pair * 2 + 1 => len,
                    _ => 0,
                };
                let numbers: String = (0..parameters).map(|at| format!("(i32.const {}) ", number(at))).collect();
                let bytes = caller(function, parameters, &numbers, "stage_run");
                let stage = host().load_stage("S", &bytes, &settings(|handler| granted(handler, 80))).unwrap();
                let failure = stage.call(call("{}")).await.unwrap_err();
                let context = format!("{function} {numbers}: {failure}");
                assert_eq!(failure.kind, FailureKind::Trapped, "{context}");
                assert!(failure.message.contains("outside of its memory of 65536 bytes"), "{context}");
            }
        }
    }
    // Without an event there is nothing to ask for.
    let zeros = "(i32.const 0) ".repeat(4);
    let bytes = caller("send", 4, &zeros, "stage_init");
    let stage = host().load_stage("S", &bytes, &settings(|handler| granted(handler, 80))).unwrap();
    let failure = stage.call(call("{}")).await.unwrap_err();
    assert!(failure.message.contains("`send` may not be called from `stage_init`"), "{failure}");
}
