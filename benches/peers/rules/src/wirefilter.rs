//! wirefilter has integers, bytes and booleans: the risk is in thousandths, tags are one text, and a boolean says whether
//! `user.verified` is missing.

use std::hint::black_box;

use ::wirefilter::{ExecutionContext, Filter, Scheme};
use peers_common::rules::Payment;

use super::{Answers, rules};

const RULES: [&str; 10] = [
    "amount > 4000",
    "risk >= 900",
    r#"country in {"NG" "RU" "KP"}"#,
    r#"email matches ".*@(tempmail|mailinator)[.][a-z]+$""#,
    "age_days < 30 and amount > 1000",
    "vpn and not verified",
    r#"not country in {"DE" "FR"} and currency == "EUR" and amount >= 2500"#,
    "unverified or age_days < 1",
    r#"tags contains ",chargeback,""#,
    r#"email contains "@corp.com" and amount < 10"#,
];

pub fn scheme() -> Scheme {
    ::wirefilter::Scheme! {
        amount: Int, risk: Int, country: Bytes, email: Bytes, age_days: Int, vpn: Bool, verified: Bool, unverified: Bool,
        currency: Bytes, tags: Bytes,
    }
}

fn context<'e>(scheme: &'e Scheme, payment: &Payment<'e>) -> ExecutionContext<'e> {
    let mut context = ExecutionContext::new(scheme);
    let user = payment.user.as_ref().expect("a user");
    let int = |number: Option<i64>| i32::try_from(number.expect("a number")).expect("a small number");
    let risk = user.profile.as_ref().and_then(|profile| profile.risk).expect("a risk");
    // Texts of a few distinct forms, kept for the length of the run.
    let tags: &'static str = format!(",{},", payment.tags.as_ref().expect("tags").join(",")).leak();
    let set: [Result<(), _>; 10] = [
        context.set_field_value("amount", int(payment.amount)),
        context.set_field_value("risk", (risk * 1000.0).round() as i32),
        context.set_field_value("country", payment.country.expect("a country")),
        context.set_field_value("email", user.email.expect("an email")),
        context.set_field_value("age_days", int(user.age_days)),
        context.set_field_value("vpn", payment.device.as_ref().and_then(|device| device.vpn).expect("a device")),
        context.set_field_value("verified", user.verified == Some(true)),
        context.set_field_value("unverified", user.verified.is_none()),
        context.set_field_value("currency", payment.currency.expect("a currency")),
        context.set_field_value("tags", tags),
    ];
    set.into_iter().for_each(|set| set.expect("the type of the field"));
    context
}

pub fn engine<'e>(scheme: &'e Scheme, payments: &[Payment<'e>], nine: bool) -> Answers<'e> {
    let filters: Vec<Filter<'e>> =
        rules(&RULES, nine).iter().map(|rule| scheme.parse(rule).expect("a filter").compile()).collect();
    let contexts: Vec<_> = payments.iter().map(|payment| context(scheme, payment)).collect();
    Box::new(move |at| {
        let context = black_box(&contexts[at]);
        filters.iter().enumerate().fold(0, |bits, (rule, filter)| {
            bits | u32::from(filter.execute(context).expect("the scheme of the filter")) << rule
        })
    })
}
