//! Passes over tests: each with what it makes of an intermediate form, and that all keep to it.
//!
//! `UPDATE=1` writes the forms in `tests/passes` anew; look at what changed before committing it.

use std::path::Path;

use cascata_compiler::{Options, Pass, Passes, Source, compile, intermediate};

fn options(passes: Passes) -> Options {
    let mut options = Options::default();
    options.passes = passes;
    options.analysis = false;
    options
}

/// A cascade of one rule for each condition.
fn cascade(conditions: &str) -> Source {
    let rules = conditions.lines().enumerate().map(|(number, condition)| {
        format!("      - {{name: r{number}, condition: {condition}, action: {{type: terminate}}}}\n")
    });
    let rules: String = rules.collect();
    Source::new(
        "c.yaml",
        format!("name: c\nversion: \"1\"\nstages:\n  S:\n    name: S\n    handler: none\n    routing_rules:\n{rules}"),
    )
}

#[test]
fn each_pass_rewrites_what_it_is_for_and_nothing_else() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/passes");
    for pass in Pass::ALL {
        // A pass sees what those before it left.
        let before = Pass::ALL.iter().take_while(|earlier| *earlier != pass);
        let before = before.fold(Passes::NONE, |passes, earlier| passes.with(*earlier));
        let conditions = std::fs::read_to_string(dir.join(format!("{}.conditions", pass.name()))).unwrap();
        let source = cascade(&conditions);
        let show = |passes| {
            intermediate(&source, &options(passes))
                .unwrap_or_else(|| panic!("{:#?}", compile(&source, &options(passes)).diagnostics))
        };
        let (without, with) = (show(before), show(before.with(*pass)));
        assert_ne!(without, with, "{} does nothing", pass.name());
        let found = format!("-- before\n{without}-- after\n{with}");
        let golden = dir.join(format!("{}.ir", pass.name()));
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&golden, &found).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&golden).unwrap_or_default(), found, "{}", golden.display());
    }
}

#[test]
fn every_pass_has_its_forms_and_no_form_is_without_one() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/passes");
    let mut found: Vec<String> =
        std::fs::read_dir(dir).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    let mut wanted: Vec<String> =
        Pass::ALL.iter().flat_map(|pass| ["conditions", "ir"].map(|end| format!("{}.{end}", pass.name()))).collect();
    found.sort();
    wanted.sort();
    assert_eq!(found, wanted);
}
