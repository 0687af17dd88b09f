//! `routerrpc`: payments that the node sends. Both answers are streams of lines.

use std::sync::Arc;

use axum::body::Body as HttpBody;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt as _, stream};
use serde::Deserialize;
use serde_json::{Value, json};

use super::RestError;
use super::wire::{Body, Params, uint64, url_bytes32};
use crate::Hash;
use crate::book::{Payment, PaymentState};
use crate::node::{CallError, Node, SendPayment, Sent};

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Send {
    payment_request: String,
    #[serde(deserialize_with = "uint64")]
    fee_limit_msat: u64,
    #[serde(deserialize_with = "uint64")]
    fee_limit_sat: u64,
    cltv_limit: u32,
    max_parts: u32,
    no_inflight_updates: bool,
}

/// LND's own default.
const PARTS: u32 = 16;

pub(super) async fn send(
    State(node): State<Arc<Node>>,
    Body(send): Body<Send>,
) -> Result<Response, RestError> {
    let parts = if send.max_parts == 0 { PARTS } else { send.max_parts };
    let fee_limit_msat = match send.fee_limit_msat {
        0 => send.fee_limit_sat.saturating_mul(1_000),
        msat => msat,
    };
    let payment = SendPayment {
        invoice: send.payment_request,
        fee_limit_msat,
        cltv_limit: send.cltv_limit,
        parts_max: u8::try_from(parts).unwrap_or(u8::MAX),
    };
    // The payment goes on when the client is gone; the answer is then lost, and its book is not.
    let paying = tokio::spawn({
        let node = Arc::clone(&node);
        async move { node.pay(payment).await }
    });
    let sent = paying.await.map_err(|error| CallError::Unconfirmed(error.to_string()));
    let Sent(hash) = sent.and_then(|sent| sent).map_err(of_stream)?;
    Ok(follow(node, hash, send.no_inflight_updates))
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Track {
    no_inflight_updates: bool,
}

pub(super) async fn track(
    State(node): State<Arc<Node>>,
    Path(hash): Path<String>,
    Params(query): Params<Track>,
) -> Result<Response, RestError> {
    let hash = url_bytes32(&hash).map_err(RestError::of_stream)?;
    node.payment(hash).map_err(of_stream)?;
    Ok(follow(node, hash, query.no_inflight_updates))
}

fn of_stream(error: CallError) -> RestError {
    RestError::from(error).of_stream()
}

/// The present state unless it is left out, and the last one.
fn follow(node: Arc<Node>, hash: Hash, only_end: bool) -> Response {
    let now = match node.payment(hash) {
        Ok(payment) if payment.state == PaymentState::InFlight && !only_end => Some(line(&payment)),
        _ => None,
    };
    let end = stream::once(async move {
        match node.payment_end(hash).await {
            Ok(payment) => line(&payment),
            Err(error) => format!("{}\n", of_stream(error).body()),
        }
    });
    let lines = stream::iter(now).chain(end).map(Ok::<_, std::io::Error>);
    ([("content-type", "application/json")], HttpBody::from_stream(lines)).into_response()
}

fn line(payment: &Payment) -> String {
    let (status, reason) = match payment.state {
        PaymentState::InFlight => ("IN_FLIGHT", "FAILURE_REASON_NONE"),
        PaymentState::Paid => ("SUCCEEDED", "FAILURE_REASON_NONE"),
        PaymentState::Failed => ("FAILED", "FAILURE_REASON_NO_ROUTE"),
    };
    let (value, fee) = (payment.value_msat, payment.fee_msat);
    let preimage = payment.preimage.unwrap_or_default();
    let result: Value = json!({
        "payment_hash": hex::encode(payment.hash), "value": (value / 1_000).to_string(),
        "creation_date": payment.begun_at.to_string(), "fee": (fee / 1_000).to_string(),
        "payment_preimage": hex::encode(preimage), "value_sat": (value / 1_000).to_string(),
        "value_msat": value.to_string(), "payment_request": payment.invoice, "status": status,
        "fee_sat": (fee / 1_000).to_string(), "fee_msat": fee.to_string(),
        "creation_time_ns": (payment.begun_at.saturating_mul(1_000_000_000)).to_string(),
        "htlcs": [], "payment_index": "0", "failure_reason": reason,
    });
    format!("{}\n", json!({ "result": result }))
}
