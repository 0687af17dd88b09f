//! LND's REST interface, the part that Boltgram and the commands use: its paths, JSON, words and errors.
//!
//! Numbers of 64 bits are strings; bytes are base64, of the URL-safe alphabet in paths and queries.

mod auth;
mod channels;
mod error;
mod info;
mod invoices;
mod payments;
mod tls;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::DefaultBodyLimit;
use axum::routing::{delete, get, post};
use axum::{Router, middleware};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::data_dir::{Macaroons, TlsFiles};
use crate::node::Node;
use auth::Auth;
use error::RestError;
use tls::TlsListener;

/// The largest body is an invoice.
const BODY_BYTES_MAX: usize = 64 * 1_024;

/// Streams and calls get this long to end when the node stops.
const END_WAIT: Duration = Duration::from_secs(5);

/// Every path, behind the macaroons.
pub fn router(node: Arc<Node>, macaroons: &Macaroons) -> Router {
    let boltgram = Router::new()
        .route("/v2/invoices/hodl", post(invoices::add))
        .route("/v2/invoices/settle", post(invoices::settle))
        .route("/v2/invoices/cancel", post(invoices::cancel))
        .route("/v2/invoices/lookup", get(invoices::lookup))
        .route("/v2/invoices/subscribe/{hash}", get(invoices::subscribe))
        .route("/v1/invoices", get(invoices::list))
        .route("/v2/router/send", post(payments::send))
        .route("/v2/router/track/{hash}", get(payments::track))
        .route("/v1/getinfo", get(info::info))
        .route("/v1/balance/channels", get(channels::channel_balance))
        .route("/v1/balance/blockchain", get(channels::chain_balance))
        .route("/v1/channels", get(channels::list))
        .layer(middleware::from_fn_with_state(Auth::boltgram(macaroons), auth::check));
    let admin = Router::new()
        .route("/v1/channels", post(channels::open))
        .route("/v1/channels/{txid}/{index}", delete(channels::close))
        .route("/v1/peers", post(channels::connect))
        .route("/v1/newaddress", get(channels::new_address))
        .layer(middleware::from_fn_with_state(Auth::admin(macaroons), auth::check));
    boltgram
        .merge(admin)
        .fallback(|| async { RestError::no_path() })
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(node)
}

/// Serves until `stopped`, and the calls that run then a little longer.
pub async fn serve(
    tcp: TcpListener,
    tls: TlsFiles,
    router: Router,
    stopped: CancellationToken,
) -> anyhow::Result<()> {
    let listener = TlsListener::new(tcp, tls)?;
    let serving =
        axum::serve(listener, router).with_graceful_shutdown(stopped.clone().cancelled_owned());
    let too_long = async {
        stopped.cancelled().await;
        tokio::time::sleep(END_WAIT).await;
    };
    tokio::select! {
        served = serving.into_future() => Ok(served?),
        () = too_long => Ok(()),
    }
}
