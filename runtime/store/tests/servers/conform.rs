//! Every store does what the suite asks, also through a slow network and with a wrong clock.

use std::sync::Arc;
use std::time::Duration;

use cascata_store::conformance::{self, LONG, Tested, key};
use cascata_store::{Claim, Clock, DiskStore, Settings, Status, open};

use crate::proxy::{Pace, Proxy};
use crate::server::{Kind, Server};

fn settings() -> Settings {
    let mut settings = Settings::default();
    settings.deadline = Duration::from_secs(30);
    settings
}

async fn conforms(kind: Kind) {
    let Some(server) = tokio::task::block_in_place(|| Server::start(kind)) else { return };
    conformance::all(&server.store()).await;
    clocks_do_not_matter(&server).await;
    slow_is_not_wrong(&server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_conforms() {
    conforms(Kind::Redis).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_conforms() {
    conforms(Kind::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nats_conforms() {
    conforms(Kind::Nats).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn disk_conforms() {
    let folder = tempfile::tempdir().unwrap();
    let store: Tested = Arc::new(DiskStore::at(folder.path().join("store"), settings()).unwrap());
    conformance::all(&store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_shared_and_keeps_what_it_was_told() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("file:{}?deadline_ms=30000", folder.path().join("store").display());
    let open = || open(&url, Settings::default()).unwrap();
    let (one, other) = (open(), open());
    let token = conformance::claimed(&one, "k", "one", LONG).await;
    assert!(matches!(other.claim("k", "other", LONG).await.unwrap(), Claim::Pending { owner, .. } if owner == "one"));
    let waiting = tokio::spawn(async move { other.wait("k", LONG).await.unwrap() });
    assert!(one.complete("k", token, "done".into(), None).await.unwrap());
    assert!(matches!(waiting.await.unwrap(), Status::Complete { value, .. } if value == "done"));
    drop(one);
    let again = open();
    assert_eq!(again.get("k").await.unwrap().unwrap().value, "done");
    assert!(again.put("k", "more".into(), None).await.unwrap() > token);
}

#[test]
fn a_file_that_is_no_store_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    std::fs::write(&path, "something else that somebody may want to keep").unwrap();
    let error = DiskStore::at(path.clone(), settings()).unwrap_err();
    assert_eq!(error.code(), "R0409", "{error}");
    assert!(error.to_string().contains("store"), "{error}");
    assert!(std::fs::read_to_string(path).unwrap().starts_with("something"));
}

/// Two processes whose clocks are an hour wrong, one too early and one too late, agree on who has a key and for how long.
async fn clocks_do_not_matter(server: &Server) {
    let wrong = |by_us: i64| -> Tested {
        let mut settings = settings();
        settings.clock = Some(Clock::new(move || Clock::system().now_us() + by_us));
        open(&server.url(), settings).unwrap()
    };
    let (early, late) = (wrong(-3_600_000_000), wrong(3_600_000_000));
    for (first, second) in [(&early, &late), (&late, &early)] {
        let key = key("clock");
        let token = conformance::claimed(first, &key, "first", LONG).await;
        let Claim::Pending { remaining, .. } = second.claim(&key, "second", LONG).await.unwrap() else {
            panic!("{:?}: claimed twice because of a clock", server.kind)
        };
        assert!(remaining > LONG / 2 && remaining <= LONG + Duration::from_secs(1), "{remaining:?}");
        assert!(second.renew(&key, token, LONG).await.unwrap());
        assert!(first.complete(&key, token, "r".into(), Some(LONG)).await.unwrap());
        let Claim::Complete { age, .. } = second.claim(&key, "second", LONG).await.unwrap() else { panic!("complete") };
        assert!(age < LONG, "{age:?}");
    }
    conformance::dead_owner(&early).await;
    conformance::values_expire(&late).await;
}

/// A slow network costs time and nothing else.
async fn slow_is_not_wrong(server: &Server) {
    let proxy = Proxy::before(server.port).await;
    proxy.set(Pace::After(Duration::from_millis(5)));
    let store = open(&server.url_at(proxy.port), settings()).unwrap();
    conformance::claim_and_complete(&store).await;
    conformance::one_of_a_hundred_claims(&store).await;
    conformance::dead_owner(&store).await;
    conformance::waiters_wake(&store).await;
}
