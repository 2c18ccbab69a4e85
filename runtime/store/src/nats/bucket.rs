//! A key-value bucket: four requests of JetStream's interface.

use std::fmt::Write as _;
use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_nats::{Client, ConnectOptions, HeaderMap, Request};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use tokio::sync::{MutexGuard, OnceCell};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::KIND;
use super::clock::{Mark, ServerClock, micros_of};
use crate::codec::{decode, encode};
use crate::record::{Record, Space};
use crate::tls::{self, Authorities};
use crate::transition::Write;
use crate::waiters::Waiters;
use crate::{StoreError, StoreUrl};

/// Codes of JetStream's errors.
const NO_MESSAGE: u64 = 10_037;
const NAME_IN_USE: u64 = 10_058;
const WRONG_LAST_SEQUENCE: u64 = 10_071;

/// Changes of this process that go on at once; those of one key one after the other.
const TURNS: usize = 64;

/// What is stored under a key, and the revision that a write has to name; 0 if there is nothing.
pub(super) struct Found {
    pub(super) record: Option<Record>,
    pub(super) revision: u64,
}

pub(super) struct Bucket {
    address: String,
    name: String,
    replicas: u64,
    credentials: Option<String>,
    /// Read with the connection, which may never have TLS: the server decides where the URL leaves it open.
    authorities: Authorities,
    /// Whether to hang up where the server offers no TLS.
    encrypted: bool,
    deadline: Duration,
    client: OnceCell<Client>,
    clock: ServerClock,
    calibrating: tokio::sync::Mutex<()>,
    turns: Vec<tokio::sync::Mutex<()>>,
    /// Where a key's turn would be, if there were none of these.
    only_turn: tokio::sync::Mutex<()>,
    waiters: Arc<Waiters>,
    listener: Mutex<Option<JoinHandle<()>>>,
}

impl std::fmt::Debug for Bucket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bucket").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Drop for Bucket {
    fn drop(&mut self) {
        if let Some(listener) = self.listener.get_mut().unwrap_or_else(PoisonError::into_inner).take() {
            listener.abort();
        }
    }
}

impl Bucket {
    pub(super) fn new(url: &StoreUrl, deadline: Duration) -> Result<Self, StoreError> {
        let setting = |name: &str, why: String| StoreError::Setting { setting: name.to_owned(), why };
        url.base()
            .parse::<async_nats::ServerAddr>()
            .map_err(|error| StoreError::Url { url: url.redacted(), why: error.to_string() })?;
        let name = url.option("bucket").unwrap_or("cascata").to_owned();
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        if name.is_empty() || name.len() > 64 || !name.bytes().all(fits) {
            return Err(setting("bucket", format!("`{name}` is not 1 to 64 letters, digits, `_` and `-`")));
        }
        let replicas = url.number("replicas", 1)?.unwrap_or(1);
        if replicas > 5 {
            return Err(setting("replicas", "a bucket has 1 to 5".to_owned()));
        }
        let mut turns = Vec::new();
        turns.resize_with(TURNS, tokio::sync::Mutex::default);
        Ok(Self {
            address: url.base().to_owned(),
            name,
            replicas,
            credentials: url.option("credentials").map(str::to_owned),
            authorities: Authorities::of(url, true)?,
            encrypted: url.option(tls::OPTION).is_some() || url.base().starts_with("tls:"),
            deadline,
            client: OnceCell::new(),
            clock: ServerClock::default(),
            calibrating: tokio::sync::Mutex::default(),
            turns,
            only_turn: tokio::sync::Mutex::default(),
            waiters: Arc::default(),
            listener: Mutex::default(),
        })
    }

    pub(super) fn waiters(&self) -> &Waiters {
        &self.waiters
    }

    /// Waits for the other changes of a key by this process.
    pub(super) async fn turn(&self, key: &str) -> MutexGuard<'_, ()> {
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(key);
        let turn = usize::try_from(hash).unwrap_or(0).checked_rem(self.turns.len()).unwrap_or(0);
        self.turns.get(turn).unwrap_or(&self.only_turn).lock().await
    }

    /// Reads a record from the leader of the bucket, so that nothing older than the last write is seen.
    pub(super) async fn read(&self, space: Space, key: &str) -> Result<Found, StoreError> {
        let subject = self.subject(space, key);
        let Some((revision, data, at)) = self.message(json!({ "last_by_subj": subject })).await? else {
            return Ok(Found { record: None, revision: 0 });
        };
        if data.is_empty() {
            // A mark of deletion.
            return Ok(Found { record: None, revision });
        }
        let mut record = decode(&data).ok_or_else(|| StoreError::Unreadable { key: key.to_owned() })?;
        record.version = revision;
        record.written_us = at;
        // What is stored is how long it lasts, from when the server stored it.
        record.expires_us = record.expires_us.map(|lasts| at.saturating_add(lasts));
        Ok(Found { record: Some(record), revision })
    }

    /// Writes a record over a revision and gives the new one; `None` if another was there.
    pub(super) async fn write(
        &self,
        space: Space,
        key: &str,
        revision: u64,
        write: Write,
        now: i64,
    ) -> Result<Option<u64>, StoreError> {
        let Write { body, token, expires_us } = write;
        let expires_us = expires_us.map(|at| at.saturating_sub(now));
        let bytes = encode(&Record { version: 0, token, written_us: 0, expires_us, body });
        self.publish(&self.subject(space, key), revision, &[], bytes).await
    }

    /// Removes a record of a revision; `None` if another was there. The mark of deletion wakes waiters and is removed in turn.
    pub(super) async fn remove(&self, space: Space, key: &str, revision: u64) -> Result<Option<u64>, StoreError> {
        let subject = self.subject(space, key);
        let Some(mark) = self.publish(&subject, revision, &[("KV-Operation", "DEL")], Vec::new()).await? else {
            return Ok(None);
        };
        self.erase(&subject, mark).await?;
        Ok(Some(mark))
    }

    /// Removes a message unless there is a newer one.
    async fn erase(&self, subject: &str, revision: u64) -> Result<u64, StoreError> {
        let request = json!({ "filter": subject, "seq": revision.saturating_add(1) });
        let answer = self.ask(&format!("STREAM.PURGE.KV_{}", self.name), &request).await?;
        match fault(&answer) {
            None => Ok(answer.get("purged").and_then(Value::as_u64).unwrap_or(0)),
            Some(_) => Err(refused(&answer)),
        }
    }

    /// Removes what has expired.
    pub(super) async fn purge(&self) -> Result<u64, StoreError> {
        let mut removed = 0_u64;
        let mut next = 1_u64;
        loop {
            let pattern = format!("$KV.{}.>", self.name);
            let request = json!({ "seq": next, "next_by_subj": pattern });
            let step = async {
                let Some((revision, data, at, subject)) = self.message_at(request).await? else { return Ok(None) };
                let now = self.now_us().await?;
                let lasts = decode(&data).and_then(|record| record.expires_us);
                let expired = lasts.is_some_and(|lasts| at.saturating_add(lasts) <= now);
                let gone = if expired { self.erase(&subject, revision).await? } else { 0 };
                Ok(Some((revision, gone)))
            };
            let Some((revision, gone)) = crate::remote::within(KIND, "purge_expired", self.deadline, step).await?
            else {
                return Ok(removed);
            };
            removed = removed.saturating_add(gone);
            next = revision.saturating_add(1);
        }
    }

    /// The server's time.
    pub(super) async fn now_us(&self) -> Result<i64, StoreError> {
        if let Some(now) = self.clock.now_us() {
            return Ok(now);
        }
        let _one = self.calibrating.lock().await;
        if let Some(now) = self.clock.now_us() {
            return Ok(now);
        }
        // Nobody else writes it, so that no mark is gone before it is read.
        let subject = format!("$KV.{}.clock.{:016x}", self.name, fastrand::u64(..));
        let (mut marks, mut last) = (Vec::new(), 0);
        for _ in 0..3 {
            let sent = Instant::now();
            let revision = self.publish_any(&subject, HeaderMap::new(), Vec::new()).await?;
            let answered = Instant::now();
            let revision = revision.ok_or_else(strange)?;
            let (_, _, server_us) = self.message(json!({ "seq": revision })).await?.ok_or_else(strange)?;
            marks.push(Mark { sent, answered, server_us });
            last = revision;
        }
        self.clock.set(&marks);
        self.erase(&subject, last).await?;
        self.clock.now_us().ok_or_else(strange)
    }

    /// Listens for writes from now on.
    pub(super) fn listen(&self) {
        let mut listener = self.listener.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(client) = self.client.get().filter(|_| listener.as_ref().is_none_or(JoinHandle::is_finished)) else {
            return;
        };
        let (client, waiters) = (client.clone(), Arc::clone(&self.waiters));
        let prefix = format!("$KV.{}.e.", self.name);
        *listener = Some(tokio::spawn(async move {
            // The client subscribes again by itself after its connection broke.
            let Ok(mut messages) = client.subscribe(format!("{prefix}>")).await else { return };
            waiters.wake_all();
            while let Some(message) = messages.next().await {
                if let Some(key) = message.subject.strip_prefix(prefix.as_str()).and_then(unescape) {
                    waiters.wake(&key);
                }
            }
        }));
    }

    fn subject(&self, space: Space, key: &str) -> String {
        let space = match space {
            Space::Entries => 'e',
            Space::Limits => 'l',
            Space::Counters => 'c',
        };
        format!("$KV.{}.{space}.{}", self.name, escape(key))
    }

    /// The connected client; the bucket is made where there is none.
    async fn client(&self) -> Result<&Client, StoreError> {
        self.client
            .get_or_try_init(|| async {
                let mut options = ConnectOptions::new().name("cascata").connection_timeout(self.deadline);
                // A server that went away without a word is noticed after two of these.
                options = options.ping_interval(Duration::from_secs(10));
                options = options.request_timeout(None).reconnect_delay_callback(|attempts| {
                    Duration::from_millis(u64::try_from(attempts).unwrap_or(u64::MAX).saturating_mul(20).min(500))
                });
                options = options.require_tls(self.encrypted).tls_client_config(self.authorities.client()?);
                if let Some(path) = &self.credentials {
                    options = options.credentials_file(path).await.map_err(|error| unreachable(&error))?;
                }
                let client = options.connect(self.address.as_str()).await.map_err(|error| unreachable(&error))?;
                let stream = json!({
                    "name": format!("KV_{}", self.name), "subjects": [format!("$KV.{}.>", self.name)],
                    "retention": "limits", "storage": "file", "discard": "new", "max_msgs_per_subject": 1,
                    "max_consumers": -1, "max_msgs": -1, "max_bytes": -1, "max_age": 0, "max_msg_size": -1,
                    "num_replicas": self.replicas, "allow_rollup_hdrs": true, "deny_delete": true, "allow_direct": true,
                });
                let subject = format!("$JS.API.STREAM.CREATE.KV_{}", self.name);
                let answer = request(&client, subject, HeaderMap::new(), stream.to_string().into()).await?;
                match fault(&answer) {
                    // Somebody made it with other settings, which are theirs to choose.
                    None | Some(NAME_IN_USE) => Ok(client),
                    Some(_) => Err(refused(&answer)),
                }
            })
            .await
    }

    async fn ask(&self, subject: &str, what: &Value) -> Result<Value, StoreError> {
        let client = self.client().await?;
        request(client, format!("$JS.API.{subject}"), HeaderMap::new(), what.to_string().into()).await
    }

    /// A stored message: its revision, its bytes and when the server stored it.
    async fn message(&self, which: Value) -> Result<Option<(u64, Vec<u8>, i64)>, StoreError> {
        Ok(self.message_at(which).await?.map(|(revision, data, at, _)| (revision, data, at)))
    }

    /// The same with its subject.
    async fn message_at(&self, which: Value) -> Result<Option<(u64, Vec<u8>, i64, String)>, StoreError> {
        let answer = self.ask(&format!("STREAM.MSG.GET.KV_{}", self.name), &which).await?;
        match fault(&answer) {
            None => {}
            Some(NO_MESSAGE) => return Ok(None),
            Some(_) => return Err(refused(&answer)),
        }
        let message = answer.get("message").ok_or_else(strange)?;
        let text = |name: &str| message.get(name).and_then(Value::as_str).unwrap_or_default();
        let revision = message.get("seq").and_then(Value::as_u64).ok_or_else(strange)?;
        let data = STANDARD.decode(text("data")).map_err(|_| strange())?;
        let at = micros_of(text("time")).ok_or_else(strange)?;
        Ok(Some((revision, data, at, text("subject").to_owned())))
    }

    /// Stores a message if the last one of its subject has this revision.
    async fn publish(
        &self,
        subject: &str,
        last: u64,
        headers: &[(&str, &str)],
        bytes: Vec<u8>,
    ) -> Result<Option<u64>, StoreError> {
        let mut map = HeaderMap::new();
        map.insert("Nats-Expected-Last-Subject-Sequence", last.to_string().as_str());
        for (name, value) in headers {
            map.insert(*name, *value);
        }
        self.publish_any(subject, map, bytes).await
    }

    async fn publish_any(&self, subject: &str, headers: HeaderMap, bytes: Vec<u8>) -> Result<Option<u64>, StoreError> {
        let client = self.client().await?;
        let answer = request(client, subject.to_owned(), headers, bytes.into()).await?;
        match fault(&answer) {
            None => answer.get("seq").and_then(Value::as_u64).map(Some).ok_or_else(strange),
            Some(WRONG_LAST_SEQUENCE) => Ok(None),
            Some(_) => Err(refused(&answer)),
        }
    }
}

async fn request(
    client: &Client,
    subject: String,
    headers: HeaderMap,
    payload: bytes::Bytes,
) -> Result<Value, StoreError> {
    let mut what = Request::new().payload(payload).timeout(None);
    if !headers.is_empty() {
        what = what.headers(headers);
    }
    let answer = client.send_request(subject, what).await.map_err(|error| unreachable(&error))?;
    serde_json::from_slice(&answer.payload).map_err(|_| strange())
}

/// The code of the error that an answer is.
fn fault(answer: &Value) -> Option<u64> {
    let error = answer.get("error")?;
    Some(error.get("err_code").and_then(Value::as_u64).unwrap_or(0))
}

/// A key as a token of a subject: bytes other than letters, digits, `_`, `-` and `/` are `=` and two digits.
fn escape(key: &str) -> String {
    let mut out = String::with_capacity(key.len());
    for byte in key.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'/') {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "={byte:02X}");
        }
    }
    out
}

fn unescape(token: &str) -> Option<String> {
    let mut out = Vec::with_capacity(token.len());
    let mut bytes = token.bytes();
    while let Some(byte) = bytes.next() {
        out.push(if byte == b'=' {
            let digits = [bytes.next()?, bytes.next()?];
            u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
        } else {
            byte
        });
    }
    String::from_utf8(out).ok()
}

fn unreachable(error: &dyn std::error::Error) -> StoreError {
    StoreError::Unreachable { store: KIND, why: error.to_string() }
}

fn refused(answer: &Value) -> StoreError {
    let why = answer.pointer("/error/description").and_then(Value::as_str).unwrap_or("an error without a description");
    StoreError::Refused { store: KIND, why: why.to_owned() }
}

fn strange() -> StoreError {
    StoreError::Refused { store: KIND, why: "JetStream's answer cannot be read".to_owned() }
}
