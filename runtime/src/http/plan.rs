//! What a request is made of, read and checked once when a program is loaded.

use std::sync::Arc;

use cascata_config::{HttpHandler, HttpMethod, Template, TemplatePart};
use cascata_vm::Segment;
use hyper::Method;
use hyper::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde_json::Value as Json;

use super::address::Networks;
use super::answer::Mapping;
use super::target::Target;
use crate::load_error::LoadErrorKind;
use crate::path;
use crate::plugins::Reads;
use crate::secrets::Secrets;

/// A request with places to fill, and what becomes of its answer.
pub(super) struct Plan {
    pub method: Method,
    target: Target,
    /// What follows the authority, `/` or `?` first.
    pub path_and_query: Vec<Part>,
    /// Headers without places.
    pub fixed: HeaderMap,
    pub headers: Vec<(HeaderName, Vec<Part>)>,
    pub body: Body,
    pub request_bytes: u64,
    pub response_bytes: u64,
    pub mapping: Mapping,
    /// The secrets it sends, so that an answer that repeats one is not kept.
    pub secrets: Vec<Arc<str>>,
}

/// A part of a text.
#[derive(Clone, Debug)]
pub(super) enum Part {
    Text(String),
    Path(Place),
}

/// A place and its path as it is written, for messages.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub segments: Vec<Segment>,
    pub written: String,
}

/// The body of a request.
pub(super) enum Body {
    None,
    /// The event as the stage sees it.
    Event,
    Json(Node),
}

/// A JSON value with places in it.
pub(super) enum Node {
    /// JSON text.
    Fixed(String),
    /// The value at a path, as it is.
    Value(Place),
    Text(Vec<Part>),
    Array(Vec<Node>),
    Object(Vec<(String, Node)>),
}

/// Headers that the connection itself sets, or that say where a message ends.
pub(super) const RESERVED: [&str; 11] = [
    "host",
    "connection",
    "content-length",
    "transfer-encoding",
    "te",
    "trailer",
    "upgrade",
    "keep-alive",
    "expect",
    "proxy-authorization",
    "proxy-connection",
];

type Checked<T> = Result<T, LoadErrorKind>;

fn refuse<T>(key: impl Into<String>, message: impl Into<String>) -> Checked<T> {
    Err(LoadErrorKind::Http { key: key.into(), message: message.into() })
}

impl Plan {
    /// Reads and checks the settings of a stage.
    ///
    /// # Errors
    /// One of them cannot be used, or a secret is not known.
    pub fn new(handler: &HttpHandler, secrets: &Secrets) -> Checked<(Self, Networks)> {
        let networks = match Networks::parse(&handler.networks) {
            Ok(networks) => networks,
            Err(text) => return refuse("networks", format!("`{text}` is no network such as `10.0.0.0/8`")),
        };
        let (target, path_and_query) = url(&handler.url)?;
        let body = match &handler.body {
            Some(value) => Body::Json(node(value)?),
            None if handler.method.has_body() => Body::Event,
            None => Body::None,
        };
        let mut plan = Self {
            method: method(handler.method),
            target,
            path_and_query,
            fixed: HeaderMap::new(),
            headers: Vec::new(),
            body,
            request_bytes: handler.request_bytes,
            response_bytes: handler.response_bytes,
            mapping: Mapping::new(&handler.response)?,
            secrets: Vec::new(),
        };
        plan.fixed.insert(ACCEPT, HeaderValue::from_static("application/json"));
        if !matches!(plan.body, Body::None) {
            plan.fixed.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        for (name, text) in &handler.headers {
            plan.header(name, text, secrets)?;
        }
        Ok((plan, networks))
    }

    pub const fn target(&self) -> &Target {
        &self.target
    }

    /// What the request depends on.
    pub fn reads(&self) -> Reads {
        let mut paths = Vec::new();
        let texts = self.headers.iter().flat_map(|(_, parts)| parts).chain(&self.path_and_query);
        paths.extend(texts.filter_map(Part::path).cloned());
        match &self.body {
            Body::Event => return Reads::Everything,
            Body::None => {}
            Body::Json(node) => node.paths(&mut paths),
        }
        // A list of none would say that every event is like any other, which is right for a request without places.
        Reads::Fields(paths)
    }

    fn header(&mut self, name: &str, text: &str, secrets: &Secrets) -> Checked<()> {
        let key = format!("headers.{name}");
        let Ok(header) = HeaderName::from_bytes(name.as_bytes()) else {
            return refuse(key, "no header can have this name");
        };
        if RESERVED.contains(&header.as_str()) {
            return refuse(key, "this header is the connection's own");
        }
        let mut is_secret = false;
        let mut parts = Vec::new();
        for part in template(&key, text)?.parts {
            parts.push(match part {
                TemplatePart::Secret { name, .. } => {
                    let Some(value) = secrets.get(&name) else { return Err(LoadErrorKind::Secret { name }) };
                    is_secret = true;
                    self.secrets.push(Arc::clone(&value));
                    Part::Text(value.to_string())
                }
                other => part_of(&key, other)?,
            });
        }
        if parts.iter().any(|part| part.path().is_some()) {
            self.fixed.remove(&header);
            self.headers.push((header, parts));
            return Ok(());
        }
        let text: String = parts.iter().filter_map(Part::text).collect();
        // The message must not hold the text: it may have a secret in it.
        let Ok(mut value) = HeaderValue::from_bytes(text.as_bytes()) else {
            return refuse(key, "its value has characters that no header can have, such as a line end");
        };
        value.set_sensitive(is_secret);
        self.fixed.insert(header, value);
        Ok(())
    }
}

impl Part {
    pub const fn path(&self) -> Option<&Vec<Segment>> {
        match self {
            Self::Path(place) => Some(&place.segments),
            Self::Text(_) => None,
        }
    }

    fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Path(_) => None,
        }
    }
}

impl Node {
    fn paths(&self, out: &mut Vec<Vec<Segment>>) {
        match self {
            Self::Fixed(_) => {}
            Self::Value(place) => out.push(place.segments.clone()),
            Self::Text(parts) => out.extend(parts.iter().filter_map(Part::path).cloned()),
            Self::Array(items) => items.iter().for_each(|item| item.paths(out)),
            Self::Object(entries) => entries.iter().for_each(|(_, value)| value.paths(out)),
        }
    }
}

pub(super) const fn method(method: HttpMethod) -> Method {
    match method {
        HttpMethod::Get => Method::GET,
        HttpMethod::Head => Method::HEAD,
        HttpMethod::Post => Method::POST,
        HttpMethod::Put => Method::PUT,
        HttpMethod::Patch => Method::PATCH,
        HttpMethod::Delete => Method::DELETE,
    }
}

/// Scheme, host and port stand in the URL as they are, so that no event can choose where a request goes.
fn url(text: &str) -> Checked<(Target, Vec<Part>)> {
    let parts = template("url", text)?.parts;
    let Some(TemplatePart::Text(first)) = parts.first() else {
        return refuse("url", "scheme and host stand in the URL as they are, without `{{…}}`");
    };
    let (target, rest) = match Target::split(first) {
        Ok(split) => split,
        Err(message) => return refuse("url", message),
    };
    if rest.is_empty() && parts.len() > 1 {
        return refuse("url", "`{{…}}` may stand in the path and the query, not in host or port");
    }
    let mut filled = vec![Part::Text(if rest.starts_with('/') { rest.to_owned() } else { format!("/{rest}") })];
    for part in parts.into_iter().skip(1) {
        filled.push(part_of("url", part)?);
    }
    let sample: String = filled.iter().map(|part| part.text().unwrap_or("x")).collect();
    if sample.contains('#') || sample.parse::<hyper::Uri>().is_err() {
        return refuse("url", "path and query have characters that a URL cannot have; write them as `%20` and so on");
    }
    Ok((target, filled))
}

fn template(key: &str, text: &str) -> Checked<Template> {
    Template::parse(text).or_else(|error| refuse(key, error.message))
}

fn part_of(key: &str, part: TemplatePart) -> Checked<Part> {
    match part {
        TemplatePart::Text(text) => Ok(Part::Text(text)),
        TemplatePart::Path { path, .. } => Ok(Part::Path(place(key, path)?)),
        _ => refuse(key, "secrets belong in headers"),
    }
}

fn place(key: &str, written: String) -> Checked<Place> {
    match path::parse(&written) {
        Ok(segments) => Ok(Place { segments, written }),
        Err(message) => refuse(key, format!("the path `{written}`: {message}")),
    }
}

fn node(value: &Json) -> Checked<Node> {
    Ok(match value {
        Json::String(text) => {
            let template = template("body", text)?;
            if let Some(path) = template.as_path() {
                return Ok(Node::Value(place("body", path.to_owned())?));
            }
            let parts: Vec<_> = template.parts.into_iter().map(|part| part_of("body", part)).collect::<Checked<_>>()?;
            Node::Text(parts)
        }
        Json::Array(items) => Node::Array(items.iter().map(node).collect::<Checked<_>>()?),
        Json::Object(entries) => {
            let entry = |(key, value): (&String, &Json)| Ok((key.clone(), node(value)?));
            Node::Object(entries.iter().map(entry).collect::<Checked<_>>()?)
        }
        other => Node::Fixed(other.to_string()),
    })
}
