//! What is sent: templates, and values that try to be more than values.

use serde_json::json;

use super::*;
use crate::Secrets;
use crate::stage::FailureKind;

#[tokio::test]
async fn a_request_is_made_of_fields_of_the_event() {
    let server = Server::json(r#"{"label": "ok"}"#).await;
    let handler = settings(json!({
        "kind": "http", "method": "PUT", "networks": ["127.0.0.0/8"],
        "url": server.url("/v1/{{model.name}}/score?user={{user}}"),
        "headers": {"authorization": "Bearer {{secret:TOKEN}}", "x-user": "<{{user}}>", "accept": "text/json"},
        "body": {"amount": "{{amount}}", "note": "user {{user}}: {{amount}}{{nothing}}", "tags": ["{{tags}}", 1, null],
                 "none": "{{nothing}}", "fixed": {"a": true}},
        "response": {"result": "label"},
    }));
    let options = HttpOptions::default().with_secrets(Secrets::default().with("TOKEN", "s3cr3t-s3cr3t"));
    let call = event(r#"{"model": {"name": "big model"}, "user": "ann", "amount": 1.50, "tags": {"x": [1]}}"#);
    let output = load(options, &handler).call(call).await.unwrap();
    assert_eq!(output, StageOutput::new("ok"));
    let requests = server.requests();
    let (head, body) = requests[0].split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("PUT /v1/big%20model/score?user=ann HTTP/1.1\r\n"), "{head}");
    let host = format!("host: 127.0.0.1:{}", server.port);
    for line in [
        host.as_str(),
        "authorization: Bearer s3cr3t-s3cr3t",
        "x-user: <ann>",
        "accept: text/json",
        "content-type: application/json",
    ] {
        assert!(head.lines().any(|said| said == line), "{line} is not in {head}");
    }
    let expected = r#"{"amount":1.5,"note":"user ann: 1.5","tags":[{"x": [1]},1,null],"none":null,"fixed":{"a":true}}"#;
    assert_eq!(body, expected);
}

#[tokio::test]
async fn without_a_body_the_event_is_sent_and_nothing_with_get() {
    let server = Server::json("1").await;
    let mut handler = local(server.url("?x=1"));
    assert_eq!(decide(&handler, r#"{"a": [1]}"#).await.unwrap(), StageOutput::new(1));
    assert!(server.requests()[0].starts_with("POST /?x=1 ") && server.requests()[0].ends_with("\r\n\r\n{\"a\": [1]}"));
    handler.method = cascata_config::HttpMethod::Get;
    decide(&handler, "{}").await.unwrap();
    let asked = server.requests()[1].clone();
    assert!(asked.starts_with("GET /?x=1 ") && asked.ends_with("\r\n\r\n"), "{asked}");
    assert!(!asked.contains("content-"), "{asked}");
}

#[tokio::test]
async fn a_value_is_one_part_of_the_url_whatever_is_in_it() {
    let server = Server::json("1").await;
    let handler = local(server.url("/u/{{id}}/x?q={{id}}"));
    for (id, path) in [
        (r#""a/b""#, "/u/a%2Fb/x?q=a%2Fb"),
        (r#""a?b=c&d#e""#, "/u/a%3Fb%3Dc%26d%23e/x?q=a%3Fb%3Dc%26d%23e"),
        (r#""%2e%2e""#, "/u/%252e%252e/x?q=%252e%252e"),
        (r#"" HTTP/1.1\r\nX: y""#, "/u/%20HTTP%2F1.1%0D%0AX%3A%20y/x?q=%20HTTP%2F1.1%0D%0AX%3A%20y"),
        (r#""ü…""#, "/u/%C3%BC%E2%80%A6/x?q=%C3%BC%E2%80%A6"),
        (r#""...""#, "/u/.../x?q=..."),
        ("-12.5", "/u/-12.5/x?q=-12.5"),
        ("true", "/u/true/x?q=true"),
    ] {
        decide(&handler, &format!(r#"{{"id": {id}}}"#)).await.unwrap();
        let said = server.requests().last().unwrap().clone();
        assert!(said.starts_with(&format!("POST {path} HTTP/1.1\r\n")), "{said}");
    }
    let before = server.requests().len();
    for id in [r#""..""#, r#"".""#, r#""""#, "null", "[1]", r#"{"a": 1}"#] {
        let failure = decide(&handler, &format!(r#"{{"id": {id}}}"#)).await.unwrap_err();
        assert_eq!((failure.kind, failure.retryable), (FailureKind::Unsendable, false), "{id}");
    }
    assert_eq!(
        decide(&handler, "{}").await.unwrap_err().message,
        "the request cannot be made: `id` is missing, and the URL needs it"
    );
    assert_eq!(server.requests().len(), before, "nothing was sent");
}

#[tokio::test]
async fn a_value_cannot_begin_another_header() {
    let server = Server::json("1").await;
    let mut handler = local(server.url("/"));
    handler.headers.insert("x-id".to_owned(), "{{id}}".to_owned());
    for id in ["a\\r\\nX-Admin: 1", "a\\nb", "a\\u0000b", "a\\u007fb"] {
        let failure = decide(&handler, &format!(r#"{{"id": "{id}"}}"#)).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Unsendable, "{id}");
    }
    assert_eq!(server.requests().len(), 0);
    decide(&handler, r#"{"id": "grüße\t1"}"#).await.unwrap();
    assert!(server.requests()[0].contains("x-id: grüße\t1\r\n"));
}

#[tokio::test]
async fn a_value_cannot_begin_another_key_of_the_body() {
    let server = Server::json("1").await;
    let mut handler = local(server.url("/"));
    handler.body = Some(json!({"a": "x {{id}}", "b": "{{id}}"}));
    let id = json!("\", \"admin\": true, \"\n\\").to_string();
    decide(&handler, &format!(r#"{{"id": {id}}}"#)).await.unwrap();
    let said = server.requests()[0].clone();
    let body: serde_json::Value = serde_json::from_str(said.split_once("\r\n\r\n").unwrap().1).unwrap();
    assert_eq!(body, json!({"a": "x \", \"admin\": true, \"\n\\", "b": "\", \"admin\": true, \"\n\\"}));
}

#[tokio::test]
async fn a_body_beyond_its_limit_is_not_sent() {
    let server = Server::json("1").await;
    let mut handler = local(server.url("/"));
    handler.request_bytes = 20;
    handler.body = Some(json!(["{{a}}", "{{a}}"]));
    assert!(decide(&handler, r#"{"a": "123"}"#).await.is_ok());
    let failure = decide(&handler, r#"{"a": "1234567890"}"#).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Unsendable);
    assert!(failure.message.contains("20 bytes; raise `request_bytes`"), "{failure}");
    assert_eq!(server.requests().len(), 1);
}
