use cascata_compiler::{Options, Source};
use cascata_vm::image::{LoadOptions, Program};

use super::evaluate::evaluate_all;

/// Any text as YAML and as JSON: the compiler returns, its places are inside the text, and an image it makes is one that
/// verifies and runs. The reader of lines and the parser agree.
pub fn compile(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    assert_ne!(cascata_compiler::yaml_readers_agree(&text), Some(false), "the two readers of YAML differ");
    for name in ["cascade.yaml", "cascade.json"] {
        let compiled = cascata_compiler::compile(&Source::new(name, &*text), &Options::default());
        let errors = compiled.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
        assert_eq!(compiled.image.is_none(), errors > 0, "an image if and only if there is no error");
        for label in compiled.diagnostics.iter().flat_map(|diagnostic| &diagnostic.labels) {
            assert!(text.get(label.span.start..label.span.end).is_some(), "{label:?} lies outside of the text");
        }
        if let Some(image) = compiled.image {
            let program = Program::verify(image, &LoadOptions::default()).expect("an image of the compiler verifies");
            evaluate_all(&program, br#"{"n": 1, "s": "alpha", "obj": {"n": [1, 2.5, null]}}"#);
        }
    }
}
