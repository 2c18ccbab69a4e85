//! ZEN: compiled once, one machine for all events.

use std::hint::black_box;

use zen_expression::vm::VM;
use zen_expression::{Scope, compile_expression};

use super::{Answers, rules};

const RULES: [&str; 10] = [
    "amount > 4000",
    "user.profile.risk >= 0.9",
    "country in ['NG', 'RU', 'KP']",
    "matches(user.email, '.*@(tempmail|mailinator)[.][a-z]+$')",
    "user.age_days < 30 and amount > 1000",
    "device.vpn == true and not (user.verified == true)",
    "country not in ['DE', 'FR'] and currency == 'EUR' and amount >= 2500",
    "user.verified == null or user.age_days < 1",
    "contains(tags, 'chargeback')",
    "contains(user.email, '@corp.com') and amount < 10",
];

pub fn engine<'e>(events: &[String], nine: bool) -> Answers<'e> {
    let expressions: Vec<_> =
        rules(&RULES, nine).iter().map(|rule| compile_expression(rule).expect("an expression")).collect();
    let scope = |event: &String| {
        let value: serde_json::Value = serde_json::from_str(event).expect("a valid event");
        Scope::new(value.into())
    };
    let scopes: Vec<Scope> = events.iter().map(scope).collect();
    let mut machine = VM::new();
    Box::new(move |at| {
        let scope = black_box(&scopes[at]);
        expressions.iter().enumerate().fold(0, |bits, (rule, expression)| {
            let answer = expression.evaluate_with_scope(scope, &mut machine).expect("it is decided");
            bits | u32::from(answer.as_bool() == Some(true)) << rule
        })
    })
}
