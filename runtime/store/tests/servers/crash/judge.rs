//! What the workers wrote down, held against what they were promised.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{LEASE, Trial, results};

/// What there was to see.
pub struct Judged {
    pub claims: usize,
    /// Claims that followed one that was neither completed nor released.
    pub restarts: usize,
    /// Completions after the lease, all of them refused.
    pub refused: usize,
    /// How often a worker looked at a key that somebody else had completed.
    pub swept: usize,
}

/// One claim of a key.
#[derive(Debug, Default)]
struct Claimed {
    /// When its lease ends at the earliest: it was asked for, or renewed, before that minus the lease.
    asked_us: u128,
    /// When the store had answered.
    answered_us: u128,
    released: bool,
    completed: Option<String>,
}

/// Reads the logs; panics where a promise was broken.
pub fn judge(trial: &Trial) -> Judged {
    let results = results(trial);
    // A line that was cut off by the kill was never acted upon.
    let mut keys: Vec<BTreeMap<u64, Claimed>> = results.iter().map(|_| BTreeMap::new()).collect();
    let (mut refused, mut swept) = (0, 0);
    for entry in std::fs::read_dir(&trial.folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "log") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        for line in text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')) {
            let words: Vec<_> = line.split(' ').collect();
            let [what, key, token, before, after, result] = words[..] else { panic!("{line}") };
            let key: usize = key.parse().unwrap();
            let (asked_us, answered_us) = (before.parse().unwrap(), after.parse().unwrap());
            if what == "seen" {
                assert_eq!(result, results[key], "key {key} had two results: {line}");
                swept += 1;
                continue;
            }
            if what == "refused" {
                refused += 1;
                continue;
            }
            let claimed = keys[key].entry(token.parse().unwrap()).or_default();
            match what {
                "claimed" => {
                    assert_eq!(claimed.answered_us, 0, "key {key}: token {token} was given twice");
                    *claimed = Claimed { asked_us, answered_us, ..Claimed::default() };
                }
                "renewed" => claimed.asked_us = asked_us,
                "released" => claimed.released = true,
                "completed" => claimed.completed = Some(result.to_owned()),
                "late" => {}
                other => panic!("key {key}, token {token}: {other}: a completion after the lease was taken"),
            }
        }
    }
    let mut judged = Judged { claims: 0, restarts: 0, refused, swept };
    for (key, claims) in keys.iter().enumerate() {
        judged.claims += claims.len();
        judged.restarts += judge_key(key, claims, &results[key], trial.skew);
    }
    judged
}

/// The claims of one key, by token. Gives how many followed one that just ended.
fn judge_key(key: usize, claims: &BTreeMap<u64, Claimed>, result: &str, skew: Duration) -> usize {
    let completed: Vec<_> = claims.values().filter_map(|claim| claim.completed.as_deref()).collect();
    assert!(completed.len() <= 1, "key {key} was completed twice: {completed:?}");
    assert!(completed.iter().all(|&completed| completed == result), "key {key}: {completed:?} is not {result}");
    let mut restarts = 0;
    for ((token, before), (next, after)) in claims.iter().zip(claims.iter().skip(1)) {
        assert!(before.completed.is_none(), "key {key} was claimed with {next} after {token} had completed it");
        assert!(after.answered_us > before.asked_us, "key {key}: {next} was given before {token}");
        if before.released {
            continue;
        }
        restarts += 1;
        // Two milliseconds: leases are whole milliseconds, and the clock of the logs may be set while this runs.
        let ends = before.asked_us + (LEASE.saturating_sub(skew) - Duration::from_millis(2)).as_micros();
        assert!(
            after.answered_us >= ends,
            "key {key}: {next} was given {} µs before the lease of {token} ended",
            ends - after.answered_us
        );
    }
    restarts
}
