//! LND's `routerrpc`: payments that it sends. Both endpoints are streams of lines.

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use domain::id::PaymentHash;
use domain::money::Msat;
use domain::ports::{Clock, Lightning, NewPayment, PayState, PortError};
use futures_util::{StreamExt, stream};
use lightning_invoice::Bolt11Invoice;
use serde::Deserialize;
use serde_json::{Value, json};
use testkit::lightning_conformance::Rig;

use super::fake::Shared;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Send {
    payment_request: String,
    fee_limit_msat: String,
    timeout_seconds: u64,
    cltv_limit: u32,
    max_parts: u32,
    no_inflight_updates: bool,
}

pub(crate) async fn send(State(shared): State<Shared>, Json(body): Json<Send>) -> Response {
    assert!(body.no_inflight_updates && body.max_parts > 0);
    let invoice: Bolt11Invoice = body.payment_request.parse().unwrap();
    let hash = PaymentHash::new(*AsRef::<[u8; 32]>::as_ref(invoice.payment_hash()));
    let node = shared.node().await;
    // LND reads the invoice before it looks for a payment of it.
    let now = shared.rig.read().await.clock().now();
    let ends = invoice.duration_since_epoch() + invoice.expiry_time();
    if u128::try_from(now.as_millis()).unwrap() > ends.as_millis() {
        return error(500, "invoice expired. Valid until 2026-01-01 00:00:00 +0000 UTC");
    }
    if invoice.get_payee_pub_key().to_string() == node.node_id() {
        return error(500, "self-payments not allowed");
    }
    match node.pay_status(hash).await.unwrap() {
        PayState::InFlight => return error(500, "payment is in transition"),
        PayState::Paid { .. } => return error(500, "invoice is already paid"),
        PayState::Unknown | PayState::Failed => {}
    }
    let payment = NewPayment {
        invoice: body.payment_request,
        hash,
        fee_max: Msat::new(body.fee_limit_msat.parse().unwrap()),
        cltv_max: body.cltv_limit,
        timeout: std::time::Duration::from_secs(body.timeout_seconds),
    };
    let sent = Lightning::pay(&*node, payment).await;
    // Nobody keeps the node alive who waits for it.
    drop(node);
    match sent {
        // It says nothing until the end.
        Ok(PayState::InFlight) => std::future::pending().await,
        Ok(state) => line(hash, state),
        // The call is on its way, and nobody knows.
        Err(PortError::Unknown(_)) => error(502, ""),
        Err(other) => panic!("{other:?}"),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Track {
    no_inflight_updates: bool,
}

pub(crate) async fn track(
    State(shared): State<Shared>,
    Path(hash): Path<String>,
    Query(query): Query<Track>,
) -> Response {
    assert!(!query.no_inflight_updates, "that would wait for the end");
    let hash = PaymentHash::from_slice(&URL_SAFE.decode(&hash).unwrap()).unwrap();
    match shared.node().await.pay_status(hash).await.unwrap() {
        PayState::Unknown => error(404, "payment isn't initiated"),
        PayState::InFlight => {
            // Cut in two, and open until the end.
            let text = format!("{}\n", body(hash, PayState::InFlight));
            let (first, second) = text.split_at(20);
            let parts = [first.to_owned(), second.to_owned()].map(Bytes::from);
            let parts = stream::iter(parts.map(Ok::<_, std::io::Error>));
            Body::from_stream(parts.chain(stream::pending())).into_response()
        }
        state => line(hash, state),
    }
}

fn line(hash: PaymentHash, state: PayState) -> Response {
    format!("{}\n", body(hash, state)).into_response()
}

fn body(hash: PaymentHash, state: PayState) -> Value {
    let (status, fee, reason) = match state {
        PayState::Paid { fee } => ("SUCCEEDED", fee.get(), "FAILURE_REASON_NONE"),
        PayState::Failed => ("FAILED", 0, "FAILURE_REASON_NO_ROUTE"),
        PayState::InFlight | PayState::Unknown => ("IN_FLIGHT", 0, "FAILURE_REASON_NONE"),
    };
    json!({ "result": {
        "payment_hash": hash.to_string(), "payment_preimage": "00".repeat(32), "status": status,
        "fee_msat": fee.to_string(), "fee_sat": (fee / 1_000).to_string(), "htlcs": [],
        "failure_reason": reason, "payment_index": "7",
    } })
}

/// An error of a stream's first message.
fn error(status: u16, message: &str) -> Response {
    let code = if status == 404 { 5 } else { 2 };
    let body = json!({ "error": { "code": code, "message": message, "details": [] } });
    (StatusCode::from_u16(status).unwrap(), Json(body)).into_response()
}
