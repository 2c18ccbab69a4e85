//! What to write instead: help for mistakes that YAML's syntax invites.

use super::scalar::Reading;
use crate::span::Span;

/// An unquoted operator that YAML takes for the start of block text, of a tag or of an alias, on the line of a syntax
/// error or shortly before it.
pub(super) fn unquoted_operator(text: &str, at: usize) -> Option<(Span, &str)> {
    let line_end =
        text.get(at..).and_then(|rest| rest.find('\n')).map_or(text.len(), |length| at.saturating_add(length));
    let mut end = line_end;
    for _ in 0..3 {
        let start = text.get(..end)?.rfind('\n').map_or(0, |newline| newline.saturating_add(1));
        let line = text.get(start..end)?;
        for key in ["operator:", "compare:"] {
            let Some((before, after)) = line.split_once(key) else {
                continue;
            };
            let operator = after.trim_start().split([' ', ',', '}', '\r']).next().unwrap_or_default();
            if matches!(operator, ">" | ">=" | "!=" | "=>" | "!" | "|" | "||" | "&&" | "*") {
                let blanks = after.len().saturating_sub(after.trim_start().len());
                let from = start.saturating_add(before.len()).saturating_add(key.len()).saturating_add(blanks);
                return Some((Span::new(from, from.saturating_add(operator.len())), operator));
            }
        }
        end = start.checked_sub(1)?;
    }
    None
}

/// How to write the number that one of the readings is, so that both read it alike.
pub(super) fn number_form(old: &Reading, new: &Reading) -> String {
    match (old, new) {
        (Reading::Int(old), Reading::Int(new)) => {
            format!("; to have a number write {old} or {new}")
        }
        (Reading::Int(number), _) | (_, Reading::Int(number)) => {
            format!("; to have a number write {number}")
        }
        (Reading::Float(number), _) | (_, Reading::Float(number)) => match both_ways(*number) {
            Some(form) => format!("; to have a number write {form}"),
            None => String::new(),
        },
        (Reading::Sexagesimal(number), _) if !number.starts_with('b') => {
            format!("; to have a number write {number}")
        }
        (Reading::Bool(value), _) => format!("; to have a boolean write {value}"),
        _ => String::new(),
    }
}

fn both_ways(number: f64) -> Option<String> {
    let text = format!("{number:?}");
    if !number.is_finite() {
        return None;
    }
    match text.split_once('e') {
        None => Some(text),
        Some((mantissa, exponent)) => {
            let point = if mantissa.contains('.') { "" } else { ".0" };
            let sign = if exponent.starts_with('-') { "" } else { "+" };
            Some(format!("{mantissa}{point}e{sign}{exponent}"))
        }
    }
}
