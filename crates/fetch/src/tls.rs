//! TLS configuration: trusts the system's certificate authorities and those of the options.

use std::sync::Arc;

use rustls::client::WantsClientCert;
use rustls::crypto::{CryptoProvider, ring};
use rustls::{ClientConfig, ConfigBuilder, Error, RootCertStore, WantsVerifier};
use rustls_platform_verifier::Verifier;

use crate::Options;

pub(crate) fn config(options: &Options) -> Result<ClientConfig, Error> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()?;
    let mut config = with_roots(builder, provider, options).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// A machine without any certificate authority (a bare container) can still use `http`, so this is a
/// warning and not an error.
fn with_roots(
    builder: ConfigBuilder<ClientConfig, WantsVerifier>,
    provider: Arc<CryptoProvider>,
    options: &Options,
) -> ConfigBuilder<ClientConfig, WantsClientCert> {
    match Verifier::new_with_extra_roots(options.extra_roots.iter().cloned(), provider) {
        Ok(verifier) => builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)),
        Err(error) => {
            tracing::warn!(%error, "no certificate authorities found; requests to https addresses will fail");
            builder.with_root_certificates(RootCertStore::empty())
        }
    }
}
