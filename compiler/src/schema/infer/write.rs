//! What was seen as a schema in YAML.

use std::fmt::Write as _;

use super::InferOptions;
use super::seen::{Any, Keys, Seen};
use crate::model::Constant;
use crate::schema::{Kind, Kinds};
use crate::yaml::{is_plain_text, quoted};

/// Longer than this a schema takes several lines.
const WIDEST: usize = 110;

/// The schema as a block, indented by two columns.
pub(super) fn yaml(event: &Seen, options: &InferOptions) -> String {
    let mut out = String::new();
    let mut event = event.clone();
    event.kinds = Kinds::one(Kind::Object);
    Writer { out: &mut out, options }.block(&event, 1);
    out
}

struct Writer<'a> {
    out: &'a mut String,
    options: &'a InferOptions,
}

impl Writer<'_> {
    /// Keywords on lines of their own.
    fn block(&mut self, seen: &Seen, level: usize) {
        for (keyword, says) in self.keywords(seen) {
            self.line(level, &format!("{keyword}: {says}"));
        }
        match &seen.keys {
            Keys::Any(any) => self.any(any, level),
            Keys::Listed(listed) => {
                let required: Vec<_> =
                    listed.entries.iter().filter(|(_, of_key)| of_key.count == seen.objects).collect();
                if !required.is_empty() {
                    let names = required.iter().map(|(key, _)| scalar(key));
                    self.names("required", names.collect(), level);
                }
                if !listed.entries.is_empty() {
                    self.line(level, "properties:");
                    for (key, of_key) in &listed.entries {
                        self.entry(&scalar(key), of_key, level.saturating_add(1));
                    }
                }
                if listed.more {
                    self.line(level, "additionalProperties: true  # more keys were seen than are kept");
                }
            }
        }
        if let Some(items) = &seen.items {
            self.entry("items", items, level);
        }
    }

    fn any(&mut self, any: &Any, level: usize) {
        if any.more {
            self.line(level, "additionalProperties: true  # more keys were seen than are kept");
        } else {
            self.entry("additionalProperties", &any.seen, level);
        }
    }

    /// A key with its schema, on one line where that fits.
    fn entry(&mut self, key: &str, seen: &Seen, level: usize) {
        let short = self.flow(seen).filter(|flow| {
            let width = level.saturating_mul(2).saturating_add(key.len()).saturating_add(flow.len());
            width < WIDEST
        });
        match short {
            Some(flow) => {
                let remark = self.remark(seen).map(|remark| format!("  # {remark}")).unwrap_or_default();
                self.line(level, &format!("{key}: {flow}{remark}"));
            }
            None => {
                self.line(level, &format!("{key}:"));
                self.block(seen, level.saturating_add(1));
            }
        }
    }

    /// The schema in braces; nothing where it has properties.
    fn flow(&self, seen: &Seen) -> Option<String> {
        let mut parts: Vec<_> =
            self.keywords(seen).into_iter().map(|(keyword, says)| format!("{keyword}: {says}")).collect();
        match &seen.keys {
            Keys::Listed(listed) if !listed.entries.is_empty() || listed.more => return None,
            Keys::Listed(_) => {}
            Keys::Any(any) if any.more => return None,
            Keys::Any(any) => parts.push(format!("additionalProperties: {}", self.flow(&any.seen)?)),
        }
        if let Some(items) = &seen.items {
            parts.push(format!("items: {}", self.flow(items)?));
        }
        Some(format!("{{{}}}", parts.join(", ")))
    }

    /// Type, values and, if wanted, range.
    fn keywords(&self, seen: &Seen) -> Vec<(&'static str, String)> {
        let mut keywords = Vec::new();
        // What was null each time can be anything.
        if seen.kinds.present().is_empty() {
            return keywords;
        }
        let names: Vec<_> = seen.kinds.present().iter().map(Kind::name).collect();
        let null = seen.kinds.has(Kind::Null).then_some("\"null\"");
        let names: Vec<_> = names.into_iter().chain(null).collect();
        keywords.push(match names.as_slice() {
            [one] => ("type", (*one).to_owned()),
            several => ("type", format!("[{}]", several.join(", "))),
        });
        if seen.kinds.present() == Kinds::one(Kind::String)
            && let Some(words) = seen.words.few(seen.texts)
        {
            let words: Vec<_> = words.into_iter().map(scalar).chain(null.map(|_| "null".to_owned())).collect();
            keywords.push(("enum", format!("[{}]", words.join(", "))));
        }
        if let Some((least, most)) = seen.numbers.as_ref().filter(|_| self.options.ranges) {
            keywords.extend(number(least).map(|least| ("minimum", least)));
            keywords.extend(number(most).map(|most| ("maximum", most)));
        }
        keywords
    }

    /// What is said beside a schema on one line: the range of its numbers, or of those in its lists and maps.
    fn remark(&self, seen: &Seen) -> Option<String> {
        if seen.count > 0 && seen.kinds.present().is_empty() {
            return Some("null each time".to_owned());
        }
        if self.options.ranges {
            return None;
        }
        let inner = seen.items.as_deref().or(match &seen.keys {
            Keys::Any(any) => Some(&any.seen),
            Keys::Listed(_) => None,
        });
        match (&seen.numbers, inner) {
            (Some((least, most)), _) => {
                let (least, most) = (number(least)?, number(most)?);
                let range = if least == most { format!("always {least}") } else { format!("{least} to {most}") };
                let only = Kinds::one(Kind::Number).or(seen.kinds.present()) == Kinds::one(Kind::Number);
                Some(if only { range } else { format!("numbers: {range}") })
            }
            (None, Some(inner)) => self.remark(inner),
            (None, None) => None,
        }
    }

    /// A list of names, over several lines where it is long.
    fn names(&mut self, keyword: &str, names: Vec<String>, level: usize) {
        let flow = format!("{keyword}: [{}]", names.join(", "));
        if flow.len() < WIDEST {
            self.line(level, &flow);
            return;
        }
        self.line(level, &format!("{keyword}:"));
        for name in names {
            self.line(level.saturating_add(1), &format!("- {name}"));
        }
    }

    fn line(&mut self, level: usize, text: &str) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.out, "{:columns$}{text}", "", columns = level.saturating_mul(2));
    }
}

/// A text as every reader of YAML takes it.
fn scalar(text: &str) -> String {
    let word = text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'));
    // The letters are booleans to the letter of YAML 1.1, though not to its readers.
    if word && is_plain_text(text) && !matches!(text, "y" | "Y" | "n" | "N") {
        return text.to_owned();
    }
    // Breaks of lines and what is not printed, as YAML has them beyond JSON.
    let mut out = String::new();
    for character in quoted(text).chars() {
        match character {
            '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(character));
            }
            _ => out.push(character),
        }
    }
    out
}

/// A number as every reader of YAML takes it; nothing for one beyond the doubles.
fn number(constant: &Constant) -> Option<String> {
    match constant {
        Constant::Int(digits) => Some(digits.clone()),
        Constant::Float(value) if value.is_finite() => {
            let text = format!("{value:?}");
            // YAML 1.1 wants a dot and a sign.
            Some(match text.split_once('e') {
                Some((mantissa, exponent)) => {
                    let dot = if mantissa.contains('.') { "" } else { ".0" };
                    let sign = if exponent.starts_with('-') { "" } else { "+" };
                    format!("{mantissa}{dot}e{sign}{exponent}")
                }
                None => text,
            })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_are_quoted_where_readers_disagree() {
        for (text, written) in [
            ("country", "country"),
            ("no", "\"no\""),
            ("null", "\"null\""),
            ("1e3", "\"1e3\""),
            ("a: b", "\"a: b\""),
            ("", "\"\""),
            ("a\u{2028}b\u{85}", "\"a\\u2028b\\u0085\""),
            ("y", "\"y\""),
        ] {
            assert_eq!(scalar(text), written, "{text:?}");
        }
    }

    #[test]
    fn numbers_are_read_alike_by_all() {
        for (value, written) in [(1.0, "1.0"), (1e300, "1.0e+300"), (1.5e-9, "1.5e-9"), (-0.25, "-0.25")] {
            assert_eq!(number(&Constant::Float(value)).as_deref(), Some(written));
        }
        assert_eq!(number(&Constant::Float(f64::INFINITY)), None);
    }
}
