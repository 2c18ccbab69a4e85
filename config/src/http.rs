//! Requests to services: the stage that is one, and what a module may ask for.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A stage that is a request to a service: no module, no code.
///
/// In `url`, `headers` and `body`, `{{path}}` stands for the value at a path of the event or of `stages.NAME`. A value fills
/// its place and no more: it is escaped in the URL, refused in a header if it has control characters, and a JSON value in the
/// body.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HttpHandler {
    /// Where to, `https://` or `http://`. The host and the port stand there as they are; path and query may have `{{path}}` in
    /// them.
    pub url: String,
    /// The method. Default `POST`.
    #[serde(default)]
    pub method: HttpMethod,
    /// Headers by name. `{{secret:NAME}}` stands for a secret that the host knows. Default: none but those that a request with
    /// JSON needs.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// The body as JSON. A text that is one `{{path}}` becomes the value itself, with its type, and null where there is none;
    /// within a text it is written into it. Default: the event; nothing for `GET`, `HEAD` and `DELETE`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<serde_json::Value>,
    /// What of the answer is result, confidence and data. Default: the answer is `{result, confidence, data}`, or the result
    /// itself.
    #[serde(default, skip_serializing_if = "HttpResponse::is_default")]
    pub response: HttpResponse,
    /// Networks in CIDR notation that the host may lie in although they are not public, `127.0.0.0/8` for example. Default: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub networks: Vec<String>,
    /// The most bytes of a request's body. Default 1048576 (1 MiB).
    #[serde(default = "body_bytes")]
    pub request_bytes: u64,
    /// The most bytes of an answer's body. Default 1048576 (1 MiB).
    #[serde(default = "body_bytes")]
    pub response_bytes: u64,
}

/// What a module with the capability `http` may ask for. Everything else is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HttpAccess {
    /// Hosts, at least one: names, IP addresses, or `*.` and a name for every name under it.
    pub hosts: Vec<String>,
    /// Methods. Default `GET` and `POST`.
    #[serde(default = "get_and_post")]
    pub methods: Vec<HttpMethod>,
    /// Ports. Default 443.
    #[serde(default = "tls_port")]
    pub ports: Vec<u16>,
    /// Whether requests may go without TLS. Default false.
    #[serde(default)]
    pub plain: bool,
    /// Networks in CIDR notation that hosts may lie in although they are not public. Default: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub networks: Vec<String>,
    /// The most requests of one call. Default 8.
    #[serde(default = "most_requests")]
    pub requests: u32,
    /// The most bytes of a request's body. Default 1048576 (1 MiB).
    #[serde(default = "body_bytes")]
    pub request_bytes: u64,
    /// The most bytes of an answer's body. Default 1048576 (1 MiB).
    #[serde(default = "body_bytes")]
    pub response_bytes: u64,
}

/// Which parts of an answer become what the stage says. Paths are those of the answer's JSON: `prediction.label`,
/// `choices[0].message.content`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HttpResponse {
    /// Where the result is. An answer without it is a failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    /// Where the confidence is, a number of 0 to 1. Default: there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<String>,
    /// What data the stage has, key by key. What the answer lacks is left out. Default: there is none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub data: BTreeMap<String, String>,
}

/// A method of HTTP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum HttpMethod {
    /// Reads.
    Get,
    /// Reads headers.
    Head,
    /// Asks for work to be done.
    #[default]
    Post,
    /// Puts something in its place.
    Put,
    /// Changes a part.
    Patch,
    /// Takes away.
    Delete,
}

impl HttpMethod {
    /// Every method there is.
    pub const ALL: [Self; 6] = [Self::Get, Self::Head, Self::Post, Self::Put, Self::Patch, Self::Delete];

    /// As it stands in a request.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// Whether a request of this method has a body when nothing is said of one.
    #[must_use]
    pub const fn has_body(self) -> bool {
        !matches!(self, Self::Get | Self::Head | Self::Delete)
    }
}

impl HttpHandler {
    /// A `POST` of the event to a URL, with every default.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            method: HttpMethod::default(),
            headers: BTreeMap::new(),
            body: None,
            response: HttpResponse::default(),
            networks: Vec::new(),
            request_bytes: body_bytes(),
            response_bytes: body_bytes(),
        }
    }
}

impl HttpAccess {
    /// Some hosts, with every default.
    #[must_use]
    pub fn new(hosts: Vec<String>) -> Self {
        Self {
            hosts,
            methods: get_and_post(),
            ports: tls_port(),
            plain: false,
            networks: Vec::new(),
            requests: most_requests(),
            request_bytes: body_bytes(),
            response_bytes: body_bytes(),
        }
    }
}

impl HttpResponse {
    /// Whether nothing is said of the answer.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

fn get_and_post() -> Vec<HttpMethod> {
    vec![HttpMethod::Get, HttpMethod::Post]
}

fn tls_port() -> Vec<u16> {
    vec![443]
}

const fn most_requests() -> u32 {
    8
}

const fn body_bytes() -> u64 {
    1 << 20
}
