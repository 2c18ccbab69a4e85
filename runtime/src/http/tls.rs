//! TLS by rustls, with the certificates that the system and the host trust.

use std::sync::Arc;

use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// Sets up TLS 1.2 and 1.3.
///
/// # Errors
/// There is no certificate to trust, or one that the host gave cannot be read.
pub(super) fn connector(system_roots: bool, own: &[Vec<u8>]) -> Result<TlsConnector, String> {
    let mut roots = RootCertStore::empty();
    let mut missing = String::new();
    if system_roots {
        let found = rustls_native_certs::load_native_certs();
        // Stores of systems hold old certificates that nothing reads any more; those are passed over.
        roots.add_parsable_certificates(found.certs);
        if let Some(error) = found.errors.first() {
            missing = format!(": {error}");
        }
    }
    for pem in own {
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|error| format!("a certificate of the host's own: {error}"))?;
            roots.add(certificate).map_err(|error| format!("a certificate of the host's own: {error}"))?;
        }
    }
    if roots.is_empty() {
        return Err(format!("no certificate is trusted{missing}"));
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(|error| error.to_string())?;
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}
