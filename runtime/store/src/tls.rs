//! TLS of the stores on servers: rustls on ring. A certificate has to be signed by an authority that the machine trusts, or, with the option
//! `tls_ca`, by one of those in that file and by no other.

use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

use crate::{StoreError, StoreUrl};

/// The option that names a file of authorities.
pub(crate) const OPTION: &str = "tls_ca";

/// Who is believed to sign certificates.
#[derive(Clone, Debug)]
pub(crate) enum Authorities {
    /// Those that the machine trusts.
    OfMachine,
    /// Those in this PEM text.
    Own(Vec<u8>),
}

impl Authorities {
    /// Those that a URL names. `encrypted`: whether what it names is spoken to over TLS.
    ///
    /// # Errors
    /// [`StoreError::Setting`] where the file cannot be read, holds no certificate, or would be ignored.
    pub(crate) fn of(url: &StoreUrl, encrypted: bool) -> Result<Self, StoreError> {
        let Some(path) = url.option(OPTION) else { return Ok(Self::OfMachine) };
        if !encrypted {
            return Err(setting("the connection has no TLS, so nobody's certificate is looked at".to_owned()));
        }
        let pem = std::fs::read(path).map_err(|error| setting(format!("`{path}`: {error}")))?;
        match certificates(&pem) {
            Ok(found) if found.is_empty() => return Err(setting(format!("`{path}` holds no certificate"))),
            Ok(_) => {}
            Err(why) => return Err(setting(format!("`{path}`: {why}"))),
        }
        let own = Self::Own(pem);
        // What cannot be used is refused here, and not by the first operation.
        own.client()?;
        Ok(own)
    }

    /// The set-up of a connection: TLS 1.2 and 1.3.
    ///
    /// # Errors
    /// [`StoreError::Setting`] for a certificate that cannot be used.
    pub(crate) fn client(&self) -> Result<ClientConfig, StoreError> {
        let mut roots = RootCertStore::empty();
        match self {
            // Machines keep old certificates that nothing reads any more; those are passed over.
            Self::OfMachine => drop(roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs)),
            Self::Own(pem) => {
                for certificate in certificates(pem).map_err(setting)? {
                    roots.add(certificate).map_err(|error| setting(error.to_string()))?;
                }
            }
        }
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().map_err(|error| setting(error.to_string()))?;
        Ok(builder.with_root_certificates(roots).with_no_client_auth())
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(|error| error.to_string())
}

fn setting(why: String) -> StoreError {
    StoreError::Setting { setting: OPTION.to_owned(), why }
}
