//! A schema in a file of its own.

use super::Schema;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::files::{self, file_of};
use crate::source::Source;
use crate::syntax::Reader;
use crate::yaml::{self, Key, Node};

/// A schema that stands in a file of its own, which `file` names.
pub(super) fn in_file(reader: &mut Reader<'_>, key: &Key, file: &Node, settings: usize) -> Option<Schema> {
    if settings > 1 {
        let diagnostic = Diagnostic::new(Code::InvalidSchema, "`file` stands alone")
            .label(key.span, "keywords beside it would mean nothing");
        reader.report(diagnostic);
        return None;
    }
    let written = reader.text(file, "file")?;
    let limits = &reader.options.limits;
    let found = match files::named(reader.source, limits, written.text, file.span) {
        Ok(found) => found,
        Err(diagnostic) => {
            reader.report(*diagnostic);
            return None;
        }
    };
    let document = yaml::read(&Source::new(found.name, found.text), limits).moved(found.start);
    document.diagnostics.into_iter().for_each(|diagnostic| reader.report(diagnostic));
    reader.pending.extend(document.pending);
    let node = document.root?;
    if file_of(&node).is_some() {
        let message = "a schema in a file has its keywords, and no other file";
        reader.report(Diagnostic::new(Code::InvalidSchema, message).label(reader.head(&node), "expected keywords"));
        return None;
    }
    super::root(reader, key.span, &node)
}
