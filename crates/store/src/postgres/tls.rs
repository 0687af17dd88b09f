//! TLS to the server, according to `sslmode`. Passwords are bound to the channel
//! (SCRAM-SHA-256-PLUS) wherever the server offers it.
//!
//! | sslmode | connection | certificate |
//! |---|---|---|
//! | disable | clear | – |
//! | prefer (default) | TLS if the server has it | not verified |
//! | require | TLS | not verified |
//! | verify-full | TLS | of this host, by `sslrootcert` (or exactly that one) or the system's authorities |

use std::path::Path;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    ClientConfig, ConfigBuilder, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    WantsVerifier,
};
use rustls_platform_verifier::BuilderVerifierExt;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::given_certificates::GivenCertificates;
use crate::OpenError;

/// Encrypted, without verifying the server.
pub(super) fn unverified() -> Result<MakeRustlsConnect, OpenError> {
    let (provider, builder) = builder()?;
    let builder =
        builder.dangerous().with_custom_certificate_verifier(Arc::new(AnyCertificate(provider)));
    Ok(MakeRustlsConnect::new(builder.with_no_client_auth()))
}

/// Requires a certificate of this host, signed by `authorities` or the system's.
pub(super) fn verified(authorities: Option<&Path>) -> Result<MakeRustlsConnect, OpenError> {
    let (provider, builder) = builder()?;
    let builder = match authorities {
        Some(path) => {
            let (given, roots) = read(path)?;
            let authorities =
                WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
                    .build()
                    .map_err(|error| OpenError::Tls(error.to_string()))?;
            // A certificate of the server itself is trusted when exactly that is shown.
            let verifier = GivenCertificates { given, authorities };
            builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier))
        }
        None => builder.with_platform_verifier().map_err(|error| failed(&error))?,
    };
    Ok(MakeRustlsConnect::new(builder.with_no_client_auth()))
}

type Builder = ConfigBuilder<ClientConfig, WantsVerifier>;

fn builder() -> Result<(Arc<CryptoProvider>, Builder), OpenError> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone());
    Ok((provider, builder.with_safe_default_protocol_versions().map_err(|error| failed(&error))?))
}

fn failed(error: &Error) -> OpenError {
    OpenError::Tls(error.to_string())
}

fn read(path: &Path) -> Result<(Vec<CertificateDer<'static>>, RootCertStore), OpenError> {
    let unreadable = |why: String| OpenError::Tls(format!("{}: {why}", path.display()));
    let (mut given, mut roots) = (Vec::new(), RootCertStore::empty());
    let found =
        CertificateDer::pem_file_iter(path).map_err(|error| unreadable(error.to_string()))?;
    for certificate in found {
        let certificate = certificate.map_err(|error| unreadable(error.to_string()))?;
        given.push(certificate.clone());
        roots.add(certificate).map_err(|error| unreadable(error.to_string()))?;
    }
    if given.is_empty() {
        return Err(unreadable("no certificate in it".to_owned()));
    }
    Ok((given, roots))
}

/// Accepts any certificate whose owner holds the key.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
