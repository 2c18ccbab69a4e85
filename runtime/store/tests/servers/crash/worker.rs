//! What a worker does: claims keys in an order of its own, works a little, completes. Now and then it sleeps past its lease
//! and comes back. It writes down each step, so that what it did is known after it was killed.

use std::collections::HashSet;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cascata_store::{Claim, Store};

use super::LEASE;

/// The name of a key.
pub fn name(key: u32) -> String {
    format!("crash/{key}")
}

/// Lines of a worker: what, key, token, and microseconds before and after the store was asked.
struct Log {
    file: File,
    folder: PathBuf,
}

impl Log {
    /// Reaches the operating system before this returns, and so outlives a SIGKILL.
    fn line(&mut self, what: &str, key: u32, token: u64, before: u128, text: &str) {
        let line = format!("{what} {key} {token} {before} {} {text}\n", now());
        self.file.write_all(line.as_bytes()).unwrap();
    }
}

fn now() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros()
}

/// Keys that the logs of a folder call complete.
fn completed(folder: &Path) -> HashSet<u32> {
    let logs = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let texts = logs.filter(|path| path.extension().is_some_and(|end| end == "log")).map(std::fs::read_to_string);
    let mut keys = HashSet::new();
    for text in texts {
        let text = text.unwrap();
        let whole = text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n'));
        keys.extend(whole.filter_map(|line| line.strip_prefix("completed ")?.split(' ').next()?.parse::<u32>().ok()));
    }
    keys
}

/// Runs keys until all of them are complete.
pub async fn work(store: Arc<dyn Store>, keys: u32, log: &Path) {
    let mut log = Log { file: File::create(log).unwrap(), folder: log.parent().unwrap().to_owned() };
    // Of what others completed, one in twenty is looked at again.
    let done = completed(log.folder.as_path());
    let mut left: Vec<u32> = (0..keys).filter(|key| !done.contains(key) || fastrand::u8(0..20) == 0).collect();
    fastrand::shuffle(&mut left);
    while let Some(key) = left.pop() {
        let before = now();
        match store.claim(&name(key), &std::process::id().to_string(), LEASE).await.unwrap() {
            Claim::Claimed { token } => {
                log.line("claimed", key, token, before, "-");
                if !run(&store, &mut log, key, token).await {
                    left.insert(0, key);
                }
            }
            Claim::Complete { value, .. } => {
                log.line("seen", key, 0, before, std::str::from_utf8(&value).unwrap());
            }
            Claim::Pending { remaining, .. } => {
                // Somebody else's; come back to it later, and wait for it where nothing else is left.
                if left.is_empty() {
                    store.wait(&name(key), remaining).await.unwrap();
                } else {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                left.insert(0, key);
            }
        }
    }
}

/// Works on a claimed key; false if it is not complete afterwards.
async fn run(store: &Arc<dyn Store>, log: &mut Log, key: u32, token: u64) -> bool {
    // One key in a hundred is always left by its first owner, who does nothing more until it is killed; the next one tries
    // to complete it in the name of the first.
    let left = log.folder.join(format!("left-{key}"));
    if key.is_multiple_of(100) {
        if let Ok(mut file) = File::create_new(&left) {
            file.write_all(token.to_string().as_bytes()).unwrap();
            tokio::time::sleep(LEASE * 1000).await;
        }
        let old = std::fs::read_to_string(left).unwrap();
        if let Some(old) = old.parse().ok().filter(|&old: &u64| old != token) {
            let before = now();
            let done = store.complete(&name(key), old, "from the dead".into(), None).await.unwrap();
            log.line(if done { "undead" } else { "refused" }, key, old, before, "-");
        }
    }
    tokio::time::sleep(Duration::from_millis(fastrand::u64(0..40))).await;
    let result = format!("{key}:{token}:{}", std::process::id());
    match fastrand::u32(0..100) {
        // Lost in thought for longer than the lease.
        0 => {
            tokio::time::sleep(LEASE * 2).await;
            let before = now();
            let done = store.complete(&name(key), token, result.into(), None).await.unwrap();
            log.line(if done { "undead" } else { "refused" }, key, token, before, "-");
            false
        }
        // Gives up.
        1 => {
            let before = now();
            let done = store.release(&name(key), token).await.unwrap();
            log.line(if done { "released" } else { "late" }, key, token, before, "-");
            false
        }
        roll => {
            if roll < 20 {
                let before = now();
                if store.renew(&name(key), token, LEASE).await.unwrap() {
                    log.line("renewed", key, token, before, "-");
                }
            }
            let before = now();
            let done = store.complete(&name(key), token, result.clone().into(), None).await.unwrap();
            log.line(if done { "completed" } else { "late" }, key, token, before, &result);
            done
        }
    }
}
