//! The cascade whose model is a service, against a service that this test starts.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use cascata::compiler::{Options, Source, compile};
use cascata::learn::proposals::{Request, ask};
use cascata::learn::{Backtest, Recommendation};
use cascata::record::{DecisionRecord, Mode};
use cascata::runtime::Secrets;
use cascata::runtime::engine::Engine;
use cascata::runtime::http::{HttpHost, HttpOptions};
use cascata::vm::image::{LoadOptions, Program};
use cascata::writer::CascadeWriter;
use serde_json::{Value, json};

use super::cascade::examples;

const TOKEN: &str = "token-of-this-test";

/// A request: its first line, its headers and its body.
type Asked = (String, Vec<String>, Value);

/// A scoring service: it is busy at the first request, knows its token, and fails for one merchant.
fn answer(number: usize, (_, headers, body): &Asked) -> (&'static str, Value) {
    if number == 0 {
        return ("503 Service Unavailable\r\nretry-after: 0", json!("busy"));
    }
    if !headers.contains(&format!("authorization: Bearer {TOKEN}")) {
        return ("401 Unauthorized", json!("who are you?"));
    }
    if body["text"].as_str().is_some_and(|text| text.ends_with("to closed")) {
        return ("500 Internal Server Error", json!("no such merchant"));
    }
    let amount = body["amount"].as_f64().unwrap_or(0.0);
    let (label, probability) = match amount {
        1_000.0.. => ("fraud", 0.97),
        500.0.. => ("fraud", 0.6),
        _ => ("fine", 0.8),
    };
    let prediction = json!({"label": label, "probability": probability, "reasons": ["amount"]});
    ("200 OK", json!({"prediction": prediction, "model": {"version": 7}}))
}

fn read(stream: &mut BufReader<TcpStream>) -> Option<Asked> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).ok().filter(|length| *length > 0)?;
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let length = lines.iter().find_map(|line| line.strip_prefix("content-length: "))?.parse().ok()?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some((lines.remove(0), lines, serde_json::from_slice(&body).ok()?))
}

/// Starts a service that answers so. Gives its port and what it is asked.
fn start(answer: fn(usize, &Asked) -> (&'static str, Value)) -> (u16, Arc<Mutex<Vec<Asked>>>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let seen = Arc::clone(&seen);
            std::thread::spawn(move || {
                let mut stream = BufReader::new(stream);
                while let Some(request) = read(&mut stream) {
                    let mut seen = seen.lock().unwrap();
                    let (status, said) = answer(seen.len(), &request);
                    seen.push(request);
                    let said = said.to_string();
                    let answer = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n{said}", said.len());
                    if stream.get_mut().write_all(answer.as_bytes()).is_err() {
                        return;
                    }
                }
            });
        }
    });
    (port, asked)
}

/// An example that asks a service at `old`, with one at `port` in its place.
fn engine(name: &str, (old, port): (u16, u16), secret: &str) -> Engine {
    let text = std::fs::read_to_string(examples().join("cascades").join(name)).unwrap();
    assert!(text.contains(&format!("127.0.0.1:{old}")));
    let source = Source::new(name, text.replace(&format!(":{old}"), &format!(":{port}")));
    let compiled = compile(&source, &Options::default());
    assert!(compiled.diagnostics.is_empty(), "{:?}", compiled.diagnostics);
    let program = Program::verify(compiled.image.unwrap(), &LoadOptions::default()).unwrap();
    let options = HttpOptions::default().with_secrets(Secrets::default().with(secret, TOKEN));
    Engine::builder(program).source(Arc::new(HttpHost::new(options))).build().unwrap()
}

fn decide(port: u16, events: &[Value]) -> Vec<DecisionRecord> {
    let engine = engine("scoring_service.yaml", (8085, port), "SCORING_TOKEN");
    let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let decide = |event: &Value| tokio.block_on(engine.execute(event.to_string().as_bytes())).unwrap();
    events.iter().map(|event| decide(event).record(Mode::Full)).collect()
}

#[test]
fn a_cascade_asks_a_service_and_decides_by_what_it_says() {
    let (port, asked) = start(answer);
    let customer = json!({"id": "a/b&c", "country": "DE", "name": "Ann \"x\" B"});
    let event = |amount: f64, merchant: &str| json!({"amount": amount, "merchant": merchant, "customer": customer, "items": [{"sku": 1}]});
    let events = [
        json!({"amount": 5}),
        event(2000.0, "shop"),
        event(600.0, "shop"),
        event(100.0, "shop"),
        event(50.0, "closed"),
    ];
    let records = decide(port, &events);
    let outcomes: Vec<_> = records.iter().map(|record| record.outcome.clone()).collect();
    assert_eq!(outcomes, ["pass", "block", "review", "pass", "review"].map(|verdict| json!(verdict)));

    let model = |record: &DecisionRecord| record.stages.iter().find(|stage| stage.name == "MODEL").cloned();
    assert!(model(&records[0]).is_none(), "rules decided");
    let busy = model(&records[1]).unwrap();
    assert_eq!((busy.result, busy.confidence), (json!("fraud"), Some(json!(0.97))));
    assert_eq!(busy.capabilities, ["http"]);
    let data = busy.data.unwrap();
    assert_eq!(
        (&data["model"], &data["reasons"], &data["resilience"]["attempts"]),
        (&json!(7), &json!(["amount"]), &json!(2))
    );
    let failed = &records[4].errors;
    assert_eq!(failed.len(), 1);

    let asked = asked.lock().unwrap();
    assert_eq!(asked.len(), 2 + 1 + 1 + 3, "tried again after 503, and twice after 500");
    let (line, headers, body) = &asked[1];
    assert_eq!(line, "POST /v1/models/payments/score?customer=a%2Fb%26c HTTP/1.1");
    assert!(headers.contains(&format!("host: 127.0.0.1:{port}")));
    let text = "Ann \"x\" B pays 2000.0 to shop";
    assert_eq!(*body, json!({"amount": 2000.0, "country": "DE", "items": [{"sku": 1}], "text": text}));
    for record in &records {
        assert!(!serde_json::to_string(record).unwrap().contains(TOKEN), "no secret is recorded");
    }
}

#[test]
fn a_service_that_is_not_there_leaves_it_to_people() {
    let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    let event = json!({"amount": 100, "merchant": "shop", "customer": {"id": 1, "country": "DE", "name": "Ann"}});
    let record = decide(port, &[event]).remove(0);
    assert_eq!(record.outcome, json!("review"));
    let stage = record.stages.iter().find(|stage| stage.name == "MODEL").unwrap();
    let error = serde_json::to_value(stage).unwrap()["error"].to_string();
    assert!(error.contains("no connection to http://127.0.0.1"), "{error}");
}

/// A model that was asked for a rule, and wraps it into words; it does not know what it is not asked with its token.
fn write(_: usize, (_, headers, body): &Asked) -> (&'static str, Value) {
    let prompt = body["messages"][0]["content"].as_str().unwrap_or_default();
    if !headers.contains(&format!("authorization: Bearer {TOKEN}")) || !prompt.contains("would answer with \"deny\"") {
        return ("401 Unauthorized", json!("who are you?"));
    }
    let rule = json!({"name": "embargo", "condition": {"field": "country", "operator": "IN", "value": ["KP", "IR"]},
        "action": {"type": "terminate", "outcome": "deny"}});
    let said = format!("Sure! Here is the rule:\n```json\n{rule}\n```\nAnything else?");
    ("200 OK", json!({"choices": [{"message": {"role": "assistant", "content": said}}]}))
}

fn request<'r>(cascade: &'r Source, answer: &'r Value) -> Request<'r> {
    let description = "countries under embargo";
    Request { cascade, stage: "DEAR", target: "CHEAP", answer, description, examples: &[] }
}

#[test]
fn a_model_behind_a_service_writes_a_rule_that_compiles_and_waits_to_be_measured() {
    let cascade = "name: c\nversion: '1'\nstages:\n  CHEAP:\n    name: CHEAP\n    handler: {kind: none}\n    \
        routing_rules:\n      - {name: small, condition: {field: amount, operator: <, value: 1}, action: {type: terminate, outcome: pass}}\n  \
        DEAR:\n    name: DEAR\n    handler: {kind: native}\n";
    let cascade = Source::new("c.yaml", cascade);
    let (port, asked) = start(write);
    let mut writer = CascadeWriter::new(engine("rule_writer.yaml", (8086, port), "MODEL_TOKEN")).unwrap();
    let proposal = ask(&mut writer, &request(&cascade, &json!("deny"))).unwrap();
    assert_eq!(proposal.when, "country in [\"KP\", \"IR\"]");
    assert_eq!((proposal.precision, proposal.recommendation), (0.0, Recommendation::Monitor));
    assert!(asked.lock().unwrap()[0].2["messages"][0]["content"].as_str().unwrap().contains("countries under embargo"));
    // What the service refuses is no rule.
    let refused = ask(&mut writer, &request(&cascade, &json!("pass"))).unwrap_err();
    assert_eq!(refused.code(), "C0407");
    // It is held against events as any other.
    let mut backtest = Backtest::new(&[proposal]).unwrap();
    for country in ["KP", "DE", "IR", "FR"] {
        let answer = if ["KP", "IR"].contains(&country) { "deny" } else { "pass" };
        backtest.event(&json!({ "country": country }).to_string(), cascata::vm::Value::Text(answer));
    }
    let report = backtest.report(&cascata::learn::Options::default(), None);
    assert_eq!((report.together.matched, report.together.right), (2, 2));
}
