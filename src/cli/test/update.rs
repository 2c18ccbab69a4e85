//! Rewrites what tests expect to what was seen, and nothing else: edits of the spans that differ, so comments and layout
//! stay byte for byte.

use std::ops::Range;

use cascata_compiler::testing::{Expected, ExpectedKind};
use cascata_compiler::{Source, Span};
use serde_json::Value;

use super::compare::{Ask, Difference, matches};
use super::yaml::line;

/// Text that takes the place of a range of bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    range: Range<usize>,
    text: String,
}

/// The edits that make differences go away. What has to be contained cannot be told from what is seen, so it stays.
pub fn edits(source: &Source, differences: &[Difference]) -> Vec<Edit> {
    let json = source.name.rsplit_once('.').is_some_and(|(_, ending)| ending.eq_ignore_ascii_case("json"));
    let file = File { text: &source.text, json };
    let asked = differences.iter().filter(|difference| difference.ask != Ask::Contain);
    asked.flat_map(|difference| file.edits(difference)).collect()
}

/// The text after all edits. Of edits that overlap (two tests share a text through an alias) the first one counts.
pub fn apply(text: &str, mut edits: Vec<Edit>) -> String {
    edits.sort_by_key(|edit| (edit.range.start, edit.range.end));
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for edit in edits {
        let Some(kept) = text.get(done..edit.range.start) else { continue };
        if edit.range.start < done || text.get(edit.range.clone()).is_none() {
            continue;
        }
        out.push_str(kept);
        out.push_str(&edit.text);
        done = edit.range.end;
    }
    out.push_str(text.get(done..).unwrap_or_default());
    out
}

struct File<'t> {
    text: &'t str,
    json: bool,
}

impl File<'_> {
    fn edits(&self, difference: &Difference) -> Vec<Edit> {
        if let (ExpectedKind::List(items), Value::Array(seen)) = (&difference.expected.kind, &difference.seen)
            && !items.is_empty()
            && !seen.is_empty()
        {
            return self.list(&difference.expected, items, seen);
        }
        vec![self.whole(&difference.expected, difference.key, &difference.seen)]
    }

    /// A value as a whole.
    fn whole(&self, expected: &Expected, key: Option<Span>, seen: &Value) -> Edit {
        let span = self.trimmed(expected.span);
        let text = line(seen, self.json);
        // A list or mapping over several lines, or nothing at all, goes to the line of its key.
        let raw = span.slice(self.text);
        let moves = raw.is_empty() || (self.is_block(expected) && key.is_some());
        match key.and_then(|key| self.after_colon(key)).filter(|_| moves) {
            Some(colon) => Edit { range: colon..span.end.max(colon), text: format!(" {text}") },
            // `expect:` without a value: the place is that after the key.
            None if raw.is_empty() => {
                let colon = self.after_colon(Span::new(span.start, span.start)).unwrap_or(span.start);
                Edit { range: colon..colon, text: format!(" {text}") }
            }
            None => Edit { range: span.start..span.end, text },
        }
    }

    /// A list whose elements are not as many as seen: what is the same at both ends stays.
    fn list(&self, expected: &Expected, items: &[Expected], seen: &[Value]) -> Vec<Edit> {
        let same = |(item, seen): &(&Expected, &Value)| matches(item, seen);
        let front = items.iter().zip(seen).take_while(same).count();
        let most = items.len().min(seen.len()) - front;
        let back = items.iter().rev().zip(seen.iter().rev()).take_while(same).count().min(most);
        let old = items.get(front..items.len() - back).unwrap_or_default();
        let new = seen.get(front..seen.len() - back).unwrap_or_default();
        let mut edits: Vec<_> = old.iter().zip(new).map(|(item, seen)| self.whole(item, None, seen)).collect();
        let common = old.len().min(new.len());
        if let (Some(first), Some(last)) = (old.get(common), old.last()) {
            edits.push(self.remove(items, front + common, first, last));
        }
        if let Some(more) = new.get(common..).filter(|more| !more.is_empty()) {
            let before = items.get((front + common).wrapping_sub(1));
            edits.push(self.insert(expected, before, items, more));
        }
        edits
    }

    /// Takes out the elements from `first`, which stands at `at`, to `last`.
    fn remove(&self, items: &[Expected], at: usize, first: &Expected, last: &Expected) -> Edit {
        let last_end = self.trimmed(last.span).end;
        match at.checked_sub(1).and_then(|before| items.get(before)) {
            // From behind the element before: its comma or line end goes too.
            Some(before) => Edit { range: self.line_end(before, first)..last_end, text: String::new() },
            None => {
                let next = items.iter().find(|item| item.span.start > last.span.start);
                let end = next.map_or(last_end, |next| next.span.start);
                Edit { range: first.span.start..end, text: String::new() }
            }
        }
    }

    /// Where what belongs to an element ends: behind it, and behind a comment on its line if the next one is on another.
    fn line_end(&self, item: &Expected, next: &Expected) -> usize {
        let end = self.trimmed(item.span).end;
        let between = self.text.get(end..next.span.start).unwrap_or_default();
        between.find('\n').filter(|_| !between.trim_start().starts_with(',')).map_or(end, |at| end + at)
    }

    /// Puts elements behind `before`, or in front of all.
    fn insert(&self, list: &Expected, before: Option<&Expected>, items: &[Expected], more: &[Value]) -> Edit {
        let lines: Vec<_> = more.iter().map(|value| line(value, self.json)).collect();
        let block = self.is_block(list);
        let indent = items.first().filter(|_| block).map_or(0, |first| self.dash_column(first));
        let dash = format!("\n{}- ", " ".repeat(indent));
        match (before, block) {
            (Some(before), true) => {
                let end = self.trimmed(before.span).end;
                let rest = self.text.get(end..).unwrap_or_default();
                let end = end + rest.find('\n').unwrap_or(rest.len());
                Edit { range: end..end, text: lines.iter().map(|line| format!("{dash}{line}")).collect() }
            }
            (Some(before), false) => {
                let end = self.trimmed(before.span).end;
                Edit { range: end..end, text: lines.iter().map(|line| format!(", {line}")).collect() }
            }
            (None, true) => {
                let start = items.first().map_or(list.span.start, |first| first.span.start);
                Edit { range: start..start, text: format!("{}{dash}", lines.join(&dash)) }
            }
            (None, false) => {
                let start = items.first().map_or(list.span.start, |first| first.span.start);
                Edit { range: start..start, text: format!("{}, ", lines.join(", ")) }
            }
        }
    }

    /// Whether a value is a list or mapping without brackets.
    fn is_block(&self, expected: &Expected) -> bool {
        let collection = !matches!(expected.kind, ExpectedKind::Scalar(_));
        collection && !expected.span.slice(self.text).starts_with(['[', '{'])
    }

    /// A span without the white space at its end, which text over several lines brings along.
    fn trimmed(&self, span: Span) -> Span {
        Span::new(span.start, span.start + span.slice(self.text).trim_end().len())
    }

    /// The place behind the colon that follows a key.
    fn after_colon(&self, key: Span) -> Option<usize> {
        let rest = self.text.get(key.end..)?;
        let colon = rest.find(':').filter(|at| rest.get(..*at).is_some_and(|between| between.trim().is_empty()))?;
        Some(key.end + colon + 1)
    }

    /// Where the dash of a list's element stands on its line. (The span of a list that is not indented begins behind it.)
    fn dash_column(&self, item: &Expected) -> usize {
        let before = self.text.get(..item.span.start).unwrap_or_default().trim_end();
        let before = before.strip_suffix('-').unwrap_or(before);
        before.rsplit('\n').next().unwrap_or_default().chars().count()
    }
}

#[cfg(test)]
mod tests {
    use cascata_compiler::{Options, check_tests};
    use serde_json::json;

    use super::super::compare::compare;
    use super::*;

    fn updated(expect: &str) -> String {
        let seen = json!({
            "outcome": "deny", "path": ["A", "B", "C"], "reason": null, "terminated": false, "final_data": {"n": 2},
            "fired": [{"stage": "A", "rule": "r"}, {"stage": "B", "rule": "s"}],
            "skipped": [],
        });
        let text = format!("tests:\n  - name: t\n    event: {{}}\n    expect:{expect}\n# end\n");
        let source = Source::new("t.test.yaml", text);
        let read =
            |source: &Source| check_tests(source, &Options::default()).0.unwrap_or_else(|| panic!("{}", source.text));
        let differences = compare(&read(&source).tests[0].expect, &seen);
        let text = apply(&source.text, edits(&source, &differences));
        let after = Source::new("t.test.yaml", text.clone());
        assert_eq!(compare(&read(&after).tests[0].expect, &seen), [], "{text}");
        let expect = text.strip_prefix("tests:\n  - name: t\n    event: {}\n    expect:").unwrap();
        expect.strip_suffix("\n# end\n").unwrap().to_owned()
    }

    #[test]
    fn scalars_are_replaced_and_comments_stay() {
        assert_eq!(
            updated(
                "\n      outcome: 'allow' # why\n      reason: |\n        gone\n\n      # kept\n      terminated: true"
            ),
            "\n      outcome: deny # why\n      reason: null\n\n      # kept\n      terminated: false"
        );
        assert_eq!(updated(" {final_data: {n: 1}, path: {contains: A}}"), " {final_data: {n: 2}, path: {contains: A}}");
    }

    #[test]
    fn an_expectation_of_nothing_is_filled() {
        let filled = " {outcome: deny, path: [A, B, C], fired: [r, s]}";
        assert_eq!(updated(" {}"), filled);
        assert_eq!(updated(""), filled);
        assert_eq!(updated(" # later"), format!("{filled} # later"));
    }

    #[test]
    fn lists_in_brackets_grow_and_shrink() {
        assert_eq!(updated(" {path: [A, C]}"), " {path: [A, B, C]}");
        assert_eq!(updated(" {path: [B, C]}"), " {path: [A, B, C]}");
        assert_eq!(updated(" {path: [A, X, Y, B, C]}"), " {path: [A, B, C]}");
        assert_eq!(updated(" {path: [X, A, B, C]}"), " {path: [A, B, C]}");
        assert_eq!(updated(" {path: []}"), " {path: [A, B, C]}");
        assert_eq!(updated(" {skipped: [D]}"), " {skipped: []}");
        assert_eq!(updated(" {fired: [q]}"), " {fired: [r, s]}");
    }

    #[test]
    fn lists_over_lines_grow_and_shrink() {
        assert_eq!(
            updated("\n      path:\n      - A # first\n      - C # last\n      outcome: deny"),
            "\n      path:\n      - A # first\n      - B\n      - C # last\n      outcome: deny"
        );
        assert_eq!(
            updated("\n      path:\n        - A # first\n        - X\n        - B\n        - C"),
            "\n      path:\n        - A # first\n        - B\n        - C"
        );
        assert_eq!(
            updated("\n      path:\n        - B\n        - C"),
            "\n      path:\n        - A\n        - B\n        - C"
        );
        assert_eq!(
            updated("\n      path:\n        - X\n        - A\n        - B\n        - C"),
            "\n      path:\n        - A\n        - B\n        - C"
        );
        assert_eq!(updated("\n      skipped:\n      - D\n      - E"), "\n      skipped: []");
        assert_eq!(
            updated("\n      fired:\n        - stage: A\n          rule: q # wrong\n        - s"),
            "\n      fired:\n        - stage: A\n          rule: r # wrong\n        - s"
        );
    }
}
