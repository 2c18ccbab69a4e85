//! Servers that take no connection without TLS: who signed their certificate decides whether they are believed.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use cascata_store::conformance;
use cascata_store::{Settings, Status, open};

use crate::server::{Kind, Server};

/// Makes certificates in a folder: `authority.pem`, `server.pem` with `server.key`, which it signed for 127.0.0.1, and `stranger.pem`, an
/// authority that signed nothing. False, with a line that says so, where `openssl` is not installed or older than 3.
fn make_certificates(folder: &Path) -> bool {
    let request = |name: &str, more: &[&str]| {
        let mut command = Command::new("openssl");
        command.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]);
        command
            .arg("-keyout")
            .arg(folder.join(format!("{name}.key")))
            .arg("-out")
            .arg(folder.join(format!("{name}.pem")));
        command.args(["-subj", &format!("/CN={name}")]).args(more).current_dir(folder);
        command.output().is_ok_and(|output| output.status.success())
    };
    let signed = ["-CA", "authority.pem", "-CAkey", "authority.key", "-addext", "subjectAltName=IP:127.0.0.1"];
    let signed = [&signed[..], &["-addext", "basicConstraints=critical,CA:FALSE"]].concat();
    let made = request("authority", &[]) && request("stranger", &[]) && request("server", &signed);
    if !made {
        eprintln!("SKIPPED: TLS: `openssl` 3 is not installed");
    }
    made
}

async fn believes_whom_it_is_told_to(kind: Kind) {
    let folder = tempfile::tempdir().unwrap();
    if !make_certificates(folder.path()) {
        return;
    }
    let stranger = folder.path().join("stranger.pem");
    let Some(server) = tokio::task::block_in_place(|| Server::start_with_tls(kind, folder)) else { return };
    let mut settings = Settings::default();
    settings.deadline = Duration::from_secs(30);
    let store = open(&server.url(), settings.clone()).unwrap();
    conformance::values(&store).await;
    conformance::claim_and_complete(&store).await;
    // Those who wait have a connection of their own.
    conformance::waiters_wake(&store).await;
    assert_eq!(store.peek("nothing").await.unwrap(), Status::Free);

    let required = if kind == Kind::Postgres { "sslmode=require" } else { "max_key_bytes=100" };
    let unknown = format!("{}?tls_ca={}", server.url_at(server.port), stranger.display());
    // The machine does not know the authority of this test either.
    let of_machine = format!("{}?{required}", server.url_at(server.port));
    for url in [unknown, of_machine] {
        let error = open(&url, settings.clone()).unwrap().ping().await.unwrap_err();
        assert!(error.is_outage(), "{error}");
        let text = error.to_string();
        assert!(text.contains("certificate") && text.contains("UnknownIssuer"), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_is_believed_by_its_certificate() {
    believes_whom_it_is_told_to(Kind::Redis).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_is_believed_by_its_certificate() {
    believes_whom_it_is_told_to(Kind::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nats_is_believed_by_its_certificate() {
    believes_whom_it_is_told_to(Kind::Nats).await;
}

#[test]
fn authorities_that_nobody_would_ask_and_files_that_hold_none_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (empty, missing) = (folder.path().join("empty.pem"), folder.path().join("missing.pem"));
    std::fs::write(&empty, "no certificate").unwrap();
    let (empty, missing, directory) = (empty.display(), missing.display(), folder.path().display());
    // Larger than any file of authorities, and of no bytes on the disk.
    let huge = folder.path().join("huge.pem");
    std::fs::File::create(&huge).and_then(|file| file.set_len(64 << 30)).unwrap();
    let huge = huge.display();
    for (url, why) in [
        (format!("rediss://h?tls_ca={directory}"), "no regular file"),
        (format!("nats://h?tls_ca={huge}"), "more than 4194304 bytes"),
        (format!("redis://h?tls_ca={empty}"), "no TLS"),
        (format!("postgres://u@h/d?sslmode=disable&tls_ca={empty}"), "no TLS"),
        (format!("rediss://h?tls_ca={empty}"), "holds no certificate"),
        (format!("postgres://u@h/d?tls_ca={missing}"), "missing.pem"),
        (format!("nats://h?tls_ca={empty}"), "holds no certificate"),
    ] {
        let error = open(&url, Settings::default()).map(drop).unwrap_err();
        assert_eq!(error.code(), "R0403", "{url}");
        assert!(error.to_string().contains(why), "{url}: {error}");
    }
}
