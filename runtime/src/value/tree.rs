//! Deeply nested JSON text as a tree. `serde_json` reads 127 levels, which is less than an event may have; it reads what
//! it can, because it is faster, and the rest is read here without recursion.

use cascata_record::{MAX_DEPTH, cut};
use serde_json::{Map, Value};

/// Valid JSON text as a `serde_json` tree, numbers exactly as they are written.
///
/// A container inside of [`MAX_DEPTH`] others is replaced by [`cut`], so that whoever walks the tree recursively, be it only
/// to drop it, needs a bounded stack. Text that is no JSON gives null.
#[must_use]
pub fn json_tree(text: &str) -> Value {
    let read = || Reader { text, at: 0 }.read().unwrap_or_default();
    // `serde_json` with exact numbers takes an object with a key of its own, escaped or not, for a number.
    if text.contains("serde_json::private") || text.contains("\\u") {
        return read();
    }
    serde_json::from_str(text).unwrap_or_else(|_| read())
}

/// A container whose end has not been read.
enum Open {
    Array(Vec<Value>),
    /// The entries, and the key whose value comes next.
    Object(Map<String, Value>, Option<String>),
}

impl Open {
    fn take(&mut self, value: Value) -> Option<()> {
        match self {
            Self::Array(items) => items.push(value),
            // The first text is the key, what follows it the value.
            Self::Object(_, key @ None) => match value {
                Value::String(text) => *key = Some(text),
                _ => return None,
            },
            Self::Object(entries, key) => drop(entries.insert(key.take()?, value)),
        }
        Some(())
    }

    fn close(self, bracket: u8) -> Option<Value> {
        match (self, bracket) {
            (Self::Array(items), b']') => Some(Value::Array(items)),
            (Self::Object(entries, None), b'}') => Some(Value::Object(entries)),
            _ => None,
        }
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    /// The tree; `None` where the text turns out to be no JSON after all.
    fn read(mut self) -> Option<Value> {
        let mut open: Vec<Open> = Vec::new();
        loop {
            let value = match self.next_byte()? {
                b',' | b':' => {
                    self.step();
                    continue;
                }
                b'[' | b'{' if open.len() >= MAX_DEPTH => {
                    self.skip_container()?;
                    cut()
                }
                b'[' => {
                    self.step();
                    open.push(Open::Array(Vec::new()));
                    continue;
                }
                b'{' => {
                    self.step();
                    open.push(Open::Object(Map::new(), None));
                    continue;
                }
                bracket @ (b']' | b'}') => {
                    self.step();
                    open.pop()?.close(bracket)?
                }
                _ => serde_json::from_str(self.scalar()?).ok()?,
            };
            match open.last_mut() {
                Some(container) => container.take(value)?,
                None => return self.next_byte().is_none().then_some(value),
            }
        }
    }

    fn rest(&self) -> &'t [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    const fn step(&mut self) {
        self.at = self.at.saturating_add(1);
    }

    /// The first byte that is no white space; `None` at the end.
    fn next_byte(&mut self) -> Option<u8> {
        let blank = self.rest().iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r'))?;
        self.at = self.at.saturating_add(blank);
        self.rest().first().copied()
    }

    /// A text with its quotes, or what stands up to the next thing that ends a number or word.
    fn scalar(&mut self) -> Option<&'t str> {
        let start = self.at;
        let length = match self.rest() {
            [b'"', inner @ ..] => text_length(inner)?,
            rest => rest
                .iter()
                .position(|byte| matches!(byte, b',' | b':' | b']' | b'}' | b' ' | b'\t' | b'\n' | b'\r'))
                .unwrap_or(rest.len()),
        };
        self.at = start.saturating_add(length);
        self.text.get(start..self.at)
    }

    /// Past a container with all that is in it.
    fn skip_container(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            match self.next_byte()? {
                b'"' => drop(self.scalar()?),
                byte => {
                    self.step();
                    match byte {
                        b'[' | b'{' => depth = depth.saturating_add(1),
                        b']' | b'}' => depth = depth.saturating_sub(1),
                        _ => {}
                    }
                    if depth == 0 {
                        return Some(());
                    }
                }
            }
        }
    }
}

/// The bytes of a text literal, given what follows its first quote.
fn text_length(inner: &[u8]) -> Option<usize> {
    let mut escaped = false;
    let end = inner.iter().position(|byte| {
        let is_end = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        is_end
    })?;
    end.checked_add(2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OwnedValue;

    /// `depth` containers around a number, lists and mappings in turn.
    fn nested(depth: usize) -> String {
        let open: String = (0..depth).map(|level| if level % 2 == 0 { "[" } else { r#"{"k\"]":"# }).collect();
        let close: String = (0..depth).rev().map(|level| if level % 2 == 0 { "]" } else { "}" }).collect();
        format!("{open}1.50{close}")
    }

    #[test]
    fn no_key_makes_an_object_a_number() {
        for key in
            ["$serde_json::private::Number", "\\u0024serde_json::private::Number", "$serde_json::private::\\u004eumber"]
        {
            for value in ["\"12\"", "416", "\"x\""] {
                let tree = json_tree(&format!("{{\"a\": {{\"{key}\": {value}}}}}"));
                let inner = tree["a"].as_object().unwrap();
                assert_eq!(inner.keys().collect::<Vec<_>>(), ["$serde_json::private::Number"]);
                assert_eq!(inner.values().next().unwrap().to_string(), value);
            }
        }
    }

    #[test]
    fn every_depth_up_to_the_limit_is_kept_to_the_letter() {
        for depth in [0, 1, 100, 126, 127, 128, 129, 200, 256, MAX_DEPTH] {
            assert_eq!(json_tree(&nested(depth)).to_string(), nested(depth), "{depth}");
            assert_eq!(OwnedValue::Json(nested(depth)).to_serde().to_string(), nested(depth), "{depth}");
        }
    }

    #[test]
    fn what_is_deeper_is_cut_and_says_so() {
        for deeper in [1, 2, 1_000, 100_000] {
            let tree = json_tree(&format!("[{},true]", nested(MAX_DEPTH - 1 + deeper)));
            let text = tree.to_string();
            assert!(text.contains(r#"{"$cut":"R0207"}"#) && text.ends_with(",true]"), "{text}");
            assert!(!text.contains("1.50"));
        }
    }

    #[test]
    fn everything_around_something_deep_is_read_as_serde_json_reads_it() {
        let around = r#"{"a" : [ 1e400, -0.0, 123456789012345678901234567890 ],"a":"\u00e9\\\"}" ,"n":null, "t":[true,false ,{} , []]}"#;
        let deep = nested(300);
        let tree = json_tree(&format!(" [{around} , {deep},{around}]\n"));
        let plain: Value = serde_json::from_str(around).unwrap();
        assert_eq!((&tree[0], &tree[2]), (&plain, &plain));
        assert_eq!(tree[1].to_string(), deep);
    }

    #[test]
    fn text_that_is_no_json_gives_null() {
        let deep = "[".repeat(300);
        for text in ["", "[", "]", "{1:2}", "[1}", "1 2", "\"", deep.as_str(), &format!("{}{}", nested(300), "x")] {
            assert_eq!(json_tree(text), Value::Null, "{text}");
        }
    }
}
