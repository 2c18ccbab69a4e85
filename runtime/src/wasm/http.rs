//! The capability `http`: a guest's requests, to what its stage lists under `http:`.
//!
//! A guest asks and waits; what comes of it is a value, be it an answer or why there is none. A guest that asks more often
//! than it may is told so, and its deadline is the call's.

use std::collections::BTreeMap;
use std::sync::Arc;

use cascata_config::WasmHandler;
use serde::Deserialize;
use wasmtime::component::{ComponentType, Lower};

use super::error::LoadErrorKind;
use super::guest::Guest;
use super::imports::{Answer, Crossing, copy, length};
use super::stop::Stop;
use crate::http::{Access, Ask, HttpHost, HttpOptions, Reply, Trouble};

/// What came of the last request of a call.
#[derive(Debug, Default)]
pub(super) struct Exchange {
    made: u32,
    reply: Option<Reply>,
    message: String,
}

/// Why there is no answer. The core ABI's number is one less than the negated place in this list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ComponentType, Lower)]
#[component(enum)]
#[repr(u8)]
pub(super) enum Reason {
    #[component(name = "bad-request")]
    BadRequest,
    #[component(name = "not-allowed")]
    NotAllowed,
    #[component(name = "unreachable")]
    Unreachable,
    #[component(name = "too-large")]
    TooLarge,
    #[component(name = "too-many")]
    TooMany,
}

impl Reason {
    const fn code(self) -> i32 {
        match self {
            Self::BadRequest => -1,
            Self::NotAllowed => -2,
            Self::Unreachable => -3,
            Self::TooLarge => -4,
            Self::TooMany => -5,
        }
    }

    const fn of(trouble: &Trouble) -> Self {
        match trouble {
            Trouble::Unsendable(_) => Self::BadRequest,
            Trouble::NotAllowed(_) | Trouble::Forbidden { .. } => Self::NotAllowed,
            Trouble::RequestTooLarge { .. } | Trouble::AnswerTooLarge { .. } => Self::TooLarge,
            Trouble::Unresolved { .. } | Trouble::Unreachable { .. } | Trouble::Tls { .. } | Trouble::Late => {
                Self::Unreachable
            }
        }
    }
}

impl Exchange {
    fn refuse(&mut self, reason: Reason, message: impl Into<String>) -> Reason {
        self.message = message.into();
        reason
    }

    /// The message that goes with the last reason.
    pub fn take_message(&mut self) -> String {
        std::mem::take(&mut self.message)
    }

    pub fn take_reply(&mut self) -> Option<Reply> {
        self.reply.take()
    }
}

/// Asks. What comes of it stays with the guest until it asks again or its call ends.
///
/// # Errors
/// The call's time is over, which ends the guest.
pub(super) async fn ask(guest: &mut Guest, ask: Result<Ask, String>) -> Answer<Result<u16, Reason>> {
    guest.exchange.reply = None;
    let asked = (guest.spec.http.clone(), guest.call.as_ref().map(|call| call.deadline));
    let (Some(access), Some(deadline)) = asked else {
        return Ok(Err(guest.exchange.refuse(Reason::NotAllowed, "the stage has no capability `http`")));
    };
    if guest.exchange.made >= access.requests {
        let message =
            format!("one call may make {} requests; raise `http.requests` if it should make more", access.requests);
        return Ok(Err(guest.exchange.refuse(Reason::TooMany, message)));
    }
    guest.exchange.made = guest.exchange.made.saturating_add(1);
    let outcome = match ask {
        Ok(ask) => access.send(ask, deadline).await,
        Err(message) => Err(Trouble::Unsendable(message)),
    };
    match outcome {
        Ok(reply) => {
            guest.meter.add(reply.body.len());
            let status = reply.status;
            guest.exchange.reply = Some(reply);
            Ok(Ok(status))
        }
        Err(Trouble::Late) => Err(Stop::Deadline),
        Err(trouble) => Ok(Err(guest.exchange.refuse(Reason::of(&trouble), trouble.to_string()))),
    }
}

/// A request without its body, as core modules write it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    url: String,
    #[serde(default = "get")]
    method: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
}

fn get() -> String {
    "GET".to_owned()
}

pub(super) async fn send(
    crossing: &mut Crossing<'_, '_>,
    head_ptr: u32,
    head_len: u32,
    body_ptr: u32,
    body_len: u32,
) -> Answer<i32> {
    crossing.guest().only_in_run("send")?;
    let (head, _) = crossing.range("send", head_ptr, head_len)?;
    let head: Result<Head, _> = serde_json::from_slice(head);
    let (body, guest) = crossing.range("send", body_ptr, body_len)?;
    let body = body.to_vec();
    guest.meter.add(body.len().saturating_add(usize::try_from(head_len).unwrap_or(usize::MAX)));
    let asked = head.map_err(|error| format!("it is no JSON of `url`, `method` and `headers`: {error}"));
    let asked =
        asked.map(|Head { url, method, headers }| Ask { method, url, headers: headers.into_iter().collect(), body });
    Ok(ask(guest, asked).await?.map_or_else(Reason::code, i32::from))
}

pub(super) fn body(crossing: &mut Crossing<'_, '_>, dst: u32, cap: u32) -> Answer<i32> {
    let (bytes, guest) = crossing.range("body", dst, cap)?;
    let Some(reply) = &guest.exchange.reply else { return Ok(-1) };
    guest.meter.add(copy(&reply.body, bytes));
    Ok(length(&reply.body))
}

pub(super) fn header(crossing: &mut Crossing<'_, '_>, name_ptr: u32, name_len: u32, dst: u32, cap: u32) -> Answer<i32> {
    let (name, _) = crossing.range("header", name_ptr, name_len)?;
    let name = String::from_utf8_lossy(name).into_owned();
    let (bytes, guest) = crossing.range("header", dst, cap)?;
    guest.meter.add(name.len());
    let Some(value) = guest.exchange.reply.as_ref().and_then(|reply| reply.headers.get(name.as_str())) else {
        return Ok(-1);
    };
    guest.meter.add(copy(value.as_bytes(), bytes));
    Ok(length(value.as_bytes()))
}

pub(super) fn error(crossing: &mut Crossing<'_, '_>, dst: u32, cap: u32) -> Answer<i32> {
    let (bytes, guest) = crossing.range("error", dst, cap)?;
    let message = guest.exchange.message.as_bytes();
    guest.meter.add(copy(message, bytes));
    Ok(length(message))
}

/// The client of a stage that has the capability.
///
/// # Errors
/// What it lists cannot be used, or it lists nothing.
pub(super) fn access(handler: &WasmHandler, host: Option<&HttpHost>) -> Result<Option<Arc<Access>>, LoadErrorKind> {
    if !handler.allow.iter().any(|allowed| allowed == "http") {
        return Ok(None);
    }
    let Some(listed) = &handler.http else {
        let message = "the capability `http` needs the hosts that may be asked: `http: {hosts: [api.example.com]}`";
        return Err(LoadErrorKind::Http { key: "http".to_owned(), message: message.to_owned() });
    };
    let own;
    let host = match host {
        Some(host) => host,
        None => {
            own = HttpHost::new(HttpOptions::default());
            &own
        }
    };
    Access::new(host, listed).map(|access| Some(Arc::new(access)))
}
