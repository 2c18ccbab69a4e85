//! Several processes that share plugins through a real Redis: this test program, started anew with a role in its environment.
//!
//! Skipped, with a line that says so, where there is no `redis-server`. No claim here depends on how fast the machine is: times are
//! compared with what was measured beside them, and where something has to happen it is waited for.

pub(crate) mod redis;
mod roles;

use self::redis::{Redis, Worker};
use self::roles::{BURST, KEYS, RATE};
use crate::plugins::breaker::LOCAL_TTL;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

/// Starts workers that are ready to begin.
fn workers<const N: usize>(redis: &Redis, roles: [&str; N]) -> [Worker; N] {
    let mut workers = roles.map(|role| redis.worker(role));
    for worker in &mut workers {
        assert_eq!(worker.says(), Some(json!("ready")));
    }
    workers
}

#[test]
fn processes_together_stay_within_the_rate() {
    let Some(redis) = Redis::start() else { return };
    let mut workers = workers(&redis, ["limit"; 3]);
    let began = Instant::now();
    workers.iter_mut().for_each(Worker::go);
    let admitted: u64 = workers.iter_mut().map(|worker| worker.says().unwrap().as_u64().unwrap()).sum();
    let most = f64::from(BURST) + f64::from(RATE) * began.elapsed().as_secs_f64();
    println!("{admitted} calls of 3 processes admitted, at most {most:.0}");
    assert!(admitted as f64 <= most && admitted >= u64::from(BURST), "{admitted} of {most}");
}

#[test]
fn a_breaker_that_opens_in_one_process_is_open_in_the_others_within_its_time() {
    let Some(redis) = Redis::start() else { return };
    let [mut failing, mut watching] = workers(&redis, ["fails", "watches"]);
    failing.go();
    let opened = failing.says().unwrap();
    let (opened, written) = (opened[0].as_u64().unwrap(), opened[1].as_u64().unwrap());
    let watched = watching.says().unwrap();
    let (passed, rejected) = (watched[0].as_u64().unwrap(), watched[1].as_u64().unwrap());
    println!(
        "written {} µs and seen by the other process {} µs after the breaker opened",
        written.saturating_sub(opened),
        rejected.saturating_sub(opened)
    );
    // However slow the machine is: a call that begins so long after the store has it goes by a copy that has it too.
    let ttl = u64::try_from(LOCAL_TTL.as_micros()).unwrap();
    assert!(passed <= written + ttl, "a call passed {} µs after the store knew", passed - written);
}

#[test]
fn an_outage_leaves_each_process_to_itself_and_ends() {
    let Some(mut redis) = Redis::start() else { return };
    let mut workers = workers(&redis, ["outage"; 2]);
    let step = |workers: &mut [Worker; 2]| {
        workers
            .iter_mut()
            .map(|worker| {
                worker.go();
                worker.says().unwrap()
            })
            .collect::<Vec<_>>()
    };
    // Together they have the calls of one limit, and the second gets the result of the first.
    let together = step(&mut workers);
    let admitted = |said: &[Value]| said.iter().map(|said| said["admitted"].as_u64().unwrap()).sum::<u64>();
    assert_eq!(admitted(&together), u64::from(BURST));
    assert_eq!([&together[0]["ran"], &together[1]["ran"]], [true, false]);
    assert_eq!(together[1]["told"], json!([]));

    redis.kill();
    let alone = step(&mut workers);
    // Each counts for itself, with the whole limit: of two processes twice as many. Each runs what it cannot share, and is told once.
    for said in &alone {
        assert_eq!((&said["admitted"], &said["ran"]), (&json!(BURST), &json!(true)), "{said}");
        assert_eq!((&said["breaker"], &said["strict"]), (&json!("closed"), &json!("store_unavailable")), "{said}");
        assert_eq!(said["told"], json!([true]), "{said}");
    }

    redis.restart();
    let again = step(&mut workers);
    // What was there is gone with the server, so there is one new limit for both, and one new result.
    assert_eq!(admitted(&again), u64::from(BURST));
    assert_eq!([&again[0]["ran"], &again[1]["ran"]], [true, false]);
    for said in &again {
        assert_eq!((&said["strict"], &said["told"]), (&json!("ok"), &json!([false])), "{said}");
    }
    // Opened in one process after the outage, the breaker is open in both.
    workers[0].go();
    assert_eq!(workers[0].says().unwrap(), json!("open"));
    workers[1].go();
    assert_eq!(workers[1].says().unwrap(), json!("open"));
}

#[test]
fn killed_processes_leave_no_key_behind_and_no_key_two_results() {
    let Some(redis) = Redis::start() else { return };
    let mut seen: BTreeMap<u64, BTreeSet<u64>> = BTreeMap::new();
    let mut note = |said: &Value| {
        let of = |at: usize| said[at].as_u64().unwrap();
        seen.entry(of(0)).or_default().insert(of(1));
    };
    // Dropped, and so killed, wherever they are.
    for round in 0..4_usize {
        let mut workers = workers(&redis, ["once"; 3]);
        workers.iter_mut().for_each(Worker::go);
        for (at, worker) in workers.iter_mut().enumerate() {
            for _ in 0..=(round + at) * 3 {
                note(&worker.says().unwrap());
            }
        }
    }
    let [mut last] = workers(&redis, ["once"]);
    last.go();
    while let Some(said) = last.says() {
        note(&said);
    }
    assert_eq!(seen.len(), usize::try_from(KEYS).unwrap(), "every key is complete at last");
    let runs = redis.runs();
    println!("{} runs of {KEYS} keys, 12 processes killed", runs.len());
    for (key, results) in &seen {
        assert_eq!(results.len(), 1, "key {key} was seen with {results:?}");
        assert!(results.iter().all(|result| runs.contains(&(*key, *result))), "key {key} ran as {results:?}");
    }
}

/// What another process does; nothing when the test is run for itself.
#[test]
fn worker() {
    roles::play();
}
