//! Sets of values and lists of words, made for one conjunction: the purest values first, the words that tell most first.

use std::borrow::Cow;
use std::sync::Arc;

use crate::bits::Bits;
use crate::condition::{Check, Condition, MAX_SET};
use crate::markers::Marker;
use crate::search::Extension;
use crate::space::Choices;

/// The least examples that a word has to change.
const MIN_GAIN: u64 = 5;

/// What an example on the wrong side of a word counts: for words that a text must not have, and for words it must have.
const WRONG_SIDE: (f64, f64) = (0.1, 8.0);

/// Sizes of word lists that are tried; between them little changes.
const SIZES: [usize; 6] = [2, 4, 6, 8, 12, MAX_SET];

/// Adds every set `path IN […]` and `path NOT_IN […]` that answers enough.
pub(crate) fn value_sets(
    fields: &[Choices<String>],
    state: &Bits,
    (right, wrong): (&Bits, &Bits),
    support: u64,
    out: &mut Vec<Extension<'_>>,
) {
    for field in fields {
        let mut values: Vec<_> = field
            .each
            .iter()
            .map(|(value, bits)| (value, bits, bits.both(right), bits.both(wrong)))
            .filter(|(.., right, wrong)| right + wrong > 0)
            .collect();
        let purity = |right: u64, wrong: u64| (right as f64 + 0.5) / ((right + wrong) as f64 + 1.0);
        values.sort_by(|first, second| purity(second.2, second.3).total_cmp(&purity(first.2, first.3)));
        let ways = [
            (true, values.iter().take(MAX_SET).collect::<Vec<_>>()),
            (false, values.iter().rev().take(MAX_SET).collect()),
        ];
        for (inside, values) in ways {
            let mut union = Bits::default();
            let mut names = Vec::new();
            for &&(name, bits, one_right, one_wrong) in &values {
                // A set of what is wanted has nothing that brings only wrong answers; a set of what is not, nothing right only.
                if (inside && one_right == 0) || (!inside && one_wrong == 0) {
                    continue;
                }
                if names.is_empty() {
                    union = bits.clone()
                } else {
                    union.add(bits)
                }
                names.push(name.clone());
                let bits = if inside { state.and(&union) } else { state.minus(&union) };
                let counted = (bits.both(right), bits.both(wrong));
                if counted.0 < support {
                    continue;
                }
                let mut sorted = names.clone();
                sorted.sort();
                let check = if inside { Check::In(sorted) } else { Check::NotIn(sorted) };
                push(&field.path, check, bits, counted, out);
            }
        }
    }
}

/// Adds lists of words that a text must have one of, or none of.
pub(crate) fn word_sets(
    fields: &[Choices<Marker>],
    state: &Bits,
    (right, wrong): (&Bits, &Bits),
    support: u64,
    out: &mut Vec<Extension<'_>>,
) {
    for field in fields {
        for any in [true, false] {
            let (mut target, other, price) =
                if any { (right.clone(), wrong, WRONG_SIDE.1) } else { (wrong.clone(), right, WRONG_SIDE.0) };
            let mut other = other.clone();
            let mut union: Option<Bits> = None;
            let mut markers: Vec<Marker> = Vec::new();
            let mut most = vec![u64::MAX; field.each.len()];
            while markers.len() < MAX_SET {
                let Some((marker, bits)) = best_word(field, &target, &other, price, &mut most) else { break };
                markers.push(marker.clone());
                target.remove(bits);
                other.remove(bits);
                union.get_or_insert_with(|| bits.clone()).add(bits);
                let Some(union) = union.as_ref().filter(|_| SIZES.contains(&markers.len())) else { continue };
                let bits = if any { state.and(union) } else { state.minus(union) };
                let counted = (bits.both(right), bits.both(wrong));
                if counted.0 >= support {
                    let mut sorted = markers.clone();
                    sorted.sort();
                    push(&field.path, Check::Marked { any, markers: sorted }, bits, counted, out);
                }
            }
        }
    }
}

/// The word that takes most of `target` and little of `other`. `most` is what each took when it was last counted: as targets only shrink, it
/// takes no more now, and what cannot be best is not counted again.
fn best_word<'f>(
    field: &'f Choices<Marker>,
    target: &Bits,
    other: &Bits,
    price: f64,
    most: &mut [u64],
) -> Option<&'f (Marker, Bits)> {
    let mut best: Option<(f64, &(Marker, Bits))> = None;
    for (word, most) in field.each.iter().zip(most) {
        let hopeless = |gain: u64| gain < MIN_GAIN || best.is_some_and(|(best, _)| gain as f64 <= best);
        if hopeless(*most) {
            continue;
        }
        *most = word.1.both(target);
        if hopeless(*most) {
            continue;
        }
        let worth = *most as f64 - price * word.1.both(other) as f64;
        if worth > 0.0 && best.is_none_or(|(best, _)| worth > best) {
            best = Some((worth, word));
        }
    }
    best.map(|(_, word)| word)
}

fn push(path: &Arc<str>, check: Check, bits: Bits, (right, wrong): (u64, u64), out: &mut Vec<Extension<'_>>) {
    let condition = Arc::new(Condition { path: Arc::clone(path), check });
    out.push(Extension { condition, bits: Cow::Owned(bits), right, wrong });
}
