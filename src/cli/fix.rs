//! `cascata check --fix`: applies the fixes that diagnostics offer, round by round, until none is left.

use std::path::Path;

use cascata_compiler::{Compiled, Diagnostic, LineIndex, Options, Source, apply_fixes, compile};

use super::exit::{Exit, Failure};
use super::{terminal, write};

/// The most rounds for one file. A fix can uncover the next mistake, so one round may not be enough.
const MAX_ROUNDS: usize = 100;

/// Mends a file as far as its diagnostics say how, writes it if something changed, and gives the source as it is then.
/// A round that makes more errors than there were is not kept.
pub fn file(path: &Path, source: Source, options: &Options) -> Result<Source, Failure> {
    if path == Path::new("-") {
        return Err(Failure::new(Exit::Usage, "--fix changes files; stdin is none"));
    }
    let before = source.text.clone();
    let (source, report) = mend(source, options);
    if source.text != before {
        write::all(path, source.text.as_bytes())?;
    }
    for line in report {
        eprintln!("{line}");
    }
    Ok(source)
}

/// Applies fixes without touching the file; what was done, a line each.
fn mend(mut source: Source, options: &Options) -> (Source, Vec<String>) {
    let mut report = Vec::new();
    for _ in 0..MAX_ROUNDS {
        let Compiled { mut diagnostics, .. } = compile(&source, options);
        // Files that the source names are not changed.
        let own = source.text.len();
        diagnostics.iter_mut().for_each(|diagnostic| diagnostic.fix.take_if(|fix| fix.span.end > own).map_or((), drop));
        let fixed = apply_fixes(&source.text, &diagnostics);
        let changed = source.with_text(fixed.text);
        if fixed.applied.is_empty() || changed.text == source.text {
            break;
        }
        let after = compile(&changed, options).diagnostics;
        if errors(&after) > errors(&diagnostics) && !was_unreadable(&diagnostics) {
            report.push(format!("{}: {} not applied: there would be more errors", source.name, count(&fixed.applied)));
            break;
        }
        let index = LineIndex::new(&source.text);
        report.extend(fixed.applied.iter().map(|diagnostic| describe(&source, &index, diagnostic)));
        if !fixed.overlapping.is_empty() {
            // The next round looks at the new text and offers them again if they still apply.
            report.push(format!("{}: {} put off: overlaps another", source.name, count(&fixed.overlapping)));
        }
        source = changed;
    }
    (source, report)
}

fn count(of: &[&Diagnostic]) -> String {
    let plural = if of.len() == 1 { "" } else { "es" };
    format!("{} fix{plural}", terminal::thousands(of.len() as u64))
}

fn errors(diagnostics: &[Diagnostic]) -> usize {
    diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count()
}

/// Reading stopped: behind a mended place there may be any number of mistakes that nobody has seen yet.
fn was_unreadable(diagnostics: &[Diagnostic]) -> bool {
    use cascata_compiler::Code;
    diagnostics.iter().any(|diagnostic| matches!(diagnostic.code, Code::InvalidYaml | Code::InvalidJson))
}

fn describe(source: &Source, index: &LineIndex<'_>, diagnostic: &Diagnostic) -> String {
    let Some(fix) = &diagnostic.fix else { return String::new() };
    let place = index.position(fix.span.start);
    let (old, new) = (short(fix.span.slice(&source.text)), short(&fix.replacement));
    let change = match (old.is_empty(), new.is_empty()) {
        (true, _) => format!("inserted `{new}`"),
        (_, true) => format!("removed `{old}`"),
        _ => format!("`{old}` became `{new}`"),
    };
    format!("{}:{}:{}: {}: {change}", source.name, place.line, place.column, diagnostic.code)
}

/// A text on one line, cut where it gets long.
fn short(text: &str) -> String {
    const MOST: usize = 60;
    let line = text.trim_end().replace('\n', " ⏎ ");
    if line.chars().count() > MOST { line.chars().take(MOST).chain(std::iter::once('…')).collect() } else { line }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_go_on_until_nothing_is_offered() {
        let text = "name: c\nversion: \"1\"\nenable_cachin: yes\nglobal_termination_conditions:\n  - {field: a, operator: !=, value: 1}\n";
        let (source, report) = mend(Source::new("c.yaml", text), &Options::default());
        assert!(source.text.contains("enable_caching: true"), "{}", source.text);
        assert!(source.text.contains("operator: \"!=\""), "{}", source.text);
        assert_eq!(compile(&source, &Options::default()).diagnostics, []);
        assert_eq!(report.len(), 3, "{report:#?}");
    }

    #[test]
    fn a_sound_text_stays() {
        let source = Source::new("c.yaml", "name: c\nversion: \"1\"\n");
        assert_eq!(mend(source.clone(), &Options::default()), (source, vec![]));
    }
}
