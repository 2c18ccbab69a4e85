//! Names to addresses.

use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;

/// What looking up a name becomes.
pub type Lookup = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Finds the addresses of a host. Whatever it says is checked before anything is connected to it.
pub trait Resolve: Send + Sync + 'static {
    /// The addresses of a host, best first. `host` is a name or an IP address.
    fn resolve(&self, host: &str) -> Lookup;
}

/// The system's resolver: `/etc/hosts`, DNS and whatever else it is set up for.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve(&self, host: &str) -> Lookup {
        let host = host.to_owned();
        Box::pin(async move {
            let found = tokio::net::lookup_host((host.as_str(), 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}
