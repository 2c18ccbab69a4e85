//! CEL: variables are the top-level fields, made before the clock starts.

use std::collections::HashMap;
use std::hint::black_box;

use ::cel::{Context, Program, Value};
use peers_common::rules::Payment;

use super::{Answers, rules};

const RULES: [&str; 10] = [
    "amount > 4000",
    "user.profile.risk >= 0.9",
    "country in ['NG', 'RU', 'KP']",
    "user.email.matches('.*@(tempmail|mailinator)[.][a-z]+$')",
    "user.age_days < 30 && amount > 1000",
    "device.vpn == true && !(user.verified == true)",
    "!(country in ['DE', 'FR']) && currency == 'EUR' && amount >= 2500",
    "!has(user.verified) || user.age_days < 1",
    "'chargeback' in tags",
    "user.email.contains('@corp.com') && amount < 10",
];

fn map(entries: Vec<(&str, Value)>) -> Value {
    entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<HashMap<String, Value>>().into()
}

fn context<'b, 'v>(root: &'b Context<'b, 'v>, payment: &Payment<'_>) -> Context<'b, 'v> {
    let mut context = root.new_inner_scope();
    let user = payment.user.as_ref().expect("a user");
    let profile =
        map(vec![("risk", Value::Float(user.profile.as_ref().and_then(|profile| profile.risk).expect("a risk")))]);
    let mut fields = vec![
        ("email", user.email.expect("an email").into()),
        ("age_days", Value::Int(user.age_days.expect("an age"))),
        ("profile", profile),
    ];
    fields.extend(user.verified.map(|verified| ("verified", Value::Bool(verified))));
    let tags: Vec<Value> = payment.tags.iter().flatten().map(|tag| Value::from(*tag)).collect();
    let vpn = payment.device.as_ref().and_then(|device| device.vpn).expect("a device");
    context.add_variable_from_value("amount", Value::Int(payment.amount.expect("an amount")));
    context.add_variable_from_value("currency", payment.currency.expect("a currency"));
    context.add_variable_from_value("country", payment.country.expect("a country"));
    context.add_variable_from_value("user", map(fields));
    context.add_variable_from_value("device", map(vec![("vpn", Value::Bool(vpn))]));
    context.add_variable_from_value("tags", Value::from(tags));
    context
}

pub fn engine<'b, 'v>(root: &'b Context<'b, 'v>, payments: &[Payment<'_>], nine: bool) -> Answers<'b> {
    let programs: Vec<Program> =
        rules(&RULES, nine).iter().map(|rule| Program::compile(rule).expect("an expression")).collect();
    let contexts: Vec<_> = payments.iter().map(|payment| context(root, payment)).collect();
    Box::new(move |at| {
        let context = black_box(&contexts[at]);
        programs.iter().enumerate().fold(0, |bits, (rule, program)| {
            bits | u32::from(program.execute(context).expect("it is decided") == Value::Bool(true)) << rule
        })
    })
}
