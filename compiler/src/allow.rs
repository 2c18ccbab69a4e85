//! `# cascata: allow(NAME) reason`: a warning that its author has seen and wants, said where it is.
//!
//! The comment stands on the line of the warning or on a line of its own above it. The reason is required, and a comment
//! that silences nothing is a warning itself, so that none outlives what it was for. Errors cannot be allowed.

use crate::codes::{Code, Severity};
use crate::diagnostic::Diagnostic;
use crate::files::SourceIndex;
use crate::format::comments;
use crate::options::Options;
use crate::source::Source;
use crate::span::Span;

/// What starts such a comment.
const MARK: &str = "cascata:";

/// One name in such a comment.
struct Allow {
    code: Code,
    /// The whole comment.
    comment: Span,
    name: Span,
    /// The file and the line, from 1, that it speaks of.
    place: (usize, usize),
    used: bool,
}

/// Takes out the warnings that comments allow; says which comments are wrong or have nothing to say.
pub(crate) fn apply(source: &Source, options: &Options, mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let index = SourceIndex::new(source);
    let mut wrong = Vec::new();
    let mut allows = Vec::new();
    for (file, text) in index.texts().filter(|(_, text)| text.contains(MARK)) {
        if !is_yaml(index.name(file), file) {
            continue;
        }
        let start = index.start(file);
        for comment in comments(text, &options.limits).unwrap_or_default() {
            match parse(text, comment) {
                Ok(names) => {
                    let line = line_of(text, index.position(start.saturating_add(comment.start)).line, comment);
                    let allow = |(code, name)| Allow {
                        code,
                        comment: behind(comment, start),
                        name: behind(name, start),
                        place: (file, line),
                        used: false,
                    };
                    allows.extend(names.into_iter().map(allow));
                }
                Err(mut diagnostic) => {
                    diagnostic.labels.iter_mut().for_each(|label| label.span = behind(label.span, start));
                    wrong.push(diagnostic);
                }
            }
        }
    }
    if allows.is_empty() && wrong.is_empty() {
        return diagnostics;
    }
    diagnostics.retain(|diagnostic| {
        let start = diagnostic.span().start;
        let place = (index.file(start), index.position(start).line);
        let mut allowed = false;
        for allow in allows.iter_mut().filter(|allow| allow.place == place && allow.code == diagnostic.code) {
            allow.used = true;
            allowed = true;
        }
        !allowed || diagnostic.severity == Severity::Error
    });
    // What could not be looked for is not missing: with errors, later checks have not run.
    let complete = !diagnostics.iter().any(Diagnostic::is_error);
    diagnostics.extend(allows.iter().filter(|allow| !allow.used && complete).map(|allow| unused(allow, &allows)));
    diagnostics.extend(wrong);
    diagnostics.sort_by_key(|diagnostic| (diagnostic.span(), diagnostic.code));
    diagnostics
}

fn unused(allow: &Allow, all: &[Allow]) -> Diagnostic {
    let message = format!("there is no {} to allow on line {}", allow.code.in_words(), allow.place.1);
    let diagnostic = Diagnostic::new(Code::UnusedAllow, message).label(allow.name, "silences nothing");
    let alone = all.iter().filter(|other| other.comment == allow.comment).count() == 1;
    if alone {
        diagnostic.help("remove the comment").fix(allow.comment, "")
    } else {
        diagnostic.help("remove the name")
    }
}

/// Whether a file has comments: the source itself unless it is JSON, and YAML that it names.
fn is_yaml(name: &str, file: usize) -> bool {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending).to_ascii_lowercase();
    if file == 0 { ending != "json" } else { matches!(ending.as_str(), "yaml" | "yml") }
}

/// A span in a file as one in the whole.
fn behind(span: Span, start: usize) -> Span {
    Span::new(span.start.saturating_add(start), span.end.saturating_add(start))
}

/// The codes a comment allows, with their places; none if it is an ordinary comment.
fn parse(text: &str, comment: Span) -> Result<Vec<(Code, Span)>, Diagnostic> {
    let raw = comment.slice(text);
    let body = raw.trim_start_matches('#').trim_start();
    let Some(rest) = body.strip_prefix(MARK) else { return Ok(Vec::new()) };
    let wrong = |span: Span, message: String, label: &str| {
        let form = "the form is `# cascata: allow(ignored-key) why it is wanted`";
        Diagnostic::new(Code::InvalidAllow, message).label(span, label).help(form)
    };
    let list = rest.trim_start().strip_prefix("allow(").and_then(|rest| rest.split_once(')'));
    let Some((names, reason)) = list else {
        return Err(wrong(comment, "a comment to Cascata that says nothing it knows".to_owned(), "not understood"));
    };
    let mut found = Vec::new();
    for name in names.split(',') {
        let start = comment.start.saturating_add(offset_in(raw, name.trim()));
        let span = Span::new(start, start.saturating_add(name.trim().len()));
        match Code::named(name.trim()) {
            Some(code) if code.severity() == Severity::Warning => found.push((code, span)),
            Some(code) => {
                return Err(wrong(span, format!("{code} is an error, which cannot be allowed"), "an error"));
            }
            None => return Err(wrong(span, format!("no warning is called `{}`", name.trim()), "no such name")),
        }
    }
    if !reason.chars().any(char::is_alphanumeric) {
        return Err(wrong(comment, "why this is allowed is not said".to_owned(), "needs a reason behind it"));
    }
    Ok(found)
}

/// Where `part`, a piece of `whole`, starts in it.
fn offset_in(whole: &str, part: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize)
}

/// The line a comment on line `own` speaks of: that, or the next one that is neither empty nor a comment.
fn line_of(text: &str, own: usize, comment: Span) -> usize {
    let start = text.get(..comment.start).and_then(|before| before.rfind('\n')).map_or(0, |at| at.saturating_add(1));
    if text.get(start..comment.start).is_some_and(|before| !before.trim().is_empty()) {
        return own;
    }
    let below = text.get(comment.end..).unwrap_or_default().lines().skip(1);
    let skipped = below.take_while(|line| line.trim().is_empty() || line.trim_start().starts_with('#')).count();
    own.saturating_add(skipped).saturating_add(1)
}

impl Code {
    /// Its name as it is written in comments and on the command line, like `ignored-key`.
    #[must_use]
    pub fn in_words(self) -> String {
        let mut words = String::new();
        for letter in self.name().chars() {
            if letter.is_ascii_uppercase() && !words.is_empty() {
                words.push('-');
            }
            words.push(letter.to_ascii_lowercase());
        }
        words
    }

    /// The code of a name like `ignored-key`, or of a code.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let found = Self::ALL.iter().copied().find(|code| code.in_words().eq_ignore_ascii_case(name));
        found.or_else(|| Self::parse(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(body: &str) -> Vec<String> {
        let text = format!("name: c\nversion: \"1\"\n{body}");
        let (_, diagnostics) = crate::check(&Source::new("c.yaml", text), &Options::default());
        diagnostics.iter().map(|diagnostic| diagnostic.code.in_words()).collect()
    }

    #[test]
    fn names_are_words_or_codes() {
        assert_eq!(Code::named("ignored-key"), Some(Code::IgnoredKey));
        assert_eq!(Code::named("w1002"), Some(Code::IgnoredKey));
        assert_eq!(Code::named("E0101"), Some(Code::InvalidYaml));
        assert_eq!(Code::named("nothing"), None);
    }

    #[test]
    fn a_comment_allows_the_warning_of_its_line_or_of_the_line_below() {
        assert_eq!(codes("other: 1\n"), ["unknown-key"]);
        assert_eq!(codes("other: 1 # cascata: allow(unknown-key) read by the host\n"), [""; 0]);
        assert_eq!(codes("# cascata: allow(W1001) read by the host\n\n# more\nother: 1\n"), [""; 0]);
        assert_eq!(codes("other: 1\n# cascata: allow(unknown-key) too late\n"), ["unknown-key", "unused-allow"]);
        assert_eq!(codes("enable_caching: yes # cascata: allow(unknown-key, boolean-word) both\n"), ["unused-allow"]);
        assert_eq!(codes("# cascata: allow(unknown-key) not in here\nx-t: '# cascata: allow(x)'\n"), ["unused-allow"]);
    }

    #[test]
    fn a_comment_that_is_wrong_allows_nothing() {
        for comment in [
            "allow(unknown-key)",
            "allow(unknown-key) -- ",
            "allow(nonsense) because",
            "allow(missing-key) because",
            "allow unknown-key because",
            "ignore(unknown-key) because",
        ] {
            assert_eq!(
                codes(&format!("other: 1 # cascata: {comment}\n")),
                ["unknown-key", "invalid-allow"],
                "{comment}"
            );
        }
    }

    #[test]
    fn errors_stay_and_say_nothing_about_other_comments() {
        let text = "stages: {A: {}} # cascata: allow(unknown-key) not reached\n";
        assert_eq!(codes(text), ["missing-key"]);
    }
}
