//! Paths of fields as people write them: `user.email`, `items[].card`, `["a.b"].c`.
//!
//! The compiler has a parser of its own with diagnostics; this one serves hosts that name fields in settings and readers of
//! records, which name the fields that were written.

use std::fmt;
use std::str::FromStr;

/// One step down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Into a mapping.
    Key(String),
    /// Into a list, counted from 0.
    Index(u32),
    /// Into every element of a list.
    Each,
}

/// The path of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    steps: Vec<Step>,
}

/// A text that is no path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no path of a field, such as user.email, items[].card or [\"a.b\"].c")]
pub struct FieldError {
    text: String,
}

impl Field {
    /// Its steps; at least one.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }
}

impl FromStr for Field {
    type Err = FieldError;

    fn from_str(text: &str) -> Result<Self, FieldError> {
        let steps = parse(text).filter(|steps| matches!(steps.first(), Some(Step::Key(_))));
        steps.map(|steps| Self { steps }).ok_or_else(|| FieldError { text: text.to_owned() })
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.steps.iter().enumerate() {
            match step {
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Each => f.write_str("[]")?,
                Step::Key(key) if key.is_empty() || key.contains(['.', '[', ']', '"']) => {
                    write!(f, "[{}]", serde_json::Value::from(key.as_str()))?;
                }
                Step::Key(key) => write!(f, "{}{key}", if at == 0 { "" } else { "." })?,
            }
        }
        Ok(())
    }
}

fn parse(text: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        if let Some(inside) = rest.strip_prefix('[') {
            let (step, after) = bracket(inside)?;
            steps.push(step);
            rest = after;
            continue;
        }
        let word = if steps.is_empty() { rest } else { rest.strip_prefix('.')? };
        let end = word.find(['.', '[', ']', '"']).unwrap_or(word.len());
        let (key, after) = word.split_at(end);
        if key.is_empty() {
            return None;
        }
        steps.push(Step::Key(key.to_owned()));
        rest = after;
    }
    Some(steps)
}

/// What stands behind `[`, and what follows its `]`.
fn bracket(inside: &str) -> Option<(Step, &str)> {
    if inside.starts_with('"') {
        let mut keys = serde_json::Deserializer::from_str(inside).into_iter::<String>();
        let key = keys.next()?.ok()?;
        let after = inside.get(keys.byte_offset()..)?.strip_prefix(']')?;
        return Some((Step::Key(key), after));
    }
    let (number, after) = inside.split_once(']')?;
    let step = if number.is_empty() { Step::Each } else { Step::Index(number.parse().ok()?) };
    Some((step, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_read_back_as_written() {
        for text in ["a", "user.email", "items[].card", "[\"a.b\"].c", "a[0][1].b", "x[\"\\\"q\"]", "[\"\"].y"] {
            let field: Field = text.parse().expect(text);
            assert_eq!(field.to_string(), text);
        }
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for text in ["", ".", "a.", ".a", "a..b", "a[", "a[x]", "a[\"b]", "[]", "[0].a", "a]b", "a\"b", "a[0]b"] {
            assert!(text.parse::<Field>().is_err(), "{text}");
        }
    }
}
