//! JSONLogic. It has no regular expressions, so the pattern is an operator of our own with the regex prepared.

use std::hint::black_box;

use bumpalo::Bump;
use datalogic_rs::operator::EvalContext;
use datalogic_rs::{CustomOperator, DataValue, Engine, Logic, ParsedData, Result};
use regex_automata::meta::Regex;

use super::{Answers, TEMP_MAIL, rules};

const RULES: [&str; 10] = [
    r#"{">": [{"var": "amount"}, 4000]}"#,
    r#"{">=": [{"var": "user.profile.risk"}, 0.9]}"#,
    r#"{"in": [{"var": "country"}, ["NG", "RU", "KP"]]}"#,
    r#"{"temp_mail": [{"var": "user.email"}]}"#,
    r#"{"and": [{"<": [{"var": "user.age_days"}, 30]}, {">": [{"var": "amount"}, 1000]}]}"#,
    r#"{"and": [{"===": [{"var": "device.vpn"}, true]}, {"!": [{"===": [{"var": "user.verified"}, true]}]}]}"#,
    r#"{"and": [{"!": [{"in": [{"var": "country"}, ["DE", "FR"]]}]}, {"===": [{"var": "currency"}, "EUR"]}, {">=": [{"var": "amount"}, 2500]}]}"#,
    r#"{"or": [{"===": [{"var": "user.verified"}, null]}, {"<": [{"var": "user.age_days"}, 1]}]}"#,
    r#"{"in": ["chargeback", {"var": "tags"}]}"#,
    r#"{"and": [{"in": ["@corp.com", {"var": "user.email"}]}, {"<": [{"var": "amount"}, 10]}]}"#,
];

struct TempMail(Regex);

impl CustomOperator for TempMail {
    fn evaluate<'a>(
        &self,
        arguments: &[&'a DataValue<'a>],
        _: &mut EvalContext<'_, 'a>,
        arena: &'a Bump,
    ) -> Result<&'a DataValue<'a>> {
        let text = arguments.first().and_then(|value| value.as_str()).unwrap_or_default();
        Ok(arena.alloc(DataValue::Bool(self.0.is_match(text))))
    }
}

pub fn engine<'e>(events: &[String], nine: bool) -> Answers<'e> {
    let pattern = Regex::new(TEMP_MAIL).expect("a pattern");
    let engine = Engine::builder().add_operator("temp_mail", TempMail(pattern)).build();
    let rules: Vec<Logic> = rules(&RULES, nine).iter().map(|rule| engine.compile(*rule).expect("logic")).collect();
    let data: Vec<ParsedData> =
        events.iter().map(|event| ParsedData::from_json(event).expect("a valid event")).collect();
    let mut arena = Bump::new();
    Box::new(move |at| {
        arena.reset();
        let data = black_box(&data[at]);
        rules.iter().enumerate().fold(0, |bits, (number, rule)| {
            let answer = engine.evaluate(rule, data, &arena).expect("it is decided");
            bits | u32::from(answer.as_bool() == Some(true)) << number
        })
    })
}
