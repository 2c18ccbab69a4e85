//! What is refused at load, and in which words: `tests/stages/load/NAME.wat` beside `NAME.txt`.
//!
//! `UPDATE_EXPECTED=1` writes the texts anew; read the difference before committing it.

use cascata_config::{Determinism, GuestForm, HandlerConfig, InstanceMode, Interruption, PooledInstances, WasmHandler};
use cascata_runtime::wasm::{CORE_ABI, Import, LoadErrorKind, WasmHost, capability_imports, imports, inspect};
use cascata_vm::Segment;

use super::support::{folder, host, settings, stage, wasm};

#[test]
fn every_misfit_is_refused_in_the_words_kept_beside_it() {
    let folder = folder().join("load");
    let mut names: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .filter_map(|entry| Some(entry.unwrap().file_name().into_string().ok()?.strip_suffix(".wat")?.to_owned()))
        .collect();
    names.sort_unstable();
    assert!(names.len() >= 36);
    let mut different = Vec::new();
    for name in names {
        let bytes = wat::parse_file(folder.join(format!("{name}.wat"))).unwrap();
        let error = host().load("misfit", &bytes, &settings(|_| ())).err().unwrap_or_else(|| panic!("{name} loads"));
        let found = format!("{} {error}\n", error.code());
        let path = folder.join(format!("{name}.txt"));
        if std::env::var_os("UPDATE_EXPECTED").is_some() {
            std::fs::write(&path, &found).unwrap();
        }
        let expected = std::fs::read_to_string(&path).unwrap_or_default();
        if found != expected {
            different.push(format!("{name}\n--- expected\n{expected}--- found\n{found}"));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

#[test]
fn what_is_no_module_says_what_it_is() {
    let code = |bytes: &[u8]| host().load("x", bytes, &settings(|_| ())).err().map(|error| error.code());
    assert_eq!(code(b"(module)"), Some("R1002"));
    assert_eq!(code(b"\0asm\x0d\0\x01\0"), Some("R1005"), "an empty component");
    let engine_settings = wasmtime::Engine::default();
    let native = engine_settings.precompile_module(&wasm("good")).unwrap();
    assert_eq!(code(&native), Some("R1003"));
    let small = settings(|handler| handler.module_bytes = 10);
    assert_eq!(host().load("x", &wasm("good"), &small).err().unwrap().code(), "R1001");
    assert_eq!(host().load("x", &wasm("good"), &HandlerConfig::None).err().unwrap().code(), "R1017");
}

#[test]
fn settings_that_contradict_each_other_are_refused() {
    let refused = |change: fn(&mut WasmHandler)| {
        let error = host().load("x", &wasm("good"), &settings(change)).err().unwrap();
        match *error.kind {
            LoadErrorKind::Setting { key, .. } => key,
            other => panic!("{other}"),
        }
    };
    let pooled = InstanceMode::Pooled(PooledInstances { max: 0, ..PooledInstances::default() });
    assert_eq!(refused(|h| h.fuel = Some(0)), "fuel");
    assert_eq!(refused(|h| h.interruption = Interruption::Epoch), "fuel");
    assert_eq!(refused(|h| h.yield_interval = 5), "yield_interval");
    assert_eq!(refused(|h| h.wasm_stack_bytes = 1 << 30), "wasm_stack_bytes");
    assert_eq!(refused(|h| h.wasm_stack_bytes = 1), "wasm_stack_bytes");
    assert_eq!(refused(|h| h.fields = Some(Vec::new())), "fields");
    let error = host().load("x", &wasm("good"), &settings(|h| h.instance = pooled)).err().unwrap();
    assert!(error.to_string().contains("instance.pooled.max"), "{error}");
}

#[test]
fn strict_determinism_needs_fuel_a_fresh_instance_and_no_clock() {
    let refused = |change: fn(&mut WasmHandler)| {
        let strict = settings(|handler| {
            handler.determinism = Determinism::Strict;
            change(handler);
        });
        host().load("x", &wasm("good"), &strict).err().map(|error| error.to_string())
    };
    assert!(refused(|h| h.fuel = None).unwrap().contains("explicit `fuel`"));
    assert!(
        refused(|h| h.instance = InstanceMode::Pooled(PooledInstances::default()))
            .unwrap()
            .contains("`instance: fresh`")
    );
    assert!(
        refused(|h| (h.fuel, h.interruption) = (None, Interruption::Epoch)).unwrap().contains("`interruption: fuel`")
    );
    assert_eq!(refused(|_| ()), None);
}

#[test]
fn the_form_is_told_from_the_bytes_and_can_be_said() {
    assert_eq!(stage("good", |_| ()).form(), GuestForm::Core);
    assert_eq!(stage("command_exit", |_| ()).form(), GuestForm::Command);
    let ambiguous = wat::parse_file(folder().join("load/ambiguous.wat")).unwrap();
    let said = settings(|handler| handler.form = Some(GuestForm::Core));
    assert_eq!(host().load_stage("x", &ambiguous, &said).unwrap().form(), GuestForm::Core);
    let component = settings(|handler| handler.form = Some(GuestForm::Component));
    assert_eq!(host().load("x", &ambiguous, &component).err().unwrap().code(), "R1004");
}

#[test]
fn a_manifest_is_read_without_compiling() {
    let path = vec![Segment::Key("geo".to_owned()), Segment::Key("country".to_owned())];
    assert_eq!(WasmHost::field_paths("m", &wasm("manifest"), &settings(|_| ())).unwrap(), std::slice::from_ref(&path));
    let stage = stage("manifest", |_| ());
    assert_eq!(stage.field_paths(), [path]);
    assert_eq!((stage.manifest().name.as_str(), stage.manifest().stateless), ("m", true));
}

#[test]
fn a_with_block_is_held_against_the_schema_of_its_module() {
    let load = |config: serde_json::Value| {
        let with = config.as_object().unwrap().clone();
        host().load("S", &wasm("config_schema"), &settings(move |handler| handler.config = with))
    };
    assert!(load(serde_json::json!({"threshold": 0.5, "labels": ["a"]})).is_ok());
    let error = load(serde_json::json!({"threshhold": 0.5, "labels": ["a", 1]})).err().unwrap();
    assert_eq!(
        format!("{} {error}", error.code()),
        "R1018 stage `S`: the module does not take this `with:`\n  \
         wrong: `with.threshold` is missing, and the module needs it\n  \
         wrong: `with.threshhold` is no key that the module takes; did you mean `threshold`?\n  \
         wrong: `with.labels[1]` is 1, expected a text"
    );
}

#[test]
fn the_table_of_imports_is_the_one_the_guest_sdk_declares() {
    let declared = |imports: &[Import]| -> Vec<_> {
        let words = |import: &Import| {
            let words = import.params.iter().map(|ty| format!("{} ", ty.word())).collect::<String>();
            let result = import.result.map(|ty| format!(" {}", ty.word())).unwrap_or_default();
            (import.name, format!("{words}->{result}"))
        };
        imports.iter().map(words).collect()
    };
    let theirs = |imports: &[(&'static str, &str)]| -> Vec<_> {
        imports.iter().map(|(name, ty)| (*name, (*ty).to_owned())).collect()
    };
    assert_eq!(declared(imports()), theirs(cascata_stage::imports::IMPORTS));
    for (module, imports) in capability_imports() {
        let known = cascata_stage::imports::capabilities::ALL.iter().find(|(name, _)| *name == module);
        assert_eq!(declared(imports), theirs(known.unwrap_or_else(|| panic!("{module}")).1), "{module}");
    }
    assert!(imports().iter().all(|import| import.params.len() == import.param_names.len() && !import.doc.is_empty()));
}

#[test]
fn codes_are_unique_and_in_order() {
    let codes: Vec<_> = LoadErrorKind::CODES.iter().map(|(code, _)| *code).collect();
    let mut sorted = codes.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(codes, sorted);
}

#[test]
fn a_shape_lists_imports_and_exports() {
    let shape = inspect(&wasm("good")).unwrap();
    assert!(shape.imports_from(CORE_ABI));
    assert_eq!(shape.export("stage_run").unwrap().to_string(), "() -> i32");
    assert_eq!(shape.imports[5].2.to_string(), "(i32, i32) -> ()");
    assert_eq!((shape.memory_bytes, shape.memories), (65_536, 1));
}
