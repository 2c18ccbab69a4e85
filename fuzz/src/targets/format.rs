use cascata_compiler::format::{Refusal, format as formatted};
use cascata_compiler::{Options, Source, compile};
use cascata_vm::image::{LoadOptions, Program};

/// Any text as a YAML and as a JSON file: what is formatted is formatted, and makes the same program as before.
pub fn format(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let options = Options::default();
    for name in ["c.yaml", "c.json"] {
        let before = Source::new(name, &*text);
        let after = match formatted(&before, &options) {
            Ok(after) => Source::new(name, after),
            Err(Refusal::Changed(what)) => panic!("formatting would change the {what} of {text:?}"),
            Err(_) => continue,
        };
        let again = formatted(&after, &options);
        assert_eq!(again.as_deref(), Ok(after.text.as_str()), "{text:?} changes when it is formatted again");
        assert_eq!(program_of(&before), program_of(&after), "{text:?} means something else as {:?}", after.text);
    }
}

fn program_of(source: &Source) -> Option<[u8; 32]> {
    let image = compile(source, &Options::default()).image?;
    Some(Program::verify(image, &LoadOptions::default()).expect("an image of the compiler verifies").hash())
}
