//! What comes back: mapping, statuses, and servers that mean no good.

use serde_json::json;

use super::*;
use crate::OwnedValue;
use crate::Secrets;
use crate::stage::FailureKind;

#[tokio::test]
async fn parts_of_an_answer_become_result_confidence_and_data() {
    let server = Server::json(r#"{"choices": [{"text": "spam", "p": 0.75}], "usage": {"tokens": 12}}"#).await;
    let mut handler = local(server.url("/"));
    handler.response.result = Some("choices[0].text".to_owned());
    handler.response.confidence = Some("choices[0].p".to_owned());
    let data = [("tokens", "usage.tokens"), ("usage", "usage"), ("absent", "nothing.here")];
    handler.response.data = data.map(|(key, path)| (key.to_owned(), path.to_owned())).into();
    let output = decide(&handler, "{}").await.unwrap();
    assert_eq!(output.result, OwnedValue::Text("spam".to_owned()));
    assert_eq!(output.confidence, OwnedValue::Float(0.75));
    assert_eq!(output.data.as_deref(), Some(r#"{"tokens":12,"usage":{"tokens": 12}}"#));
}

#[tokio::test]
async fn an_answer_without_mapping_says_it_all_itself() {
    for (answer, result) in [
        (r#"{"result": "a", "confidence": 1, "data": {"x": 1}}"#, Ok(("\"a\"", "1", Some(r#"{"x": 1}"#)))),
        (r#"{"result": [1]}"#, Ok(("[1]", "null", None))),
        ("17", Ok(("17", "null", None))),
        (r#"{"label": "a"}"#, Err("`response.result`")),
        (r#"{"result": 1, "confidence": 1.5}"#, Err("0 to 1")),
        (r#"{"result": 1, "data": [1]}"#, Err("no JSON object")),
        ("<html>", Err("not JSON")),
        ("", Err("not JSON")),
    ] {
        let server = Server::json(answer).await;
        match (decide(&local(server.url("/")), "{}").await, result) {
            (Ok(output), Ok((result, confidence, data))) => {
                let said = (output.result.to_json().into_owned(), output.confidence.to_json().into_owned());
                assert_eq!((said.0.as_str(), said.1.as_str(), output.data.as_deref()), (result, confidence, data));
            }
            (Err(failure), Err(words)) => {
                assert_eq!((failure.kind, failure.retryable), (FailureKind::BadOutput, false));
                assert!(failure.message.contains(words), "{failure}");
            }
            (said, _) => panic!("{answer}: {said:?}"),
        }
    }
    let server = Server::json("{}").await;
    let mut handler = local(server.url("/"));
    handler.response.result = Some("a.b".to_owned());
    assert!(decide(&handler, "{}").await.unwrap_err().message.contains("no `a.b`"));
}

#[tokio::test]
async fn a_status_says_whether_another_attempt_may_help_and_when() {
    for (line, headers, retryable, wait) in [
        ("503 Service Unavailable", "retry-after: 7\r\n", true, Some(7_000)),
        ("429 Too Many Requests", "", true, None),
        ("500 Internal Server Error", "retry-after: Sun, 06 Nov 1994 08:49:37 GMT\r\n", true, Some(0)),
        ("408 Request Timeout", "retry-after: soon\r\n", true, None),
        ("404 Not Found", "", false, None),
        ("401 Unauthorized", "", false, None),
        ("501 Not Implemented", "", false, None),
        ("302 Found", "location: /other\r\n", false, None),
    ] {
        let server = Server::new(move |_| status(line, headers)).await;
        let failure = decide(&local(server.url("/")), "{}").await.unwrap_err();
        let code: i32 = line[..3].parse().unwrap();
        assert_eq!(failure.kind, FailureKind::HttpStatus, "{line}");
        assert_eq!(
            (failure.status, failure.retryable, failure.retry_after_ms),
            (Some(code), retryable, wait),
            "{line}"
        );
        assert_eq!(server.requests().len(), 1, "neither retried nor followed");
    }
}

#[tokio::test]
async fn an_answer_beyond_its_limit_is_let_go() {
    let long = "1".repeat(200);
    let chunked = format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nc8\r\n{long}\r\n0\r\n\r\n");
    let endless = format!("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{long}");
    for answer in [ok(&long), chunked, endless] {
        let server = Server::new(move |_| answer.clone()).await;
        let mut handler = local(server.url("/"));
        handler.response_bytes = 200;
        assert!(decide(&handler, "{}").await.is_ok());
        handler.response_bytes = 199;
        let failure = decide(&handler, "{}").await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::OutputTooLarge, "{failure}");
    }
}

#[tokio::test]
async fn servers_that_talk_no_http_are_lost_connections() {
    let flood = format!("HTTP/1.1 200 OK\r\n{}\r\n", "x: y\r\n".repeat(1_000));
    let wide = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "y".repeat(1 << 20));
    let cut = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\nconnection: close\r\n\r\n1".to_owned();
    let two = "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\nconnection: close\r\n\r\n11".to_owned();
    let garbage = "SSH-2.0-OpenSSH_9.2\r\nconnection: close\r\n\r\n".to_owned();
    for answer in [flood, wide, cut, two, garbage, String::new()] {
        let start: String = answer.chars().take(40).collect();
        let server = Server::new(move |_| answer.clone()).await;
        let failure = decide(&local(server.url("/")), "{}").await.unwrap_err();
        assert_eq!(
            (failure.kind, failure.retryable, failure.status),
            (FailureKind::Connection, true, None),
            "{start}: {failure}"
        );
        assert!(failure.message.contains("connection"), "the retry plugin knows it by that word: {failure}");
    }
}

#[tokio::test]
async fn a_secret_that_comes_back_is_not_kept() {
    let server = Server::json(r#"{"result": "you sent s3cr3t-s3cr3t"}"#).await;
    let mut handler = local(server.url("/"));
    handler.headers.insert("x-key".to_owned(), "{{secret:KEY}}".to_owned());
    let options = HttpOptions::default().with_secrets(Secrets::default().with("KEY", "s3cr3t-s3cr3t"));
    assert!(!format!("{options:?}").contains("s3cr3t"));
    let failure = load(options, &handler).call(event("{}")).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::BadOutput);
    assert!(!failure.message.contains("s3cr3t"), "{failure}");
}

#[tokio::test]
async fn a_service_that_says_nothing_ends_at_the_deadline() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://127.0.0.1:{}/", listener.local_addr().unwrap().port());
    let mut call = event("{}");
    call.deadline = Instant::now() + Duration::from_millis(50);
    let failure = load(HttpOptions::default(), &local(url)).call(call).await.unwrap_err();
    assert_eq!((failure.kind, failure.retryable), (FailureKind::Deadline, true));
}

#[test]
fn the_settings_are_read_as_a_cascade_has_them() {
    let handler = settings(json!({"kind": "http", "url": "https://example.com/"}));
    assert_eq!(handler, HttpHandler::new("https://example.com/"));
    assert_eq!((handler.request_bytes, handler.response_bytes), (1 << 20, 1 << 20));
}
