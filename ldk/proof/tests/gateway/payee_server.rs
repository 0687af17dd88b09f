//! A server of Lightning addresses (LUD-16) whose invoices are a peer's.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::routing::get;
use axum::{Json, Router};
use boltgram_node::data_dir::DataDir;
use boltgram_node::rest;
use regtest::Peer;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

/// Serves `NAME@127.0.0.1:PORT` over https until it is dropped.
pub(crate) struct PayeeServer {
    port: u16,
    certificate: PathBuf,
    stopped: CancellationToken,
    runtime: Option<tokio::runtime::Runtime>,
}

struct Payee {
    peer: Arc<Peer>,
    port: u16,
}

impl PayeeServer {
    /// `directory` is made, for its certificate.
    pub(crate) fn start(directory: &Path, peer: Arc<Peer>) -> Self {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(1).enable_all().build().unwrap();
        let tls = DataDir::open(directory).unwrap().tls("127.0.0.1").unwrap();
        let tcp = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let port = tcp.local_addr().unwrap().port();
        let router = Router::new()
            .route("/.well-known/lnurlp/{name}", get(offer))
            .route("/invoice", get(invoice))
            .with_state(Arc::new(Payee { peer, port }));
        let stopped = CancellationToken::new();
        runtime.spawn(rest::serve(tcp, tls, router, stopped.clone()));
        let certificate = directory.join("tls.cert");
        Self { port, certificate, stopped, runtime: Some(runtime) }
    }

    pub(crate) fn address(&self, name: &str) -> String {
        format!("{name}@127.0.0.1:{}", self.port)
    }

    pub(crate) fn certificate(&self) -> &Path {
        &self.certificate
    }
}

impl Drop for PayeeServer {
    fn drop(&mut self) {
        self.stopped.cancel();
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn offer(payee: State<Arc<Payee>>) -> Json<Value> {
    Json(json!({
        "tag": "payRequest", "callback": format!("https://127.0.0.1:{}/invoice", payee.port),
        "minSendable": 1_000, "maxSendable": 100_000_000, "metadata": "[[\"text/plain\",\"Thanks\"]]",
    }))
}

async fn invoice(
    payee: State<Arc<Payee>>,
    Query(wanted): Query<HashMap<String, u64>>,
) -> Json<Value> {
    let peer = Arc::clone(&payee.peer);
    let made = tokio::task::spawn_blocking(move || peer.invoice(wanted["amount"], "Thanks")).await;
    Json(json!({"pr": made.unwrap(), "routes": []}))
}
