//! The files that identify both sides, the node's `tls.cert` and our macaroon, and the HTTP clients made of them. Both may
//! change while we run: LND makes another certificate when the old one expires, and the operator another macaroon when one
//! is revoked. So they are read again after a failure that they may explain.

use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, ClientBuilder, redirect};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use sha2::{Digest as _, Sha256};

use super::client::LndError;
use super::pinned;

/// Between two reads of the files.
const READ_INTERVAL: Duration = Duration::from_millis(500);

/// A peer that disappeared is noticed by probes, since a stream may be silent for as long as its invoice is open.
const PROBE_AFTER: Duration = Duration::from_secs(20);
const PROBES_MAX: u32 = 3;

#[derive(Debug)]
pub(super) struct Clients {
    /// With a limit of time for the whole request.
    pub(super) calls: Client,
    /// Without one, and with connections of their own: a stream occupies one (LND's REST listener offers no HTTP/2).
    pub(super) streams: Client,
    /// Of both files' contents.
    digest: [u8; 32],
}

#[derive(Debug)]
pub(super) struct Credentials {
    macaroon_file: PathBuf,
    certificate_file: PathBuf,
    timeout: Duration,
    clients: RwLock<Arc<Clients>>,
    read_at: Mutex<Option<Instant>>,
}

impl Credentials {
    pub(super) fn new(
        macaroon_file: PathBuf,
        certificate_file: PathBuf,
        timeout: Duration,
    ) -> Result<Self, LndError> {
        let clients = Clients::read(&macaroon_file, &certificate_file, timeout)?;
        let clients = RwLock::new(Arc::new(clients));
        Ok(Self { macaroon_file, certificate_file, timeout, clients, read_at: Mutex::default() })
    }

    pub(super) fn clients(&self) -> Arc<Clients> {
        Arc::clone(&self.clients.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Uses the files' present contents from now on, if they differ and can be used.
    pub(super) fn read_again(&self) {
        {
            let mut read_at = self.read_at.lock().unwrap_or_else(PoisonError::into_inner);
            if read_at.is_some_and(|at| at.elapsed() < READ_INTERVAL) {
                return;
            }
            *read_at = Some(Instant::now());
        }
        let read = Clients::read(&self.macaroon_file, &self.certificate_file, self.timeout);
        match read {
            Ok(clients) if clients.digest == self.clients().digest => {}
            Ok(clients) => {
                tracing::info!("LND's certificate or macaroon has changed");
                *self.clients.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(clients);
            }
            Err(error) => {
                tracing::warn!(%error, "LND's files cannot be used; keeping the old ones");
            }
        }
    }
}

impl Clients {
    fn read(
        macaroon_file: &Path,
        certificate_file: &Path,
        timeout: Duration,
    ) -> Result<Self, LndError> {
        let pem = read(certificate_file)?;
        let certificate = CertificateDer::from_pem_slice(&pem)
            .map_err(|_| LndError::Certificate { path: certificate_file.to_owned() })?;
        let tls = pinned::config(certificate).map_err(|error| LndError::Client(error.into()))?;
        let private = read_private(macaroon_file)?;
        let headers = macaroon(&private)?;
        let builder = || {
            Client::builder()
                .tls_backend_preconfigured(tls.clone())
                .default_headers(headers.clone())
                .redirect(redirect::Policy::none())
                .no_proxy()
                .tcp_nodelay(true)
        };
        let build = |builder: ClientBuilder| {
            builder.build().map_err(|error| LndError::Client(error.into()))
        };
        let streams = builder()
            .connect_timeout(timeout)
            .pool_max_idle_per_host(0)
            .tcp_keepalive(PROBE_AFTER)
            .tcp_keepalive_interval(PROBE_AFTER)
            .tcp_keepalive_retries(PROBES_MAX);
        let digest = Sha256::new().chain_update(&pem).chain_update([0]).chain_update(&private);
        Ok(Self {
            calls: build(builder().timeout(timeout))?,
            streams: build(streams)?,
            digest: digest.finalize().into(),
        })
    }
}

fn read(path: &Path) -> Result<Vec<u8>, LndError> {
    std::fs::read(path).map_err(|source| LndError::File { path: path.to_owned(), source })
}

/// Reads a credential file, which only its owner may access.
fn read_private(path: &Path) -> Result<Vec<u8>, LndError> {
    let unusable = |source| LndError::File { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(unusable)?;
    let mode = file.metadata().map_err(unusable)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(LndError::Exposed { path: path.to_owned(), mode });
    }
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(unusable)?;
    Ok(bytes)
}

fn macaroon(bytes: &[u8]) -> Result<HeaderMap, LndError> {
    let mut value = HeaderValue::try_from(hex::encode(bytes))
        .map_err(|error| LndError::Client(error.into()))?;
    value.set_sensitive(true);
    Ok(HeaderMap::from_iter([(HeaderName::from_static("grpc-metadata-macaroon"), value)]))
}
