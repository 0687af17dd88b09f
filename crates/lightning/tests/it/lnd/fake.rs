//! A server that speaks LND's REST as documented, with a sandbox node behind it that does the work.
//! It is strict where LND may be lenient: unknown fields and the wrong alphabet of base64 are errors.

use std::fs::Permissions;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use lightning::lnd::{Lnd, LndOptions};
use lightning::sandbox::{Options, Sandbox};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::RwLock;
use tokio::task::JoinSet;

use super::handlers;
use super::tls::{Identity, TlsListener};
use crate::rig::SandboxRig;

pub(crate) const MACAROON: &[u8] = b"\x02\x01\x03lnd\xff\x00";

/// What goes wrong with the coming requests.
#[derive(Debug, Clone, Default)]
pub(crate) enum Trouble {
    #[default]
    None,
    /// Answers this, and does nothing.
    Says(u16, &'static str),
    /// Does it, and never answers.
    Hangs,
    /// Does it, and answers something else.
    Babbles(&'static str),
}

/// An invoice as LND keeps it besides its state.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub(crate) hash: domain::id::PaymentHash,
    pub(crate) memo: String,
    pub(crate) value_msat: i64,
    pub(crate) expiry: u64,
    pub(crate) cltv_expiry: u32,
    pub(crate) payment_request: String,
}

#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) rig: Arc<RwLock<SandboxRig>>,
    pub(crate) kept: Arc<Mutex<Vec<Kept>>>,
    /// What `getinfo` says it is on.
    pub(crate) network: Arc<Mutex<&'static str>>,
    trouble: Arc<Mutex<Trouble>>,
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
    server: JoinSet<()>,
}

impl FakeLnd {
    pub(crate) async fn start(options: Options, identity: Identity) -> Self {
        let shared = Shared {
            rig: Arc::new(RwLock::new(SandboxRig::new(options))),
            kept: Arc::default(),
            network: Arc::new(Mutex::new("regtest")),
            trouble: Arc::default(),
        };
        let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, dir) = (tcp.local_addr().unwrap(), tempfile::tempdir().unwrap());
        let mut fake = Self { shared, identity, address, dir, server: JoinSet::new() };
        fake.serve(tcp);
        fake
    }

    fn serve(&mut self, tcp: TcpListener) {
        let router = Router::new()
            .route("/v2/invoices/hodl", post(handlers::add))
            .route("/v2/invoices/settle", post(handlers::settle))
            .route("/v2/invoices/cancel", post(handlers::cancel))
            .route("/v2/invoices/lookup", get(handlers::lookup))
            .route("/v1/invoices", get(handlers::list))
            .route("/v1/getinfo", get(handlers::info))
            .layer(middleware::from_fn_with_state(self.shared.clone(), at_the_gate))
            .with_state(self.shared.clone());
        let listener = TlsListener { tcp, identity: self.identity.clone() };
        self.server.spawn(async move { axum::serve(listener, router).await.unwrap() });
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

    pub(crate) fn set(&self, trouble: Trouble) {
        *self.shared.trouble.lock().unwrap() = trouble;
    }

    /// The process ends, connections break, and it is started again.
    pub(crate) async fn restart(&mut self) {
        use testkit::lightning_conformance::Rig;
        self.server.shutdown().await;
        self.shared.rig.write().await.restart().await;
        self.serve(TcpListener::bind(self.address).await.unwrap());
    }
}

async fn at_the_gate(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let shown = request.headers().get("grpc-metadata-macaroon");
    let expected: String = MACAROON.iter().map(|byte| format!("{byte:02x}")).collect();
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
    let trouble = shared.trouble.lock().unwrap().clone();
    match trouble {
        Trouble::None => next.run(request).await,
        Trouble::Says(status, message) => refuse(status, message),
        Trouble::Hangs => {
            next.run(request).await;
            std::future::pending().await
        }
        Trouble::Babbles(text) => {
            next.run(request).await;
            text.into_response()
        }
    }
}

/// As LND's gateway says no: nearly always code 2.
pub(crate) fn refuse(status: u16, message: &str) -> Response {
    let code = if status == 404 { 5 } else { 2 };
    let body = serde_json::json!({ "code": code, "message": message, "details": [] });
    (StatusCode::from_u16(status).unwrap(), axum::Json(body)).into_response()
}
