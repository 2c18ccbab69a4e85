//! What the benches share: a payment event of a given size, ten fraud rules as a cascade, and the same ten rules
//! written by hand in Rust on `serde_json`.

#![allow(dead_code, reason = "each bench uses its part")]

use std::fmt::Write as _;

use serde::Deserialize;

/// Where the fields that rules read stand among the fields that nobody reads.
#[derive(Clone, Copy, Debug)]
pub enum Place {
    Early,
    Middle,
    Late,
}

/// A payment event of about `bytes` bytes; `seed` varies the values that rules look at.
pub fn event(bytes: usize, place: Place, seed: u64) -> String {
    let pick = |n: u64, salt: u64| {
        (seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(salt.wrapping_mul(1_442_695_040_888_963_407)) >> 33)
            % n
    };
    let countries = ["DE", "US", "NG", "FR", "RU", "CA", "BR", "JP"];
    let emails = ["ann@corp.com", "bob@mail.example", "x1@tempmail.io", "eve@corp.com"];
    let wanted = format!(
        r#""id":"txn-{seed}","amount":{},"currency":"EUR","country":"{}","user":{{"email":"{}","age_days":{},"verified":{},"profile":{{"risk":0.{}}}}},"device":{{"ip":"10.0.0.{}","vpn":{}}},"tags":["new","card","t{}"]"#,
        pick(5000, 1),
        countries[pick(8, 2) as usize],
        emails[pick(4, 3) as usize],
        pick(900, 4),
        pick(2, 5) == 1,
        pick(100, 6),
        pick(255, 7),
        pick(3, 8) == 0,
        pick(9, 9),
    );
    let mut filler = Vec::new();
    let mut size = wanted.len();
    let mut n = 0;
    while size < bytes {
        let mut field = String::new();
        let _ = write!(
            field,
            r#""meta_{n}":{{"source":"gateway-{n}","latency_ms":{},"note":"nothing that a rule would read","ok":true}}"#,
            n * 7 % 91
        );
        size += field.len();
        filler.push(field);
        n += 1;
    }
    let at = match place {
        Place::Early => 0,
        Place::Middle => filler.len() / 2,
        Place::Late => filler.len(),
    };
    filler.insert(at, wanted);
    format!("{{{}}}", filler.join(","))
}

/// Ten rules as a cascade: numbers, text, lists, one pattern, AND, OR and NOT.
pub const TEN_RULES: &str = r#"
name: ten_rules
version: "1"
stages:
  S:
    name: S
    routing_rules:
      - {name: large, type: routing, condition: {field: amount, operator: ">", value: 4000}, action: {type: terminate}}
      - {name: high_risk, type: routing, condition: {field: user.profile.risk, operator: ">=", value: 0.9}, action: {type: terminate}}
      - {name: country, type: routing, condition: {field: country, operator: IN, value: [NG, RU, KP]}, action: {type: terminate}}
      - {name: temp_mail, type: routing, condition: {field: user.email, operator: MATCHES, value: ".*@(tempmail|mailinator)\\.[a-z]+$"}, action: {type: terminate}}
      - name: new_and_large
        type: routing
        condition: {operator: AND, conditions: [{field: user.age_days, operator: "<", value: 30}, {field: amount, operator: ">", value: 1000}]}
        action: {type: terminate}
      - name: vpn_unverified
        type: routing
        condition: {operator: AND, conditions: [{field: device.vpn, operator: "==", value: true}, {operator: NOT, conditions: [{field: user.verified, operator: "==", value: true}]}]}
        action: {type: terminate}
      - name: abroad
        type: routing
        condition: {operator: AND, conditions: [{field: country, operator: NOT_IN, value: [DE, FR]}, {field: currency, operator: "==", value: EUR}, {field: amount, operator: ">=", value: 2500}]}
        action: {type: terminate}
      - name: odd_user
        type: routing
        condition: {operator: OR, conditions: [{field: user.verified, operator: IS_NULL}, {field: user.age_days, operator: "<", value: 1}]}
        action: {type: terminate}
      - {name: tagged, type: routing, condition: {field: tags, operator: CONTAINS, value: chargeback}, action: {type: terminate}}
      - {name: internal, type: routing, condition: {operator: AND, conditions: [{field: user.email, operator: CONTAINS, value: "@corp.com"}, {field: amount, operator: "<", value: 10}]}, action: {type: terminate}}
"#;

#[derive(Deserialize)]
pub struct Payment<'a> {
    pub amount: Option<i64>,
    pub currency: Option<&'a str>,
    pub country: Option<&'a str>,
    #[serde(borrow)]
    pub user: Option<User<'a>>,
    pub device: Option<Device>,
    #[serde(borrow)]
    pub tags: Option<Vec<&'a str>>,
}

#[derive(Deserialize)]
pub struct User<'a> {
    pub email: Option<&'a str>,
    pub age_days: Option<i64>,
    pub verified: Option<bool>,
    pub profile: Option<Profile>,
}

#[derive(Deserialize)]
pub struct Profile {
    pub risk: Option<f64>,
}

#[derive(Deserialize)]
pub struct Device {
    pub vpn: Option<bool>,
}

/// The ten rules by hand: a bit for each rule that holds. Without a pattern nine are asked.
pub fn by_hand(payment: &Payment<'_>, temp_mail: Option<&regex_automata::meta::Regex>) -> u32 {
    let amount = payment.amount;
    let user = payment.user.as_ref();
    let email = user.and_then(|user| user.email);
    let age = user.and_then(|user| user.age_days);
    let verified = user.and_then(|user| user.verified);
    let vpn = payment.device.as_ref().and_then(|device| device.vpn);
    let more = |limit: i64| amount.is_some_and(|amount| amount > limit);
    let rules = [
        more(4000),
        user.and_then(|user| user.profile.as_ref()).and_then(|profile| profile.risk).is_some_and(|risk| risk >= 0.9),
        payment.country.is_some_and(|country| matches!(country, "NG" | "RU" | "KP")),
        email.zip(temp_mail).is_some_and(|(email, pattern)| {
            pattern.is_match(regex_automata::Input::new(email).anchored(regex_automata::Anchored::Yes).earliest(true))
        }),
        age.is_some_and(|age| age < 30) && more(1000),
        vpn == Some(true) && verified != Some(true),
        payment.country.is_some_and(|country| !matches!(country, "DE" | "FR"))
            && payment.currency == Some("EUR")
            && amount.is_some_and(|amount| amount >= 2500),
        verified.is_none() || age.is_some_and(|age| age < 1),
        payment.tags.as_ref().is_some_and(|tags| tags.contains(&"chargeback")),
        email.is_some_and(|email| email.contains("@corp.com")) && amount.is_some_and(|amount| amount < 10),
    ];
    rules.iter().enumerate().fold(0, |bits, (at, holds)| bits | u32::from(*holds) << at)
}

/// The pattern of the fourth rule, as it is by hand.
pub fn temp_mail() -> regex_automata::meta::Regex {
    regex_automata::meta::Regex::new(r"(?:.*@(?:tempmail|mailinator)\.[a-z]+$)").expect("a pattern")
}

/// A cascade of three stages with `extra` more rules on each, in the shape that the reference's guide shows.
pub fn many_rules(extra: usize) -> String {
    let mut text = String::from("name: many\nversion: \"1\"\nstages:\n");
    for stage in ["FAST", "MEDIUM", "DEEP"] {
        let _ = write!(text, "  {stage}:\n    name: {stage}\n    routing_rules:\n");
        for rule in 0..extra {
            let _ = write!(
                text,
                "      - name: {stage}_{rule}\n        type: routing\n        priority: {}\n        condition:\n          \
                 operator: AND\n          conditions:\n            - {{field: user.age_days, operator: \"<\", value: {rule}}}\n            \
                 - {{field: country, operator: IN, value: [X{rule}, Y{rule}]}}\n        action: {{type: set_field, field: flags.r{}, value: true}}\n",
                rule % 100,
                rule % 50,
            );
        }
    }
    text
}
