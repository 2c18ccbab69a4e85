//! Which values stand on one line and which take lines of their own, and how scalars are quoted.

use super::order::inner;
use super::tree::{Collection, Content, Scalar, Style, Value};
use crate::settings::Place;
use crate::yaml::{is_plain_text, quoted};

/// The longest line that a list or mapping in brackets may make, in characters.
pub(super) const WIDTH: usize = 120;

/// How one value is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// Lines of its own.
    Lines,
    /// One line if it fits.
    OneLine,
    /// As the author wrote it, if it fits.
    AsWritten,
}

fn shape(collection: &Collection, place: &Place) -> Shape {
    let nested = collection.entries.iter().any(|entry| entry.name() == "conditions");
    let simple = !collection.mapping && collection.entries.iter().all(|entry| entry.value.collection().is_none());
    let element = place.item();
    let lines = place.is("StageFile")
        || place.key("").is("StageFile")
        || place.is("RuleFile")
        || element.is("RuleFile")
        || element.is("ConditionFile")
        || (place.is("ConditionFile") && nested);
    if lines {
        Shape::Lines
    } else if simple || place.is("ConditionFile") || place.is("ActionFile") {
        Shape::OneLine
    } else {
        Shape::AsWritten
    }
}

/// The value on one line, if it may stand there; how long the line gets is for the caller to see.
pub(super) fn one_line(value: &Value, place: &Place, json: bool) -> Option<String> {
    if value.needs_lines() || !may_be_one_line(value, place, true) {
        return None;
    }
    let mut out = String::new();
    write(&mut out, value, json, false);
    Some(out)
}

/// `outermost`: inside brackets everything is in brackets, unless its place wants lines.
fn may_be_one_line(value: &Value, place: &Place, outermost: bool) -> bool {
    let Some(collection) = value.collection() else { return true };
    if collection.entries.is_empty() {
        return true;
    }
    let fits = match shape(collection, place) {
        Shape::Lines => false,
        Shape::OneLine => true,
        Shape::AsWritten => collection.flow || !outermost,
    };
    fits && collection
        .entries
        .iter()
        .all(|entry| may_be_one_line(&entry.value, &inner(place, entry.key.as_ref()), false))
}

fn write(out: &mut String, value: &Value, json: bool, inside: bool) {
    for property in &value.properties {
        out.push_str(property);
        out.push(' ');
    }
    match &value.content {
        Content::Alias(name) => out.push_str(name),
        Content::Scalar(scalar) if json => out.push_str(&scalar.raw),
        Content::Scalar(scalar) if !value.properties.is_empty() => out.push_str(&scalar_text(scalar, inside, true)),
        Content::Scalar(scalar) => out.push_str(&scalar_text(scalar, inside, false)),
        Content::Collection(collection) => {
            out.push(if collection.mapping { '{' } else { '[' });
            for (at, entry) in collection.entries.iter().enumerate() {
                if at > 0 {
                    out.push_str(", ");
                }
                if let Some(key) = &entry.key {
                    write(out, key, json, true);
                    // An alias would take the colon for a part of its name.
                    out.push_str(": ");
                }
                write(out, &entry.value, json, true);
            }
            out.push(if collection.mapping { '}' } else { ']' });
        }
    }
}

/// A scalar that is not block text, as it is written on one line; `inside` brackets, or `tagged`, so that its style means
/// something.
pub(super) fn scalar_text(scalar: &Scalar, inside: bool, tagged: bool) -> String {
    let text = scalar.text.as_str();
    // What ends a plain value in brackets is a part of it elsewhere.
    let ends = inside && scalar.style == Style::Plain && scalar.raw.contains([',', '[', ']', '{', '}']);
    if tagged && !ends && !scalar.raw.contains(['\n', '\r']) {
        return scalar.raw.clone();
    }
    match scalar.style {
        Style::Plain if scalar.raw.is_empty() => if inside { "null" } else { "" }.to_owned(),
        // Numbers, booleans and null: as they are written, for the spelling may be wanted.
        Style::Plain if !is_plain_text(text) => scalar.raw.clone(),
        Style::Plain if keeps_plain(text, inside) => text.to_owned(),
        Style::Quoted if is_word(text) => text.to_owned(),
        Style::Plain | Style::Quoted | Style::Block { .. } => quote(text),
    }
}

/// Whether plain text may stay plain: it is not all symbols, and nothing in it means something in brackets.
fn keeps_plain(text: &str, inside: bool) -> bool {
    let means_something = |c: char| inside && matches!(c, ',' | '[' | ']' | '{' | '}' | '"' | '\'' | ':');
    !is_all_symbols(text) && !text.chars().any(|c| c == '\n' || means_something(c))
}

fn is_all_symbols(text: &str) -> bool {
    !text.chars().any(char::is_alphanumeric)
}

/// Text that every reader takes for text without quotes, wherever it stands.
fn is_word(text: &str) -> bool {
    let letter = |c: char| c.is_ascii_alphabetic() || c == '_';
    !matches!(text, "y" | "Y" | "n" | "N")
        && text.starts_with(letter)
        && !is_all_symbols(text)
        && text.chars().all(|c| letter(c) || c.is_ascii_digit() || matches!(c, '.' | '-' | '/'))
        && is_plain_text(text)
}

/// Double quotes, or single ones where that saves escapes.
pub(super) fn quote(text: &str) -> String {
    let single = text.contains(['"', '\\']) && !text.contains('\'') && !text.chars().any(char::is_control);
    if single { format!("'{text}'") } else { quoted(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(raw: &str, text: &str, style: Style, inside: bool) -> String {
        scalar_text(&Scalar { raw: raw.to_owned(), text: text.to_owned(), style }, inside, false)
    }

    #[test]
    fn quotes_stand_where_they_are_needed_or_wanted() {
        let quoted = [
            ("US", "US"),
            ("yes", "\"yes\""),
            ("y", "\"y\""),
            ("1.0", "\"1.0\""),
            ("two words", "\"two words\""),
            ("==", "\"==\""),
            (r"\d+", r"'\d+'"),
            (r"it's \d", r#""it's \\d""#),
            ("a\nb", r#""a\nb""#),
            ("stages.A.result", "stages.A.result"),
            ("", "\"\""),
            ("_", "\"_\""),
            ("_a", "_a"),
        ];
        for (text, wanted) in quoted {
            assert_eq!(written("", text, Style::Quoted, false), wanted, "{text}");
        }
        assert_eq!(written("==", "==", Style::Plain, false), "\"==\"");
        assert_eq!(written("_", "_", Style::Plain, false), "\"_\"");
        assert_eq!(written("0x1F", "0x1F", Style::Plain, true), "0x1F");
        assert_eq!(written("yes", "yes", Style::Plain, true), "yes");
        assert_eq!(written("two words", "two words", Style::Plain, true), "two words");
        assert_eq!(written("a[0]", "a[0]", Style::Plain, false), "a[0]");
        assert_eq!(written("a[0]", "a[0]", Style::Plain, true), "\"a[0]\"");
        assert_eq!(written("", "~", Style::Plain, false), "");
    }
}
