//! Fraud scoring, as examples/stages/README.md defines it for every language: as a component, through WIT.

wit_bindgen::generate!({ path: "../../../../stages-sdk/wit", world: "stage" });

use cascata::stage::logging::{self, Level};
use cascata::stage::types::{ErrorCode, Value};
use cascata::stage::{config, event, writes};

/// What the host knows of the module without running it.
#[unsafe(link_section = "cascata-manifest")]
#[used]
#[cfg(target_arch = "wasm32")]
static MANIFEST: [u8; include_bytes!("../manifest.json").len()] = *include_bytes!("../manifest.json");

/// Slots: positions among the manifest's fields.
const TRUSTED: u32 = 0;
const AMOUNT: u32 = 1;
const COUNTRY: u32 = 2;
const VELOCITY: u32 = 3;
const ITEMS: u32 = 4;

struct Stage;

export!(Stage);

impl Guest for Stage {
    fn init() -> Result<(), StageError> {
        Ok(())
    }

    fn run() -> Result<Outcome, StageError> {
        let amount = number(&event::get(AMOUNT)).ok_or_else(not_a_number)?;
        let velocity = event::get(VELOCITY);
        if matches!(velocity, Value::Null) {
            return Err(not_known_yet());
        }
        let country = text(event::get(COUNTRY));
        let signs = Signs {
            is_large: amount > number(&config::get("limit")).unwrap_or(1000.0),
            is_listed: country.as_ref().is_some_and(|country| {
                elements(config::get("countries")).any(|listed| text(listed).as_ref() == Some(country))
            }),
            is_frequent: integer(&velocity).unwrap_or(0) >= 5,
            gift_cards: elements(event::get(ITEMS)).map(gift_cards).sum(),
            is_trusted: matches!(event::get(TRUSTED), Value::Boolean(true)),
        };
        let (points, reasons) = signs.score();
        let result = label(points);
        if result == "block" {
            logging::log(Level::Warn, "blocked");
        }
        writes::set("risk.points", &points.to_string())
            .map_err(|_| failure(ErrorCode::Internal, "risk.points can't be written"))?;
        let confidence = f64::from(points.max(100 - points)) / 100.0;
        Ok(Outcome {
            result: result.to_owned(),
            confidence: Some(confidence),
            data: Some(data(points, &reasons, country.as_deref())),
        })
    }
}

/// What speaks against a payment, and for it.
#[derive(Default)]
struct Signs {
    is_large: bool,
    is_listed: bool,
    is_frequent: bool,
    gift_cards: i64,
    is_trusted: bool,
}

impl Signs {
    /// Points from 0 to 100, each with its reason.
    fn score(&self) -> (u32, Vec<&'static str>) {
        let cards = u32::try_from(self.gift_cards.clamp(0, 3)).unwrap_or(0);
        let signs = [
            (self.is_large, 40, "amount"),
            (self.is_listed, 30, "country"),
            (self.is_frequent, 20, "velocity"),
            (cards > 0, 10 * cards, "gift_cards"),
        ];
        let mut reasons: Vec<_> = signs.iter().filter(|sign| sign.0).map(|sign| sign.2).collect();
        let mut points: u32 = signs.iter().filter(|sign| sign.0).map(|sign| sign.1).sum();
        if self.is_trusted {
            points /= 2;
            reasons.push("trusted");
        }
        (points.min(100), reasons)
    }
}

const fn label(points: u32) -> &'static str {
    match points {
        70.. => "block",
        30..70 => "review",
        _ => "pass",
    }
}

fn data(points: u32, reasons: &[&str], country: Option<&str>) -> String {
    let reasons: Vec<_> = reasons.iter().map(|reason| quoted(reason)).collect();
    let country = country.map_or_else(|| "null".to_owned(), quoted);
    format!(r#"{{"reasons":[{}],"points":{points},"country":{country}}}"#, reasons.join(","))
}

/// A text as JSON.
fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => out.extend(['\\', letter]),
            '\0'..' ' => out.push_str(&format!("\\u{:04x}", u32::from(letter))),
            _ => out.push(letter),
        }
    }
    out.push('"');
    out
}

/// How many gift cards an item is.
fn gift_cards(item: Value) -> i64 {
    let Value::Composite(node) = item else { return 0 };
    if text(event::child(node, "kind")).as_deref() != Some("gift_card") {
        return 0;
    }
    integer(&event::child(node, "quantity")).filter(|quantity| (1..=99).contains(quantity)).unwrap_or(1)
}

/// The elements of an array; none of anything else.
fn elements(value: Value) -> impl Iterator<Item = Value> {
    let array = match value {
        Value::Composite(node) if event::kind_of(node) == event::Kind::Array => Some(node),
        _ => None,
    };
    array.into_iter().flat_map(|node| (0..event::len(node)).map(move |index| event::item(node, index)))
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Integer(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        Value::BigInteger(digits) => digits.parse().ok(),
        _ => None,
    }
}

/// A number without fraction, however it is written.
fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Integer(number) => Some(*number),
        Value::Float(number) if number.fract() == 0.0 && number.abs() < 9e18 => Some(*number as i64),
        _ => None,
    }
}

fn failure(code: ErrorCode, message: &str) -> StageError {
    StageError { code, message: message.to_owned(), retryable: false, status: None, retry_after_ms: None }
}

fn not_a_number() -> StageError {
    failure(ErrorCode::InvalidInput, "amount is not a number")
}

fn not_known_yet() -> StageError {
    let error = failure(ErrorCode::Unavailable, "velocity is not known yet");
    StageError { retryable: true, status: Some(503), retry_after_ms: Some(250), ..error }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sign_adds_up_and_trust_halves() {
        assert_eq!(Signs::default().score(), (0, vec![]));
        let all = Signs { is_large: true, is_listed: true, is_frequent: true, gift_cards: 1, is_trusted: false };
        assert_eq!(all.score(), (100, vec!["amount", "country", "velocity", "gift_cards"]));
        let trusted = Signs { is_large: true, is_frequent: true, is_trusted: true, ..Signs::default() };
        assert_eq!(trusted.score(), (30, vec!["amount", "velocity", "trusted"]));
        assert_eq!(Signs { gift_cards: 99, ..Signs::default() }.score().0, 30);
    }

    #[test]
    fn labels_begin_at_their_points() {
        assert_eq!([29, 30, 69, 70].map(label), ["pass", "review", "review", "block"]);
    }

    #[test]
    fn the_data_is_json() {
        assert_eq!(data(0, &[], None), r#"{"reasons":[],"points":0,"country":null}"#);
        let written = data(40, &["amount", "trusted"], Some("\"K\\P\"\n"));
        assert_eq!(written, r#"{"reasons":["amount","trusted"],"points":40,"country":"\"K\\P\"\u000a"}"#);
    }

    #[test]
    fn integers_have_no_fraction() {
        assert_eq!(integer(&Value::Float(5.0)), Some(5));
        assert_eq!(integer(&Value::Float(5.5)), None);
        assert_eq!(integer(&Value::BigInteger("9".repeat(20))), None);
        assert_eq!(number(&Value::BigInteger("9".repeat(20))), Some(1e20));
    }
}
