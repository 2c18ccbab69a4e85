//! The stage with every capability, `examples/stages/reputation.yaml`, through the engine: what is allowed works, what is not is
//! refused, and both can be seen.

use std::process::Command;
use std::sync::Arc;

use cascata::compiler::{Options, Source, compile};
use cascata::modules::ModuleFolder;
use cascata::record::Mode;
use cascata::runtime::Secrets;
use cascata::runtime::engine::Engine;
use cascata::runtime::wasm::{Figure, WasmHost, WasmHostOptions};
use cascata::vm::image::{LoadOptions, Program};
use serde_json::{Value, json};

use super::server::Server;
use super::{COMMITTED, HUGE, ON_DEMAND, module_cache, stages};

const ALL: [&str; 6] = ["clock", "http", "kv", "metrics", "random", "secrets"];
const TOKEN: &str = "t0ken-of-a-test";

/// A service that says a rating, or what else it is told to.
async fn service(answers: &'static [&'static str]) -> Server {
    Server::new(|request| answers[request.min(answers.len() - 1)].to_owned()).await
}

const RATED_82: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n82";
const RATED_5: &str = "HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n5";

/// The cascade as it is, but for the service's port and what `change` does to its text.
fn load(port: u16, change: impl FnOnce(String) -> String) -> Result<(Engine, WasmHost), String> {
    let text = std::fs::read_to_string(stages().join("reputation.yaml")).unwrap();
    let text = change(text.replace("8085", &port.to_string()));
    let compiled = compile(&Source::new("reputation.yaml", text), &Options::default());
    assert!(compiled.diagnostics.is_empty(), "{:?}", compiled.diagnostics);
    let program = Program::verify(compiled.image.unwrap(), &LoadOptions::default()).unwrap();
    let secrets = Secrets::default().with("REPUTATION_TOKEN", TOKEN);
    let host = WasmHost::new(WasmHostOptions::default().with_cache_dir(module_cache()).with_secrets(secrets));
    let modules = ModuleFolder::with_host(stages(), host.clone());
    let engine = Engine::builder(program).source(Arc::new(modules)).build().map_err(|error| format!("{error:#}"))?;
    Ok((engine, host))
}

async fn decide(engine: &Engine, event: &str) -> Value {
    let decision = engine.execute(event.as_bytes()).await.unwrap();
    serde_json::to_value(decision.record(Mode::Full)).unwrap()
}

#[tokio::test]
async fn with_every_capability_it_asks_remembers_and_measures() {
    for language in languages().iter().filter(|language| !HUGE.contains(language)) {
        println!("{language}");
        asks_remembers_and_measures(language).await;
    }
}

#[tokio::test]
#[ignore = "compiles 19 MB: run it with --release"]
async fn languages_with_huge_runtimes_do_as_well() {
    for language in languages().iter().filter(|language| HUGE.contains(language)) {
        asks_remembers_and_measures(language).await;
    }
}

/// The languages that have it, and whose module is here.
fn languages() -> Vec<&'static str> {
    let mut found = Vec::new();
    for language in COMMITTED.iter().chain(ON_DEMAND) {
        let folder = stages().join(language).join("reputation");
        if folder.join("reputation.wasm").exists() {
            found.push(*language);
        } else if folder.exists() {
            assert!(!COMMITTED.contains(language), "{} has no module", folder.display());
            eprintln!("NOT RUN: the {language} module is not built; `examples/stages/build.sh {language}` does it");
        }
    }
    found
}

async fn asks_remembers_and_measures(language: &str) {
    let service = service(&[RATED_82, RATED_5]).await;
    let module = format!("{language}/reputation/");
    let (engine, host) = load(service.port, |text| text.replace("rust/reputation/", &module)).unwrap();
    let first = decide(&engine, r#"{"ip": "203.0.113.9"}"#).await;
    let stage = &first["stages"][0];
    assert_eq!(first["outcome"], "deny", "{first}");
    assert_eq!(stage["data"], json!({"rating": 82, "source": "service", "payments": 1}));
    assert_eq!(stage["capabilities"], json!(ALL), "the decision says what the stage had");
    let again = decide(&engine, r#"{"ip": "203.0.113.9"}"#).await;
    assert_eq!(again["stages"][0]["data"], json!({"rating": 82, "source": "memory", "payments": 2}));
    let other = decide(&engine, r#"{"ip": "203.0.113.10"}"#).await;
    assert_eq!(other["stages"][0]["data"], json!({"rating": 5, "source": "service", "payments": 1}));

    let requests = service.requests();
    assert_eq!(requests.len(), 2, "what is remembered is not asked for");
    assert!(requests[0].starts_with("GET /v1/rating/203.0.113.9 HTTP/1.1\r\n"), "{}", requests[0]);
    assert!(requests[0].to_lowercase().contains(&format!("authorization: bearer {TOKEN}\r\n")), "{}", requests[0]);
    let id = |request: &str| {
        let line = request.lines().find(|line| line.to_lowercase().starts_with("x-request-id: ")).unwrap();
        line["x-request-id: ".len()..].parse::<u64>().unwrap()
    };
    assert_ne!(id(&requests[0]), id(&requests[1]), "random numbers");
    for record in [&first, &again, &other] {
        assert!(!record.to_string().contains(TOKEN), "{record}");
    }
    let figures = &host.figures()[0].figures;
    assert_eq!((figures["asked"], figures["remembered"]), (Figure::Counter(2.0), Figure::Counter(1.0)));
    let Figure::Histogram { count, sum, .. } = figures["answer_ms"] else { panic!("{figures:?}") };
    assert!(count == 2 && sum > 0.0, "the clock goes on while the service is asked: {figures:?}");
}

#[tokio::test]
async fn without_one_of_them_it_is_refused_by_name() {
    for denied in ALL {
        let without = |text: String| {
            let allow = ALL.map(|name| if name == denied { "" } else { name });
            let allow = allow.iter().filter(|name| !name.is_empty()).copied().collect::<Vec<_>>().join(", ");
            let lines = text.replace(&ALL.join(", "), &allow);
            // Settings of a capability that is not there are an error of their own.
            lines.lines().filter(|line| !line.starts_with(&format!("      {denied}:"))).collect::<Vec<_>>().join("\n")
        };
        let error = load(1, without).err().unwrap_or_else(|| panic!("{denied} is not missed"));
        assert!(error.contains(&format!("needs the capability `{denied}`")), "{denied}: {error}");
        assert!(error.contains(&format!("`handler.allow: [{denied}]` gives it")), "{denied}: {error}");
    }
}

#[tokio::test]
async fn what_a_capability_does_not_reach_is_a_refusal_that_the_decision_shows() {
    let service = service(&[RATED_82]).await;
    let ports = format!("ports: [{}]", service.port);
    let cases = [
        (ports.as_str(), "ports: [443]", ports.trim_matches(|letter: char| !letter.is_ascii_digit())),
        ("hosts: [127.0.0.1]", "hosts: [api.example.com]", "127.0.0.1"),
        (", networks: [127.0.0.0/8]", "", "127.0.0.1"),
        ("plain: true, ", "", "`plain: true`"),
    ];
    for (found, put, says) in cases {
        let (engine, _) = load(service.port, |text| text.replace(found, put)).unwrap();
        let record = decide(&engine, r#"{"ip": "203.0.113.9"}"#).await;
        let error = &record["stages"][0]["error"];
        assert_eq!((&record["outcome"], &error["kind"]), (&json!("review"), &json!("stage_error")), "{record}");
        assert!(error["message"].as_str().unwrap().contains(says), "{record}");
    }
    assert!(service.requests().is_empty());
}

/// The command line on a thread of its own, so that the service goes on.
async fn cascata(arguments: Vec<String>) -> String {
    let run = move || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cascata"));
        command.args(arguments).env("CASCATA_SECRET_REPUTATION_TOKEN", TOKEN).output().unwrap()
    };
    let output = tokio::task::spawn_blocking(run).await.unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}\n{out}{err}", output.status);
    assert!(!out.contains(TOKEN) && !err.contains(TOKEN), "{out}{err}");
    out.into_owned()
}

#[tokio::test]
async fn every_verb_that_runs_stages_lets_them_ask() {
    const EVENT: &str = r#"{"ip": "203.0.113.9"}"#;
    let service = service(&[RATED_82]).await;
    let folder = tempfile::tempdir().unwrap();
    let (module, cascade) = (folder.path().join("reputation.wasm"), folder.path().join("reputation.yaml"));
    std::fs::copy(stages().join("rust/reputation/reputation.wasm"), &module).unwrap();
    let text = std::fs::read_to_string(stages().join("reputation.yaml")).unwrap();
    let text = text.replace("8085", &service.port.to_string()).replace("rust/reputation/", "");
    let tests = format!("\ntests:\n  - name: a rating\n    event: {EVENT}\n    expect: {{outcome: deny}}\n");
    std::fs::write(&cascade, text + &tests).unwrap();
    let events = folder.path().join("events.ndjson");
    std::fs::write(&events, format!("{EVENT}\n{EVENT}\n")).unwrap();

    let path = |path: &std::path::Path| path.to_str().unwrap().to_owned();
    let verb = |verb: &str, more: &[&str]| {
        let more = more.iter().map(|argument| (*argument).to_owned());
        cascata([verb.to_owned(), path(&cascade)].into_iter().chain(more).collect())
    };
    let decided = verb("run", &[&path(&events), "--jobs", "1", "--in-flight", "1", "--detail", "full"]).await;
    assert_eq!(decided.matches(r#""outcome":"deny""#).count(), 2, "{decided}");
    let explained = verb("explain", &[EVENT]).await;
    assert!(explained.contains("deny"), "{explained}");
    let tested = verb("test", &[]).await;
    assert!(tested.contains("1 test: 1 ok"), "{tested}");
    let handler = json!({
        "allow": ALL, "secrets": ["REPUTATION_TOKEN"],
        "http": {"hosts": ["127.0.0.1"], "ports": [service.port], "plain": true, "networks": ["127.0.0.0/8"]},
        "with": {"url": service.url("/v1/rating")},
    });
    let stage = ["stage", "run", &path(&module), EVENT, "--handler", &handler.to_string()];
    let answered = cascata(stage.map(ToOwned::to_owned).to_vec()).await;
    assert!(answered.starts_with("result      bad\n"), "{answered}");
    assert_eq!(service.requests().len(), 4, "each was asked once: what is remembered is not asked for again");
}

#[test]
fn inspect_shows_what_it_asks_for() {
    let module = stages().join("rust/reputation/reputation.wasm");
    let output = Command::new(env!("CARGO_BIN_EXE_cascata")).args(["stage", "inspect"]).arg(module).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains(&format!("capabilities  {}\n", ALL.join(", "))), "{text}");
}
