//! TLS: a certificate that is trusted for the name that is asked for, or nothing is sent.

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::*;
use crate::stage::FailureKind;

/// A certificate for `service.example`, and who signed it. Made for these tests, good until the year 2120.
const CERTIFICATE: &[u8] = include_bytes!("service.pem");
const KEY: &[u8] = include_bytes!("service.key");
const AUTHORITY: &[u8] = include_bytes!("authority.pem");

async fn secure_server() -> (u16, Arc<Mutex<Vec<String>>>) {
    let certificates = vec![CertificateDer::from_pem_slice(CERTIFICATE).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(KEY).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let requests = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&requests);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, seen) = (acceptor.clone(), Arc::clone(&seen));
            tokio::spawn(async move {
                let stream = acceptor.accept(stream).await?;
                talk(stream, &seen, &|_| ok(r#"{"result": "secure"}"#)).await
            });
        }
    });
    (port, requests)
}

#[tokio::test]
async fn a_service_is_believed_by_its_certificate_and_no_other() {
    let (port, requests) = secure_server().await;
    let call = async |name: &str, roots: &[u8]| {
        let options = HttpOptions::default().with_system_roots(false).with_roots(roots);
        let options = options.with_resolver(Fixed::new(&["127.0.0.1"]));
        load(options, &local(format!("https://{name}:{port}/"))).call(event("{}")).await
    };
    assert_eq!(call("service.example", AUTHORITY).await.unwrap(), StageOutput::new("secure"));
    assert!(requests.lock().unwrap()[0].contains(&format!("host: service.example:{port}\r\n")));
    for (name, roots) in [("other.example", AUTHORITY), ("127.0.0.1", AUTHORITY)] {
        let failure = call(name, roots).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Connection, "{name}: {failure}");
        assert!(failure.message.contains("TLS"), "{failure}");
    }
    let options = HttpOptions::default().with_system_roots(false).with_roots(include_bytes!("stranger.pem"));
    let stage =
        load(options.with_resolver(Fixed::new(&["127.0.0.1"])), &local(format!("https://service.example:{port}/")));
    assert_eq!(stage.call(event("{}")).await.unwrap_err().kind, FailureKind::Connection);
    assert_eq!(requests.lock().unwrap().len(), 1, "nothing was sent to whom is not believed");
}
