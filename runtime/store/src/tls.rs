//! TLS of the stores on servers: rustls on ring. A certificate has to be signed by an authority that the machine trusts, or, with the option
//! `tls_ca`, by one of those in that file and by no other.

use std::fs::File;
use std::io::{self, Read as _};
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

use crate::{StoreError, StoreUrl};

/// The largest file of authorities, in bytes (4 MiB): machines' own have a twentieth of that.
const MAX_BYTES: u64 = 4 << 20;

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
        let pem = read(path).map_err(|error| setting(format!("`{path}`: {error}")))?;
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

/// Reads a regular file of at most [`MAX_BYTES`]: a pipe that nobody writes to would be waited for.
fn read(path: &str) -> io::Result<Vec<u8>> {
    let refused = |why: String| Err(io::Error::new(io::ErrorKind::InvalidInput, why));
    if !std::fs::metadata(path)?.is_file() {
        return refused("it is no regular file".to_owned());
    }
    let mut pem = Vec::new();
    // One byte more shows what is too large, also of a file that grows.
    File::open(path)?.take(MAX_BYTES.saturating_add(1)).read_to_end(&mut pem)?;
    if u64::try_from(pem.len()).unwrap_or(u64::MAX) > MAX_BYTES {
        return refused(format!("it has more than {MAX_BYTES} bytes"));
    }
    Ok(pem)
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(|error| error.to_string())
}

fn setting(why: String) -> StoreError {
    StoreError::Setting { setting: OPTION.to_owned(), why }
}
