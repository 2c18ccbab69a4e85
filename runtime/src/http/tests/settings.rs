//! Settings that cannot be used are refused when they are loaded.

use serde_json::{Value, json};

use super::*;

fn refused(change: Value) -> (&'static str, String) {
    let mut whole = json!({"kind": "http", "url": "https://example.com/"});
    whole.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    let error = HttpHost::new(HttpOptions::default()).load("S", &settings(whole)).err().expect("it is refused");
    (error.code(), error.to_string())
}

#[test]
fn an_event_never_chooses_where_a_request_goes() {
    for url in [
        "{{url}}",
        "https://{{host}}/",
        "https://a.{{host}}/",
        "https://a:{{port}}/",
        "https://a{{rest}}",
        "https://{{user}}@a/",
    ] {
        assert_eq!(refused(json!({"url": url})).0, "R1021", "{url}");
    }
    for url in [
        "example.com",
        "file:///etc/passwd",
        "https://a/#x",
        "https://u:p@a/",
        "https://a/ b",
        "https://a/{{x}} b",
        "https://a/{{x}}#",
    ] {
        assert_eq!(refused(json!({"url": url})).0, "R1021", "{url}");
    }
}

#[test]
fn places_paths_and_names_are_checked() {
    for change in [
        json!({"url": "https://a/{{x"}),
        json!({"url": "https://a/{{x[]}}"}),
        json!({"url": "https://a/{{secret:KEY}}"}),
        json!({"body": {"a": ["{{secret:KEY}}"]}}),
        json!({"body": "{{a..b}}"}),
        json!({"headers": {"a b": "x"}}),
        json!({"headers": {"host": "x"}}),
        json!({"headers": {"Content-Length": "1"}}),
        json!({"headers": {"x": "a\r\nb"}}),
        json!({"networks": ["10.0.0.0/99"]}),
        json!({"response": {"result": "a[]"}}),
    ] {
        let (code, message) = refused(change.clone());
        assert_eq!(code, "R1021", "{change}: {message}");
    }
    let (code, message) = refused(json!({"headers": {"x": "{{secret:NO_SUCH}}"}}));
    assert!(code == "R1022" && message.contains("`NO_SUCH`"), "{message}");
    let nothing = HttpOptions::default().with_system_roots(false);
    let error = HttpHost::new(nothing).load("S", &HttpHandler::new("https://example.com/")).err().unwrap();
    assert_eq!(error.code(), "R1023");
}
