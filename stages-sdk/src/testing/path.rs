//! Paths as the engine reads them: dotted segments descend objects, `[n]` arrays, `["a.b"]` quotes a key.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::Value as Json;

/// One step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Step {
    Key(String),
    Index(usize),
}

/// Reads a path; `None` if the text is none.
pub(super) fn parse(text: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut rest = text;
    loop {
        if let Some(inner) = rest.strip_prefix("[\"") {
            let (key, after) = inner.split_once("\"]")?;
            steps.push(Step::Key(key.to_string()));
            rest = after;
        } else if let Some(inner) = rest.strip_prefix('[') {
            let (digits, after) = inner.split_once(']')?;
            if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) || steps.is_empty() {
                return None;
            }
            steps.push(Step::Index(digits.parse().ok()?));
            rest = after;
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            let (key, after) = rest.split_at(end);
            if key.is_empty() {
                return None;
            }
            steps.push(Step::Key(key.to_string()));
            rest = after;
        }
        match rest.as_bytes().first() {
            None => return Some(steps),
            Some(b'.') => rest = rest.get(1..)?,
            Some(b'[') => {}
            Some(_) => return None,
        }
        if rest.is_empty() {
            return None;
        }
    }
}

/// Follows a path down; `None` if something is missing.
pub(super) fn follow<'j>(root: &'j Json, steps: &[Step]) -> Option<&'j Json> {
    steps.iter().try_fold(root, |node, step| match (step, node) {
        (Step::Key(key), Json::Object(map)) => map.get(key),
        (Step::Index(index), Json::Array(list)) => list.get(*index),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_or_refused() {
        let key = |text: &str| Step::Key(text.to_string());
        assert_eq!(parse("a.b[2].c"), Some(alloc::vec![key("a"), key("b"), Step::Index(2), key("c")]));
        assert_eq!(parse("[\"a.b\"].c"), Some(alloc::vec![key("a.b"), key("c")]));
        for bad in ["", ".", "a.", ".a", "a..b", "a[", "a[]", "a[x]", "a[0]b", "[0]"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
