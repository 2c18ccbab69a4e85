//! The imports of capabilities, answered natively: what [`Call`](super::Call) was given, else the test ends with what is missing, as
//! the engine refuses a stage whose cascade does not allow what it calls.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::rc::Rc;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::cell::RefCell;

use crate::http::HttpError;
use crate::kv::KvError;

/// What a stage keeps, shared by the calls that are given it: [`Call::kv`](super::Call::kv). Times run by the calls' clock.
#[derive(Clone, Debug, Default)]
pub struct Kv {
    kept: Rc<RefCell<Kept>>,
}

#[derive(Debug, Default)]
struct Kept {
    values: BTreeMap<String, (Vec<u8>, u64)>,
    counters: BTreeMap<String, (i64, u64)>,
    failure: Option<KvError>,
}

impl Kv {
    /// Puts a value under a key, for ever.
    #[must_use]
    pub fn with(self, key: &str, value: impl Into<Vec<u8>>) -> Self {
        self.kept.borrow_mut().values.insert(key.to_string(), (value.into(), u64::MAX));
        self
    }

    /// The value under a key, whether or not its time is over.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<Vec<u8>> {
        self.kept.borrow().values.get(key).map(|(value, _)| value.clone())
    }

    /// The sum of a counter; 0 if nothing was added.
    #[must_use]
    pub fn counter(&self, key: &str) -> i64 {
        self.kept.borrow().counters.get(key).map_or(0, |(sum, _)| *sum)
    }

    /// From now on answers every operation with this error; `None` ends it.
    pub fn fail(&self, failure: impl Into<Option<KvError>>) {
        self.kept.borrow_mut().failure = failure.into();
    }
}

/// What a service answers: [`Call::answers`](super::Call::answers).
#[derive(Clone, PartialEq, Eq, Debug)]
#[must_use]
pub struct Reply {
    status: u16,
    body: Vec<u8>,
    headers: Vec<(String, String)>,
}

impl Reply {
    /// An answer with a status and a body.
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, body: body.into(), headers: Vec::new() }
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_string(), value.to_string()));
        self
    }
}

/// A request that the stage sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asked {
    /// Method and URL: `GET https://api.example.com/score`.
    pub line: String,
    /// Headers by name.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// A figure that the stage measured.
#[derive(Clone, PartialEq, Debug)]
pub enum Metric {
    /// An addition to a counter.
    Counter(String, f64),
    /// A gauge, set.
    Gauge(String, f64),
    /// A value of a histogram.
    Histogram(String, f64),
}

/// The capabilities of one call.
#[derive(Clone, Debug, Default)]
pub(super) struct Given {
    pub kv: Option<Kv>,
    pub answers: Vec<(String, Result<Reply, HttpError>)>,
    pub secrets: BTreeMap<String, String>,
    pub now_ms: Option<u64>,
    pub seed: Option<u64>,
}

/// What the capabilities of one call did.
#[derive(Debug, Default)]
pub(super) struct Used {
    pub requests: Vec<Asked>,
    pub metrics: Vec<Metric>,
    /// Clock readings and bytes so far, which make the next ones.
    steps: u64,
    value: Vec<u8>,
    reply: Option<Reply>,
    kv_error: String,
    http_error: String,
}

/// The functions that the SDK's wrappers call, as on wasm32.
pub(crate) mod host {
    use super::{Asked, Given, Kept, Metric, Used, format};
    use crate::http::HttpError;
    use crate::kv::KvError;
    use crate::testing::host::call;
    use alloc::string::{String, ToString};
    use alloc::vec::Vec;
    use serde_json::Value as Json;

    fn with<R>(f: impl FnOnce(&Given, &mut Used) -> R) -> R {
        call(|host| f(&host.call.given, &mut host.used))
    }

    fn missing(capability: &str, how: &str) -> ! {
        panic!("the stage has no capability `{capability}` in this test: give it with Call::{how}")
    }

    fn copied(from: &[u8], to: &mut [u8]) -> i32 {
        if let Some(to) = to.get_mut(..from.len()) {
            to.copy_from_slice(from);
        }
        i32::try_from(from.len()).unwrap_or(i32::MAX)
    }

    pub fn clock_now_ms() -> i64 {
        with(|given, _| given.now_ms.unwrap_or_else(|| missing("clock", "clock"))).cast_signed()
    }

    pub fn clock_monotonic_ns() -> i64 {
        with(|given, used| {
            let now = given.now_ms.unwrap_or_else(|| missing("clock", "clock"));
            used.steps += 1;
            // A microsecond for each look at it.
            (now.wrapping_mul(1_000_000) + used.steps * 1_000).cast_signed()
        })
    }

    pub fn random_fill(dst: &mut [u8]) {
        with(|given, used| {
            let seed = given.seed.unwrap_or_else(|| missing("random", "random"));
            for byte in dst {
                used.steps += 1;
                // One step of SplitMix64 a byte.
                let mixed = (seed.wrapping_add(used.steps.wrapping_mul(0x9E37_79B9_7F4A_7C15)) ^ (seed >> 30))
                    .wrapping_mul(0xBF58_476D_1CE4_E5B9);
                *byte = (mixed >> 56) as u8;
            }
        });
    }

    /// Does an operation of kv: `Err` has the host's number.
    fn kept<R>(key: Option<&str>, operation: impl FnOnce(&mut Kept, u64, &mut Used) -> R) -> Result<R, i32> {
        with(|given, used| {
            let kv = given.kv.as_ref().unwrap_or_else(|| missing("kv", "kv"));
            let mut kept = kv.kept.borrow_mut();
            let now = given.now_ms.unwrap_or(0);
            kept.values.retain(|_, (_, until)| *until > now);
            kept.counters.retain(|_, (_, until)| *until > now);
            let invalid = key.is_some_and(str::is_empty).then(|| KvError::Invalid("an empty key".to_string()));
            match invalid.or_else(|| kept.failure.clone()) {
                Some(error) => {
                    used.kv_error = error.to_string();
                    Err(match error {
                        KvError::Invalid(_) => -2,
                        KvError::TooLarge(_) => -3,
                        KvError::TooMany(_) => -4,
                        KvError::Unavailable(_) => -5,
                    })
                }
                None => Ok(operation(&mut kept, now, used)),
            }
        })
    }

    fn until(now: u64, ttl_ms: i64) -> u64 {
        if ttl_ms == 0 { u64::MAX } else { now.saturating_add(ttl_ms.cast_unsigned()) }
    }

    pub fn kv_get(key: &str, dst: &mut [u8]) -> i32 {
        let found = kept(Some(key), |kept, _, used| {
            let value = kept.values.get(key).map(|(value, _)| value.clone());
            used.value = value.clone().unwrap_or_default();
            value
        });
        found.map_or_else(|code| code, |value| value.map_or(-1, |value| copied(&value, dst)))
    }

    pub fn kv_value(dst: &mut [u8]) -> i32 {
        with(|_, used| copied(&used.value, dst))
    }

    pub fn kv_set(key: &str, value: &[u8], ttl_ms: i64) -> i32 {
        let put = kept(Some(key), |kept, now, _| {
            kept.values.insert(key.to_string(), (value.to_vec(), until(now, ttl_ms)));
        });
        put.map_or_else(|code| code, |()| 0)
    }

    pub fn kv_delete(key: &str) -> i32 {
        kept(Some(key), |kept, _, _| i32::from(kept.values.remove(key).is_some())).unwrap_or_else(|code| code)
    }

    pub fn kv_add(key: &str, by: i64, ttl_ms: i64, sum: &mut i64) -> i32 {
        let added = kept(Some(key), |kept, now, _| {
            let counter = kept.counters.entry(key.to_string()).or_insert((0, until(now, ttl_ms)));
            counter.0 = counter.0.saturating_add(by).max(0);
            counter.0
        });
        added.map_or_else(
            |code| code,
            |now| {
                *sum = now;
                0
            },
        )
    }

    pub fn kv_error(dst: &mut [u8]) -> i32 {
        with(|_, used| copied(used.kv_error.as_bytes(), dst))
    }

    pub fn secrets_get(name: &str, dst: &mut [u8]) -> i32 {
        with(|given, _| {
            if given.secrets.is_empty() {
                missing("secrets", "secret");
            }
            given.secrets.get(name).map_or(-1, |value| copied(value.as_bytes(), dst))
        })
    }

    pub fn metrics_counter(name: &str, by: f64) {
        with(|_, used| used.metrics.push(Metric::Counter(name.to_string(), by)));
    }

    pub fn metrics_gauge(name: &str, value: f64) {
        with(|_, used| used.metrics.push(Metric::Gauge(name.to_string(), value)));
    }

    pub fn metrics_histogram(name: &str, value: f64) {
        with(|_, used| used.metrics.push(Metric::Histogram(name.to_string(), value)));
    }

    pub fn http_send(head: &str, body: &[u8]) -> i32 {
        let head: Json = serde_json::from_str(head).unwrap_or(Json::Null);
        let text = |value: &Json| value.as_str().unwrap_or_default().to_string();
        let line = format!("{} {}", text(&head["method"]), text(&head["url"]));
        let headers =
            head["headers"].as_object().into_iter().flatten().map(|(name, value)| (name.clone(), text(value)));
        let asked = Asked { line: line.clone(), headers: headers.collect(), body: Vec::from(body) };
        with(|given, used| {
            if given.answers.is_empty() {
                missing("http", "answers");
            }
            // The n-th answer that was given for a line is that of its n-th request; the last one goes on.
            let before = used.requests.iter().filter(|asked| asked.line == line).count();
            used.requests.push(asked);
            let mut scripted = given.answers.iter().filter(|(of, _)| *of == line).map(|(_, answer)| answer);
            let last = scripted.clone().next_back();
            let not_listed = || Err(HttpError::NotAllowed(format!("no answer was given for `{line}`")));
            match scripted.nth(before).or(last).cloned().unwrap_or_else(not_listed) {
                Ok(reply) => {
                    let status = i32::from(reply.status);
                    used.reply = Some(reply);
                    status
                }
                Err(error) => {
                    used.reply = None;
                    used.http_error = String::from(error.message());
                    match error {
                        HttpError::BadRequest(_) => -1,
                        HttpError::NotAllowed(_) => -2,
                        HttpError::Unreachable(_) => -3,
                        HttpError::TooLarge(_) => -4,
                        HttpError::TooMany(_) => -5,
                    }
                }
            }
        })
    }

    pub fn http_body(dst: &mut [u8]) -> i32 {
        with(|_, used| used.reply.as_ref().map_or(-1, |reply| copied(&reply.body, dst)))
    }

    pub fn http_header(name: &str, dst: &mut [u8]) -> i32 {
        with(|_, used| {
            let headers = used.reply.as_ref().map_or(&[][..], |reply| &reply.headers);
            let header = headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
            header.map_or(-1, |(_, value)| copied(value.as_bytes(), dst))
        })
    }

    pub fn http_error(dst: &mut [u8]) -> i32 {
        with(|_, used| copied(used.http_error.as_bytes(), dst))
    }
}
