//! Processes that claim, run and complete on a shared store, and are killed at random moments.
//!
//! Held to: every key ends complete, with one result that everybody sees; a key is claimed again only after the lease of the
//! claim before ended, and with a larger token; who comes back after its lease is refused.
//!
//! The long form, on a store of your choice:
//!
//! ```text
//! CASCATA_CRASH_RUNS=10000 cargo test -p cascata-store --test servers -- --ignored --exact crash::many --nocapture
//! ```

mod judge;
mod worker;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use cascata_store::{Settings, Status, open};

use self::judge::{Judged, judge};
use crate::server::{Kind, Server};

/// A short lease, so that killed owners are soon replaced; a worker that is not killed finishes long before.
pub const LEASE: Duration = Duration::from_millis(1500);

const WORKERS: usize = 4;

/// One trial.
pub struct Trial {
    /// The store.
    pub url: String,
    /// How many keys there are: each is to be run to its end once.
    pub keys: u32,
    /// Where workers write what they do.
    pub folder: PathBuf,
    /// How wrong the clock of a lease may be.
    pub skew: Duration,
}

#[test]
fn redis_survives_killed_owners() {
    short(Some(Kind::Redis), Duration::ZERO);
}

#[test]
fn postgres_survives_killed_owners() {
    short(Some(Kind::Postgres), Duration::ZERO);
}

#[test]
fn nats_survives_killed_owners() {
    short(Some(Kind::Nats), Duration::from_millis(250));
}

#[test]
fn disk_survives_killed_owners() {
    short(None, Duration::ZERO);
}

/// The long form: `CASCATA_CRASH_RUNS` runs on each store of `CASCATA_CRASH_STORES` (`redis,postgres,nats,disk`).
#[test]
#[ignore = "takes minutes"]
fn many() {
    let runs = std::env::var("CASCATA_CRASH_RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(10_000);
    let stores = std::env::var("CASCATA_CRASH_STORES").unwrap_or_else(|_| "redis,postgres,nats,disk".to_owned());
    for store in stores.split(',') {
        match store {
            "redis" => on(Some(Kind::Redis), runs, Duration::ZERO),
            "postgres" => on(Some(Kind::Postgres), runs, Duration::ZERO),
            "nats" => on(Some(Kind::Nats), runs, Duration::from_millis(250)),
            "disk" => on(None, runs, Duration::ZERO),
            other => panic!("there is no store `{other}`"),
        }
    }
}

fn short(kind: Option<Kind>, skew: Duration) {
    on(kind, 200, skew);
}

fn on(kind: Option<Kind>, keys: u32, skew: Duration) {
    let folder = tempfile::tempdir().unwrap();
    let server = match kind.map(Server::start) {
        Some(None) => return,
        Some(server) => server,
        None => None,
    };
    let base = server.as_ref().map_or_else(|| format!("file:{}", folder.path().join("store").display()), Server::url);
    let trial = Trial { url: format!("{base}?deadline_ms=30000"), keys, folder: folder.path().to_owned(), skew };
    let begun = Instant::now();
    let kills = run(&trial);
    let judged = judge(&trial);
    let name = kind.map_or("Disk".to_owned(), |kind| format!("{kind:?}"));
    let Judged { claims, restarts, refused, swept } = judged;
    println!(
        "{name}: {keys} keys, {kills} kills, {claims} claims, {restarts} restarts after a lease, {refused} late \
         completions refused, {swept} keys looked at from outside, {:.1} s",
        begun.elapsed().as_secs_f64()
    );
    assert!(kills > 0 && restarts > 0 && refused > 0, "nobody died in the middle of a run");
}

/// A worker process; killed when dropped.
struct Worker(Child);

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Lets workers run, kills one now and then, until every key is complete. Gives the number of kills.
fn run(trial: &Trial) -> u32 {
    let mut started = 0;
    let mut start = || {
        started += 1;
        Worker(spawn(trial, started))
    };
    let mut workers: Vec<_> = (0..WORKERS).map(|_| start()).collect();
    let mut kills = 0;
    loop {
        std::thread::sleep(Duration::from_millis(fastrand::u64(50..300)));
        if workers.iter_mut().all(|Worker(child)| child.try_wait().unwrap().is_some_and(|status| status.success())) {
            return kills;
        }
        let victim = fastrand::usize(..workers.len());
        if let Some(status) = workers[victim].0.try_wait().unwrap() {
            assert!(status.success(), "a worker ended by itself: {status}; see its output");
            continue;
        }
        workers[victim].0.kill().unwrap();
        workers[victim].0.wait().unwrap();
        kills += 1;
        workers[victim] = start();
        assert!(kills < 100_000, "no end");
    }
}

/// This program again, as a worker.
fn spawn(trial: &Trial, number: u32) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "crash::worker_of_a_crash_test"])
        .env("CASCATA_CRASH_URL", &trial.url)
        .env("CASCATA_CRASH_KEYS", trial.keys.to_string())
        .env("CASCATA_CRASH_LOG", log(&trial.folder, number))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

fn log(folder: &Path, number: u32) -> PathBuf {
    folder.join(format!("{number:05}.log"))
}

#[test]
#[ignore = "a part of the crash tests, which start it as a process"]
fn worker_of_a_crash_test() {
    let variable = |name: &str| std::env::var(name).ok();
    let (Some(url), Some(keys), Some(log)) =
        (variable("CASCATA_CRASH_URL"), variable("CASCATA_CRASH_KEYS"), variable("CASCATA_CRASH_LOG"))
    else {
        eprintln!("SKIPPED: this is no crash test");
        return;
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let store = open(&url, Settings::default()).unwrap();
        worker::work(store, keys.parse().unwrap(), Path::new(&log)).await;
    });
}

/// The value of every key at the end; panics where one has none.
fn results(trial: &Trial) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = open(&trial.url, Settings::default()).unwrap();
        let mut results = Vec::new();
        for key in 0..trial.keys {
            match store.peek(&worker::name(key)).await.unwrap() {
                Status::Complete { value, .. } => results.push(String::from_utf8(value.to_vec()).unwrap()),
                other => panic!("key {key} ends as {other:?}"),
            }
        }
        results
    })
}
