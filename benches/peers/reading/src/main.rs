//! From the bytes of an event to ten rules: typed structs with rules by hand, single fields only, and cascata.

use std::hint::black_box;

use cascata_vm::json::{DuplicateKeys, Extraction, JsonFacts, ReadOptions, Validate};
use peers_common::rules::{Device, Payment, Place, Profile, User, by_hand, event, temp_mail};
use peers_common::{Contender, Rules, measure, program, trie};
use simd_json::prelude::{ValueAsArray, ValueAsScalar, ValueObjectAccess};
use sonic_rs::{JsonValueTrait, PointerTree, pointer};

/// The fields that the ten rules read, as pointers.
fn pointers() -> PointerTree {
    let mut tree = PointerTree::new();
    tree.add_path(&pointer!["amount"]);
    tree.add_path(&pointer!["currency"]);
    tree.add_path(&pointer!["country"]);
    tree.add_path(&pointer!["user", "email"]);
    tree.add_path(&pointer!["user", "age_days"]);
    tree.add_path(&pointer!["user", "verified"]);
    tree.add_path(&pointer!["user", "profile", "risk"]);
    tree.add_path(&pointer!["device", "vpn"]);
    tree.add_path(&pointer!["tags"]);
    tree
}

/// The fields as a payment.
#[allow(clippy::too_many_arguments, reason = "the nine fields")]
fn payment<'a>(
    amount: Option<i64>,
    currency: Option<&'a str>,
    country: Option<&'a str>,
    email: Option<&'a str>,
    age_days: Option<i64>,
    verified: Option<bool>,
    risk: Option<f64>,
    vpn: Option<bool>,
    tags: Option<Vec<&'a str>>,
) -> Payment<'a> {
    let user = User { email, age_days, verified, profile: Some(Profile { risk }) };
    Payment { amount, currency, country, user: Some(user), device: Some(Device { vpn }), tags }
}

fn by_pointers(event: &str, tree: &PointerTree, checked: bool, then: impl FnOnce(&Payment<'_>) -> u32) -> u32 {
    let found = if checked {
        sonic_rs::get_many(event, tree)
    } else {
        // SAFETY: the events are made by this program and valid; the checked form has read each of them.
        unsafe { sonic_rs::get_many_unchecked(event, tree) }
    };
    let found = found.expect("a valid event");
    let at = |at: usize| found[at].as_ref();
    let text = |field: usize| at(field).and_then(|value| value.as_str());
    let tags: Option<Vec<&str>> = at(8).and_then(|tags| sonic_rs::from_str(tags.as_raw_str()).ok());
    then(&payment(
        at(0).and_then(JsonValueTrait::as_i64),
        text(1),
        text(2),
        text(3),
        at(4).and_then(JsonValueTrait::as_i64),
        at(5).and_then(JsonValueTrait::as_bool),
        at(6).and_then(JsonValueTrait::as_f64),
        at(7).and_then(JsonValueTrait::as_bool),
        tags,
    ))
}

fn by_value(event: &str, then: impl FnOnce(&Payment<'_>) -> u32) -> u32 {
    let value: serde_json::Value = serde_json::from_str(event).expect("a valid event");
    let (user, text) = (&value["user"], |key: &str| value[key].as_str());
    let tags = value["tags"].as_array().map(|tags| tags.iter().filter_map(serde_json::Value::as_str).collect());
    then(&payment(
        value["amount"].as_i64(),
        text("currency"),
        text("country"),
        user["email"].as_str(),
        user["age_days"].as_i64(),
        user["verified"].as_bool(),
        user["profile"]["risk"].as_f64(),
        value["device"]["vpn"].as_bool(),
        tags,
    ))
}

/// `copy` is the event, which is decoded in place.
fn by_simd_value(copy: &mut [u8], buffers: &mut simd_json::Buffers, then: impl FnOnce(&Payment<'_>) -> u32) -> u32 {
    let value = simd_json::to_borrowed_value_with_buffers(copy, buffers).expect("a valid event");
    let user = value.get("user");
    let text = |key: &str| value.get(key).and_then(|value| value.as_str());
    let tags = value.get("tags").and_then(|tags| tags.as_array());
    then(&payment(
        value.get("amount").and_then(|value| value.as_i64()),
        text("currency"),
        text("country"),
        user.and_then(|user| user.get("email")).and_then(|value| value.as_str()),
        user.and_then(|user| user.get("age_days")).and_then(|value| value.as_i64()),
        user.and_then(|user| user.get("verified")).and_then(|value| value.as_bool()),
        user.and_then(|user| user.get("profile"))
            .and_then(|profile| profile.get("risk"))
            .and_then(|risk| risk.as_f64()),
        value.get("device").and_then(|device| device.get("vpn")).and_then(|vpn| vpn.as_bool()),
        tags.map(|tags| tags.iter().filter_map(|tag| tag.as_str()).collect()),
    ))
}

fn main() {
    let program = program("ten_rules.cbc");
    let (trie, list, pattern, tree) = (trie(&program), Rules::of(&program), temp_mail(), pointers());
    let full = ReadOptions::default();
    let trusted =
        ReadOptions { validate: Validate::Trusted, duplicate_keys: DuplicateKeys::First, ..ReadOptions::default() };
    for (size, bytes) in [("1 KB", 1 << 10), ("10 KB", 10 << 10)] {
        for place in [Place::Early, Place::Middle, Place::Late] {
            let events: Vec<String> = (0..64).map(|seed| event(bytes, place, seed)).collect();
            let rules = |payment: &Payment<'_>| by_hand(payment, Some(&pattern));
            let typed = |event: &str| rules(&serde_json::from_str(event).expect("a valid event"));
            let sonic_typed = |event: &str| rules(&sonic_rs::from_str(event).expect("a valid event"));
            let ours = |event: &str, (extraction, list): &mut (Extraction, Rules), options: &ReadOptions| {
                let text = extraction.read(&trie, event.as_bytes(), options).expect("a valid event");
                list.fired(&program, &JsonFacts::new(text, extraction))
            };
            let reader = || (Extraction::new(), list.clone());
            let (mut copy, mut buffers, mut reading) = (Vec::new(), simd_json::Buffers::new(bytes), reader());
            let simd_typed = |event: &str, copy: &mut Vec<u8>, buffers: &mut simd_json::Buffers| {
                copy.clear();
                copy.extend_from_slice(event.as_bytes());
                rules(&simd_json::serde::from_slice_with_buffers(copy, buffers).expect("a valid event"))
            };
            let simd_value = |event: &str,
                              copy: &mut Vec<u8>,
                              buffers: &mut simd_json::Buffers,
                              seen: &dyn Fn(&Payment<'_>) -> u32| {
                copy.clear();
                copy.extend_from_slice(event.as_bytes());
                by_simd_value(copy, buffers, seen)
            };
            // The answers come before the times.
            for event in &events {
                let wanted = typed(event);
                let answers = [
                    sonic_typed(event),
                    simd_typed(event, &mut copy, &mut buffers),
                    by_pointers(event, &tree, true, rules),
                    by_pointers(event, &tree, false, rules),
                    by_value(event, rules),
                    simd_value(event, &mut copy, &mut buffers, &rules),
                    ours(event, &mut reading, &full),
                    ours(event, &mut reading, &trusted),
                ];
                assert_eq!(answers, [wanted; 8], "{event}");
            }
            // Fields only: read, and not asked anything.
            let fields = |payment: &Payment<'_>| {
                black_box(payment);
                0
            };
            let (mut copy_too, mut buffers_too, mut again) = (Vec::new(), simd_json::Buffers::new(bytes), reader());
            let each = |f: &mut dyn FnMut(&str) -> u32| {
                events.iter().for_each(|event| {
                    black_box(f(event));
                });
            };
            let contenders = vec![
                Contender::new("serde_json, typed, rules by hand", || each(&mut |event| typed(event))),
                Contender::new("sonic-rs, typed, rules by hand", || each(&mut |event| sonic_typed(event))),
                Contender::new("simd-json, typed, rules by hand", || {
                    each(&mut |event| simd_typed(event, &mut copy, &mut buffers))
                }),
                Contender::new("sonic-rs `get_many`, fields only", || {
                    each(&mut |event| by_pointers(event, &tree, true, fields))
                }),
                Contender::new("sonic-rs `get_many_unchecked`, fields only", || {
                    each(&mut |event| by_pointers(event, &tree, false, fields))
                }),
                Contender::new("serde_json `Value`, fields only", || each(&mut |event| by_value(event, fields))),
                Contender::new("simd-json `BorrowedValue`, fields only", || {
                    each(&mut |event| simd_value(event, &mut copy_too, &mut buffers_too, &fields))
                }),
                Contender::new("cascata (validate: full, duplicate_keys: last)", || {
                    each(&mut |event| ours(event, &mut reading, &full))
                }),
                Contender::new("cascata (validate: trusted, duplicate_keys: first)", || {
                    each(&mut |event| ours(event, &mut again, &trusted))
                }),
            ];
            measure("reading", &format!("{size}, {place:?}").to_lowercase(), events.len(), contenders);
        }
    }
}
