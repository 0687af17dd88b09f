//! A server with LND's documented REST API, backed by a sandbox node. It is stricter than LND: unknown fields and the
//! wrong base64 alphabet are errors.

use std::convert::Infallible;
use std::fs::Permissions;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use futures_util::stream;
use lightning::lnd::{Lnd, LndOptions};
use lightning::sandbox::{Options, Sandbox};
use tempfile::TempDir;
use tokio::runtime::{self, Runtime};
use tokio::sync::RwLock;

use super::streams::{self, Streams};
use super::tls::{Identity, TlsListener};
use super::{channels, handlers, payments};
use crate::rig::SandboxRig;

pub(crate) const MACAROON: &[u8] = b"\x02\x01\x03lnd\xff\x00";

/// How the next requests fail.
#[derive(Debug, Clone, Default)]
pub(crate) enum Failure {
    #[default]
    None,
    /// Returns this response without effect.
    Responds(u16, &'static str),
    /// Takes effect and never responds.
    Hangs,
    /// Takes effect and returns this body.
    Garbles(&'static str),
    /// Returns this body without effect.
    Pretends(&'static str),
    /// Returns a body without an end.
    Floods,
}

/// An invoice's values besides its state.
#[derive(Debug, Clone)]
pub(crate) struct StoredInvoice {
    pub(crate) hash: domain::id::PaymentHash,
    pub(crate) add_index: usize,
    pub(crate) memo: String,
    pub(crate) value_msat: i64,
    pub(crate) expiry: u64,
    pub(crate) cltv_expiry: u32,
    pub(crate) payment_request: String,
}

#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) rig: Arc<RwLock<SandboxRig>>,
    pub(crate) stored: Arc<Mutex<Vec<StoredInvoice>>>,
    /// Network reported by `getinfo`.
    pub(crate) network: Arc<Mutex<&'static str>>,
    failure: Arc<Mutex<Failure>>,
    /// A path that the macaroon does not permit.
    forbidden: Arc<Mutex<&'static str>>,
    pub(crate) streams: Streams,
    /// Invoices on a page of the list.
    pub(crate) page_max: Arc<AtomicUsize>,
    /// Invoices that were read for the list.
    pub(crate) listed: Arc<AtomicUsize>,
    /// The macaroon that is accepted now.
    pub(crate) macaroon: Arc<Mutex<Vec<u8>>>,
}

impl Shared {
    pub(crate) async fn node(&self) -> Arc<Sandbox> {
        Arc::clone(self.rig.read().await.sandbox())
    }
}

pub(crate) struct FakeLnd {
    pub(crate) shared: Shared,
    pub(crate) identity: Identity,
    pub(crate) address: SocketAddr,
    pub(crate) dir: TempDir,
    /// Everything that ends with the node's process.
    process: Option<Runtime>,
}

impl FakeLnd {
    pub(crate) async fn start(options: Options, identity: Identity) -> Self {
        let shared = Shared {
            rig: Arc::new(RwLock::new(SandboxRig::new(options))),
            stored: Arc::default(),
            network: Arc::new(Mutex::new("regtest")),
            failure: Arc::default(),
            forbidden: Arc::default(),
            streams: Streams::default(),
            page_max: Arc::new(AtomicUsize::new(2)),
            listed: Arc::default(),
            macaroon: Arc::new(Mutex::new(MACAROON.to_vec())),
        };
        let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, dir) = (tcp.local_addr().unwrap(), tempfile::tempdir().unwrap());
        let mut fake = Self { shared, identity, address, dir, process: None };
        fake.serve(tcp);
        fake
    }

    fn serve(&mut self, tcp: TcpListener) {
        let router = Router::new()
            .route("/v2/invoices/hodl", post(handlers::add))
            .route("/v2/invoices/settle", post(handlers::settle))
            .route("/v2/invoices/cancel", post(handlers::cancel))
            .route("/v2/invoices/lookup", get(handlers::lookup))
            .route("/v2/invoices/subscribe/{hash}", get(streams::subscribe))
            .route("/v1/invoices", get(handlers::list))
            .route("/v1/getinfo", get(handlers::info))
            .route("/v1/channels", get(channels::list))
            .route("/v2/router/send", post(payments::send))
            .route("/v2/router/track/{hash}", get(payments::track))
            .layer(middleware::from_fn_with_state(self.shared.clone(), authorize))
            .with_state(self.shared.clone());
        tcp.set_nonblocking(true).unwrap();
        let identity = self.identity.clone();
        let process = runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let process = self.process.insert(process.unwrap());
        process.spawn(async move {
            let listener = TlsListener { tcp: tcp.try_into().unwrap(), identity };
            axum::serve(listener, router).await.unwrap();
        });
        process.spawn(streams::watch(self.shared.clone()));
    }

    pub(crate) fn options(&self, certificate: &str, macaroon: &[u8]) -> LndOptions {
        let (pem, mac) = (self.dir.path().join("tls.cert"), self.dir.path().join("mac"));
        std::fs::write(&pem, certificate).unwrap();
        std::fs::write(&mac, macaroon).unwrap();
        std::fs::set_permissions(&mac, Permissions::from_mode(0o600)).unwrap();
        let url = format!("https://{}", self.address).parse().unwrap();
        LndOptions {
            timeout: Duration::from_secs(5),
            poll: Duration::from_millis(50),
            ..LndOptions::new(url, mac, pem)
        }
    }

    pub(crate) fn client(&self) -> Lnd {
        Lnd::new(self.options(&self.identity.pem, MACAROON)).unwrap()
    }

    pub(crate) fn set(&self, failure: Failure) {
        *self.shared.failure.lock().unwrap() = failure;
    }

    pub(crate) fn forbid(&self, path: &'static str) {
        *self.shared.forbidden.lock().unwrap() = path;
    }

    /// Ends the process and its connections.
    pub(crate) async fn stop(&mut self) {
        let Some(process) = self.process.take() else { return };
        let ended = tokio::task::spawn_blocking(move || drop(process));
        ended.await.unwrap();
    }

    /// Ends the process and its connections, and starts it again.
    pub(crate) async fn restart(&mut self) {
        use testkit::lightning_conformance::Rig;
        self.stop().await;
        self.shared.rig.write().await.restart().await;
        self.serve(TcpListener::bind(self.address).unwrap());
    }
}

impl Drop for FakeLnd {
    fn drop(&mut self) {
        if let Some(process) = self.process.take() {
            process.shutdown_background();
        }
    }
}

async fn authorize(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let shown = request.headers().get("grpc-metadata-macaroon");
    let expected: String =
        shared.macaroon.lock().unwrap().iter().map(|byte| format!("{byte:02x}")).collect();
    match shown.and_then(|value| value.to_str().ok()) {
        None => return refuse(500, "expected 1 macaroon, got 0"),
        Some(shown) if shown != expected => {
            return refuse(
                500,
                "verification failed: signature mismatch after caveat verification",
            );
        }
        Some(_) => {}
    }
    if request.uri().path() == *shared.forbidden.lock().unwrap() {
        return refuse(500, "permission denied");
    }
    let failure = shared.failure.lock().unwrap().clone();
    match failure {
        Failure::None => next.run(request).await,
        Failure::Responds(status, message) => refuse(status, message),
        Failure::Hangs => {
            next.run(request).await;
            std::future::pending().await
        }
        Failure::Garbles(text) => {
            next.run(request).await;
            text.into_response()
        }
        Failure::Pretends(text) => text.into_response(),
        Failure::Floods => {
            let chunk = Bytes::from_static(&[b' '; 64 * 1_024]);
            Body::from_stream(stream::repeat_with(move || Ok::<_, Infallible>(chunk.clone())))
                .into_response()
        }
    }
}

/// An error response of LND's gateway: nearly always code 2.
pub(crate) fn refuse(status: u16, message: &str) -> Response {
    let code = if status == 404 { 5 } else { 2 };
    let body = serde_json::json!({ "code": code, "message": message, "details": [] });
    (StatusCode::from_u16(status).unwrap(), axum::Json(body)).into_response()
}
