//! How findings about types are said: what is wrong, and the line of the schema that says so.

use super::Analysis;
use super::facts::Fact;
use super::line::{Numbers, number};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::model::{Condition, Constant, Expr, MeasureKind, Operator, Segment, Test};
use crate::names::nearest;
use crate::schema::{Bound, Kind, Kinds, Shape};
use crate::span::Span;

/// Keys that are listed in a message.
const MOST_KEYS: usize = 12;

/// Fields of which it is said what the schema says.
const MOST_REASONS: usize = 3;

/// The line of the schema that decides, and what it says.
pub(super) struct Reason {
    span: Span,
    words: String,
}

impl Reason {
    /// What keeps a field from being as a constant wants it.
    pub(super) fn of(shape: &Shape, operand: &Constant) -> Self {
        if let (Some(number), false) = (number(operand), shape.kinds.and(Kinds::NUMERIC).is_empty()) {
            let at = Numbers::Point(number);
            let out = |bound: &&Bound, below: bool| {
                at.order(&bound.value).is_some_and(|order| order.is_eq() || order.is_lt() == below)
            };
            let low = shape.low.as_ref().filter(|low| out(low, true));
            let high = shape.high.as_ref().filter(|high| out(high, false));
            if let Some(bound) = low.or(high) {
                return Self { span: bound.span, words: shape.words() };
            }
        }
        match shape.spans.values {
            Some(span) => Self { span, words: shape.words() },
            None => Self::kinds(shape),
        }
    }

    /// The types.
    pub(super) fn kinds(shape: &Shape) -> Self {
        Self { span: shape.spans.kinds.or(shape.spans.values).unwrap_or(shape.spans.head), words: shape.words() }
    }
}

impl Reason {
    /// Adds the line to a finding.
    pub(super) fn add_to(self, diagnostic: Diagnostic) -> Diagnostic {
        diagnostic.label(self.span, format!("the schema says: {}", self.words))
    }
}

impl Analysis<'_> {
    /// What the schema says of the fields of a condition.
    pub(super) fn schema_of(&self, condition: &Condition) -> Vec<Reason> {
        let paths = super::walk::paths(condition).into_iter().filter_map(|path| self.cascade.paths.get(path));
        let known = paths.filter_map(|path| match self.types.fact(path)? {
            Fact::Like { shape, always } => {
                let reason = Reason::kinds(shape);
                let words = if always { format!("{}, always there", reason.words) } else { reason.words };
                Some(Reason { words, ..reason })
            }
            Fact::Never => None,
        });
        known.take(MOST_REASONS).collect()
    }
}

/// A finding about one comparison.
pub(super) struct Typed {
    /// Where it is reported.
    pub(super) place: Span,
    pub(super) reason: Reason,
}

impl Typed {
    fn diagnostic(self, code: Code, message: String, label: String) -> Diagnostic {
        self.reason.add_to(Diagnostic::new(code, message).label(self.place, label))
    }

    /// An operator that is an error for everything the field can be.
    pub(super) fn mismatch(self, text: &str, test: &Test, shape: &Shape) -> Diagnostic {
        let field = name(text, test.spans.field);
        let message = format!("`{}` with this value fails whenever {field} is there", test.op.spelling());
        let label = match test.constant() {
            Some(operand) => format!("{field} is {}, this is {}", shape.kinds.present().words(), words(operand)),
            None => format!("{field} is {}", shape.kinds.present().words()),
        };
        self.diagnostic(Code::TypeMismatch, message, label)
    }

    /// A comparison that nothing the field can be satisfies.
    pub(super) fn impossible(self, text: &str, test: &Test, operand: &Constant, shape: &Shape) -> Diagnostic {
        let field = name(text, test.spans.field);
        let message =
            format!("`{}` with this value never holds, by what the schema says of {field}", test.op.spelling());
        let place = self.place;
        let diagnostic = self.diagnostic(Code::ImpossibleComparison, message, "never holds".to_owned());
        let (Operator::Eq, Constant::Text(word), Some(values)) = (test.op, operand, &shape.values) else {
            return diagnostic;
        };
        let texts = values.iter().filter_map(|value| match value {
            Constant::Text(text) => Some(text.as_str()),
            _ => None,
        });
        meant(diagnostic, text, place, word, texts)
    }

    /// A comparison that everything the field can be satisfies.
    pub(super) fn certain(self, text: &str, test: &Test) -> Diagnostic {
        let field = name(text, test.spans.field);
        let message = format!(
            "`{}` with this value holds whenever {field} is there, by what the schema says",
            test.op.spelling()
        );
        self.diagnostic(Code::AlwaysTrue, message, "asks nothing of the value".to_owned())
            .help("to ask whether the field is there use EXISTS")
    }

    /// Elements of something that is no list.
    pub(super) fn no_list(self, text: &str, shape: &Shape) -> Diagnostic {
        let field = name(text, self.place);
        let message = format!("{field} has no elements: the schema says {}", shape.kinds.words());
        self.diagnostic(Code::ImpossibleComparison, message, "never holds".to_owned())
    }
}

/// Two values whose types do not go together.
pub(super) fn between(text: &str, test: &Test, shapes: [Option<&Shape>; 2], fails: bool) -> Diagnostic {
    let names =
        [Some(test.spans.field), test.spans.value].map(|span| span.map_or_else(String::new, |span| name(text, span)));
    let [left, right] = names;
    let op = test.op.spelling();
    let (code, message) = if fails {
        (Code::TypeMismatch, format!("`{op}` of {left} and {right} fails whenever both are there"))
    } else {
        (Code::ImpossibleComparison, format!("`{op}` of {left} and {right} never holds: their types differ"))
    };
    let mut diagnostic =
        Diagnostic::new(code, message).label(test.spans.value.unwrap_or(test.spans.field), "never holds");
    for shape in shapes.into_iter().flatten() {
        diagnostic = Reason::kinds(shape).add_to(diagnostic);
    }
    diagnostic
}

/// A key that an object has not.
pub(super) fn unlisted(text: &str, place: Span, parent: &Shape, segment: Option<&Segment>, closed: bool) -> Diagnostic {
    let key = key(segment);
    let known: Vec<_> = parent.properties.iter().map(|property| property.name.as_str()).collect();
    let listed: Vec<_> = known.iter().take(MOST_KEYS).copied().collect();
    let more = if known.len() > MOST_KEYS { ", …" } else { "" };
    let says = match known.is_empty() {
        true => "no keys".to_owned(),
        false => format!("the keys are {}{more}", listed.join(", ")),
    };
    let spans = parent.spans;
    let line = if closed { spans.others.or(spans.properties) } else { spans.properties };
    let label = if closed { "always missing" } else { "not in the schema" };
    let diagnostic = Diagnostic::new(Code::UnknownField, format!("the schema has no field `{key}` here"));
    let mut diagnostic = meant(diagnostic.label(place, label), text, place, &key, known)
        .label(line.unwrap_or(spans.head), format!("the schema says: {says}"));
    if diagnostic.help.is_none() && !closed {
        diagnostic = diagnostic.help("where other keys may stand, `additionalProperties: true` says so");
    }
    diagnostic
}

/// A path through a value that has nothing below it.
pub(super) fn blocked(text: &str, place: Span, shape: &Shape, segment: Option<&Segment>) -> Diagnostic {
    let (what, wanted) = match segment {
        Some(Segment::Index(index)) => (format!("element {index}"), "list"),
        _ => (format!("field `{}`", key(segment)), "mapping"),
    };
    let message = format!("{} looks for {what} where the schema has no {wanted}", name(text, place));
    Reason::kinds(shape).add_to(Diagnostic::new(Code::UnknownField, message).label(place, "always missing"))
}

fn key(segment: Option<&Segment>) -> String {
    match segment {
        Some(Segment::Key(key)) => key.clone(),
        Some(Segment::Index(index)) => index.to_string(),
        None => String::new(),
    }
}

/// Adds what a wrong word most likely means.
fn meant<'k>(
    diagnostic: Diagnostic,
    text: &str,
    place: Span,
    word: &str,
    known: impl IntoIterator<Item = &'k str>,
) -> Diagnostic {
    let Some(near) = nearest(word, known) else { return diagnostic };
    let diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
    // Only where quotes and escapes cannot come between.
    let plain = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let raw = place.slice(text);
    let mut places = raw.match_indices(word);
    match (places.next(), places.next()) {
        (Some((at, _)), None) if plain(word) && plain(near) => {
            let start = place.start.saturating_add(at);
            diagnostic.fix(Span::new(start, start.saturating_add(word.len())), near)
        }
        _ => diagnostic,
    }
}

/// A field as it is written, in the words of messages.
fn name(text: &str, place: Span) -> String {
    let raw = place.slice(text).lines().next().unwrap_or_default();
    let shown: String = raw.trim_matches(['"', '\'']).chars().take(60).collect();
    if shown.is_empty() { "the field".to_owned() } else { format!("`{shown}`") }
}

fn words(constant: &Constant) -> &'static str {
    match Kind::of(constant) {
        Kind::Integer => Kind::Number.words(),
        kind => kind.words(),
    }
}

/// The types that a computed value can have, when it is there.
pub(super) fn kinds_of(expr: &Expr) -> Kinds {
    match expr {
        Expr::Constant(constant) => Kinds::one(Kind::of(constant)),
        Expr::Measure(measure) => match measure.kind {
            MeasureKind::Min | MeasureKind::Max => Kinds::ALL.present(),
            _ => Kinds::one(Kind::Number),
        },
        Expr::Now | Expr::Arithmetic(..) => Kinds::one(Kind::Number),
        Expr::Field(_) => Kinds::ALL.present(),
    }
}
