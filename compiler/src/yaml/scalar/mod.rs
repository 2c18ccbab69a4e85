//! What plain text means: to YAML 1.1 as `PyYAML` reads it, and to the core schema of YAML 1.2.

mod digits;
mod offsets;
mod yaml11;
mod yaml12;

use super::NodeKind;
use yaml11::yaml11;
use yaml12::yaml12;

pub(super) use digits::decimal;
pub(crate) use offsets::Offsets;

/// What a reader takes a plain scalar for.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::yaml) enum Reading {
    Null,
    Bool(bool),
    /// Canonical decimal.
    Int(String),
    Float(f64),
    Text,
    /// A base-60 integer or float of YAML 1.1; its value in words.
    Sexagesimal(String),
    Timestamp,
    /// `<<`.
    Merge,
    /// `=`.
    Default,
}

impl Reading {
    /// The reading in the words of messages.
    pub(in crate::yaml) fn words(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Bool(value) => format!("the boolean {value}"),
            Self::Int(text) => format!("the number {text}"),
            Self::Float(value) => format!("the number {value:?}"),
            Self::Sexagesimal(value) => format!("the base-60 number {value}"),
            Self::Text => "text".to_owned(),
            Self::Timestamp => "a date".to_owned(),
            Self::Merge => "a merge of mappings".to_owned(),
            Self::Default => "a default value".to_owned(),
        }
    }

    /// The value in the tree; what has no equal there stays text.
    pub(in crate::yaml) fn kind(self, text: &str) -> NodeKind {
        match self {
            Self::Null => NodeKind::Null,
            Self::Bool(value) => NodeKind::Bool(value),
            Self::Int(text) => NodeKind::Int(text),
            Self::Float(value) => NodeKind::Float(value),
            _ => NodeKind::Text(text.to_owned()),
        }
    }

    fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Float(a), Self::Float(b)) => a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()),
            _ => self == other,
        }
    }
}

/// What both readers make of a plain scalar.
pub(in crate::yaml) enum Plain {
    /// They agree.
    Same(Reading),
    /// They do not: 1.1 first.
    Differ(Reading, Reading),
}

/// Resolves a plain scalar for both readers.
pub(in crate::yaml) fn resolve(text: &str) -> Plain {
    let Some(first) = text.bytes().next() else {
        return Plain::Same(Reading::Null);
    };
    // Words that mean something have at most five letters; anything else that does starts with one of these bytes.
    let special = match first {
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' => text.len() <= 5,
        b'~' | b'0'..=b'9' | b'+' | b'-' | b'.' | b'=' | b'<' => true,
        _ => false,
    };
    if !special {
        return Plain::Same(Reading::Text);
    }
    let (old, new) = (yaml11(text), yaml12(text));
    if old.same(&new) { Plain::Same(old) } else { Plain::Differ(old, new) }
}

/// Whether both readers take the plain scalar for text.
pub(crate) fn is_plain_text(text: &str) -> bool {
    matches!(resolve(text), Plain::Same(Reading::Text))
}

/// A double-quoted scalar that both readers read as `text`.
pub(crate) fn quoted(text: &str) -> String {
    // JSON's escapes are YAML's as well.
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(text: &str) -> (Reading, Reading) {
        match resolve(text) {
            Plain::Same(reading) => (reading.clone(), reading),
            Plain::Differ(old, new) => (old, new),
        }
    }

    #[test]
    fn readers_agree_on_plain_numbers_words_and_nothing() {
        let int = |text: &str| Reading::Int(text.to_owned());
        let agreed = [
            ("", Reading::Null),
            ("~", Reading::Null),
            ("null", Reading::Null),
            ("NULL", Reading::Null),
            ("true", Reading::Bool(true)),
            ("FALSE", Reading::Bool(false)),
            ("y", Reading::Text),
            ("n", Reading::Text),
            ("0", int("0")),
            ("-0", int("0")),
            ("+17", int("17")),
            ("0x1F", int("31")),
            ("00", int("0")),
            ("0xFFFFFFFFFFFFFFFFFFFF", int("1208925819614629174706175")),
            ("340282366920938463463374607431768211456", int("340282366920938463463374607431768211456")),
            ("1.5", Reading::Float(1.5)),
            ("1.", Reading::Float(1.0)),
            (".5", Reading::Float(0.5)),
            ("1.5e+3", Reading::Float(1500.0)),
            ("-.inf", Reading::Float(f64::NEG_INFINITY)),
            ("nothing", Reading::Text),
            ("1.2.3", Reading::Text),
            ("-", Reading::Text),
            ("==", Reading::Text),
            ("<=", Reading::Text),
            ("nums.0", Reading::Text),
            ("1e", Reading::Text),
            ("2026-01", Reading::Text),
            ("10.0.0.1", Reading::Text),
            ("0b", Reading::Text),
            ("-a", Reading::Text),
        ];
        for (text, reading) in agreed {
            assert_eq!(both(text), (reading.clone(), reading), "{text}");
        }
    }

    #[test]
    fn readers_differ_where_the_versions_do() {
        let int = |text: &str| Reading::Int(text.to_owned());
        let differing = [
            ("yes", Reading::Bool(true), Reading::Text),
            ("Off", Reading::Bool(false), Reading::Text),
            ("017", int("15"), int("17")),
            ("08", Reading::Text, int("8")),
            ("0o17", Reading::Text, int("15")),
            ("1_000", int("1000"), Reading::Text),
            ("0b101", int("5"), Reading::Text),
            ("-0x1F", int("-31"), Reading::Text),
            ("1e3", Reading::Text, Reading::Float(1000.0)),
            ("1.0e3", Reading::Text, Reading::Float(1000.0)),
            ("-.5", Reading::Text, Reading::Float(-0.5)),
            ("1_0.5", Reading::Float(10.5), Reading::Text),
            ("1:30", Reading::Sexagesimal("90".to_owned()), Reading::Text),
            ("1:30.5", Reading::Sexagesimal("90.5".to_owned()), Reading::Text),
            ("2026-01-01", Reading::Timestamp, Reading::Text),
            ("2026-1-1 1:00:00.5 +1", Reading::Timestamp, Reading::Text),
            ("2026-01-01T10:00:00Z", Reading::Timestamp, Reading::Text),
            ("<<", Reading::Merge, Reading::Text),
            ("=", Reading::Default, Reading::Text),
        ];
        for (text, old, new) in differing {
            assert_eq!(both(text), (old, new), "{text}");
        }
    }

    #[test]
    fn clock_times_that_are_no_base_60_numbers_are_text_to_both() {
        for text in ["1:75", "12:34:99", "a:30", "01:30"] {
            assert_eq!(both(text).1, Reading::Text, "{text}");
        }
        assert_eq!(both("1:75").0, Reading::Text);
        assert_eq!(both("01:30").0, Reading::Text);
    }

    /// Readings that PyYAML 6.0.3 gave; `invalid` where its pattern fits and its conversion then fails.
    #[test]
    fn what_pyyaml_reads_is_what_it_recorded() {
        for line in include_str!("../../../tests/data/plain_scalars.tsv").lines() {
            let (text, recorded) = line.split_once('\t').unwrap();
            let ours = match yaml11(text) {
                Reading::Null => "null".to_owned(),
                Reading::Bool(value) => format!("bool {value}"),
                Reading::Int(value) => format!("int {value}"),
                Reading::Float(value) if value.is_nan() => "nan".to_owned(),
                Reading::Float(value) => format!("float {:016x}", value.to_bits()),
                Reading::Sexagesimal(value) if value.contains('.') => "base60 float".to_owned(),
                Reading::Sexagesimal(value) => format!("base60 {value}"),
                Reading::Text => "text".to_owned(),
                Reading::Timestamp => "date".to_owned(),
                Reading::Merge => "merge".to_owned(),
                Reading::Default => "default".to_owned(),
            };
            // What it cannot convert is no file it could have read.
            assert!(recorded == "invalid" || recorded == ours, "{text}: recorded {recorded}, ours {ours}");
        }
    }
}
