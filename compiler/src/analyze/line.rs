//! Numbers and texts cut into points and the gaps between them.
//!
//! Both kinds have a total order that the operators use, so the constants of a rule cut each into finitely many
//! pieces within which every comparison has one answer. A prefix is a stretch of the text order as well.

use std::cmp::Ordering;

use crate::back::constant::compare_numbers;
use crate::model::Constant;

/// A piece of the numbers: one value, or what lies strictly between two.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Numbers {
    /// One mathematical value.
    Point(Constant),
    /// Everything between; an end that is not there is open.
    Gap(Option<Constant>, Option<Constant>),
}

impl Numbers {
    /// The pieces that sorted points make.
    pub(super) fn cut(points: &[Constant]) -> Vec<Self> {
        let mut pieces = Vec::with_capacity(points.len().saturating_mul(2).saturating_add(1));
        let mut below = None;
        for point in points {
            pieces.push(Self::Gap(below.take(), Some(point.clone())));
            pieces.push(Self::Point(point.clone()));
            below = Some(point.clone());
        }
        pieces.push(Self::Gap(below, None));
        pieces
    }

    /// Where the values lie against a number: `Some` if all lie the same.
    pub(super) fn order(&self, number: &Constant) -> Option<Ordering> {
        match self {
            Self::Point(point) => Some(compare_numbers(point, number)),
            Self::Gap(_, Some(above)) if compare_numbers(above, number).is_le() => Some(Ordering::Less),
            Self::Gap(Some(below), _) if compare_numbers(below, number).is_ge() => Some(Ordering::Greater),
            Self::Gap(..) => None,
        }
    }

    /// Whether a whole number lies in it, as far as 64 bits tell.
    pub(super) fn has_whole(&self) -> bool {
        match self {
            Self::Point(Constant::Float(float)) => float.fract() == 0.0,
            Self::Gap(Some(Constant::Int(below)), Some(Constant::Int(above))) => {
                match (below.parse::<i64>(), above.parse::<i64>()) {
                    (Ok(below), Ok(above)) => below.checked_add(1).is_none_or(|next| next < above),
                    _ => true,
                }
            }
            _ => true,
        }
    }
}

/// The number a constant counts as.
pub(super) fn number(constant: &Constant) -> Option<Constant> {
    match constant {
        Constant::Bool(value) => Some(Constant::Int(u8::from(*value).to_string())),
        Constant::Int(_) | Constant::Float(_) => Some(constant.clone()),
        _ => None,
    }
}

/// A place in the text order: a text as code points, or behind everything that starts with one.
pub(super) type Cut = Vec<u32>;

/// Greater than every code point.
const BEYOND: u32 = 0x11_0000;

/// Before a text.
pub(super) fn before(text: &str) -> Cut {
    text.chars().map(u32::from).collect()
}

/// Right behind a text.
pub(super) fn after(text: &str) -> Cut {
    text.chars().map(u32::from).chain([0]).collect()
}

/// Behind everything that starts with a text.
pub(super) fn after_prefix(text: &str) -> Cut {
    text.chars().map(u32::from).chain([BEYOND]).collect()
}

/// Where a place lies against the one that a text and this code behind it make, without making that.
fn against(place: &[u32], text: &str, behind: Option<u32>) -> Ordering {
    place.iter().copied().cmp(text.chars().map(u32::from).chain(behind))
}

/// A piece of the texts: from a place up to another.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Texts {
    from: Cut,
    to: Cut,
}

impl Texts {
    /// The pieces that places make.
    pub(super) fn cut(mut places: Vec<Cut>) -> Vec<Self> {
        places.push(Vec::new());
        places.push(vec![BEYOND]);
        places.sort();
        places.dedup();
        places
            .windows(2)
            .filter_map(|pair| Some(Self { from: pair.first()?.clone(), to: pair.get(1)?.clone() }))
            .collect()
    }

    /// The only text in it, if there is one only.
    pub(super) fn point(&self) -> Option<String> {
        let single = self.to.split_last().is_some_and(|(last, rest)| *last == 0 && rest == self.from);
        single.then(|| self.from.iter().map(|code| char::from_u32(*code)).collect::<Option<String>>()).flatten()
    }

    /// Where the texts lie against a text: `Some` if all lie the same.
    pub(super) fn order(&self, text: &str) -> Option<Ordering> {
        if against(&self.to, text, None).is_le() {
            Some(Ordering::Less)
        } else if against(&self.from, text, Some(0)).is_ge() {
            Some(Ordering::Greater)
        } else if against(&self.from, text, None).is_eq() && against(&self.to, text, Some(0)).is_eq() {
            Some(Ordering::Equal)
        } else {
            None
        }
    }

    /// Whether all, or none, of the texts start with a text.
    pub(super) fn starts_with(&self, prefix: &str) -> Option<bool> {
        let (from, to) = (None, Some(BEYOND));
        if against(&self.from, prefix, from).is_ge() && against(&self.to, prefix, to).is_le() {
            Some(true)
        } else if against(&self.to, prefix, from).is_le() || against(&self.from, prefix, to).is_ge() {
            Some(false)
        } else {
            None
        }
    }

    /// What all of the texts start with.
    pub(super) fn common(&self) -> String {
        let shared = self.from.iter().zip(&self.to).take_while(|(from, to)| from == to);
        shared.map_while(|(code, _)| char::from_u32(*code)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn int(value: i64) -> Constant {
        Constant::Int(value.to_string())
    }

    #[test]
    fn numbers_lie_below_at_and_above_each_point() {
        let pieces = Numbers::cut(&[int(1), Constant::Float(2.5)]);
        let order: Vec<_> = pieces.iter().map(|piece| piece.order(&int(1))).collect();
        use Ordering::*;
        assert_eq!(order, [Some(Less), Some(Equal), Some(Greater), Some(Greater), Some(Greater)]);
        assert_eq!(pieces.first().unwrap().order(&int(0)), None);
        let whole: Vec<_> = Numbers::cut(&[int(1), int(2), int(4)]).iter().map(Numbers::has_whole).collect();
        assert_eq!(whole, [true, true, false, true, true, true, true]);
    }

    #[test]
    fn texts_lie_in_code_point_order_and_prefixes_are_stretches() {
        let pieces = Texts::cut(vec![before("b"), after("b"), before("ca"), after_prefix("ca")]);
        let points: Vec<_> = pieces.iter().map(Texts::point).collect();
        assert_eq!(points, [None, Some("b".to_owned()), None, None, None]);
        let prefixed: Vec<_> = pieces.iter().map(|piece| piece.starts_with("ca")).collect();
        assert_eq!(prefixed, [Some(false), Some(false), Some(false), Some(true), Some(false)]);
        let whole = Texts::cut(Vec::new());
        assert_eq!((whole.len(), whole[0].starts_with(""), whole[0].starts_with("a")), (1, Some(true), None));
        assert_eq!(pieces[3].common(), "ca");
        assert_eq!(pieces[2].order("b"), Some(Ordering::Greater));
    }
}
