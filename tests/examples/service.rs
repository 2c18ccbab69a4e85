//! The cascade whose model is a service, against a service that this test starts.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use cascata::compiler::{Options, Source, compile};
use cascata::record::{DecisionRecord, Mode};
use cascata::runtime::Secrets;
use cascata::runtime::engine::Engine;
use cascata::runtime::http::{HttpHost, HttpOptions};
use cascata::vm::image::{LoadOptions, Program};
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

/// Starts the service. Gives its port and what it is asked.
fn start() -> (u16, Arc<Mutex<Vec<Asked>>>) {
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

fn decide(port: u16, events: &[Value]) -> Vec<DecisionRecord> {
    let text = std::fs::read_to_string(examples().join("cascades/scoring_service.yaml")).unwrap();
    assert!(text.contains("127.0.0.1:8085"));
    let source = Source::new("scoring_service.yaml", text.replace(":8085", &format!(":{port}")));
    let compiled = compile(&source, &Options::default());
    assert!(compiled.diagnostics.is_empty(), "{:?}", compiled.diagnostics);
    let program = Program::verify(compiled.image.unwrap(), &LoadOptions::default()).unwrap();
    let options = HttpOptions::default().with_secrets(Secrets::default().with("SCORING_TOKEN", TOKEN));
    let engine = Engine::builder(program).source(Arc::new(HttpHost::new(options))).build().unwrap();
    let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let decide = |event: &Value| tokio.block_on(engine.execute(event.to_string().as_bytes())).unwrap();
    events.iter().map(|event| decide(event).record(Mode::Full)).collect()
}

#[test]
fn a_cascade_asks_a_service_and_decides_by_what_it_says() {
    let (port, asked) = start();
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
