//! Rego: one policy of all rules, asked for the list of their answers.

use std::hint::black_box;

use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::vm::RegoVM;
use regorus::{Engine, Rc, Value};

use super::{Answers, rules};

const RULES: [&str; 10] = [
    "input.amount > 4000",
    "input.user.profile.risk >= 0.9",
    r#"input.country in {"NG", "RU", "KP"}"#,
    r#"regex.match(".*@(tempmail|mailinator)[.][a-z]+$", input.user.email)"#,
    "input.user.age_days < 30; input.amount > 1000",
    "input.device.vpn == true; not input.user.verified == true",
    r#"not input.country in {"DE", "FR"}; input.currency == "EUR"; input.amount >= 2500"#,
    // An OR is two bodies.
    "input.user.age_days < 1",
    r#""chargeback" in input.tags"#,
    r#"contains(input.user.email, "@corp.com"); input.amount < 10"#,
];

const ANSWERS: &str = "data.peers.answers";

fn policy(nine: bool) -> String {
    let mut text = String::from("package peers\n\n");
    let rules = rules(&RULES, nine);
    for (number, rule) in rules.iter().enumerate() {
        text.push_str(&format!("default r{number} := false\n\nr{number} if {{ {rule} }}\n\n"));
        if *rule == RULES[7] {
            text.push_str(&format!(
                "r{number} if {{ not has_verified }}\n\nhas_verified if {{ input.user.verified != null }}\n\n"
            ));
        }
    }
    let names: Vec<String> = (0..rules.len()).map(|number| format!("r{number}")).collect();
    text.push_str(&format!("answers := [{}]\n", names.join(", ")));
    text
}

fn prepared(nine: bool) -> Engine {
    let mut engine = Engine::new();
    engine.add_policy("peers.rego".to_owned(), policy(nine)).expect("a policy");
    engine
}

fn inputs(events: &[String]) -> Vec<Value> {
    events.iter().map(|event| Value::from_json_str(event).expect("a valid event")).collect()
}

fn bits(answers: &Value) -> u32 {
    let answers = answers.as_array().expect("a list");
    answers.iter().enumerate().fold(0, |bits, (rule, answer)| bits | u32::from(*answer == Value::from(true)) << rule)
}

pub fn interpreter<'e>(events: &[String], nine: bool) -> Answers<'e> {
    let (mut engine, inputs) = (prepared(nine), inputs(events));
    Box::new(move |at| {
        engine.set_input(black_box(&inputs[at]).clone());
        bits(&engine.eval_rule(ANSWERS.to_owned()).expect("it is decided"))
    })
}

pub fn machine<'e>(events: &[String], nine: bool) -> Answers<'e> {
    let rule: Rc<str> = ANSWERS.into();
    let policy = prepared(nine).compile_with_entrypoint(&rule).expect("a policy");
    let program = Compiler::compile_from_policy(&policy, &[ANSWERS]).expect("a program");
    let inputs = inputs(events);
    let mut machine = RegoVM::new();
    machine.load_program(program);
    Box::new(move |at| {
        machine.set_input(black_box(&inputs[at]).clone());
        bits(&machine.execute().expect("it is decided"))
    })
}
