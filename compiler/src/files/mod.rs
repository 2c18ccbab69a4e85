//! Files that a cascade names: others that it includes, lists, a schema.
//!
//! ```text
//! text ─▶ gather.rs (asks the host's Loader) ─▶ Source with files ─▶ merge.rs ─▶ one tree ─▶ check
//!                                                     └▶ list.rs: the entries of a list
//! ```
//!
//! The compiler reads nothing itself. The texts of all files stand behind one another in one, so that a span tells both the
//! file and the place in it.

mod csv;
mod gather;
mod index;
mod list;
mod merge;

pub use gather::Loader;
pub(crate) use gather::{file_of, gather};
pub use index::SourceIndex;
pub(crate) use list::entries;
pub(crate) use merge::read;

use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::limits::Limits;
use crate::source::Source;
use crate::span::Span;

/// A file that a cascade names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct File {
    /// Its path from the cascade's folder, without `.` and `..`.
    pub(crate) name: String,
    /// Its text, or why there is none.
    pub(crate) found: Result<String, Missing>,
}

impl File {
    pub(crate) fn text(&self) -> &str {
        self.found.as_deref().unwrap_or_default()
    }
}

/// Why a file has no text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    /// What the host says.
    Refused(String),
    TooMany,
    TooLarge,
}

/// A file with its text and where that begins in the whole.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found<'s> {
    pub(crate) name: &'s str,
    pub(crate) text: &'s str,
    pub(crate) start: usize,
}

/// The path of a file from the cascade's folder, as `written` in the file `from`; nothing if it leads out of it.
pub(crate) fn resolve(from: &str, written: &str) -> Option<String> {
    if written.is_empty()
        || written.starts_with('/')
        || written.contains(|sign: char| sign == '\\' || sign.is_control())
    {
        return None;
    }
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in written.split('/') {
        match part {
            "" | "." => {}
            ".." => _ = parts.pop()?,
            part => parts.push(part),
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

/// The file that is named at a place of a source.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn named<'s>(
    source: &'s Source,
    limits: &Limits,
    written: &str,
    at: Span,
) -> Result<Found<'s>, Box<Diagnostic>> {
    let from = source.file_at(at.start).map_or("", |found| found.name);
    let error = |code, message: String, label: &str| Err(Box::new(Diagnostic::new(code, message).label(at, label)));
    let Some(name) = resolve(from, written) else {
        let message = format!("`{written}` is not under the cascade's folder");
        return error(Code::FileOutside, message, "leads out of it").map_err(|error: Box<Diagnostic>| {
            Box::new(error.help("paths are relative to the file they stand in, with `/` between folders"))
        });
    };
    let Some(found) = source.file_named(&name) else {
        if source.has_files() {
            let message = format!("more than {} files are named", limits.files);
            return error(Code::TooManyFiles, message, "not read");
        }
        return error(Code::FileNotRead, format!("`{name}` is not there: no files were given"), "not read");
    };
    match found {
        Ok(found) => Ok(found),
        Err(Missing::Refused(why)) => error(Code::FileNotRead, format!("`{name}` cannot be read: {why}"), "not read"),
        Err(Missing::TooMany) => {
            error(Code::TooManyFiles, format!("more than {} files are named", limits.files), "one too many")
        }
        Err(Missing::TooLarge) => {
            let message = format!("the files have more than {} bytes together", limits.files_bytes);
            error(Code::FilesTooLarge, message, "does not fit any more")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::resolve;

    #[test]
    fn paths_are_relative_to_their_file_and_stay_in_the_folder() {
        let is = |from: &str, written: &str, wanted: &str| assert_eq!(resolve(from, written).as_deref(), Some(wanted));
        is("", "a.yaml", "a.yaml");
        is("", "./rules//a.yaml", "rules/a.yaml");
        is("rules/a.yaml", "b.yaml", "rules/b.yaml");
        is("rules/a.yaml", "../lists/b.txt", "lists/b.txt");
        for written in ["", ".", "/etc/passwd", "../a.yaml", "a/../../b", "..\\a"] {
            assert_eq!(resolve("", written), None, "{written}");
        }
        assert_eq!(resolve("rules/a.yaml", "../../b"), None);
    }
}
