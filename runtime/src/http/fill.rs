//! Fills the places of a request with what an event has. A value fills its place and nothing else: it cannot begin another
//! header, another part of the URL or another key.

use cascata_vm::Value;
use hyper::header::{HeaderMap, HeaderValue};

use super::client::Outgoing;
use super::plan::{Body, Node, Part, Place, Plan};
use super::trouble::Trouble;
use crate::stage::StageCall;
use crate::value::{OwnedValue, write_json_text};

type Filled<T> = Result<T, Trouble>;

fn unsendable<T>(message: String) -> Filled<T> {
    Err(Trouble::Unsendable(message))
}

impl Plan {
    /// The request for an event.
    ///
    /// # Errors
    /// A value is missing or of no use where it should go, or the body is too large.
    pub fn fill(&self, call: &StageCall) -> Filled<Outgoing> {
        Ok(Outgoing {
            method: self.method.clone(),
            target: self.target().clone(),
            path_and_query: self.path_and_query(call)?,
            headers: self.headers(call)?,
            body: self.body(call)?,
            limit: self.response_bytes,
        })
    }

    fn path_and_query(&self, call: &StageCall) -> Filled<String> {
        let mut url = String::new();
        for part in &self.path_and_query {
            match part {
                Part::Text(text) => url.push_str(text),
                Part::Path(place) => {
                    let text = scalar(call, place, "the URL")?;
                    if text.is_empty() && !url.contains('?') {
                        return unsendable(format!(
                            "`{}` is empty, and it should be a part of the path",
                            place.written
                        ));
                    }
                    encode(&text, &mut url);
                }
            }
        }
        // Servers and proxies take these for steps up, and would look elsewhere than the template says.
        let path = url.split('?').next().unwrap_or_default();
        if path.split('/').any(|segment| matches!(segment, "." | "..")) {
            return unsendable("a part of the path would be `.` or `..`".to_owned());
        }
        Ok(url)
    }

    fn headers(&self, call: &StageCall) -> Filled<HeaderMap> {
        let mut headers = self.fixed.clone();
        for (name, parts) in &self.headers {
            let mut text = String::new();
            for part in parts {
                match part {
                    Part::Text(fixed) => text.push_str(fixed),
                    Part::Path(place) => text.push_str(&scalar(call, place, "a header")?),
                }
            }
            let Ok(mut value) = HeaderValue::from_bytes(text.as_bytes()) else {
                return unsendable(format!("the header `{name}` would have a line end or another control character"));
            };
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        Ok(headers)
    }

    fn body(&self, call: &StageCall) -> Filled<Vec<u8>> {
        let mut text = String::new();
        match &self.body {
            Body::None => {}
            Body::Event => text.push_str(call.state.current_text()),
            Body::Json(node) => self.write(node, call, &mut text)?,
        }
        self.within(&text)?;
        Ok(text.into_bytes())
    }

    /// Writes a node. A template is as deep as the cascade's file may be nested.
    fn write(&self, node: &Node, call: &StageCall, out: &mut String) -> Filled<()> {
        match node {
            Node::Fixed(json) => out.push_str(json),
            Node::Value(place) => OwnedValue::from_value(&call.field(&place.segments)).write_json(out),
            Node::Text(parts) => {
                let mut text = String::new();
                for part in parts {
                    match part {
                        Part::Text(fixed) => text.push_str(fixed),
                        Part::Path(place) => push_text(call.field(&place.segments), &mut text),
                    }
                }
                write_json_text(&text, out);
            }
            Node::Array(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    self.write(item, call, out)?;
                }
                out.push(']');
            }
            Node::Object(entries) => {
                out.push('{');
                for (at, (key, value)) in entries.iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    write_json_text(key, out);
                    out.push(':');
                    self.write(value, call, out)?;
                }
                out.push('}');
            }
        }
        self.within(out)
    }

    fn within(&self, text: &str) -> Filled<()> {
        let limit = self.request_bytes;
        let length = u64::try_from(text.len()).unwrap_or(u64::MAX);
        if length > limit { Err(Trouble::RequestTooLarge { limit }) } else { Ok(()) }
    }
}

/// The text of a value that is one: a text, a number, true or false.
fn scalar(call: &StageCall, place: &Place, wanted_by: &str) -> Filled<String> {
    match OwnedValue::from_value(&call.field(&place.segments)) {
        OwnedValue::Null => unsendable(format!("`{}` is missing, and {wanted_by} needs it", place.written)),
        OwnedValue::Json(_) => {
            unsendable(format!("`{}` is a list or a mapping, which {wanted_by} cannot hold", place.written))
        }
        OwnedValue::Text(text) => Ok(text),
        other => Ok(other.to_json().into_owned()),
    }
}

/// A value within a text: texts as they are, nothing for what is missing, anything else as JSON.
fn push_text(value: Value<'_>, out: &mut String) {
    match OwnedValue::from_value(&value) {
        OwnedValue::Null => {}
        OwnedValue::Text(text) => out.push_str(&text),
        other => out.push_str(&other.to_json()),
    }
}

/// Writes a text so that it is itself in a path and in a query: everything but unreserved characters (RFC 3986) as `%XX`.
fn encode(text: &str, out: &mut String) {
    const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
    let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).copied().unwrap_or('0');
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.extend(['%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
}
