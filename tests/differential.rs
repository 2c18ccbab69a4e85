//! Generated conditions, rule lists and whole cascades: the product against the oracle.
//!
//! `PROPTEST_CASES` sets how many cases each property gets.

mod oracle;
mod support;

use cascata_compiler::Passes;
use cascata_vm::eval::Select;
use oracle::value::identical;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError};
use serde_json::{Value, json};
use support::cascades::{Case, STAGES, Shape, cases, paced, rulesets};
use support::conditions::{conditions, leaves, repetitive};
use support::decide::Product;
use support::machine::{
    Traced, hosting, image_of, image_with, match_rules, oracle_rules, program_of, program_reloaded_from_disk,
    program_without_shortcuts, run_rules, steps_untraced,
};
use support::parallel;
use support::refusals::{cascade_may_be_refused, may_be_refused};
use support::rows::compare_rows;
use support::values::{events, scalars, values};

fn config(cases: u32) -> Config {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(cases);
    Config { cases, failure_persistence: None, max_shrink_iters: 4_000, ..Config::default() }
}

/// Results of two stages, for conditions that read them.
fn stage_results() -> impl Strategy<Value = Vec<Value>> {
    let one = |stage: &'static str| {
        (values(), scalars(), values(), prop::option::of("boom|Timeout after 5ms")).prop_map(
            move |(result, confidence, data, error)| {
                let data = if data.is_object() { data } else { json!({ "score": data }) };
                json!({ "stage_name": stage, "result": result, "confidence": confidence, "data": data, "error": error })
            },
        )
    };
    prop_oneof![1 => Just(Vec::new()), 2 => (one("A"), one("B")).prop_map(|(a, b)| vec![a, b])]
}

/// The rules on all three engines; a refusal is right only where something can never succeed.
fn agree(rules: &[Value], event: &Value, results: &[Value]) -> Result<(), TestCaseError> {
    let image = match image_of(&hosting(rules, results)) {
        Ok(image) => image,
        Err(why) => {
            prop_assert!(rules.iter().any(may_be_refused), "refused: {why}");
            return Ok(());
        }
    };
    let oracle = oracle_rules(rules, event, results);
    let fresh = run_rules(&program_of(image.clone()), event, results);
    prop_assert_eq!(&fresh.rules, &oracle.rules);
    prop_assert!(same_leaves(&fresh, &oracle), "machine {:?}\noracle {:?}", fresh.leaves, oracle.leaves);
    let reloaded = run_rules(&program_reloaded_from_disk(&image), event, results);
    prop_assert_eq!(&reloaded.rules, &fresh.rules);
    prop_assert!(same_leaves(&reloaded, &fresh));
    Ok(())
}

/// The rules with passes and shortcuts and without, traced and untraced.
fn optimised_alike(rules: &[Value], event: &Value, results: &[Value]) -> Result<(), TestCaseError> {
    let hosting = hosting(rules, results);
    let Ok(image) = image_of(&hosting) else { return Ok(()) };
    let plain = image_with(&hosting, Passes::NONE).expect("passes refuse nothing");
    let traced = run_rules(&program_of(image.clone()), event, results);
    let traced_plain = run_rules(&program_without_shortcuts(plain.clone()), event, results);
    prop_assert_eq!(&traced.rules, &traced_plain.rules);
    prop_assert!(same_leaves(&traced, &traced_plain), "with {:?}\nwithout {:?}", traced.leaves, traced_plain.leaves);
    for program in [program_of(image.clone()), program_without_shortcuts(image.clone())] {
        prop_assert_eq!(program.hash(), program_of(image.clone()).hash());
        prop_assert_eq!(&steps_untraced(&program, event, results), &traced.steps);
    }
    let reloaded = program_reloaded_from_disk(&image);
    for program in [program_of(plain.clone()), program_without_shortcuts(plain), reloaded] {
        prop_assert_eq!(&steps_untraced(&program, event, results), &traced.steps);
    }
    Ok(())
}

fn same_leaves(a: &Traced, b: &Traced) -> bool {
    let same = |(a, b): (&support::machine::Seen, &support::machine::Seen)| {
        a.1 == b.1 && (identical(&a.0, &b.0) || unwritable(&b.0))
    };
    a.leaves.len() == b.leaves.len() && a.leaves.iter().zip(&b.leaves).all(same)
}

/// Whether a value holds a number beyond every double, which has no canonical JSON text.
fn unwritable(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(unwritable),
        Value::Object(object) => object.values().any(unwritable),
        number => matches!(oracle::number::Num::of(number), Some(oracle::number::Num::Float(f)) if f.is_infinite()),
    }
}

/// The whole decision of engine and oracle, the same on an image from disk.
fn decide_alike(product: &Product, case: &Case) -> Result<(), TestCaseError> {
    let seen = oracle::cascade::decide(&case.config, &case.event, &case.script);
    let wanted = match (seen, product.error()) {
        (Ok(_), Some(why)) => {
            prop_assert!(cascade_may_be_refused(&case.config), "refused: {why}");
            return Ok(());
        }
        (Err(why), None) => return Err(TestCaseError::fail(format!("not refused: {why}"))),
        (Err(_), Some(_)) => return Ok(()),
        (Ok(seen), None) => seen.row(),
    };
    let got = product.decide(&case.event, &case.script);
    if let Err(why) = compare_rows(&got, &wanted) {
        return Err(TestCaseError::fail(why));
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(3_000))]

    #[test]
    fn a_leaf_decides_alike_on_machine_reloaded_machine_and_oracle(leaf in leaves(&STAGES[..2]), event in events(), results in stage_results()) {
        agree(&[leaf], &event, &results)?;
    }

    #[test]
    fn a_rule_list_decides_alike_leaf_by_leaf(
        rules in prop::collection::vec(conditions(&STAGES[..2]), 1..6), event in events(), results in stage_results(),
    ) {
        agree(&rules, &event, &results)?;
    }
}

proptest! {
    #![proptest_config(config(1_500))]

    #[test]
    fn what_is_optimised_decides_fails_and_is_traced_alike(
        rules in prop::collection::vec(repetitive(), 1..6), event in events(), results in stage_results(),
    ) {
        optimised_alike(&rules, &event, &results)?;
    }

    #[test]
    fn a_rule_set_matches_alike_on_machine_reloaded_machine_and_oracle(set in rulesets(), event in events()) {
        let image = match image_of(&set) {
            Ok(image) => image,
            Err(why) => {
                prop_assert!(cascade_may_be_refused(&set), "refused: {why}");
                return Ok(());
            }
        };
        for (name, select) in [("all", Select::All), ("first", Select::First), ("best", Select::Best)] {
            let wanted = oracle::ruleset::matches(&set, "R", name, &event).expect("the product took it");
            prop_assert_eq!(&match_rules(&program_of(image.clone()), select, &event), &wanted, "{}", name);
            prop_assert_eq!(&match_rules(&program_reloaded_from_disk(&image), select, &event), &wanted, "{}", name);
        }
    }
}

proptest! {
    #![proptest_config(config(600))]

    #[test]
    fn a_sequential_cascade_decides_as_the_oracle(case in cases(Shape::Sequential)) {
        // With an index for every list, and as users load it.
        decide_alike(&Product::new(&case.config), &case)?;
        decide_alike(&Product::new(&case.config).reloaded_from_disk(), &case)?;
    }

    #[test]
    fn a_parallel_cascade_decides_as_the_oracle_whoever_is_faster(
        case in cases(Shape::Parallel), finish in Just(STAGES).prop_shuffle(),
    ) {
        let product = Product::new(&case.config);
        decide_alike(&product, &case)?;
        decide_alike(&product, &Case { script: paced(&case.script, &finish), ..case })?;
    }
}

#[test]
fn committed_parallel_rows_decide_as_recorded_in_every_finish_order() {
    let mut orders: Vec<[&str; 6]> = vec![STAGES];
    for turn in 1..STAGES.len() {
        let mut order = STAGES;
        order.rotate_left(turn);
        if turn % 2 == 0 {
            order.reverse();
        }
        orders.push(order);
    }
    for row in parallel::rows() {
        let product = Product::new(&row["config"]);
        assert_eq!(product.error(), None, "{}", row["id"]);
        for order in &orders {
            let got = product.decide(&row["event"], &paced(&row["script"], order));
            if let Err(why) = compare_rows(&got, &row["expected"]) {
                panic!("{} finishing in the order {order:?}: {why}", row["id"]);
            }
        }
    }
}
