//! How each operator comes out on each piece of what a field can be.
//!
//! More outcomes than happen only cost findings; one too few would be a false alarm. So whatever is not plain is left
//! open.

use std::cmp::Ordering;

use cascata_vm::Value;
use cascata_vm::ops::{self, CompareOp};

use super::atom::{Atom, Container, StatAtom, equal};
use super::line::{Numbers, Texts, number};
use super::outcome::Outcomes;
use super::parts::Asks;
use super::pattern::{Facts, Matching};
use crate::back::constant::with_value;
use crate::model::{Constant, Operator};

/// How a test of a field comes out on a piece. `pattern` is what is known of its pattern.
pub(super) fn decide(op: Operator, operand: &Constant, pattern: Option<&Facts>, atom: &Atom) -> Outcomes {
    if atom.is_nil() {
        return Outcomes::of(Some(op == Operator::IsNull));
    }
    match op {
        Operator::Exists => Outcomes::TRUE,
        Operator::IsNull => Outcomes::FALSE,
        Operator::Eq => Outcomes::of(equals(atom, operand)),
        Operator::Ne => Outcomes::of(equals(atom, operand)).flip(),
        Operator::Lt => order(atom, operand, CompareOp::Lt),
        Operator::Le => order(atom, operand, CompareOp::Le),
        Operator::Gt => order(atom, operand, CompareOp::Gt),
        Operator::Ge => order(atom, operand, CompareOp::Ge),
        Operator::In => member(atom, operand),
        Operator::NotIn => member(atom, operand).flip(),
        Operator::Contains => contains(atom, operand),
        Operator::Matches => matches(atom, pattern),
        Operator::StartsWith | Operator::EndsWith => affix(op, atom, operand),
        Operator::EqualFolded => of_text(atom, |text| ops::equal_folded(Value::Text(text), as_text(operand))),
        Operator::InNetwork => match Asks::of(op, operand) {
            Some(Asks::In(networks)) => of_text(atom, |text| ops::in_networks(Value::Text(text), &networks)),
            _ => Outcomes::ANY,
        },
        Operator::All | Operator::Any | Operator::NoneOf if !atom.is_list() => Outcomes::FALSE,
        Operator::All | Operator::Any | Operator::NoneOf => Outcomes::DECIDED,
        Operator::Sum | Operator::Avg | Operator::Min | Operator::Max | Operator::Count if !atom.is_list() => {
            Outcomes::FALSE
        }
        _ => Outcomes::ANY,
    }
}

/// Whether the values equal a constant.
fn equals(atom: &Atom, constant: &Constant) -> Option<bool> {
    match (atom, constant) {
        (Atom::Bool(value), _) => {
            let (left, right) = (number(&Constant::Bool(*value))?, number(constant));
            Some(right.is_some_and(|right| crate::back::constant::compare_numbers(&left, &right).is_eq()))
        }
        (Atom::Number(piece), _) => match number(constant) {
            Some(constant) => piece.order(&constant).map(Ordering::is_eq),
            None => Some(false),
        },
        (Atom::Text(piece), Constant::Text(text)) => piece.order(text).map(Ordering::is_eq),
        (Atom::List(Container::Known(known)), Constant::List(_))
        | (Atom::Map(Container::Known(known)), Constant::Map(_)) => Some(equal(known, constant)),
        (Atom::List(Container::Open), Constant::List(_)) | (Atom::Map(Container::Open), Constant::Map(_)) => None,
        _ => Some(false),
    }
}

fn holds(op: CompareOp, order: Ordering) -> bool {
    match op {
        CompareOp::Eq => order.is_eq(),
        CompareOp::Ne => order.is_ne(),
        CompareOp::Lt => order.is_lt(),
        CompareOp::Le => order.is_le(),
        CompareOp::Gt => order.is_gt(),
        CompareOp::Ge => order.is_ge(),
    }
}

fn order(atom: &Atom, operand: &Constant, op: CompareOp) -> Outcomes {
    let known = |order: Option<Ordering>| Outcomes::of(order.map(|order| holds(op, order)));
    match (atom, operand) {
        (Atom::Bool(value), _) => match (number(&Constant::Bool(*value)), number(operand)) {
            (Some(value), Some(operand)) => known(Some(crate::back::constant::compare_numbers(&value, &operand))),
            _ => Outcomes::ERROR,
        },
        (Atom::Number(piece), _) => match number(operand) {
            Some(operand) => numbers(piece, &operand, op),
            None => Outcomes::ERROR,
        },
        (Atom::NotANumber, _) if number(operand).is_some() => Outcomes::FALSE,
        (Atom::Text(piece), Constant::Text(text)) => known(piece.order(text)),
        (Atom::List(Container::Known(list)), Constant::List(_)) => {
            let order = with_value(list, |left| with_value(operand, |right| ops::order(left, right)));
            order.map_or(Outcomes::ERROR, |order| Outcomes::of(Some(order.is_some_and(|order| holds(op, order)))))
        }
        (Atom::List(_), Constant::List(_)) => Outcomes::ANY,
        _ => Outcomes::ERROR,
    }
}

/// A comparison of numbers; one that spans the operand is open unless both sides agree.
fn numbers(piece: &Numbers, operand: &Constant, op: CompareOp) -> Outcomes {
    Outcomes::of(piece.order(operand).map(|order| holds(op, order)))
}

fn member(atom: &Atom, operand: &Constant) -> Outcomes {
    match operand {
        Constant::List(list) => {
            let answers: Vec<_> = list.iter().map(|element| equals(atom, element)).collect();
            match answers.contains(&Some(true)) {
                true => Outcomes::TRUE,
                false if answers.contains(&None) => Outcomes::DECIDED,
                false => Outcomes::FALSE,
            }
        }
        Constant::Text(text) => match atom {
            Atom::Text(piece) => substring_of(piece, text),
            _ => Outcomes::ERROR,
        },
        Constant::Map(entries) => match atom {
            Atom::Text(piece) => {
                let orders: Vec<_> = entries.iter().map(|(key, _)| piece.order(key)).collect();
                match orders.contains(&Some(Ordering::Equal)) {
                    true => Outcomes::TRUE,
                    false if orders.contains(&None) => Outcomes::DECIDED,
                    false => Outcomes::FALSE,
                }
            }
            Atom::List(_) | Atom::Map(_) => Outcomes::ERROR,
            _ => Outcomes::FALSE,
        },
        _ => Outcomes::ANY,
    }
}

fn affix(op: Operator, atom: &Atom, operand: &Constant) -> Outcomes {
    let (Atom::Text(piece), Constant::Text(part)) = (atom, operand) else { return Outcomes::ERROR };
    Outcomes::of(match (piece.point(), op) {
        (_, Operator::StartsWith) => piece.starts_with(part),
        (Some(text), _) => Some(text.ends_with(part.as_str())),
        (None, _) => part.is_empty().then_some(true),
    })
}

/// A question that is false for whatever is no text.
fn of_text(atom: &Atom, holds: impl Fn(&str) -> bool) -> Outcomes {
    match atom {
        Atom::Text(piece) => Outcomes::of(piece.point().map(|text| holds(&text))),
        _ => Outcomes::FALSE,
    }
}

const fn as_text(constant: &Constant) -> Value<'_> {
    match constant {
        Constant::Text(text) => Value::Text(text.as_str()),
        _ => Value::Missing,
    }
}

fn substring_of(piece: &Texts, text: &str) -> Outcomes {
    match piece.point() {
        Some(point) => Outcomes::of(Some(text.contains(&point))),
        // What starts with something that is not in the text is not in it either.
        None if !text.contains(&piece.common()) => Outcomes::FALSE,
        None => Outcomes::DECIDED,
    }
}

fn contains(atom: &Atom, operand: &Constant) -> Outcomes {
    match atom {
        Atom::Text(piece) => match operand {
            Constant::Text(part) => match piece.point() {
                Some(text) => Outcomes::of(Some(text.contains(part.as_str()))),
                None if piece.common().contains(part.as_str()) => Outcomes::TRUE,
                None => Outcomes::DECIDED,
            },
            _ => Outcomes::ERROR,
        },
        Atom::List(Container::Known(Constant::List(list))) => {
            Outcomes::of(Some(list.iter().any(|element| equal(element, operand))))
        }
        Atom::List(_) => Outcomes::DECIDED,
        Atom::Map(known) => match (operand, known) {
            (Constant::List(_) | Constant::Map(_), _) => Outcomes::ERROR,
            (Constant::Text(key), Container::Known(Constant::Map(entries))) => {
                Outcomes::of(Some(entries.iter().any(|(known, _)| known == key)))
            }
            (Constant::Text(_), _) => Outcomes::DECIDED,
            _ => Outcomes::FALSE,
        },
        _ => Outcomes::ERROR,
    }
}

fn matches(atom: &Atom, pattern: Option<&Facts>) -> Outcomes {
    if atom.is_list() || atom.is_map() {
        return Outcomes::ERROR;
    }
    let Some(pattern) = pattern else { return Outcomes::DECIDED };
    if pattern.never {
        return Outcomes::FALSE;
    }
    match atom {
        Atom::Bool(value) => Outcomes::of(pattern.matches(if *value { "True" } else { "False" })),
        Atom::Text(piece) => match piece.point() {
            Some(text) => Outcomes::of(pattern.matches(&text)),
            None => Outcomes::of(among(piece, &pattern.texts)),
        },
        _ => Outcomes::of(numbers_match(&pattern.texts)),
    }
}

/// Whether the texts of a piece, which is no single one, match.
fn among(piece: &Texts, matching: &Matching) -> Option<bool> {
    let prefixed = |prefixes: &[String]| -> Option<bool> {
        let answers: Vec<_> = prefixes.iter().map(|prefix| piece.starts_with(prefix)).collect();
        match answers.contains(&Some(true)) {
            true => Some(true),
            false if answers.contains(&None) => None,
            false => Some(false),
        }
    };
    match matching {
        Matching::Exactly(texts) => {
            texts.iter().all(|text| piece.order(text).is_some_and(Ordering::is_ne)).then_some(false)
        }
        Matching::Prefixes(prefixes) => prefixed(prefixes),
        Matching::Within(prefixes) => prefixed(prefixes).filter(|inside| !inside),
        Matching::Unknown => None,
    }
}

/// Whether the text of a number can match: it starts with a digit, a sign, `inf` or `nan`.
fn numbers_match(matching: &Matching) -> Option<bool> {
    let texts = match matching {
        Matching::Exactly(texts) | Matching::Prefixes(texts) | Matching::Within(texts) => texts,
        Matching::Unknown => return None,
    };
    let possible =
        |text: &String| text.chars().next().is_none_or(|first| first.is_ascii_digit() || "-in".contains(first));
    (!texts.iter().any(possible)).then_some(false)
}

/// How the comparison of a statistic comes out on a piece.
pub(super) fn decide_stat(compare: CompareOp, operand: &Constant, atom: &StatAtom) -> Outcomes {
    match (atom, number(operand)) {
        (StatAtom::NoList | StatAtom::Nothing, _) => Outcomes::FALSE,
        (StatAtom::Fault, _) => Outcomes::ERROR,
        (StatAtom::Number(piece), Some(operand)) => numbers(piece, &operand, compare),
        (StatAtom::Number(_), None) => match compare {
            CompareOp::Eq => Outcomes::FALSE,
            CompareOp::Ne => Outcomes::TRUE,
            _ => Outcomes::ERROR,
        },
        (StatAtom::Other, _) => Outcomes::ANY,
    }
}
