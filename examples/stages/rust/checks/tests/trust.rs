//! The three trust checks, one by one.

use cascata_stage::testing::{self, Call};

fn medium(event: &str) -> (String, f64) {
    let outcome = testing::run(&trust_medium::STAGE, event).unwrap();
    (outcome.result.into_owned(), outcome.confidence.unwrap())
}

fn expensive(event: &str, sound: f64) -> (String, f64) {
    let stages = format!(r#"{{"MEDIUM_CHECK":{{"data":{{"sound":{sound}}}}}}}"#);
    let outcome = Call::new(event)
        .stages(&stages)
        .run(&trust_expensive::STAGE)
        .answer
        .unwrap();
    (outcome.result.into_owned(), outcome.confidence.unwrap())
}

#[test]
fn the_first_look_knows_trusted_users_by_name() {
    let run = |event| testing::run(&trust_fast::STAGE, event).unwrap();
    let known = run(r#"{"user_id":"trusted_7"}"#);
    assert_eq!(
        (known.result.as_ref(), known.confidence),
        ("pass", Some(0.75))
    );
    let other = run(r#"{"user_id":"user_12345","action":"withdraw","amount":10000}"#);
    assert_eq!(
        (other.result.as_ref(), other.confidence),
        ("review", Some(0.4))
    );
    assert_eq!(
        other.data.as_deref(),
        Some(r#"{"method":"heuristic","checks":["basic_validation"]}"#)
    );
    assert!(testing::run(&trust_fast::STAGE, "{}").is_err());
}

#[test]
fn the_score_card_takes_off_what_each_sign_costs() {
    assert_eq!(medium(r#"{"amount":10}"#), ("pass".to_owned(), 0.95));
    assert_eq!(
        medium(r#"{"action":"withdraw","amount":10000}"#),
        ("pass".to_owned(), 0.85)
    );
    let abroad = r#"{"action":"withdraw","amount":10,"country":"MX","account":{"country":"US"}}"#;
    assert_eq!(medium(abroad), ("pass".to_owned(), 0.8));
    let all = r#"{"action":"transfer","amount":60000,"country":"MX","account":{"country":"US","age_days":1,"failed_logins":12}}"#;
    assert_eq!(medium(all), ("review".to_owned(), 0.95));
}

#[test]
fn an_amount_far_from_the_history_is_reviewed() {
    let event = |amount: f64| {
        let history: Vec<String> = [100, 120, 90, 110, 105]
            .iter()
            .map(|a| format!(r#"{{"action":"withdraw","amount":{a}}}"#))
            .collect();
        format!(
            r#"{{"action":"withdraw","amount":{amount},"history":[{}]}}"#,
            history.join(",")
        )
    };
    assert_eq!(expensive(&event(115.0), 0.95).0, "pass");
    assert_eq!(expensive(&event(9000.0), 0.95).0, "review");
    // Of another action, nothing is known: the score card decides.
    let other = event(9000.0).replacen("withdraw", "deposit", 1);
    assert_eq!(expensive(&other, 0.95), ("pass".to_owned(), 0.99));
    assert_eq!(expensive(&other, 0.05).0, "review");
}
