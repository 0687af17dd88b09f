//! TLS between our client and server: verified by the given CA, with and without client certificates, and without a
//! fallback to clear text.

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use smpp::client::{self, ClientConfig, ConnectError};
use smpp::server::ServerConfig;
use smpp::session::CloseReason;
use smpp::tls::{ClientTls, Identity, ServerTls};
use tempfile::TempDir;

use crate::loopback::{exchange, start};

/// A CA, a server certificate and a client certificate, in files.
struct Pki {
    dir: TempDir,
}

impl Pki {
    fn new() -> Self {
        Self::lasting(4096)
    }

    /// The certificates expire on the first day of that year, the CA does not.
    fn lasting(year: i32) -> Self {
        let pki = Self { dir: TempDir::new().unwrap() };
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        fs::write(pki.path("ca"), ca.pem()).unwrap();
        for name in ["localhost", "client"] {
            let key = KeyPair::generate().unwrap();
            let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
            params.not_after = rcgen::date_time_ymd(year, 1, 1);
            let certificate = params.signed_by(&key, &ca).unwrap();
            fs::write(pki.path(name), certificate.pem()).unwrap();
            fs::write(pki.path(&format!("{name}.key")), key.serialize_pem()).unwrap();
        }
        pki
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn identity(&self, name: &str) -> Identity {
        Identity { certificates: self.path(name), key: self.path(&format!("{name}.key")) }
    }

    async fn server(&self, client_ca: Option<PathBuf>) -> u16 {
        let tls = ServerTls { identity: self.identity("localhost"), client_ca };
        start(ServerConfig { tls: Some(tls.config().unwrap()), ..ServerConfig::new("smsc") }).await
    }
}

fn config(port: u16, tls: Option<ClientTls>) -> ClientConfig {
    ClientConfig { tls, ..ClientConfig::new("127.0.0.1", port, "u", "p") }
}

fn trusting(pki: &Pki) -> ClientTls {
    ClientTls {
        server_name: Some("localhost".to_owned()),
        ca: Some(pki.path("ca")),
        identity: None,
    }
}

#[tokio::test]
async fn messages_travel_over_tls() {
    let pki = Pki::new();
    let port = pki.server(None).await;
    let link = client::connect(&config(port, Some(trusting(&pki)))).await.unwrap();
    assert_eq!(exchange(link, 1_000, 100).await, CloseReason::Unbound);
}

#[tokio::test]
async fn a_certificate_of_another_name_or_ca_is_refused() {
    let pki = Pki::new();
    let port = pki.server(None).await;
    let other_name = ClientTls { server_name: None, ..trusting(&pki) };
    let other_ca = ClientTls { ca: Some(Pki::new().kept("ca")), ..trusting(&pki) };
    let platform = ClientTls { ca: None, ..trusting(&pki) };
    for tls in [other_name, other_ca, platform] {
        let result = client::connect(&config(port, Some(tls))).await;
        assert!(matches!(result, Err(ConnectError::Tls(_))), "{result:?}");
    }
}

#[tokio::test]
async fn a_client_certificate_is_required_if_configured() {
    let pki = Pki::new();
    let port = pki.server(Some(pki.path("ca"))).await;
    // The error names the alert, unless the connection is reset before it is read.
    let mut told = String::new();
    for _ in 0..20 {
        let without = client::connect(&config(port, Some(trusting(&pki)))).await;
        told = format!("{:?}", without.unwrap_err());
        if told.contains("CertificateRequired") {
            break;
        }
    }
    assert!(told.contains("CertificateRequired"), "{told}");
    let identity = Some(pki.identity("client"));
    let with = ClientTls { identity, ..trusting(&pki) };
    let link = client::connect(&config(port, Some(with))).await.unwrap();
    assert_eq!(exchange(link, 10, 10).await, CloseReason::Unbound);
}

#[tokio::test]
async fn tls_never_falls_back_to_clear_text() {
    let pki = Pki::new();
    let clear = start(ServerConfig::new("smsc")).await;
    let result = client::connect(&config(clear, Some(trusting(&pki)))).await;
    assert!(matches!(result, Err(ConnectError::Tls(_))), "{result:?}");
    let tls = pki.server(None).await;
    let result = client::connect(&config(tls, None)).await;
    assert!(matches!(result, Err(ConnectError::Closed(_))), "{result:?}");
}

#[tokio::test]
async fn an_expired_certificate_is_refused() {
    let pki = Pki::lasting(2020);
    let port = pki.server(None).await;
    let result = client::connect(&config(port, Some(trusting(&pki)))).await;
    let Err(ConnectError::Tls(error)) = result else { panic!("{result:?}") };
    assert!(error.to_string().contains("expired"), "{error}");
}

/// Records the requested server name and returns no certificate.
#[derive(Debug, Default)]
struct Named(Mutex<Option<String>>);

impl ResolvesServerCert for Named {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        *self.0.lock().unwrap() = hello.server_name().map(str::to_owned);
        None
    }
}

#[tokio::test]
async fn the_name_to_verify_is_sent_as_sni() {
    let (pki, named) = (Pki::new(), Arc::new(Named::default()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(named.clone());
    let port = start(ServerConfig { tls: Some(Arc::new(tls)), ..ServerConfig::new("smsc") }).await;
    assert!(client::connect(&config(port, Some(trusting(&pki)))).await.is_err());
    assert_eq!(named.0.lock().unwrap().as_deref(), Some("localhost"));
}

#[test]
fn a_missing_file_is_named() {
    let tls = ClientTls { ca: Some("/nowhere/ca.pem".into()), ..ClientTls::default() };
    let error = tls.connector("localhost").unwrap_err();
    assert!(error.to_string().contains("/nowhere/ca.pem"), "{error}");
}

impl Pki {
    /// A file that outlives this value.
    fn kept(self, name: &str) -> PathBuf {
        self.dir.keep().join(name)
    }
}
