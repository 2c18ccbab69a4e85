//! Servers that say nothing, die and come back.

use std::time::{Duration, Instant};

use cascata_store::conformance::{self, LONG, Tested, key};
use cascata_store::{Claim, Settings, Status, StoreError, open};

use crate::proxy::{Pace, Proxy};
use crate::server::{Kind, Server};

/// How long a store may take to find its server again, on the slowest of machines.
const BACK_WITHIN: Duration = Duration::from_secs(60);

async fn survives(kind: Kind) {
    let Some(mut server) = tokio::task::block_in_place(|| Server::start(kind)) else { return };
    silence_ends_with_the_deadline(&server).await;
    killed_and_restarted(&mut server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_survives() {
    survives(Kind::Redis).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_survives() {
    survives(Kind::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nats_survives() {
    survives(Kind::Nats).await;
}

/// A server that says nothing costs each call its deadline; once it speaks again, so does the store.
async fn silence_ends_with_the_deadline(server: &Server) {
    let proxy = Proxy::before(server.port).await;
    let url = format!("{}?deadline_ms=1000", server.url_at(proxy.port));
    let store = open(&url, Settings::default()).unwrap();
    back(&store).await;
    proxy.set(Pace::Never);
    let key = key("silence");
    for _ in 0..2 {
        let begun = Instant::now();
        let error = store.claim(&key, "one", LONG).await.unwrap_err();
        assert!(matches!(error, StoreError::Deadline { .. } | StoreError::Unreachable { .. }), "{error}");
        assert!(error.is_outage());
        assert!(begun.elapsed() < BACK_WITHIN / 2, "{:?}", begun.elapsed());
    }
    proxy.set(Pace::Quick);
    back(&store).await;
    // Whether the unanswered claims were made is unknown; either way the key has at most one owner.
    let status = store.peek(&key).await.unwrap();
    assert!(!matches!(status, Status::Complete { .. }), "{status:?}");
}

/// What was told before the server was killed holds after it is back, for those who were connected all the time.
async fn killed_and_restarted(server: &mut Server) {
    let store = server.store();
    let (value, running, released) = (key("value"), key("running"), key("released"));
    let version = store.put(&value, "kept".into(), None).await.unwrap();
    let token = conformance::claimed(&store, &running, "owner", LONG).await;
    let first = conformance::claimed(&store, &released, "owner", LONG).await;
    assert!(store.release(&released, first).await.unwrap());
    let waiting = tokio::spawn({
        let (store, running) = (store.clone(), running.clone());
        async move { store.wait(&running, LONG).await }
    });

    let impatient = open(&format!("{}?deadline_ms=1000", server.url()), Settings::default()).unwrap();
    back(&impatient).await;
    server.kill();
    let error = impatient.get(&value).await.unwrap_err();
    assert!(error.is_outage(), "{error}");
    assert!(["R0407", "R0408", "R0409"].contains(&error.code()));
    tokio::task::block_in_place(|| server.restart());
    back(&store).await;
    back(&impatient).await;

    let entry = store.get(&value).await.unwrap().unwrap();
    assert_eq!((entry.value, entry.version), ("kept".into(), version));
    assert!(
        matches!(store.claim(&running, "other", LONG).await.unwrap(), Claim::Pending { owner, .. } if owner == "owner")
    );
    assert!(conformance::claimed(&store, &released, "next", LONG).await > first, "tokens grow over a crash");
    assert!(store.complete(&running, token, "result".into(), None).await.unwrap());
    let status = waiting.await.unwrap().unwrap();
    assert!(matches!(status, Status::Complete { value, .. } if value == "result"));
}

/// Waits until a store has found its server.
async fn back(store: &Tested) {
    let begun = Instant::now();
    while let Err(error) = store.ping().await {
        assert!(begun.elapsed() < BACK_WITHIN, "{error}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
