//! Applying the fixes that diagnostics offer.

use crate::diagnostic::{Diagnostic, Fix};

/// A text with fixes applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fixed<'d> {
    /// The text.
    pub text: String,
    /// The diagnostics whose fixes are in it, in the order of the text.
    pub applied: Vec<&'d Diagnostic>,
    /// Those whose fixes change what another one changes already; they are left for another round.
    pub overlapping: Vec<&'d Diagnostic>,
}

/// Applies every fix that does not overlap an earlier one. Whether the result is better is for the caller to check.
#[must_use]
pub fn apply_fixes<'d>(text: &str, diagnostics: &'d [Diagnostic]) -> Fixed<'d> {
    let mut offered: Vec<(&Fix, &Diagnostic)> =
        diagnostics.iter().filter_map(|diagnostic| Some((diagnostic.fix.as_ref()?, diagnostic))).collect();
    offered.sort_by_key(|(fix, _)| fix.span);
    let mut fixed = Fixed { text: String::with_capacity(text.len()), applied: Vec::new(), overlapping: Vec::new() };
    let mut at = 0;
    let mut last: Option<&Fix> = None;
    for (fix, diagnostic) in offered {
        // Two diagnostics may ask for the same change.
        if last == Some(fix) {
            fixed.applied.push(diagnostic);
            continue;
        }
        // Two insertions at one place would have no order.
        let touches = last.is_some_and(|last| fix.span.start < last.span.end || fix.span.start == last.span.start);
        let between =
            text.get(at..fix.span.start).filter(|_| !touches && text.get(fix.span.start..fix.span.end).is_some());
        let Some(between) = between else {
            fixed.overlapping.push(diagnostic);
            continue;
        };
        fixed.text.push_str(between);
        fixed.text.push_str(&fix.replacement);
        fixed.applied.push(diagnostic);
        at = fix.span.end;
        last = Some(fix);
    }
    fixed.text.push_str(text.get(at..).unwrap_or_default());
    fixed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes::Code;
    use crate::span::Span;

    fn offer(start: usize, end: usize, replacement: &str) -> Diagnostic {
        Diagnostic::new(Code::UnknownKey, replacement).fix(Span::new(start, end), replacement)
    }

    fn names<'d>(of: &[&'d Diagnostic]) -> Vec<&'d str> {
        of.iter().map(|diagnostic| diagnostic.message.as_str()).collect()
    }

    #[test]
    fn fixes_are_applied_in_the_order_of_the_text() {
        let offered = [offer(4, 5, "E"), offer(0, 1, "AA"), offer(2, 2, "-")];
        let fixed = apply_fixes("abcdef", &offered);
        assert_eq!(fixed.text, "AAb-cdEf");
        assert_eq!(names(&fixed.applied), ["AA", "-", "E"]);
    }

    #[test]
    fn overlapping_fixes_are_refused_and_equal_ones_are_one() {
        let offered = [offer(0, 3, "X"), offer(2, 4, "Y"), offer(4, 5, "Z"), offer(4, 5, "Z"), offer(4, 4, "i")];
        let fixed = apply_fixes("abcdef", &offered);
        assert_eq!(fixed.text, "Xdief");
        assert_eq!((names(&fixed.applied), names(&fixed.overlapping)), (vec!["X", "i"], vec!["Y", "Z", "Z"]));
    }

    #[test]
    fn a_place_outside_of_the_text_is_refused() {
        let offered = [offer(3, 9, "X"), offer(1, 2, "Y")];
        let fixed = apply_fixes("aä", &offered);
        assert_eq!((fixed.text.as_str(), fixed.overlapping.len()), ("aä", 2));
    }
}
