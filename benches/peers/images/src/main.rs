//! Compiles the cascades of this folder to images: `peers-images FOLDER RULES.jsonl…`.
//!
//! Writes `ten_rules.cbc` and `nine_rules.cbc` (the ten without the pattern), and `NAME.cbc` for each file of rules. Prints how long compiling
//! took, and of a YAML file of 3,000 rules how long compiling and loading take.

use std::path::{Path, PathBuf};
use std::time::Instant;

use cascata_compiler::{Options, Source, compile};
use cascata_vm::image::{LoadOptions, Program};
use peers_common::{rules, say};

/// How often the 3,000 rules are compiled and loaded; the median counts.
const ROUNDS: usize = 21;

fn main() {
    many();
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let folder = arguments.next().expect("the folder that images go to");
    write(&folder.join("ten_rules.cbc"), &Source::new("ten_rules.yaml", rules::TEN_RULES));
    let nine: String =
        rules::TEN_RULES.lines().filter(|line| !line.contains("MATCHES")).map(|l| format!("{l}\n")).collect();
    write(&folder.join("nine_rules.cbc"), &Source::new("nine_rules.yaml", nine));
    for file in arguments {
        let text = std::fs::read_to_string(&file).expect("a file of rules");
        let name = file.file_stem().and_then(|stem| stem.to_str()).expect("a name").to_owned();
        write(&folder.join(format!("{name}.cbc")), &Source::new(format!("{name}.jsonl"), text));
    }
}

/// A cascade of 3,000 rules: compiled, and its image verified and loaded.
fn many() {
    let source = Source::new("many.yaml", rules::many_rules(1000));
    let (mut compiling, mut loading, mut bytes) = (Vec::new(), Vec::new(), 0);
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        let image = compile(&source, &Options::default()).image.expect("a valid cascade");
        compiling.push(begun.elapsed().as_secs_f64() * 1e3);
        let begun = Instant::now();
        std::hint::black_box(Program::verify(image.as_slice(), &LoadOptions::default()).expect("a valid image").hash());
        loading.push(begun.elapsed().as_secs_f64() * 1e3);
        bytes = image.len();
    }
    for (contender, times) in [("cascata, compiled", &mut compiling), ("cascata, loaded", &mut loading)] {
        times.sort_by(f64::total_cmp);
        let (low, ms) = (times[0], times[ROUNDS / 2]);
        say(&format!(
            r#"{{"table":"compile","case":"3,000 rules in YAML","contender":"{contender}","ms":{ms:.2},"low":{low:.2},"bytes":{bytes}}}"#
        ));
    }
}

fn write(path: &Path, source: &Source) {
    let begun = Instant::now();
    let compiled = compile(source, &Options::default());
    let ms = begun.elapsed().as_secs_f64() * 1e3;
    let image = compiled.image.unwrap_or_else(|| panic!("{:#?}", compiled.diagnostics.first()));
    std::fs::write(path, &image).expect("the image is written");
    let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    say(&format!(
        r#"{{"table":"compile","case":"{name}","contender":"cascata","ms":{ms:.1},"bytes":{}}}"#,
        image.len()
    ));
}
