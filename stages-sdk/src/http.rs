//! The capability `http`, for stages with `handler.allow: [http]`: requests to what `handler.http` lists.
//!
//! A request takes the call's time. Redirects are not followed and nothing is sent twice; any status is an answer.
//!
//! ```
//! use cascata_stage::http::Request;
//! use cascata_stage::prelude::*;
//! use cascata_stage::testing;
//!
//! stage!(fn look_up(_event: &Event) -> Result<Outcome, StageError> {
//!     let response = Request::get("https://api.example.com/score").header("accept", "text/plain").wants("etag").send()?;
//!     Ok(Outcome::new(if response.text() == "0" { "pass" } else { "review" }))
//! });
//!
//! # fn main() {
//! let answer = testing::Reply::new(200, "12").header("etag", "a1");
//! let report = testing::Call::new("{}").answers("GET https://api.example.com/score", Ok(answer)).run(&STAGE);
//! assert_eq!(report.answer.unwrap().result, "review");
//! assert_eq!(report.requests[0].headers, [("accept".to_string(), "text/plain".to_string())]);
//! # }
//! ```

use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::copied;
use crate::data::Data;
use crate::imports::capabilities::host;
use crate::outcome::{ErrorCode, StageError};

/// A request to be sent.
#[derive(Clone, PartialEq, Eq, Debug)]
#[must_use]
pub struct Request {
    method: Cow<'static, str>,
    url: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    wanted: Vec<String>,
}

/// A service's answer, of whatever status.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Response {
    /// The status, such as 200.
    pub status: u16,
    /// The whole body.
    pub body: Vec<u8>,
    headers: Vec<(String, String)>,
}

/// Why there is no answer, with the host's words.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum HttpError {
    /// The request can't be sent as it is.
    BadRequest(String),
    /// A host, method, port or address that `handler.http` does not list.
    NotAllowed(String),
    /// No connection, one that broke, or an answer that is no HTTP.
    Unreachable(String),
    /// A body beyond `http.request_bytes` or `http.response_bytes`.
    TooLarge(String),
    /// More requests than `http.requests`.
    TooMany(String),
}

impl HttpError {
    fn of(code: i32) -> Self {
        let message = copied::text(host::http_error).unwrap_or_default();
        match code {
            -1 => Self::BadRequest(message),
            -2 => Self::NotAllowed(message),
            -4 => Self::TooLarge(message),
            -5 => Self::TooMany(message),
            _ => Self::Unreachable(message),
        }
    }

    /// What happened, for people.
    #[must_use]
    pub fn message(&self) -> &str {
        match self {
            Self::BadRequest(message)
            | Self::NotAllowed(message)
            | Self::Unreachable(message)
            | Self::TooLarge(message)
            | Self::TooMany(message) => message,
        }
    }
}

impl core::fmt::Display for HttpError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.message())
    }
}

impl core::error::Error for HttpError {}

impl From<HttpError> for StageError {
    /// A service that is not reached may be reached in a moment; nothing else changes by trying again.
    fn from(error: HttpError) -> Self {
        let message = error.message().to_string();
        match error {
            HttpError::Unreachable(_) => Self::new(ErrorCode::Unavailable, message).retryable(),
            _ => Self::new(ErrorCode::Internal, message),
        }
    }
}

impl Request {
    /// A request by method, one of those that `handler.http.methods` lists.
    pub fn new(method: impl Into<Cow<'static, str>>, url: impl Into<String>) -> Self {
        Self { method: method.into(), url: url.into(), headers: Vec::new(), body: Vec::new(), wanted: Vec::new() }
    }

    /// Asks for what is at a URL.
    pub fn get(url: impl Into<String>) -> Self {
        Self::new("GET", url)
    }

    /// Posts a body to a URL.
    pub fn post(url: impl Into<String>, body: impl Into<Vec<u8>>) -> Self {
        Self::new("POST", url).body(body)
    }

    /// Adds a header.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets the body; it is not sent with `GET` and `HEAD`.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Says that a header of the answer will be read. Others stay with the host.
    pub fn wants(mut self, name: impl Into<String>) -> Self {
        self.wanted.push(name.into());
        self
    }

    /// Sends it and waits for the answer.
    ///
    /// # Errors
    /// As [`HttpError`] has them. A status that is no success is none.
    pub fn send(&self) -> Result<Response, HttpError> {
        let mut headers = Data::new();
        for (name, value) in &self.headers {
            headers = headers.with(name, value.as_str());
        }
        let head =
            Data::new().with("url", self.url.as_str()).with("method", self.method.as_ref()).with("headers", headers);
        let answer = host::http_send(&String::from(head), &self.body);
        let Ok(status) = u16::try_from(answer) else { return Err(HttpError::of(answer)) };
        let body = copied::bytes(host::http_body, host::http_body).unwrap_or_default();
        let header = |name: &String| {
            let value = copied::text(|buffer| host::http_header(name, buffer))?;
            Some((name.clone(), value))
        };
        Ok(Response { status, body, headers: self.wanted.iter().filter_map(header).collect() })
    }
}

impl Response {
    /// Whether the status is one of 200 to 299.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// A header that [`Request::wants`] named, whatever the case of its letters; `None` if the answer has none.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let header = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        header.map(|(_, value)| value.as_str())
    }

    /// The body as text; empty if it is no UTF-8.
    #[must_use]
    pub fn text(&self) -> &str {
        core::str::from_utf8(&self.body).unwrap_or_default()
    }
}
