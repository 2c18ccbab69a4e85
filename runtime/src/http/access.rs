//! What a guest may ask for: hosts, methods, ports and sizes that its stage lists. Everything else is refused before a name is
//! resolved.

use std::fmt;

use cascata_config::{HttpAccess, HttpMethod};
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use tokio::time::Instant;

use super::HttpHost;
use super::address::Networks;
use super::client::{Answer, Client, Outgoing};
use super::plan::{RESERVED, method};
use super::target::Target;
use super::trouble::Trouble;
use crate::load_error::LoadErrorKind;

/// The most headers of a request, and the most bytes of their names and values together.
const HEADERS: usize = 64;
const HEADER_BYTES: usize = 16 << 10;
/// The longest URL.
const URL_BYTES: usize = 8 << 10;

/// A request as a guest asks for it.
#[derive(Debug, Default)]
pub(crate) struct Ask {
    pub method: String,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// A host that may be asked.
#[derive(Debug, PartialEq, Eq)]
enum Host {
    Exactly(String),
    /// Every name under it, and not itself: begins with a dot.
    Under(String),
}

/// What the guests of one stage may ask for, and the client that asks.
pub(crate) struct Access {
    hosts: Vec<Host>,
    methods: Vec<HttpMethod>,
    ports: Vec<u16>,
    plain: bool,
    /// The most requests of one call.
    pub requests: u32,
    request_bytes: u64,
    response_bytes: u64,
    client: Client,
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access").field("hosts", &self.hosts).finish_non_exhaustive()
    }
}

impl Access {
    /// Reads what a stage lists.
    ///
    /// # Errors
    /// A host or network is none, nothing is listed, or TLS cannot be set up.
    pub(crate) fn new(host: &HttpHost, listed: &HttpAccess) -> Result<Self, LoadErrorKind> {
        let refuse = |key: &str, message: String| LoadErrorKind::Http { key: format!("http.{key}"), message };
        let hosts: Result<Vec<_>, _> = listed.hosts.iter().map(|text| Host::parse(text).ok_or(text)).collect();
        let hosts = hosts.map_err(|text| {
            refuse("hosts", format!("`{text}` is no host: a name, an IP address, or `*.` and the name above"))
        })?;
        if hosts.is_empty() {
            return Err(refuse("hosts", "lists no host, so nothing could be asked".to_owned()));
        }
        let networks = Networks::parse(&listed.networks)
            .map_err(|text| refuse("networks", format!("`{text}` is no network such as `10.0.0.0/8`")))?;
        if !listed.plain {
            host.trusts()?;
        }
        Ok(Self {
            hosts,
            methods: listed.methods.clone(),
            ports: listed.ports.clone(),
            plain: listed.plain,
            requests: listed.requests,
            request_bytes: listed.request_bytes,
            response_bytes: listed.response_bytes,
            client: host.client(networks),
        })
    }

    /// Asks, if it may be asked.
    ///
    /// # Errors
    /// It may not, or there is no answer.
    pub(crate) async fn send(&self, ask: Ask, deadline: Instant) -> Result<Answer, Trouble> {
        let request = self.checked(ask)?;
        self.client.exchange(request, deadline).await
    }

    fn checked(&self, ask: Ask) -> Result<Outgoing, Trouble> {
        let bad = |message: &str| Trouble::Unsendable(message.to_owned());
        let not_allowed = |what: String| Err(Trouble::NotAllowed(what));
        if ask.url.len() > URL_BYTES {
            return Err(bad("the URL is longer than 8192 bytes"));
        }
        let (target, rest) = Target::split(&ask.url).map_err(bad)?;
        let Some(asked) = HttpMethod::ALL.into_iter().find(|known| known.name() == ask.method) else {
            return Err(bad("there is no such method"));
        };
        if !self.hosts.iter().any(|host| host.is(&target.host)) {
            return not_allowed(format!("the host `{}` is not in `hosts`", target.host));
        }
        if !self.ports.contains(&target.port) {
            return not_allowed(format!("the port {} is not in `ports`", target.port));
        }
        if !self.methods.contains(&asked) {
            return not_allowed(format!("the method {} is not in `methods`", asked.name()));
        }
        if !target.is_secure && !self.plain {
            return not_allowed("a request without TLS needs `plain: true`".to_owned());
        }
        if u64::try_from(ask.body.len()).unwrap_or(u64::MAX) > self.request_bytes {
            return Err(Trouble::RequestTooLarge { limit: self.request_bytes });
        }
        let path_and_query = if rest.starts_with('/') { rest.to_owned() } else { format!("/{rest}") };
        Ok(Outgoing {
            method: method(asked),
            path_and_query,
            headers: headers(&ask.headers)?,
            body: if asked == HttpMethod::Get || asked == HttpMethod::Head { Vec::new() } else { ask.body },
            limit: self.response_bytes,
            target,
        })
    }
}

fn headers(asked: &[(String, String)]) -> Result<HeaderMap, Trouble> {
    let bad = |message: &str| Trouble::Unsendable(message.to_owned());
    let bytes = asked.iter().map(|(name, value)| name.len().saturating_add(value.len())).fold(0, usize::saturating_add);
    if asked.len() > HEADERS || bytes > HEADER_BYTES {
        return Err(bad("there are more than 64 headers, or more than 16384 bytes of them"));
    }
    let mut headers = HeaderMap::new();
    for (name, value) in asked {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad("no header can have this name"))?;
        if RESERVED.contains(&name.as_str()) {
            return Err(Trouble::Unsendable(format!("the header `{name}` is the connection's own")));
        }
        let value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| {
            Trouble::Unsendable(format!("the header `{name}` has a line end or another control character"))
        })?;
        headers.append(name, value);
    }
    Ok(headers)
}

impl Host {
    fn parse(text: &str) -> Option<Self> {
        let name = text.strip_prefix("*.").unwrap_or(text);
        // Read as the host of a URL would be, so that both are written the same way.
        let bare = name.parse::<std::net::Ipv6Addr>().is_ok();
        let url = if bare { format!("http://[{name}]/") } else { format!("http://{name}/") };
        let (target, rest) = Target::split(&url).ok()?;
        if rest != "/" || target.port != 80 || (name.contains(':') && !bare) {
            return None;
        }
        let is_wild = text.starts_with("*.");
        match target.host.parse::<std::net::IpAddr>() {
            Ok(_) if is_wild => None,
            _ if is_wild => Some(Self::Under(format!(".{}", target.host))),
            _ => Some(Self::Exactly(target.host)),
        }
    }

    fn is(&self, host: &str) -> bool {
        match self {
            Self::Exactly(name) => name == host,
            Self::Under(end) => host.len() > end.len() && host.ends_with(end.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_itself_and_a_star_what_is_under_it() {
        let host = |text: &str| Host::parse(text).unwrap();
        assert!(host("API.example.com.").is("api.example.com") && !host("example.com").is("a.example.com"));
        assert!(host("*.example.com").is("a.example.com") && host("*.example.com").is("a.b.example.com"));
        for other in ["example.com", "badexample.com", ".example.com", "example.com.evil"] {
            assert!(!host("*.example.com").is(other), "{other}");
        }
        assert!(host("::1").is("::1") && host("10.0.0.1").is("10.0.0.1"));
        for bad in ["", "*", "*.", "a*.b", "*.*.b", "https://a", "a/b", "a:80", "*.10.0.0.1", "a b", "u@a"] {
            assert_eq!(Host::parse(bad), None, "{bad}");
        }
    }
}
