use cascata_stage::testing::{self, Call};
use stage::STAGE;

#[test]
fn large_amounts_are_reviewed() {
    assert_eq!(testing::run(&STAGE, r#"{"amount": 20}"#).unwrap().result, "pass");
    let strict = Call::new(r#"{"amount": 20}"#).config(r#"{"limit": 10}"#).run(&STAGE);
    assert_eq!(strict.answer.unwrap().result, "review");
    assert_eq!(testing::run(&STAGE, "{}").unwrap_err().message, "amount is not a number");
}
