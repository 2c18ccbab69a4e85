//! What all stages with requests share: the resolver, the certificates that are trusted, the secrets.

use std::error::Error;
use std::fmt;
use std::sync::{Arc, OnceLock};

use cascata_config::{HandlerConfig, HttpHandler};
use tokio_rustls::TlsConnector;

use super::address::Networks;
use super::client::Client;
use super::plan::Plan;
use super::resolve::{Resolve, SystemResolver};
use super::stage::HttpStage;
use super::tls;
use crate::engine::{HandlerRequest, HandlerSource, Resolved};
use crate::load_error::{LoadError, LoadErrorKind};
use crate::secrets::Secrets;
use crate::stage::StageHandler;

/// How a host sends requests.
#[derive(Clone)]
#[non_exhaustive]
pub struct HttpOptions {
    /// Finds the addresses of hosts. Default: the system's resolver.
    pub resolver: Arc<dyn Resolve>,
    /// What `{{secret:NAME}}` in a header stands for. Default: none.
    pub secrets: Secrets,
    /// Whether the certificates that the system trusts are trusted. Default true.
    pub system_roots: bool,
    /// Certificates in PEM that are trusted besides. Default: none.
    pub roots: Vec<Vec<u8>>,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self { resolver: Arc::new(SystemResolver), secrets: Secrets::default(), system_roots: true, roots: Vec::new() }
    }
}

impl HttpOptions {
    /// Finds the addresses of hosts in another way.
    #[must_use]
    pub fn with_resolver(mut self, resolver: Arc<dyn Resolve>) -> Self {
        self.resolver = resolver;
        self
    }

    /// Gives the secrets that headers may name.
    #[must_use]
    pub fn with_secrets(mut self, secrets: Secrets) -> Self {
        self.secrets = secrets;
        self
    }

    /// Trusts the certificates of a PEM file besides.
    #[must_use]
    pub fn with_roots(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.roots.push(pem.into());
        self
    }

    /// Whether the certificates that the system trusts are trusted.
    #[must_use]
    pub const fn with_system_roots(mut self, trusted: bool) -> Self {
        self.system_roots = trusted;
        self
    }
}

impl fmt::Debug for HttpOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpOptions").field("secrets", &self.secrets).finish_non_exhaustive()
    }
}

/// Makes stage handlers of `handler: {kind: http, …}`. Cheap to clone; clones share everything.
///
/// ```
/// use cascata_config::HttpHandler;
/// use cascata_runtime::http::{HttpHost, HttpOptions};
///
/// let host = HttpHost::new(HttpOptions::default());
/// let error = host.load("score", &HttpHandler::new("ftp://ml.example.com/score")).err().unwrap();
/// assert_eq!(error.code(), "R1021");
/// ```
#[derive(Clone)]
pub struct HttpHost {
    shared: Arc<Shared>,
}

/// What the clients of a host share.
pub(super) struct Shared {
    pub resolver: Arc<dyn Resolve>,
    secrets: Secrets,
    system_roots: bool,
    roots: Vec<Vec<u8>>,
    /// Set up when the first stage needs it: reading the system's certificates takes milliseconds.
    connector: OnceLock<Result<TlsConnector, String>>,
}

impl Shared {
    pub fn connector(&self) -> Result<TlsConnector, String> {
        self.connector.get_or_init(|| tls::connector(self.system_roots, &self.roots)).clone()
    }
}

impl HttpHost {
    /// A host. No file is read and nothing is connected to yet.
    #[must_use]
    pub fn new(options: HttpOptions) -> Self {
        let HttpOptions { resolver, secrets, system_roots, roots } = options;
        Self { shared: Arc::new(Shared { resolver, secrets, system_roots, roots, connector: OnceLock::new() }) }
    }

    /// Makes the handler of a stage.
    ///
    /// # Errors
    /// A setting cannot be used (R1021), a secret is not known (R1022), or no certificate can be trusted (R1023).
    pub fn load(&self, stage: &str, handler: &HttpHandler) -> Result<Arc<dyn StageHandler>, LoadError> {
        let made = self.make(handler).map_err(|kind| LoadError::new(stage, kind))?;
        Ok(Arc::new(made))
    }

    fn make(&self, handler: &HttpHandler) -> Result<HttpStage, LoadErrorKind> {
        let (plan, networks) = Plan::new(handler, &self.shared.secrets)?;
        if plan.target().is_secure {
            self.trusts()?;
        }
        Ok(HttpStage::new(plan, self.client(networks)))
    }

    /// Sets TLS up.
    ///
    /// # Errors
    /// There is no certificate to trust, or one that the host gave cannot be read.
    pub(super) fn trusts(&self) -> Result<(), LoadErrorKind> {
        self.shared.connector().map(drop).map_err(|message| LoadErrorKind::Certificates { message })
    }

    pub(super) fn client(&self, networks: Networks) -> Client {
        Client::new(Arc::clone(&self.shared), networks)
    }
}

/// Two hosts are equal if they share everything.
impl PartialEq for HttpHost {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }
}

impl Eq for HttpHost {}

impl fmt::Debug for HttpHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpHost").field("secrets", &self.shared.secrets).finish_non_exhaustive()
    }
}

impl HandlerSource for HttpHost {
    fn handler(&self, request: &HandlerRequest<'_>) -> Result<Option<Resolved>, Box<dyn Error + Send + Sync>> {
        let Some(HandlerConfig::Http(handler)) = &request.host.handler else { return Ok(None) };
        let stage = self.make(handler).map_err(|kind| LoadError::new(request.stage.name(), kind))?;
        let reads = stage.reads();
        // Secrets stand in it by name.
        let configuration = serde_json::to_string(handler)?;
        let mut resolved = Resolved::new(Arc::new(stage))
            .with_configuration(configuration)
            .with_reads(reads)
            .with_impure(vec!["http".to_owned()]);
        resolved.identity = "http".to_owned();
        Ok(Some(resolved))
    }
}
