//! A Redis of one test, and the processes that share it.

use cascata_store::{Settings, open};
use serde_json::Value;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// What a worker is told through its environment.
pub(super) const ROLE: &str = "CASCATA_TEST_ROLE";
pub(super) const URL: &str = "CASCATA_TEST_URL";
pub(super) const RUNS: &str = "CASCATA_TEST_RUNS";

/// How long a server may take to answer, on the slowest of machines.
const STARTS_WITHIN: Duration = Duration::from_secs(60);

/// A server of this test alone, killed with it.
pub(crate) struct Redis {
    server: Option<Child>,
    port: u16,
    folder: tempfile::TempDir,
}

impl Redis {
    /// Starts one; none, with a line that says so, where that is not possible here.
    pub(crate) fn start() -> Option<Self> {
        if Command::new("redis-server").arg("--version").stdout(Stdio::null()).status().is_err() {
            eprintln!("SKIPPED: `redis-server` is not installed");
            return None;
        }
        let mut redis = Self { server: None, port: 0, folder: tempfile::tempdir().unwrap() };
        // A port that is free now may be taken in a moment.
        for _ in 0..5 {
            redis.port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            if redis.run() {
                return Some(redis);
            }
        }
        panic!("redis-server does not start");
    }

    /// Starts the process and waits until it answers; false if it ends instead.
    fn run(&mut self) -> bool {
        let mut command = Command::new("redis-server");
        command.args(["--bind", "127.0.0.1", "--port", &self.port.to_string(), "--save", "", "--appendonly", "no"]);
        command.arg("--dir").arg(self.folder.path()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut server = command.spawn().unwrap();
        let store = open(&self.url(), Settings::default()).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let begun = Instant::now();
        while begun.elapsed() < STARTS_WITHIN && server.try_wait().unwrap().is_none() {
            if runtime.block_on(store.ping()).is_ok() {
                self.server = Some(server);
                return true;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        _ = server.kill();
        _ = server.wait();
        false
    }

    pub(crate) fn url(&self) -> String {
        // A deadline that a busy machine does not cross.
        format!("redis://127.0.0.1:{}/0?deadline_ms=30000", self.port)
    }

    /// Without a farewell.
    pub(crate) fn kill(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.kill().unwrap();
            server.wait().unwrap();
        }
    }

    /// Starts it again, on its port and with nothing in it.
    pub(crate) fn restart(&mut self) {
        let begun = Instant::now();
        while !self.run() {
            assert!(begun.elapsed() < STARTS_WITHIN, "redis-server does not start again");
        }
    }

    /// Another process with a role.
    pub(super) fn worker(&self, role: &str) -> Worker {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["plugins::processes_tests::worker", "--exact", "--nocapture"])
            .envs([(ROLE, role), (URL, &self.url())])
            .env(RUNS, self.folder.path().join("runs"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap());
        let input = process.stdin.take().unwrap();
        Worker { process, input, lines }
    }

    /// The runs of keys that workers wrote down: key and process.
    pub(super) fn runs(&self) -> Vec<(u64, u64)> {
        let text = std::fs::read_to_string(self.folder.path().join("runs")).unwrap();
        let run = |line: &str| {
            let (key, process) = line.split_once(' ').unwrap();
            (key.parse().unwrap(), process.parse().unwrap())
        };
        text.lines().map(run).collect()
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Another process, killed when it is dropped.
pub(super) struct Worker {
    process: Child,
    input: ChildStdin,
    lines: BufReader<ChildStdout>,
}

impl Worker {
    /// What it says next; none at its end.
    pub(super) fn says(&mut self) -> Option<Value> {
        let mut line = String::new();
        while self.lines.read_line(&mut line).unwrap() > 0 {
            // The test harness writes lines too, and may not end the one it began.
            if let Some((_, said)) = line.split_once('@') {
                return Some(serde_json::from_str(said).unwrap());
            }
            line.clear();
        }
        None
    }

    /// Lets it do its next part.
    pub(super) fn go(&mut self) {
        self.input.write_all(b"go\n").unwrap();
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        _ = self.process.kill();
        _ = self.process.wait();
    }
}
