//! Each kind of regularity is found where it is planted, by measurement and nothing else.

use cascata_learn::{Learned, Learner, Options, Pattern, RecordReader, Taken};
use serde_json::{Value, json};

/// Numbers that look drawn and are the same in every run.
fn drawn(number: u64, salt: u64) -> u64 {
    let mixed = (number + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ salt.wrapping_mul(0xD1B5_4A32_D192_ED03);
    let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed ^ (mixed >> 32)
}

/// The moment of an event: one each ten minutes, from a Saturday on.
fn moment(number: u64) -> String {
    cascata_vm::ops::time_text(1_760_745_600_000_000 + 600_000_000 * number as i64).unwrap()
}

fn event(number: u64) -> Value {
    let pick = |salt, of: &[&str]| of[(drawn(number, salt) % of.len() as u64) as usize].to_owned();
    let mut event = json!({
        "id": format!("e{number}"), "label": number % 7,
        "amount": drawn(number, 1) % 1_000, "country": pick(2, &["CH", "DE", "KP", "IR", "FR"]), "created": moment(number),
        "text": format!("{} {} {}", pick(3, &["win a prize", "see you", "lunch then", "call home", "good night"]),
            pick(4, &["now", "later", "soon", "today"]), drawn(number, 5)),
        "tags": [pick(6, &["new", "old", "vpn"]), pick(7, &["web", "app", "shop"])],
    });
    if number < 1_000 && drawn(number, 9).is_multiple_of(3) {
        event["legacy"] = json!(true);
    }
    event
}

fn record(number: u64, fast: &str, deny: bool) -> String {
    let record = json!({
        "v": 1, "now": moment(number), "event": event(number), "outcome": if deny { "deny" } else { "pass" },
        "outcome_source": "terminate", "stages": [
            {"name": "FAST", "status": "ok", "result": fast},
            {"name": "RULES", "status": "rules", "result": null},
            {"name": "DEEP", "status": "ok", "result": deny, "time_us": 90,
             "data": {"reasoning": if deny { "velocity looks suspicious" } else { "nothing unusual" }, "factors": ["device"]}},
        ],
    });
    record.to_string()
}

/// What is learned of a stage that denies by `deny`.
fn learned(count: u64, options: Options, deny: impl Fn(&Value, &str) -> bool) -> Learned {
    let mut reader = RecordReader::new("DEEP", "RULES", &[]);
    let mut learner = Learner::new(options);
    for number in 0..count {
        let fast = if drawn(number, 8).is_multiple_of(4) { "odd" } else { "plain" };
        let record = record(number, fast, deny(&event(number), fast));
        let Taken::Example(example) = reader.read(record.as_bytes(), None).unwrap() else { panic!("asked") };
        learner.add(*example);
    }
    learner.finish().expect("its rules pass the compiler")
}

fn options() -> Options {
    let mut options = Options::default();
    options.stage = "DEEP".to_owned();
    options.costs.0.push(cascata_learn::StageCost { stage: "DEEP".to_owned(), cost: 25.0 });
    options.threads = 1;
    options.pattern_ttl_hours = 24 * 365;
    options
}

#[test]
fn every_kind_of_pattern_is_found_where_it_is() {
    type World = fn(&Value, &str) -> bool;
    let worlds: [(Pattern, World); 7] = [
        (Pattern::Threshold, |event, _| event["amount"].as_u64() >= Some(400)),
        (Pattern::Correlation, |event, _| event["amount"].as_u64() >= Some(400) && event["country"] == "KP"),
        (Pattern::Reasoning, |event, _| event["text"].as_str().is_some_and(|text| text.contains("prize"))),
        (Pattern::Temporal, |event, _| {
            event["created"].as_str().and_then(|at| at.get(11..13)).is_some_and(|hour| hour >= "18")
        }),
        (Pattern::Behavioral, |_, fast| fast == "odd"),
        (Pattern::Sequence, |event, _| event["tags"][0] == "vpn"),
        (Pattern::Frequency, |event, _| ["KP", "IR"].contains(&event["country"].as_str().unwrap_or_default())),
    ];
    for (pattern, world) in worlds {
        let learned = learned(2_000, options(), world);
        let report = learned.together.report;
        assert_eq!(report.right, report.matched, "{pattern:?}: {report:?}");
        assert!(report.coverage() >= 0.9, "{pattern:?}: {report:?}");
        let deny = learned.proposals.iter().find(|one| one.answer == "deny").expect("a rule that denies");
        assert_eq!(deny.pattern, pattern, "{}", deny.when);
    }
}

#[test]
fn hours_and_days_of_moments_are_conditions_of_the_language() {
    let weekend = |event: &Value, _: &str| {
        let at = cascata_vm::ops::parse_time(event["created"].as_str().unwrap()).map(cascata_vm::Value::Int).unwrap();
        matches!(cascata_vm::ops::weekday(at, 0), cascata_vm::Value::Int(day) if day >= 6)
    };
    let learned = learned(3_000, options(), weekend);
    let whens: Vec<_> = learned.proposals.iter().map(|one| one.when.as_str()).collect();
    assert!(whens.contains(&"weekday(created) >= 6"), "{whens:?}");
    let (first, last) = learned.proposals[0].seen.clone().expect("records say when");
    assert!(first < last, "{first} {last}");
}

#[test]
fn what_stages_say_of_their_reasons_is_counted_with_a_bound() {
    let learned = learned(1_000, options(), |event, _| event["amount"].as_u64() >= Some(400));
    let given = |word: &str| learned.reasons_given.iter().find(|one| one.word == word);
    let velocity = given("velocity").expect("it comes often");
    assert_eq!((&velocity.answer, velocity.right), (&json!("deny"), velocity.count));
    assert!(velocity.confidence > 0.99);
    // It comes with every answer.
    assert_eq!(given("device"), None);
    // Conditions cannot ask for what the stage says.
    assert!(learned.proposals.iter().all(|one| !one.when.contains("reasoning")), "{:?}", learned.proposals);
}

#[test]
fn patterns_are_bounded_and_forgotten_as_options_say() {
    let large = |event: &Value, _: &str| event["amount"].as_u64() >= Some(400);
    let mut few = options();
    few.max_patterns = 1;
    assert_eq!(learned(1_500, few, large).proposals.len(), 1);
    let mut sure = options();
    sure.min_confidence = 0.9999;
    assert!(learned(1_500, sure, large).proposals.is_empty());
    let mut many = options();
    many.min_samples = 2_000;
    assert!(learned(1_500, many, large).proposals.is_empty());
    // What was refused for a field that nobody has sent for two weeks.
    let denies = |hours| {
        let mut options = options();
        options.pattern_ttl_hours = hours;
        let learned = learned(3_000, options, |event, _| event["legacy"] == true);
        (learned.proposals.iter().filter(|one| one.answer == "deny").count(), learned.notes.join("; "))
    };
    assert_eq!(denies(24 * 365), (1, String::new()));
    let (denies, notes) = denies(168);
    assert!(denies == 0 && notes.contains("nothing came for them in the last 168 hours"), "{denies}: {notes}");
}
