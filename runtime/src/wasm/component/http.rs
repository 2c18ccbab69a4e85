//! The types of the interface `http` in Rust.

use hyper::header::HeaderMap;
use wasmtime::component::{ComponentType, Lift, Lower};

use super::super::http::Reason;
use crate::http::{Ask, Reply};

/// `http.request`.
#[derive(Clone, Debug, ComponentType, Lift)]
#[component(record)]
pub(super) struct Request {
    pub method: String,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// `http.response`.
#[derive(Clone, Debug, Default, ComponentType, Lower)]
#[component(record)]
pub(super) struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// `http.refusal`.
#[derive(Clone, Debug, ComponentType, Lower)]
#[component(record)]
pub(super) struct Refusal {
    pub reason: Reason,
    pub message: String,
}

impl From<Request> for Ask {
    fn from(Request { method, url, headers, body }: Request) -> Self {
        Self { method, url, headers, body }
    }
}

impl From<Reply> for Response {
    fn from(Reply { status, headers, body }: Reply) -> Self {
        Self { status, headers: texts(&headers), body }
    }
}

fn texts(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value.as_bytes()))).collect()
}
