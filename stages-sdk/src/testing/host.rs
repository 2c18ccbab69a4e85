//! The imports of `cascata_v1`, answered natively. Same names and meaning as in [`imports`](crate::imports).

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::cell::RefCell;

use serde_json::Value as Json;

use super::Call;
use super::capabilities::Used;
use super::path::{self, Step};
use crate::{ErrorCode, Level, Manifest, StageError};

/// One call's state.
pub(crate) struct Host {
    pub(super) call: Call,
    pub(super) used: Used,
    labels: &'static [&'static str],
    slots: Vec<String>,
    arena: Vec<Json>,
    pub(super) result: Option<(String, Option<f64>)>,
    pub(super) data: Option<String>,
    pub(super) failure: Option<StageError>,
    pub(super) refusal: Option<String>,
    pub(super) writes: Vec<(String, String)>,
    pub(super) logs: Vec<(Level, String)>,
}

impl Host {
    pub(super) fn new(call: Call, manifest: &Manifest) -> Self {
        Self {
            call,
            used: Used::default(),
            labels: manifest.results,
            slots: manifest.fields.iter().map(ToString::to_string).collect(),
            arena: Vec::new(),
            result: None,
            data: None,
            failure: None,
            refusal: None,
            writes: Vec::new(),
            logs: Vec::new(),
        }
    }

    fn field(&self, text: &str) -> Option<Json> {
        let steps = path::parse(text)?;
        match steps.as_slice() {
            [Step::Key(first), Step::Key(stage), rest @ ..] if first == "stages" => {
                let results = self.call.stages.get(stage)?;
                let own = matches!(rest, [Step::Key(k), ..]
                    if ["result", "confidence", "data", "error", "time_ms"].contains(&k.as_str()));
                let root = if own || rest.is_empty() { results } else { results.get("data")? };
                path::follow(root, rest).cloned()
            }
            steps => path::follow(&self.call.event, steps).cloned(),
        }
    }

    /// Puts a value in the arena and tags it.
    fn tag(&mut self, value: Option<Json>) -> i64 {
        let Some(value) = value else { return 0 };
        let (tag, len): (u64, usize) = match &value {
            Json::Null => return 1 << 56,
            Json::Bool(truth) => return (2 << 56) | i64::from(*truth),
            Json::Number(number) if is_integer(number) => (3, 0),
            Json::Number(_) => (4, 0),
            Json::String(text) => (5, text.len()),
            Json::Array(_) => (6, value.to_string().len()),
            Json::Object(_) => (7, value.to_string().len()),
        };
        self.arena.push(value);
        let handle = self.arena.len() as u64;
        ((tag << 56) | ((len.min(0xFF_FFFF) as u64) << 32) | handle).cast_signed()
    }

    fn node(&self, handle: i32) -> Option<&Json> {
        self.arena.get(usize::try_from(handle).ok()?.checked_sub(1)?)
    }

    fn refuse(&mut self, why: String) {
        self.refusal.get_or_insert(why);
    }
}

/// Whether a number is written without fraction and exponent, which is what makes it an integer.
fn is_integer(number: &serde_json::Number) -> bool {
    !number.to_string().contains(['.', 'e', 'E'])
}

const STALE: i64 = 8 << 56;

std::thread_local! {
    static HOST: RefCell<Option<Host>> = const { RefCell::new(None) };
}

/// Runs `body` with `host` answering its imports, and gives the host back.
pub(super) fn with(host: Host, body: impl FnOnce()) -> Host {
    HOST.with(|cell| assert!(cell.replace(Some(host)).is_none(), "a stage can't call a stage"));
    /// Takes the host off also when the stage panics, so the thread's next test starts clean.
    struct Off;
    impl Drop for Off {
        fn drop(&mut self) {
            HOST.with(|cell| cell.take());
        }
    }
    let off = Off;
    body();
    let host = HOST.with(|cell| cell.take());
    drop(off);
    match host {
        Some(host) => host,
        None => unreachable!("the host stays for the whole call"),
    }
}

pub(super) fn call<R>(f: impl FnOnce(&mut Host) -> R) -> R {
    HOST.with(|cell| match cell.borrow_mut().as_mut() {
        Some(host) => f(host),
        None => panic!("natively, a stage is called through cascata_stage::testing"),
    })
}

pub(crate) fn slot(text: &str) -> i32 {
    call(|host| {
        if path::parse(text).is_none() {
            return -1;
        }
        let known = host.slots.iter().position(|slot| slot == text);
        let number = known.unwrap_or_else(|| {
            host.slots.push(text.to_string());
            host.slots.len() - 1
        });
        i32::try_from(number).unwrap_or(-1)
    })
}

pub(crate) fn get(slot: i32) -> i64 {
    call(|host| match usize::try_from(slot).ok().and_then(|slot| host.slots.get(slot)) {
        Some(text) => {
            let value = host.field(text);
            host.tag(value)
        }
        None => STALE,
    })
}

pub(crate) fn get_cfg(key: &str) -> i64 {
    call(|host| {
        let config = &host.call.config;
        let value = if key.is_empty() { Some(config.clone()) } else { config.get(key).cloned() };
        host.tag(value)
    })
}

pub(crate) fn child(handle: i32, key: &str) -> i64 {
    call(|host| match host.node(handle) {
        Some(node) => {
            let value = node.as_object().and_then(|map| map.get(key)).cloned();
            host.tag(value)
        }
        None => STALE,
    })
}

pub(crate) fn at(handle: i32, index: i32) -> i64 {
    call(|host| {
        let Some(node) = host.node(handle) else { return STALE };
        let value = usize::try_from(index).ok().and_then(|index| match node {
            Json::Array(list) => list.get(index),
            Json::Object(map) => map.values().nth(index),
            _ => None,
        });
        let value = value.cloned();
        host.tag(value)
    })
}

pub(crate) fn len(handle: i32) -> i32 {
    let len = call(|host| match host.node(handle) {
        Some(Json::Array(list)) => Some(list.len()),
        Some(Json::Object(map)) => Some(map.len()),
        Some(Json::String(text)) => Some(text.len()),
        _ => None,
    });
    len.map_or(-1, |len| i32::try_from(len).unwrap_or(i32::MAX))
}

pub(crate) fn key_at(handle: i32, index: i32) -> i64 {
    call(|host| {
        let Some(node) = host.node(handle) else { return STALE };
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        let key = node.as_object().and_then(|map| map.keys().nth(index)).cloned();
        host.tag(key.map(Json::String))
    })
}

pub(crate) fn read(handle: i32, dst: &mut [u8]) -> i32 {
    call(|host| {
        let text = match host.node(handle) {
            Some(Json::String(text)) => text.clone(),
            Some(node) => node.to_string(),
            None => return -1,
        };
        if let Some(dst) = dst.get_mut(..text.len()) {
            dst.copy_from_slice(text.as_bytes());
        }
        i32::try_from(text.len()).unwrap_or(i32::MAX)
    })
}

pub(crate) fn as_f64(handle: i32) -> f64 {
    call(|host| host.node(handle).and_then(Json::as_f64).unwrap_or(f64::NAN))
}

pub(crate) fn as_i64(handle: i32, out: &mut i64) -> i32 {
    call(|host| {
        let Some(Json::Number(number)) = host.node(handle) else { return 1 };
        let float = number.as_f64().unwrap_or(f64::NAN);
        let in_range = (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&float);
        *out = match number.as_i64() {
            Some(int) => int,
            None if is_integer(number) => return 2,
            None if float.is_nan() || float % 1.0 != 0.0 => return 1,
            None if !in_range => return 2,
            None => float as i64,
        };
        0
    })
}

pub(crate) fn log_enabled(_level: i32) -> i32 {
    1
}

pub(crate) fn log(level: i32, message: &str) {
    let level = match level {
        0 => Level::Trace,
        1 => Level::Debug,
        2 => Level::Info,
        3 => Level::Warn,
        _ => Level::Error,
    };
    call(|host| host.logs.push((level, message.to_string())));
}

pub(crate) fn set_result(result: &str, confidence: f64) {
    call(|host| {
        if host.result.is_some() {
            host.refuse(String::from("the stage gave two results"));
        }
        if !host.labels.is_empty() && !host.labels.contains(&result) {
            host.refuse(format!("the result `{result}` is not one of the manifest's {:?}", host.labels));
        }
        if !confidence.is_nan() && !(0.0..=1.0).contains(&confidence) {
            host.refuse(format!("the confidence {confidence} is outside 0 to 1"));
        }
        host.result = Some((result.to_string(), (!confidence.is_nan()).then_some(confidence)));
    });
}

pub(crate) fn set_data(json: &str) {
    call(|host| {
        if !serde_json::from_str::<Json>(json).is_ok_and(|data| data.is_object()) {
            host.refuse(format!("the data is no JSON object: {json}"));
        }
        host.data = Some(json.to_string());
    });
}

pub(crate) fn set(text: &str, json: &str) -> i32 {
    call(|host| {
        let writable = |steps: &[Step]| match steps {
            [Step::Key(first), ..] => first != "stages" && steps.iter().all(|step| matches!(step, Step::Key(_))),
            _ => false,
        };
        if !path::parse(text).is_some_and(|steps| writable(&steps)) {
            return 1;
        }
        if serde_json::from_str::<Json>(json).is_err() {
            return 2;
        }
        host.writes.push((text.to_string(), json.to_string()));
        0
    })
}

pub(crate) fn fail(code: i32, status: i32, retry_after_ms: i64, retryable: bool, message: &str) {
    let code = match code {
        0 => ErrorCode::InvalidInput,
        1 => ErrorCode::InvalidConfig,
        2 => ErrorCode::Unavailable,
        _ => ErrorCode::Internal,
    };
    let failure = StageError {
        code,
        message: message.to_string().into(),
        retryable,
        status: (status != 0).then_some(status),
        retry_after_ms: u64::try_from(retry_after_ms).ok(),
    };
    call(|host| host.failure = Some(failure));
}

pub(crate) fn meta(which: i32) -> i64 {
    call(|host| match which {
        0 => i64::from(host.call.attempt),
        1 => i64::try_from(host.call.remaining_ms).unwrap_or(i64::MAX),
        2 => host.call.fencing_token.map_or(-1, |token| i64::try_from(token).unwrap_or(i64::MAX)),
        _ => -1,
    })
}
