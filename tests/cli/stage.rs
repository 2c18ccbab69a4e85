//! `cascata stage`: from an empty folder to a measured stage.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::{cascata, command};

/// A committed module that reads `amount` and answers.
fn module(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stages/released").join(name)
}

/// A text fixture as a module in a folder of its own.
fn assembled(folder: &Path, name: &str) -> PathBuf {
    let text = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stages").join(format!("{name}.wat"));
    let path = folder.join(format!("{}.wasm", name.replace('/', "_")));
    fs::write(&path, wat::parse_file(text).unwrap()).unwrap();
    path
}

fn arg(path: &Path) -> &str {
    path.to_str().unwrap()
}

const LIMIT: [&str; 2] = ["--with", r#"{"limit": 1000}"#];

#[test]
fn run_shows_the_answer_and_what_it_took_in_either_form() {
    for name in ["core-v1.wasm", "component-0.1.0.wasm"] {
        let module = module(name);
        let arguments = ["stage", "run", arg(&module), r#"{"amount": 1001}"#, LIMIT[0], LIMIT[1]];
        let ran = cascata(&arguments).exits(0);
        assert!(
            ran.out.starts_with("result      review\nconfidence  0.75\ndata        {\"seen\":true}\nfuel "),
            "{}",
            ran.out
        );
        let ran = cascata(&[&arguments[..], &["--format", "json"]].concat()).exits(0);
        let answer: Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!(
            (&answer["result"], &answer["ok"], &answer["memory_bytes"]),
            (&json!("review"), &json!(true), &json!(65_536))
        );
        assert!(answer["fuel"].as_u64().unwrap() > 0 && answer["fuel_limit"].as_u64().unwrap() > 1_000_000, "{answer}");
    }
}

#[test]
fn run_tells_a_trap_with_its_call_stack_and_ends_with_1() {
    let folder = tempfile::tempdir().unwrap();
    let module = assembled(folder.path(), "counter");
    let ran = cascata(&["stage", "run", arg(&module), r#"{"trap": true}"#]).exits(1);
    assert!(ran.out.contains("failure     R0005 trapped: "), "{}", ran.out);
    assert!(ran.out.contains("\nin          boom at byte "), "{}", ran.out);
    let bomb = assembled(folder.path(), "memory_bomb");
    let ran = cascata(&["stage", "run", arg(&bomb), "{}"]).exits(1);
    assert!(ran.out.contains("raise `handler.memory_bytes`"), "{}", ran.out);
}

#[test]
fn run_names_a_limit_that_is_near() {
    let module = module("core-v1.wasm");
    let run = |handler: &str| {
        cascata(&[
            "stage",
            "run",
            arg(&module),
            r#"{"amount": 1}"#,
            LIMIT[0],
            LIMIT[1],
            "--handler",
            handler,
            "--format",
            "json",
        ])
    };
    let spent: Value = serde_json::from_str(&run("{}").exits(0).out).unwrap();
    assert_eq!(spent["near_limits"], json!([]));
    let tight = format!(r#"{{"fuel": {}}}"#, spent["fuel"]);
    let near: Value = serde_json::from_str(&run(&tight).exits(0).out).unwrap();
    assert!(near["near_limits"][0].as_str().unwrap().starts_with("fuel is at 100 %"), "{near}");
    run(r#"{"fule": 1}"#).exits(2).says("--handler: unknown field `fule`");
}

#[test]
fn inspect_shows_what_a_module_is_without_running_it() {
    let folder = tempfile::tempdir().unwrap();
    // It would burn all fuel before its first event.
    let burns = assembled(folder.path(), "start_burn");
    let ran = cascata(&["stage", "inspect", arg(&burns)]).exits(0);
    assert!(ran.out.contains("form          core: reads fields through the imports of `cascata_v1`\n"), "{}", ran.out);
    assert!(ran.out.contains("import        cascata_v1 set_result: (i32, i32, f64) -> ()\n"), "{}", ran.out);
    let ran = cascata(&["stage", "inspect", arg(&module("component-0.1.0.wasm")), "--format", "json"]).exits(0);
    let seen: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((&seen["form"], &seen["component"]), (&json!("component"), &json!(true)));
    assert_eq!(seen["abi"], json!(["cascata:stage@0.1.0"]));
    assert_eq!(seen["memory_bytes"], json!(65_536));
}

#[test]
fn inspect_of_what_cannot_be_loaded_shows_it_and_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let module = assembled(folder.path(), "load/missing_run");
    let ran = cascata(&["stage", "inspect", arg(&module)]).exits(5).says("R1008");
    assert!(ran.out.contains("export        stage_rnu: () -> i32\n"), "{}", ran.out);
    let said = br#"{"name": "broken", "fields": ["amount"], "capabilities": ["kv"]}"#;
    let mut bytes = std::fs::read(&module).unwrap();
    let name = b"cascata-manifest";
    let length = |length: usize| u8::try_from(length).unwrap();
    bytes.extend([0, length(1 + name.len() + said.len()), length(name.len())]);
    bytes.extend(name.iter().chain(said));
    std::fs::write(&module, bytes).unwrap();
    let ran = cascata(&["stage", "inspect", arg(&module)]).exits(5).says("R1008");
    assert!(ran.out.contains("manifest      broken, by hand\nreads         amount\n"), "{}", ran.out);
    cascata(&["stage", "inspect", "Cargo.toml"]).exits(5).says("R1002");
}

#[test]
fn test_of_what_is_not_built_says_what_builds_it() {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().join("early");
    cascata(&["stage", "new", "early", "--lang", "rust-component", "--dir", arg(&project)]).exits(0);
    cascata(&["stage", "test", arg(&project)]).exits(4).says("is not there yet; `cascata stage build` makes it");
}

#[test]
fn test_compares_with_golden_files_and_updates_them() {
    let folder = tempfile::tempdir().unwrap();
    let module = folder.path().join("check.wasm");
    fs::copy(self::module("core-v1.wasm"), &module).unwrap();
    let golden = folder.path().join("golden");
    fs::create_dir(&golden).unwrap();
    let file = golden.join("large.json");
    fs::write(&file, r#"{"event": {"amount": 1001}, "with": {"limit": 1000}, "expect": {"result": "pass"}}"#).unwrap();
    let test = |more: &[&str]| cascata(&[&["stage", "test", arg(&module)], more].concat());
    let ran = test(&[]).exits(1);
    assert!(ran.out.contains("large.json: differs\n"), "{}", ran.out);
    assert!(ran.out.contains("  result\n    expected \"pass\"\n    seen     \"review\"\n"), "{}", ran.out);
    test(&["--update"]).exits(0);
    let kept: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(kept["expect"], json!({"result": "review", "confidence": 0.75, "data": {"seen": true}}));
    assert_eq!(test(&[]).exits(0).out, "1 golden file: 1 passed, 0 failed\n");
    fs::write(&file, r#"{"evnt": {}}"#).unwrap();
    test(&[]).exits(2).says("`evnt` is no key of a golden file");
}

#[test]
fn bench_holds_fuel_against_a_baseline() {
    let folder = tempfile::tempdir().unwrap();
    let baseline = folder.path().join("fuel.json");
    let events = folder.path().join("events.ndjson");
    fs::write(&events, "{\"amount\": 1}\n{\"amount\": 2000}\n").unwrap();
    let (module, file) = (module("core-v1.wasm"), arg(&baseline));
    let bench = |more: &[&str]| {
        cascata(
            &[&["stage", "bench", arg(&module), arg(&events), LIMIT[0], LIMIT[1], "--seconds", "0.05"], more].concat(),
        )
    };
    bench(&["--baseline", file]).exits(4);
    let ran = bench(&["--baseline", file, "--update", "--format", "json"]).exits(0);
    let seen: Value = serde_json::from_str(&ran.out).unwrap();
    assert!(
        seen["times"]["fresh"]["calls"].as_u64() >= Some(2) && seen["times"]["kept"]["p50_us"].is_number(),
        "{seen}"
    );
    let ran = bench(&["--baseline", file]).exits(0);
    assert!(ran.out.contains("no event spends more fuel"), "{}", ran.out);
    let mut kept: Value = serde_json::from_str(&fs::read_to_string(&baseline).unwrap()).unwrap();
    kept["fuel"][1] = json!(kept["fuel"][1].as_u64().unwrap() - 1);
    fs::write(&baseline, kept.to_string()).unwrap();
    let ran = bench(&["--baseline", file]).exits(1).says("1 event spends more fuel than the baseline allows");
    assert!(ran.out.contains("event 2: "), "{}", ran.out);
    bench(&["--baseline", file, "--tolerance", "50"]).exits(0);
}

#[test]
fn new_writes_a_project_of_a_language_and_lists_those_there_are() {
    let folder = tempfile::tempdir().unwrap();
    let new = |arguments: &[&str]| {
        let output = command().args(["stage", "new"]).args(arguments).current_dir(folder.path()).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    assert_eq!(new(&["amount-check", "--lang", "rust"]).0, Some(0));
    let project = folder.path().join("amount-check");
    let manifest = fs::read_to_string(project.join("Cargo.toml")).unwrap();
    assert!(manifest.contains("name = \"amount-check\"") && !manifest.contains("{{"), "{manifest}");
    assert!(project.join("src/lib.rs").exists() && project.join("cascata-stage/src/lib.rs").exists());
    let (code, said) = new(&["other", "--lang", "cobol"]);
    assert!(code == Some(2) && said.contains("no template for `cobol`; there are ") && said.contains("rust"), "{said}");
    assert_eq!(new(&["amount-check", "--lang", "c"]).0, Some(2), "it is there already");
    assert_eq!(new(&["../x", "--lang", "c"]).0, Some(2));
    assert_eq!(new(&["2x", "--lang", "c"]).0, Some(2));
}

/// A project whose commands are given.
fn project(folder: &Path, form: &str, build: &Value, tools: &str) {
    let text = format!("language = \"test\"\nform = {form:?}\noutput = \"out.wasm\"\nbuild = {build}\n{tools}");
    fs::write(folder.join("stage.toml"), text).unwrap();
}

#[test]
fn build_says_what_to_install_when_a_tool_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let tools = "[[tool]]\nname = \"no-such-compiler\"\nor = [[\"nor-this-one\", \"cc\"]]\n\
                 check = [\"no-such-compiler\", \"--version\"]\ninstall = \"apt-get install no-such-compiler\"\n";
    project(folder.path(), "core", &json!([["no-such-compiler", "stage.c"]]), tools);
    let ran = cascata(&["stage", "build", arg(folder.path())]).exits(6);
    ran.says("no-such-compiler: `no-such-compiler` is not found; install it: apt-get install no-such-compiler");
}

#[cfg(unix)]
#[test]
fn build_runs_the_commands_and_checks_what_they_made() {
    let folder = tempfile::tempdir().unwrap();
    let tools = "[[tool]]\nname = \"copier\"\nor = [[\"cp\"]]\ncheck = [\"copier\", \"--version\"]\ninstall = \"-\"\n";
    let source = module("core-v1.wasm");
    project(folder.path(), "core", &json!([["copier", arg(&source), "out.wasm"]]), tools);
    let ran = cascata(&["stage", "build", arg(folder.path())]).exits(0);
    assert!(ran.out.ends_with(" bytes\n") && ran.out.contains("out.wasm: core, "), "{}", ran.out);
    project(folder.path(), "command", &json!([["copier", arg(&source), "out.wasm"]]), tools);
    cascata(&["stage", "build", arg(folder.path())]).exits(5).says("stage.toml says");
    project(folder.path(), "core", &json!([["cp", "--no-such-option"]]), tools);
    cascata(&["stage", "build", arg(folder.path())]).exits(1).says("`cp --no-such-option` failed");
}

#[cfg(unix)]
#[test]
fn build_makes_a_component_of_a_core_module_and_keeps_its_manifest() {
    let folder = tempfile::tempdir().unwrap();
    let core = assembled(folder.path(), "component/good");
    let mut bytes = fs::read(&core).unwrap();
    // A custom section: its number, its size, the size of its name, its name, its content.
    let manifest = br#"{"name":"good","abi":"cascata:stage@0.1.0","results":["pass","review"]}"#;
    let name = b"cascata-manifest";
    bytes.extend([0, u8::try_from(1 + name.len() + manifest.len()).unwrap(), u8::try_from(name.len()).unwrap()]);
    bytes.extend(name.iter().chain(manifest));
    fs::write(&core, bytes).unwrap();
    project(folder.path(), "component", &json!([["cp", arg(&core), "out.wasm"]]), "");
    let ran = cascata(&["stage", "build", arg(folder.path())]).exits(0);
    assert!(ran.out.contains("stage.component.wasm: good, component, "), "{}", ran.out);
    let built = folder.path().join("stage.component.wasm");
    let ran = cascata(&["stage", "run", arg(&built), r#"{"amount": 5}"#, LIMIT[0], LIMIT[1]]).exits(0);
    assert!(ran.out.starts_with("result      pass\n"), "{}", ran.out);
}

#[test]
fn inspect_shows_which_capabilities_a_module_needs_and_run_gives_none_unasked() {
    let folder = tempfile::tempdir().unwrap();
    let module = assembled(folder.path(), "capabilities");
    let ran = cascata(&["stage", "inspect", arg(&module)]).exits(0);
    assert!(ran.out.contains("capabilities  clock, random\n"), "{}", ran.out);
    cascata(&["stage", "run", arg(&module), "{}"]).exits(5).says("R1020").says("`handler.allow: [clock]` gives it");
    let allow = r#"{"allow": ["clock", "random"]}"#;
    cascata(&["stage", "run", arg(&module), "{}", "--handler", allow]).exits(0);
}

#[test]
fn a_stage_keeps_measures_and_is_shown_secrets_of_a_file_that_only_its_owner_reads() {
    let folder = tempfile::tempdir().unwrap();
    let module = assembled(folder.path(), "keeps");
    let ran = cascata(&["stage", "inspect", arg(&module)]).exits(0);
    assert!(ran.out.contains("capabilities  kv, metrics, secrets\n"), "{}", ran.out);
    let allow = r#"{"allow": ["kv", "metrics", "secrets"], "secrets": ["TOKEN"]}"#;
    let run = |file: &Path, event: &str| {
        cascata(&["stage", "run", arg(&module), event, "--handler", allow, "--secrets-file", arg(file)])
    };
    let file = folder.path().join("secrets");
    std::fs::write(&file, "# ours\nTOKEN=s3cr3t-of-a-test\n").unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |mode| std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        for open in [0o644, 0o620, 0o604] {
            mode(open);
            run(&file, "{}").exits(4).says("C0203").says("`chmod 600`");
        }
        mode(0o600);
    }
    let ran = run(&file, r#"{"op": 7, "key": "asked", "value": "size", "by": 3}"#).exits(0);
    assert!(ran.out.contains("metric      asked {\"counter\":3.0}\n"), "{}", ran.out);
    let ran = run(&file, r#"{"op": 5, "key": "TOKEN", "value": "", "by": 0}"#).exits(0);
    assert!(ran.out.contains("log         error: [secret TOKEN]\n") && !ran.out.contains("s3cr3t"), "{}", ran.out);
    run(&folder.path().join("absent"), "{}").exits(4).says("C0203");
    std::fs::write(&file, "TOKEN=a\nwithout a sign of equality\n").unwrap();
    let ran = run(&file, "{}").exits(4).says("line 2 is not NAME=VALUE");
    assert!(!ran.err.contains("without a sign"), "{}", ran.err);
    std::fs::write(&file, format!("TOKEN=s3cr3t-of-a-test\n{}", "#".repeat(1 << 20))).unwrap();
    run(&file, "{}").exits(4).says("C0203").says("more than 1048576 bytes");
    run(folder.path(), "{}").exits(4).says("it is no regular file");
    #[cfg(unix)]
    {
        // Nobody writes to it: opening it as a file would wait for ever.
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").args(["-m", "600", arg(&pipe)]).status().unwrap().success());
        run(&pipe, "{}").exits(4).says("C0203").says("it is no regular file");
    }
}
