//! What texts are told apart by: words, single signs, and a few shapes such as long numbers.

use std::collections::BTreeSet;

/// Something that is in a text or is not.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Marker {
    /// A word of letters and digits, whatever its case.
    Word(String),
    /// A sign that is neither letter, digit nor blank.
    Sign(char),
    /// Five digits or more in a row.
    LongNumber,
    /// Three capital letters or more in a row.
    Capitals,
}

/// The longest word that counts, in bytes.
const MAX_WORD: usize = 24;

/// Everything in a text that can be a marker.
pub(crate) fn markers(text: &str) -> BTreeSet<Marker> {
    let mut found = BTreeSet::new();
    for run in text.split(|sign: char| !is_word(sign)) {
        if (2..=MAX_WORD).contains(&run.len()) && run.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            found.insert(Marker::Word(run.to_ascii_lowercase()));
        }
    }
    for sign in text.chars() {
        if !is_word(sign) && !sign.is_whitespace() && !sign.is_control() {
            found.insert(Marker::Sign(sign));
        }
    }
    if run_of(text, 5, |sign| sign.is_ascii_digit()) {
        found.insert(Marker::LongNumber);
    }
    if run_of(text, 3, |sign| sign.is_ascii_uppercase()) {
        found.insert(Marker::Capitals);
    }
    found
}

impl Marker {
    /// Whether a text has it: the same that [`pattern`] says.
    pub fn is_in(&self, text: &str) -> bool {
        match self {
            Self::Word(word) => text.split(|sign: char| !is_word(sign)).any(|run| run.eq_ignore_ascii_case(word)),
            Self::Sign(sign) => text.contains(*sign),
            Self::LongNumber => run_of(text, 5, |sign| sign.is_ascii_digit()),
            Self::Capitals => run_of(text, 3, |sign| sign.is_ascii_uppercase()),
        }
    }
}

/// A pattern for `MATCHES` that holds for texts with one of the markers.
pub(crate) fn pattern(markers: &[Marker]) -> String {
    let mut parts = Vec::new();
    let words: Vec<_> = markers
        .iter()
        .filter_map(|marker| if let Marker::Word(word) = marker { Some(word.as_str()) } else { None })
        .collect();
    if !words.is_empty() {
        parts.push(format!("(?i:\\b(?:{})\\b)", words.join("|")));
    }
    let signs: String = markers
        .iter()
        .filter_map(|marker| if let Marker::Sign(sign) = marker { Some(escaped(*sign)) } else { None })
        .collect();
    if !signs.is_empty() {
        parts.push(format!("[{signs}]"));
    }
    if markers.contains(&Marker::LongNumber) {
        parts.push("[0-9]{5}".to_owned());
    }
    if markers.contains(&Marker::Capitals) {
        parts.push("[A-Z]{3}".to_owned());
    }
    format!("(?s).*(?:{})", parts.join("|"))
}

fn escaped(sign: char) -> String {
    if sign.is_ascii_punctuation() { format!("\\{sign}") } else { sign.to_string() }
}

/// What `\w` is to patterns, as far as it matters here: letters and digits of every script, and `_`.
fn is_word(sign: char) -> bool {
    sign.is_alphanumeric() || sign == '_'
}

fn run_of(text: &str, least: usize, of: impl Fn(char) -> bool) -> bool {
    let mut run = 0;
    text.chars().any(|sign| {
        run = if of(sign) { run + 1 } else { 0 };
        run >= least
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_signs_and_shapes() {
        let found = markers("WIN £100 now! Call 08712300220, it's_on é");
        for wanted in [Marker::Word("win".to_owned()), Marker::Sign('£'), Marker::LongNumber, Marker::Capitals] {
            assert!(found.contains(&wanted), "{wanted:?} in {found:?}");
            assert!(wanted.is_in("WIN £100 now! Call 08712300220"));
            assert!(!wanted.is_in("winter 10 000"));
        }
        assert!(!found.contains(&Marker::Word("s_on".to_owned())));
    }

    #[test]
    fn patterns_name_each_marker_once() {
        let markers =
            [Marker::Word("win".to_owned()), Marker::Sign('/'), Marker::Word("free".to_owned()), Marker::LongNumber];
        assert_eq!(pattern(&markers), r"(?s).*(?:(?i:\b(?:win|free)\b)|[\/]|[0-9]{5})");
    }
}
