//! URLs of stores, and opening what they name.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::{MemoryStore, Settings, Store, StoreError};

/// The kinds of stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Scheme {
    /// `memory:`
    Memory,
    /// `file:PATH`
    File,
    /// `redis://…`, `rediss://…` over TLS
    Redis,
    /// `postgres://…`, `postgresql://…`
    Postgres,
    /// `nats://…`, `tls://…`
    Nats,
}

/// The URL of a store, read but not opened.
#[derive(Clone, PartialEq, Eq)]
pub struct StoreUrl {
    scheme: Scheme,
    /// What stands before `?`, as it was written; may hold a password.
    base: String,
    /// What stands between the names `a=b` after `?`, decoded.
    options: Vec<(String, String)>,
}

impl std::fmt::Debug for StoreUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("StoreUrl").field(&self.redacted()).finish()
    }
}

/// Options that every store takes.
const COMMON: &[&str] = &["deadline_ms", "max_key_bytes", "max_value_bytes", "max_entries", "cleanup_interval_s"];

impl StoreUrl {
    /// Reads a URL.
    ///
    /// # Errors
    /// [`StoreError::Url`] for another scheme, or a `?` part that is no list of `name=value`.
    pub fn parse(text: &str) -> Result<Self, StoreError> {
        let (base, query) = text.split_once('?').unwrap_or((text, ""));
        let refused = |why: String| StoreError::Url { url: redact(base), why };
        let Some((scheme, rest)) = base.split_once(':') else {
            return Err(refused(format!("there is no scheme; one of {SCHEMES} begins it")));
        };
        let scheme = match scheme {
            "memory" => Scheme::Memory,
            "file" => Scheme::File,
            "redis" | "rediss" => Scheme::Redis,
            "postgres" | "postgresql" => Scheme::Postgres,
            "nats" | "tls" => Scheme::Nats,
            _ => return Err(refused(format!("there is no store of this kind; one of {SCHEMES} begins it"))),
        };
        match scheme {
            Scheme::Memory if !rest.is_empty() => return Err(refused("nothing may follow `memory:`".to_owned())),
            Scheme::File if rest.trim_start_matches('/').is_empty() => {
                return Err(refused("a path has to follow `file:`".to_owned()));
            }
            Scheme::Redis | Scheme::Postgres | Scheme::Nats if !rest.starts_with("//") => {
                return Err(refused("`//` and a host have to follow the scheme".to_owned()));
            }
            _ => {}
        }
        let mut options = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let Some((name, value)) = pair.split_once('=') else {
                return Err(refused(format!("`{pair}` after `?` is not of the form name=value")));
            };
            if options.iter().any(|(known, _)| known == name) {
                return Err(refused(format!("the option `{name}` stands there twice")));
            }
            options.push((name.to_owned(), decode(value)));
        }
        Ok(Self { scheme, base: base.to_owned(), options })
    }

    /// Which kind of store it names.
    #[must_use]
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The URL without user, password and options, for messages.
    #[must_use]
    pub fn redacted(&self) -> String {
        redact(&self.base)
    }

    /// The path of a `file:` URL; `file:a`, `file:/a` and `file:///a` are read.
    #[must_use]
    pub fn path(&self) -> Option<PathBuf> {
        let rest = self.base.strip_prefix("file:")?;
        Some(PathBuf::from(decode(rest.strip_prefix("//").unwrap_or(rest))))
    }

    /// What stands before the options.
    #[cfg(any(feature = "redis", feature = "postgres", feature = "nats"))]
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// The value of an option.
    #[must_use]
    pub fn option(&self, name: &str) -> Option<&str> {
        self.options.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A whole number among the options.
    pub(crate) fn number(&self, name: &str, least: u64) -> Result<Option<u64>, StoreError> {
        let Some(text) = self.option(name) else { return Ok(None) };
        match text.parse::<u64>() {
            Ok(number) if number >= least => Ok(Some(number)),
            _ => Err(setting(name, format!("`{text}` is no whole number from {least} on"))),
        }
    }

    /// Refuses options that neither every store has nor this one.
    pub(crate) fn only(&self, own: &[&str]) -> Result<(), StoreError> {
        let known = |name: &str| COMMON.contains(&name) || own.contains(&name);
        match self.options.iter().find(|(name, _)| !known(name)) {
            None => Ok(()),
            Some((name, _)) => {
                let all: Vec<_> = COMMON.iter().chain(own).copied().collect();
                Err(setting(name, format!("this store has no such option; it has {}", all.join(", "))))
            }
        }
    }

    /// Settings with those that the URL names.
    ///
    /// # Errors
    /// [`StoreError::Setting`].
    pub fn apply(&self, mut settings: Settings) -> Result<Settings, StoreError> {
        let size = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        if let Some(ms) = self.number("deadline_ms", 1)? {
            settings.deadline = Duration::from_millis(ms);
        }
        if let Some(bytes) = self.number("max_key_bytes", 1)? {
            settings.max_key_bytes = size(bytes);
        }
        if let Some(bytes) = self.number("max_value_bytes", 1)? {
            settings.max_value_bytes = size(bytes);
        }
        if let Some(entries) = self.number("max_entries", 1)? {
            settings.max_entries = size(entries);
        }
        if let Some(seconds) = self.number("cleanup_interval_s", 1)? {
            settings.cleanup_interval = Duration::from_secs(seconds);
        }
        Ok(settings)
    }
}

const SCHEMES: &str = "memory:, file:, redis://, postgres://, nats://";

/// Opens the store that a URL names. Servers need not be there yet: the first operation connects.
///
/// # Errors
/// [`StoreError::Url`], [`StoreError::Setting`], [`StoreError::Feature`] where this build leaves the store out, and
/// [`StoreError::Locked`] or [`StoreError::Refused`] for a file that cannot be opened.
pub fn open(url: &str, settings: Settings) -> Result<Arc<dyn Store>, StoreError> {
    let url = StoreUrl::parse(url)?;
    match url.scheme {
        Scheme::Memory => {
            url.only(&[])?;
            Ok(Arc::new(MemoryStore::new(url.apply(settings)?)))
        }
        #[cfg(feature = "disk")]
        Scheme::File => Ok(Arc::new(crate::DiskStore::open(&url, settings)?)),
        #[cfg(feature = "redis")]
        Scheme::Redis => Ok(Arc::new(crate::RedisStore::open(&url, settings)?)),
        #[cfg(feature = "postgres")]
        Scheme::Postgres => Ok(Arc::new(crate::PostgresStore::open(&url, settings)?)),
        #[cfg(feature = "nats")]
        Scheme::Nats => Ok(Arc::new(crate::NatsStore::open(&url, settings)?)),
        #[allow(unreachable_patterns, reason = "a build with every feature leaves none out")]
        other => Err(left_out(other)),
    }
}

/// Which feature a store needs.
const fn left_out(scheme: Scheme) -> StoreError {
    let (scheme, feature) = match scheme {
        Scheme::Memory => ("memory", "default"),
        Scheme::File => ("file", "disk"),
        Scheme::Redis => ("redis", "redis"),
        Scheme::Postgres => ("postgres", "postgres"),
        Scheme::Nats => ("nats", "nats"),
    };
    StoreError::Feature { scheme, feature }
}

fn setting(name: &str, why: String) -> StoreError {
    StoreError::Setting { setting: name.to_owned(), why }
}

/// A URL without what stands between `//` and `@`.
fn redact(base: &str) -> String {
    let Some((scheme, rest)) = base.split_once("//") else { return base.to_owned() };
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    format!("{scheme}//{host}")
}

/// Replaces `%41` by `A`; what is no such escape stays.
fn decode(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.as_bytes().iter();
    while let Some(&byte) = bytes.next() {
        let hex = bytes.as_slice().get(..2).filter(|hex| byte == b'%' && hex.iter().all(u8::is_ascii_hexdigit));
        let escaped = hex.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        if escaped.is_some() {
            bytes.nth(1);
        }
        out.push(escaped.unwrap_or(byte));
    }
    String::from_utf8_lossy(&out).into_owned()
}
