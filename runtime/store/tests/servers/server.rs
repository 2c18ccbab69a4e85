//! Starting, killing and restarting servers.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use cascata_store::{Settings, Store, open};

/// How long a server may take to answer, on the slowest of machines.
const STARTS_WITHIN: Duration = Duration::from_secs(60);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Redis,
    Postgres,
    Nats,
}

/// A server process; killed when dropped.
pub struct Server {
    pub kind: Kind,
    pub port: u16,
    folder: tempfile::TempDir,
    program: PathBuf,
    child: Option<Child>,
    /// It takes no connection without TLS.
    tls: bool,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Server {
    /// Starts a server; `None`, with a line that says so, where it is not installed.
    pub fn start(kind: Kind) -> Option<Self> {
        Self::start_in(kind, tempfile::tempdir().unwrap(), false)
    }

    /// The same in a folder, with the certificate `server.pem` that is there, whose key is `server.key`. `authority.pem` signed it.
    pub fn start_with_tls(kind: Kind, folder: tempfile::TempDir) -> Option<Self> {
        Self::start_in(kind, folder, true)
    }

    fn start_in(kind: Kind, folder: tempfile::TempDir, tls: bool) -> Option<Self> {
        let (name, program) = match kind {
            Kind::Redis => ("redis-server", found("redis-server")),
            Kind::Nats => ("nats-server", found("nats-server")),
            Kind::Postgres => ("postgres", postgres()),
        };
        let Some(program) = program else {
            eprintln!("SKIPPED: {kind:?}: `{name}` is not installed");
            return None;
        };
        if kind == Kind::Postgres && !make_cluster(&program, folder.path()) {
            return None;
        }
        // A port that is free now may be taken in a moment.
        let mut server = Self { kind, port: 0, folder, program, child: None, tls };
        for _ in 0..5 {
            server.port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            if server.run() {
                return Some(server);
            }
        }
        panic!("{kind:?} does not start");
    }

    /// Kills the server as a power cut of the process would: SIGKILL, no farewell.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Starts the killed server again, on its port and with its data.
    pub fn restart(&mut self) {
        let begun = Instant::now();
        // The processes of a killed PostgreSQL take a moment to notice that they are alone.
        while !self.run() {
            assert!(begun.elapsed() < STARTS_WITHIN, "{:?} does not start again", self.kind);
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Starts the process and waits until it answers; false if it ends instead.
    fn run(&mut self) -> bool {
        self.child =
            Some(self.command().stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
        let begun = Instant::now();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        while begun.elapsed() < STARTS_WITHIN {
            if self.child.as_mut().unwrap().try_wait().unwrap().is_some() {
                self.child = None;
                return false;
            }
            let url = self.url();
            let answers = runtime.block_on(async { open(&url, Settings::default()).unwrap().ping().await.is_ok() });
            if answers {
                return true;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        self.kill();
        false
    }

    pub fn url(&self) -> String {
        let url = self.url_at(self.port);
        if self.tls { format!("{url}?tls_ca={}", self.folder.path().join("authority.pem").display()) } else { url }
    }

    /// The URL, if the server were at another port.
    pub fn url_at(&self, port: u16) -> String {
        match self.kind {
            Kind::Redis if self.tls => format!("rediss://127.0.0.1:{port}"),
            Kind::Nats if self.tls => format!("tls://127.0.0.1:{port}"),
            Kind::Redis => format!("redis://127.0.0.1:{port}"),
            Kind::Postgres => format!("postgres://cascata@127.0.0.1:{port}/postgres"),
            Kind::Nats => format!("nats://127.0.0.1:{port}"),
        }
    }

    /// The store, with a deadline that a busy machine does not cross.
    pub fn store(&self) -> std::sync::Arc<dyn Store> {
        open(&format!("{}?deadline_ms=30000", self.url()), Settings::default()).unwrap()
    }

    fn command(&self) -> Command {
        let (folder, port) = (self.folder.path(), self.port.to_string());
        let mut command;
        match self.kind {
            Kind::Redis => {
                command = Command::new(&self.program);
                command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "yes"]);
                if self.tls {
                    command.args(["--port", "0", "--tls-port", &port, "--tls-auth-clients", "no"]);
                    command.arg("--tls-cert-file").arg(folder.join("server.pem"));
                    command.arg("--tls-key-file").arg(folder.join("server.key"));
                    command.arg("--tls-ca-cert-file").arg(folder.join("authority.pem"));
                } else {
                    command.args(["--port", &port]);
                }
                command.args(["--appendfsync", "always", "--dir"]).arg(folder);
            }
            Kind::Nats => {
                command = Command::new(&self.program);
                command.args(["-js", "-a", "127.0.0.1", "-p", &port, "-sd"]).arg(folder);
                if self.tls {
                    command.arg("--tls").arg("--tlscert").arg(folder.join("server.pem"));
                    command.arg("--tlskey").arg(folder.join("server.key"));
                }
            }
            Kind::Postgres => {
                command = unprivileged(&self.program);
                command.arg("-D").arg(folder.join("data")).args(["-p", &port, "-c", "listen_addresses=127.0.0.1"]);
                command.arg("-c").arg(format!("unix_socket_directories={}", folder.display()));
                if self.tls {
                    command.args(["-c", "ssl=on", "-c"]).arg(format!("ssl_cert_file={}/server.pem", folder.display()));
                    command.arg("-c").arg(format!("ssl_key_file={}/server.key", folder.display()));
                }
            }
        }
        command
    }
}

/// A program on the path, or where servers are installed.
fn found(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/bin".into()]);
    folders.map(|folder| folder.join(name)).find(|program| program.is_file())
}

/// The newest PostgreSQL, where Debian puts it, or the one on the path.
fn postgres() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions
        .filter_map(|folder| {
            Some((folder.file_name().to_str()?.parse::<u32>().ok()?, folder.path().join("bin/postgres")))
        })
        .filter(|(_, program)| program.is_file())
        .max();
    newest.map(|(_, program)| program).or_else(|| found("postgres"))
}

/// PostgreSQL refuses to be run by root; everybody else runs it as themselves.
fn unprivileged(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]).arg(program);
    command
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// Makes an empty cluster of databases in a folder.
fn make_cluster(postgres: &Path, folder: &Path) -> bool {
    if is_root()
        && !Command::new("chown").args(["-R", "postgres"]).arg(folder).status().is_ok_and(|status| status.success())
    {
        eprintln!("SKIPPED: Postgres: root cannot run it, and there is no user `postgres`");
        return false;
    }
    let mut command = unprivileged(&postgres.with_file_name("initdb"));
    command.arg("-D").arg(folder.join("data")).args(["-A", "trust", "-U", "cascata", "--no-sync", "-E", "UTF8"]);
    let output = command.env("LC_ALL", "C").current_dir(folder).output().unwrap();
    assert!(output.status.success(), "initdb: {}", String::from_utf8_lossy(&output.stderr));
    true
}
