//! TLS for both sides, from PEM files. The server is always verified, by the platform's roots or the given CA; this
//! cannot be turned off, and there is no fallback to clear text. The crypto provider is ring.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig};

use crate::given_certificates::GivenCertificates;

/// A certificate chain and its private key, in PEM files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The certificate, followed by its issuers.
    pub certificates: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// TLS settings of a client.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClientTls {
    /// The name to verify and to send as SNI; the host name by default.
    pub server_name: Option<String>,
    /// Roots (PEM) to trust instead of the platform's; or the server's own certificate.
    pub ca: Option<PathBuf>,
    /// Client certificate, sent on request.
    pub identity: Option<Identity>,
}

/// TLS settings of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerTls {
    /// The server's certificate.
    pub identity: Identity,
    /// If set, clients must present a certificate signed by one of these roots (PEM).
    pub client_ca: Option<PathBuf>,
}

/// Why TLS cannot be configured; no connection was made.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read or contains no PEM of the expected kind.
    #[error("cannot read {}", path.display())]
    File {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    /// The name to verify is not a host name or address.
    #[error("{name:?} is not a host name")]
    Name { name: String },
    /// Certificate and key do not match, or the platform has no roots.
    #[error("invalid TLS configuration")]
    Config(#[source] rustls::Error),
    /// The roots are unusable.
    #[error("unusable certificate roots: {0}")]
    Roots(String),
}

/// A client's loaded TLS configuration.
#[derive(Debug, Clone)]
pub struct Connector {
    pub(crate) config: Arc<ClientConfig>,
    pub(crate) name: ServerName<'static>,
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

impl ClientTls {
    /// Reads the files.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn connector(&self, host: &str) -> Result<Connector, TlsError> {
        let name = self.server_name.as_deref().unwrap_or(host);
        let server_name = ServerName::try_from(name.to_owned())
            .map_err(|_| TlsError::Name { name: name.to_owned() })?;
        let builder = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Config)?;
        let builder = match &self.ca {
            Some(path) => {
                let roots = Arc::new(roots(path)?);
                let verifier = WebPkiServerVerifier::builder_with_provider(roots, provider())
                    .build()
                    .map_err(|error| TlsError::Roots(error.to_string()))?;
                // A certificate of the server itself is trusted when exactly that is shown.
                let verifier =
                    GivenCertificates { given: certificates(path)?, authorities: verifier };
                builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier))
            }
            None => {
                use rustls_platform_verifier::BuilderVerifierExt;
                builder.with_platform_verifier().map_err(TlsError::Config)?
            }
        };
        let config = match &self.identity {
            Some(identity) => {
                let (chain, key) = identity.read()?;
                builder.with_client_auth_cert(chain, key).map_err(TlsError::Config)?
            }
            None => builder.with_no_client_auth(),
        };
        Ok(Connector { config: Arc::new(config), name: server_name })
    }
}

impl ServerTls {
    /// Reads the files.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn config(&self) -> Result<Arc<ServerConfig>, TlsError> {
        let builder = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Config)?;
        let builder = match &self.client_ca {
            Some(path) => {
                let roots = Arc::new(roots(path)?);
                let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider())
                    .build()
                    .map_err(|error| TlsError::Roots(error.to_string()))?;
                builder.with_client_cert_verifier(verifier)
            }
            None => builder.with_no_client_auth(),
        };
        let (chain, key) = self.identity.read()?;
        builder.with_single_cert(chain, key).map(Arc::new).map_err(TlsError::Config)
    }
}

impl Identity {
    fn read(&self) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), TlsError> {
        let key = PrivateKeyDer::from_pem_file(&self.key)
            .map_err(|error| unreadable(&self.key, error))?;
        Ok((certificates(&self.certificates)?, key))
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let found = read.map_err(|error| unreadable(path, error))?;
    if found.is_empty() {
        return Err(unreadable(path, "the file contains no certificate"));
    }
    Ok(found)
}

fn roots(path: &Path) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path)? {
        roots.add(certificate).map_err(TlsError::Config)?;
    }
    Ok(roots)
}

fn unreadable(path: &Path, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> TlsError {
    TlsError::File { path: path.to_owned(), source: io::Error::other(error) }
}
