//! Images of format 1 that are kept for good: each has its source beside it. `vm/tests/format.rs` holds what they decide.

use std::path::{Path, PathBuf};

use cascata_compiler::{Options, Source, compile};
use cascata_vm::image::{LoadOptions, Program};

fn sources() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/images/v1");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|ending| ending == "yaml")).collect()
}

#[test]
fn every_source_has_its_image_and_still_compiles() {
    let sources = sources();
    assert!(!sources.is_empty());
    for path in sources {
        let name = path.file_name().unwrap().to_str().unwrap();
        let compiled = compile(&Source::new(name, std::fs::read_to_string(&path).unwrap()), &Options::default());
        let image = compiled.image.unwrap_or_else(|| panic!("{name}: {:#?}", compiled.diagnostics));
        let kept = path.with_extension("cbc");
        // What is there is never written again.
        if std::env::var_os("UPDATE").is_some() && !kept.exists() {
            std::fs::write(&kept, &image).unwrap();
        }
        let kept = Program::verify(std::fs::read(kept).unwrap(), &LoadOptions::default()).unwrap();
        let today = Program::verify(image, &LoadOptions::default()).unwrap();
        let names =
            |program: &Program<'_>| -> Vec<String> { program.stages().map(|stage| stage.name().to_owned()).collect() };
        assert_eq!((kept.name(), names(&kept)), (today.name(), names(&today)));
    }
}
