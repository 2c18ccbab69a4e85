//! Every stable code of every layer, for `cascata explain CODE`. The texts are those of the layers' own tables.

use cascata_compiler::{Code, Example};
use cascata_learn::proposals::CODES as PROPOSAL_CODES;
use cascata_record::log::CODES as RECORD_CODES;
use cascata_runtime::FailureKind;
use cascata_runtime::wasm::LoadErrorKind;
use cascata_store::StoreError;
use cascata_vm::eval::TrapKind;
use cascata_vm::image::ImageErrorKind;
use cascata_vm::json::JsonErrorKind;

/// What a code means.
pub struct Explained {
    /// The code as it is printed.
    pub code: &'static str,
    /// Which layer reports it.
    pub layer: &'static str,
    /// One line.
    pub title: &'static str,
    /// More, where there is more to say.
    pub text: &'static str,
    /// A text that is reported, and the same without the mistake.
    pub examples: Option<(Example, Example)>,
}

/// Codes of the command line itself.
const COMMAND_LINE: &[(&str, &str, &str)] = &[
    (
        "C0101",
        "an event is longer than the limit",
        "The event was dropped unread and counted as bad; the ones after it are decided. --max-event-bytes raises the limit.",
    ),
    (
        "C0102",
        "the text ends inside an event",
        "A list of events is not closed, or the last value is cut off. Was the file copied while it was written?",
    ),
    (
        "C0103",
        "something other than a comma between the events of a list",
        "A text that begins with `[` is read as one JSON list of events. After this place events cannot be told apart, so the
rest is not read. Events one a line need no brackets and no commas.",
    ),
    (
        "C0104",
        "text after the end of a list of events",
        "A text that begins with `[` is read as one JSON list of events and ends with its `]`. The rest is not read.",
    ),
    (
        "C0201",
        "a module outside of the cascade's folder",
        "Paths of modules are relative to the folder of the cascade's file and may not leave it, by `..`, as absolute paths or
through symbolic links, so that a cascade of somebody else can name no other file. --allow-outside permits it.",
    ),
    (
        "C0202",
        "a module's file that cannot be read",
        "The path is relative to the folder of the cascade's file. Was the module built? `examples/stages/build.sh` builds those
of the examples.",
    ),
    (
        "C0203",
        "a file of secrets that cannot be used",
        "`--secrets-file` takes lines NAME=VALUE; empty lines and lines that begin with `#` say nothing. It is a regular file of at most
1 MiB, readable by its owner alone (mode 600), so that no other user of the machine learns what is in it. A wrong line is told by its
number only.",
    ),
    (
        "C0301",
        "a cascade with too many edges for a drawing",
        "`cascata graph` draws at most 10,000 edges, and nobody could read as many. `--format dot`, `mermaid` and `json` write them all.",
    ),
];

/// Codes of engines, plugins and events, whose texts carry names and so stand in no table of their own.
const ENGINE: &[(&str, &str)] = &[
    ("R0101", "the settings of the cascade or of a stage in the image cannot be read: another version wrote them"),
    ("R0102", "a handler is registered under a name that no stage has or asks for"),
    ("R0103", "a stage asks for a handler that nobody offers"),
    ("R0104", "the handler of a stage cannot be made"),
    ("R0105", "the runtime was shut down before the engine was ready"),
    ("R0201", "the event is JSON, but no object: it has no fields to decide by"),
    ("R0202", "the text of a structured event is not JSON"),
    ("R0203", "a part of a structured event must be an object"),
    ("R0204", "a structured event names a domain that there is none of"),
    ("R0205", "the timestamp of a structured event cannot be read"),
    ("R0206", "the `value` of a structured event is no finite number, true or false"),
    ("R0207", "a value in a record is nested deeper than 512 levels; what is deeper is cut"),
    ("R0208", "a setting keeps the value of this field out of records"),
    ("R2001", "no plugin is registered under this name"),
    ("R2002", "a plugin does not take these options"),
    ("R2003", "two stages of one cascade give a shared plugin different options"),
    (
        "R2004",
        "results of the stage depend on what no cache key can hold; `cacheable: true` says they may be reused all the same",
    ),
    ("R2005", "a plugin of the host could not be built"),
    ("R2006", "a fallback calls a stage or handler that does not exist"),
    ("R2007", "a plugin makes calls more than once, and the stage does not say `idempotent: true`"),
    ("R2008", "a store that a plugin names cannot be had"),
];

/// Every code, layer by layer.
pub fn all() -> impl Iterator<Item = Explained> {
    let compiler = Code::ALL.iter().map(|code| Explained {
        code: code.as_str(),
        layer: "compiler",
        title: code.title(),
        text: code.explanation(),
        examples: code.examples(),
    });
    let full = |layer| {
        move |(code, title, text): (&'static str, &'static str, &'static str)| Explained {
            code,
            layer,
            title,
            text,
            examples: None,
        }
    };
    let plain = |layer| move |(code, title): (&'static str, &'static str)| full(layer)((code, title, ""));
    let image = ImageErrorKind::ALL.iter().map(|kind| (kind.code(), kind.text())).map(plain("image"));
    let trap = TrapKind::ALL.iter().map(|kind| (kind.code(), kind.text())).map(plain("virtual machine"));
    let json = JsonErrorKind::ALL.iter().map(|kind| (kind.code(), kind.message())).map(plain("event reader"));
    let stage = FailureKind::ALL.iter().map(|kind| (kind.code(), kind.text())).map(plain("runtime"));
    let engine = ENGINE.iter().copied().map(plain("runtime"));
    let records = RECORD_CODES.iter().copied().map(plain("records"));
    let module = LoadErrorKind::CODES.iter().copied().map(plain("stage modules"));
    let stores = StoreError::CODES.iter().copied().map(plain("stores"));
    let proposals = PROPOSAL_CODES.iter().copied().map(plain("proposals"));
    let line = COMMAND_LINE.iter().copied().map(full("command line"));
    compiler
        .chain(image)
        .chain(trap)
        .chain(json)
        .chain(stage)
        .chain(engine)
        .chain(records)
        .chain(module)
        .chain(stores)
        .chain(proposals)
        .chain(line)
}

/// The code a user typed, in any case.
pub fn find(code: &str) -> Option<Explained> {
    all().find(|explained| explained.code.eq_ignore_ascii_case(code))
}

/// Whether an argument is meant as a code: a letter of ours and four digits.
pub fn looks_like_code(text: &str) -> bool {
    let Some((letter, digits)) = text.split_at_checked(1) else { return false };
    "EWVRC".contains(&letter.to_ascii_uppercase()) && digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit())
}

/// The reference page of all codes.
#[cfg(test)]
fn page() -> String {
    use std::fmt::Write;

    let mut out = String::from(
        "# Codes

Every diagnostic and error has a stable code. `cascata explain E0301` prints what stands here. Generated from the tables of the
layers; a test holds it to them.

| codes | reported by | when |
|---|---|---|
| `E…`, `W…` | the compiler | a cascade file has a mistake, or something its author should know |
| `V…` | the virtual machine and the event reader | an image or an event is refused, a condition is an error |
| `R…` | the runtime | a stage fails, a handler or plugin cannot be used |
| `C…` | the command line | a stream of events or a module's file cannot be read |

",
    );
    out.push_str(&Code::reference());
    let mut layer = "";
    for explained in all().filter(|explained| explained.layer != "compiler") {
        // The runtime has several tables; they stand under one heading.
        if explained.layer != layer {
            layer = explained.layer;
            let _ = write!(out, "## {}\n\n| code | meaning |\n|---|---|\n", capital(layer));
        }
        let text = explained.text.replace('\n', " ");
        let stop = if text.is_empty() { "" } else { ". " };
        let _ =
            writeln!(out, "| `{}` | {}{stop}{text} |", explained.code, capital(explained.title).replace('|', "\\|"));
        let last = all().filter(|other| other.layer == layer).last().map(|other| other.code);
        if last == Some(explained.code) {
            out.push('\n');
        }
    }
    out.trim_end().to_owned() + "\n"
}

#[cfg(test)]
fn capital(text: &str) -> String {
    let mut characters = text.trim().chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_code_is_used_twice() {
        let mut seen = HashSet::new();
        for explained in all() {
            assert!(seen.insert(explained.code), "{} twice", explained.code);
            assert!(looks_like_code(explained.code));
            assert!(!explained.title.is_empty());
        }
    }

    #[test]
    fn the_reference_page_is_that_of_the_tables() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/errors.md");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, page()).unwrap();
        }
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(page(), written, "run with UPDATE=1 to write the page anew");
    }

    #[test]
    fn codes_are_found_in_any_case() {
        assert_eq!(find("v0201").map(|found| found.layer), Some("event reader"));
        assert!(find("E9999").is_none());
        assert!(!looks_like_code("payments.yaml"));
    }
}
