//! Where requests go: addresses are checked after names are resolved, and what was checked is connected to.

use super::*;
use crate::stage::FailureKind;

async fn through(resolver: Arc<Fixed>, handler: &HttpHandler) -> Result<StageOutput, StageFailure> {
    load(HttpOptions::default().with_resolver(resolver), handler).call(event("{}")).await
}

#[tokio::test]
async fn an_address_that_is_not_public_is_refused_whatever_its_name() {
    let server = Server::json("1").await;
    for url in [
        server.url("/"),
        format!("http://localhost:{}/", server.port),
        format!("http://2130706433:{}/", server.port),
        format!("http://127.1:{}/", server.port),
        format!("http://[::1]:{}/", server.port),
        format!("http://[::ffff:127.0.0.1]:{}/", server.port),
    ] {
        let failure = decide(&HttpHandler::new(url.clone()), "{}").await.unwrap_err();
        // A name that the system has no address for is none that reaches this machine.
        assert!(matches!(failure.kind, FailureKind::Unsendable | FailureKind::Connection), "{url}: {failure}");
    }
    let failure = decide(&HttpHandler::new(server.url("/")), "{}").await.unwrap_err();
    assert_eq!((failure.kind, failure.retryable), (FailureKind::Unsendable, false));
    assert!(failure.message.contains("127.0.0.1, which is loopback; list its network under `networks`"), "{failure}");
    for address in ["10.0.0.1", "169.254.169.254", "::ffff:192.168.0.1", "64:ff9b::7f00:1", "fe80::1", "0.0.0.0"] {
        let failure = through(Fixed::new(&[address]), &HttpHandler::new("http://example.com/")).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Unsendable, "{address}: {failure}");
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn of_several_addresses_only_those_that_are_allowed_are_tried() {
    let server = Server::json("1").await;
    let handler = local(format!("http://example.com:{}/", server.port));
    let resolver = Fixed::new(&["10.0.0.1", "127.0.0.1"]);
    assert!(through(resolver, &handler).await.is_ok());
    assert!(server.requests()[0].contains(&format!("host: example.com:{}\r\n", server.port)));
    // One that nobody listens at is followed by the next.
    assert!(through(Fixed::new(&["127.0.0.2", "127.0.0.1"]), &handler).await.is_ok());
}

#[tokio::test]
async fn a_name_without_address_is_a_lost_connection() {
    let failure = through(Fixed::new(&[]), &HttpHandler::new("http://example.com/")).await.unwrap_err();
    assert_eq!((failure.kind, failure.retryable), (FailureKind::Connection, true));
    assert!(failure.message.starts_with("dns error: `example.com`"), "{failure}");
}

#[tokio::test]
async fn a_connection_is_kept_and_its_name_not_asked_for_again() {
    let server = Server::json("1").await;
    let resolver = Fixed::new(&["127.0.0.1"]);
    let options = HttpOptions::default().with_resolver(Arc::clone(&resolver) as Arc<dyn Resolve>);
    let stage = load(options, &local(format!("http://example.com:{}/", server.port)));
    for _ in 0..20 {
        stage.call(event("{}")).await.unwrap();
    }
    assert_eq!((server.connections(), server.requests().len()), (1, 20));
    assert_eq!(resolver.asked.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_connection_that_the_server_closed_is_replaced_and_nothing_sent_twice() {
    let closing = "HTTP/1.1 200 OK\r\ncontent-length: 1\r\nconnection: close\r\n\r\n1";
    let server = Server::new(move |_| closing.to_owned()).await;
    let stage = load(HttpOptions::default(), &local(server.url("/")));
    for calls in 1..=3 {
        stage.call(event("{}")).await.unwrap();
        assert_eq!((server.connections(), server.requests().len()), (calls, calls));
    }
    // A server that takes a request and hangs up may have done the work: that is for the retry plugin to decide.
    let server = Server::new(|number| if number == 0 { ok("1") } else { String::new() }).await;
    let stage = load(HttpOptions::default(), &local(server.url("/")));
    stage.call(event("{}")).await.unwrap();
    assert_eq!(stage.call(event("{}")).await.unwrap_err().kind, FailureKind::Connection);
    assert_eq!(server.requests().len(), 2);
}

/// Whoever decides on several threads has a runtime on each, and one that waits for its next event drives no connection.
#[test]
fn a_connection_is_kept_for_the_runtime_that_made_it() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (told, port) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        runtime().block_on(async move {
            let server = Server::json("1").await;
            told.send(server.port).unwrap();
            std::future::pending::<()>().await;
        });
    });
    let stage = load(HttpOptions::default(), &local(format!("http://127.0.0.1:{}/", port.recv().unwrap())));
    let (first, second) = (runtime(), runtime());
    for runtime in [&first, &second, &first] {
        let call = async { stage.call(event("{}")).await };
        assert!(runtime.block_on(call).is_ok());
    }
}

#[cfg(feature = "wasm")]
#[tokio::test]
async fn of_connections_to_many_hosts_only_the_latest_are_kept() {
    let server = Server::json("1").await;
    let access: cascata_config::HttpAccess = serde_json::from_value(serde_json::json!({
        "hosts": ["*.example.com"], "ports": [server.port], "plain": true, "networks": ["127.0.0.0/8"], "requests": 1,
    }))
    .unwrap();
    let host = HttpHost::new(HttpOptions::default().with_resolver(Fixed::new(&["127.0.0.1"])));
    let access = super::super::Access::new(&host, &access).unwrap();
    let ask = async |host: usize| {
        let url = format!("http://h{host}.example.com:{}/", server.port);
        let ask = super::super::Ask { method: "GET".to_owned(), url, ..Default::default() };
        access.send(ask, Instant::now() + Duration::from_secs(60)).await.unwrap();
    };
    for host in 0..20 {
        ask(host).await;
    }
    assert_eq!(server.connections(), 20);
    ask(19).await;
    assert_eq!(server.connections(), 20, "the latest was kept");
    ask(0).await;
    assert_eq!(server.connections(), 21, "the first was not");
}

#[tokio::test]
async fn many_calls_at_once_have_their_own_answers() {
    let server = Server::new(|number| ok(&number.to_string())).await;
    let stage = load(HttpOptions::default(), &local(server.url("/")));
    let calls: Vec<_> = (0..64).map(|_| tokio::spawn(stage.call(event("{}")))).collect();
    let mut said = Vec::new();
    for call in calls {
        said.push(call.await.unwrap().unwrap().result.to_json().parse::<usize>().unwrap());
    }
    said.sort_unstable();
    assert_eq!(said, (0..64).collect::<Vec<_>>());
}
