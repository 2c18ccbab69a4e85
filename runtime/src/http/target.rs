//! Where a request goes: scheme, host and port, apart from what is asked there.

use std::fmt;

/// One end of a connection.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Target {
    /// With TLS.
    pub is_secure: bool,
    /// In lower case, without the brackets of an IPv6 address and without a dot at its end.
    pub host: String,
    pub port: u16,
}

impl Target {
    /// Reads a URL, and gives what follows the authority: nothing, or something that begins with `/` or `?`.
    ///
    /// # Errors
    /// What is wrong with it, for people.
    pub(crate) fn split(url: &str) -> Result<(Self, &str), &'static str> {
        let (is_secure, rest) = match (strip(url, "https://"), strip(url, "http://")) {
            (Some(rest), _) => (true, rest),
            (None, Some(rest)) => (false, rest),
            (None, None) => return Err("a URL begins with `https://` or `http://`"),
        };
        let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
        let (authority, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        if after.starts_with('\\') {
            return Err("a URL has no backslash");
        }
        if authority.contains('@') {
            return Err("a URL carries no user or password; give them as a header, from a secret");
        }
        if after.contains('#') {
            return Err("what follows `#` is not sent; leave it out");
        }
        let (host, port) = host_and_port(authority)?;
        let port = match port {
            None if is_secure => 443,
            None => 80,
            Some(digits) => number(digits)?,
        };
        Ok((Self { is_secure, host, port }, after))
    }

    /// As it stands in the header `Host`: the port only where it is not the scheme's own.
    pub(super) fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        let usual = if self.is_secure { 443 } else { 80 };
        if self.port == usual { host } else { format!("{host}:{}", self.port) }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", if self.is_secure { "https" } else { "http" }, self.authority())
    }
}

fn strip<'u>(url: &'u str, scheme: &str) -> Option<&'u str> {
    let (start, rest) = url.split_at_checked(scheme.len())?;
    start.eq_ignore_ascii_case(scheme).then_some(rest)
}

fn number(digits: &str) -> Result<u16, &'static str> {
    let port = digits.parse().ok().filter(|port| *port > 0 && digits.bytes().all(|byte| byte.is_ascii_digit()));
    port.ok_or("a port is a number from 1 to 65535")
}

fn host_and_port(authority: &str) -> Result<(String, Option<&str>), &'static str> {
    if let Some(inner) = authority.strip_prefix('[') {
        let (address, after) = inner.split_once(']').ok_or("`[` needs a `]`")?;
        let six: std::net::Ipv6Addr = address.parse().map_err(|_| "between brackets stands an IPv6 address")?;
        let port = match after.strip_prefix(':') {
            Some(port) => Some(port),
            None if after.is_empty() => None,
            None => return Err("behind the host comes `:` and a port, a path, or the end"),
        };
        return Ok((six.to_string(), port));
    }
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    };
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if host.is_empty() || host.len() > 253 || host.starts_with('.') || !host.bytes().all(fits) {
        return Err("the host is a name of ASCII letters, digits, `-`, `_` and dots, or an IP address");
    }
    Ok((host, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(url: &str) -> Option<(String, String)> {
        Target::split(url).ok().map(|(target, rest)| (target.to_string(), rest.to_owned()))
    }

    #[test]
    fn a_url_is_taken_apart() {
        let both = |target: &str, rest: &str| Some((target.to_owned(), rest.to_owned()));
        assert_eq!(split("https://ML.example.com./v1?x=1"), both("https://ml.example.com", "/v1?x=1"));
        assert_eq!(split("HTTP://h:80"), both("http://h", ""));
        assert_eq!(split("http://h:8080?q"), both("http://h:8080", "?q"));
        assert_eq!(split("https://[::1]:443/"), both("https://[::1]", "/"));
        assert_eq!(split("http://[0:0::1]:81/"), both("http://[::1]:81", "/"));
    }

    #[test]
    fn what_is_no_url_of_a_service_is_refused() {
        for bad in [
            "",
            "example.com/x",
            "ftp://h/",
            "http://",
            "http:///x",
            "http://user@h/",
            "http://h:0/",
            "http://h:65536/",
            "http://h:/",
            "http://h:+1/",
            "http://h/#x",
            "http://[::1",
            "http://[x]/",
            "http://[::1]x/",
            "http://h\\@x/",
            "http://a b/",
            "http://h\r\nX: y/",
            "http://münchen.de/",
            "http://.h/",
            "http://h:1:2/",
        ] {
            assert_eq!(split(bad), None, "{bad}");
        }
    }
}
