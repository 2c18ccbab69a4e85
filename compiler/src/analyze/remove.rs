//! The edit that takes one element out of a list of the source.

use crate::diagnostic::Fix;
use crate::span::Span;

/// The edit that removes the list element at `span`; nothing where the source around it is not a plain list.
pub(super) fn element(text: &str, span: Span) -> Option<Fix> {
    let (ahead, behind) = (text.get(..span.start)?, text.get(span.end..)?);
    let front = ahead.trim_end();
    if front.ends_with('-') && ahead.len() > front.len() {
        return block(text, span, front.len().saturating_sub(1));
    }
    if !front.ends_with(['[', ',']) {
        return operand(text, span);
    }
    let back = behind.trim_start();
    let start_of_back = text.len().saturating_sub(back.len());
    if let Some(next) = back.strip_prefix(',') {
        let next = next.trim_start();
        return Some(removal(span.start, text.len().saturating_sub(next.len())));
    }
    (back.starts_with(']') && front.ends_with(','))
        .then(|| removal(front.len().saturating_sub(1), span.end.min(start_of_back)))
}

/// An operand of `and` or `or` in an expression: the word goes with it.
fn operand(text: &str, span: Span) -> Option<Fix> {
    let (ahead, behind) = (text.get(..span.start)?, text.get(span.end..)?);
    let (front, back) = (ahead.trim_end(), behind.trim_start());
    for word in ["and", "or"] {
        let at = front.len().saturating_sub(word.len());
        let stands = front.get(at..).is_some_and(|tail| tail.eq_ignore_ascii_case(word));
        let apart = front.get(..at).is_some_and(|rest| rest.ends_with([' ', ')', '\n']));
        if stands && apart && front.len() < ahead.len() {
            return Some(removal(front.get(..at)?.trim_end().len(), span.end));
        }
        let stands = back.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word));
        let rest = back.get(word.len()..).filter(|rest| stands && rest.starts_with([' ', '(', '\n']));
        // In front of it stands the quote or the parenthesis that the expression begins with.
        if let Some(rest) = rest.filter(|_| back.len() < behind.len() && front.ends_with(['"', '\'', '(', ':'])) {
            return Some(removal(span.start, text.len().saturating_sub(rest.trim_start().len())));
        }
    }
    None
}

/// An element behind a dash: its lines.
fn block(text: &str, span: Span, dash: usize) -> Option<Fix> {
    let line = text.get(..dash)?.rfind('\n').map_or(0, |at| at.saturating_add(1));
    if !text.get(line..dash)?.bytes().all(|byte| byte == b' ') {
        return None;
    }
    let end = text.get(..span.end)?.trim_end().len();
    let rest = text.get(end..)?;
    let length = rest.find('\n').map_or(rest.len(), |at| at.saturating_add(1));
    let tail = rest.get(..length)?.trim();
    (tail.is_empty() || tail.starts_with('#')).then(|| removal(line, end.saturating_add(length)))
}

const fn removal(start: usize, end: usize) -> Fix {
    Fix { span: Span::new(start, end), replacement: String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn removed(text: &str, part: &str) -> Option<String> {
        let start = text.find(part).unwrap();
        let fix = element(text, Span::new(start, start + part.len()))?;
        let mut text = text.to_owned();
        text.replace_range(fix.span.start..fix.span.end, &fix.replacement);
        Some(text)
    }

    #[test]
    fn elements_of_both_list_styles_go_with_their_marks() {
        assert_eq!(removed("x: [{a: 1}, {b: 2}]", "{a: 1}").unwrap(), "x: [{b: 2}]");
        assert_eq!(removed("x: [{a: 1}, {b: 2}]", "{b: 2}").unwrap(), "x: [{a: 1}]");
        assert_eq!(removed("x: [{a: 1},\n    {b: 2},\n    {c: 3}]", "{b: 2}").unwrap(), "x: [{a: 1},\n    {c: 3}]");
        assert_eq!(removed("x:\n  - a: 1\n    b: 2\n  - c: 3\n", "a: 1\n    b: 2").unwrap(), "x:\n  - c: 3\n");
        assert_eq!(removed("x:\n  - a: 1\n  - c: 3 # why\ny: 1\n", "c: 3").unwrap(), "x:\n  - a: 1\ny: 1\n");
    }

    #[test]
    fn operands_of_expressions_go_with_their_word() {
        assert_eq!(removed("when: 'a > 1 and b > 2'", "b > 2").unwrap(), "when: 'a > 1'");
        assert_eq!(removed("when: 'a > 1 and b > 2'", "a > 1").unwrap(), "when: 'b > 2'");
        assert_eq!(removed("when: a > 1 OR (b > 2 or c)", "b > 2").unwrap(), "when: a > 1 OR (c)");
        assert_eq!(removed("when: 'a and (b or c)'", "b or c"), None);
        assert_eq!(removed("when: 'brand > 2'", "> 2"), None);
    }

    #[test]
    fn what_is_no_plain_list_element_stays() {
        assert_eq!(removed("x: [{a: 1}]", "{a: 1}"), None);
        assert_eq!(removed("x: [&n {a: 1}, {b: 2}]", "{a: 1}"), None);
        assert_eq!(removed("x: {a: 1}", "{a: 1}"), None);
        assert_eq!(removed("x:\n  - - a: 1\n    - b: 2\n", "a: 1"), None);
    }
}
