//! `invoicesrpc`: hold invoices.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Body as HttpBody;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::RestError;
use super::wire::{Body, Params, base64, bytes32, text, uint64, url_bytes32};
use crate::Hash;
use crate::book::{Hold, HoldState};
use crate::node::{AddHold, CallError, Node};

/// LND's default expiry and CLTV delta.
const EXPIRY_S: u64 = 86_400;
const CLTV_DELTA: u64 = 80;

/// LND's margin: a client subtracts it from the height at which a part expires.
const LND_MARGIN_BLOCKS: u32 = 18;

const PAGE_DEFAULT: u64 = 100;
const PAGE_MAX: u64 = 10_000;

#[derive(Deserialize)]
#[serde(default)]
pub(super) struct Add {
    hash: String,
    #[serde(deserialize_with = "uint64")]
    value: u64,
    #[serde(deserialize_with = "uint64")]
    value_msat: u64,
    memo: String,
    #[serde(deserialize_with = "uint64")]
    expiry: u64,
    #[serde(deserialize_with = "uint64")]
    cltv_expiry: u64,
}

impl Default for Add {
    fn default() -> Self {
        Self {
            hash: String::new(),
            value: 0,
            value_msat: 0,
            memo: String::new(),
            expiry: EXPIRY_S,
            cltv_expiry: CLTV_DELTA,
        }
    }
}

pub(super) async fn add(
    State(node): State<Arc<Node>>,
    Body(add): Body<Add>,
) -> Result<Json<Value>, RestError> {
    let value_msat = match (add.value, add.value_msat) {
        (0, msat) => msat,
        (sat, 0) => sat.checked_mul(1_000).ok_or_else(|| RestError::bad("value is too large"))?,
        _ => return Err(RestError::bad("value and value_msat are mutually exclusive")),
    };
    let new = AddHold {
        hash: bytes32(&add.hash)?,
        value_msat,
        memo: add.memo,
        expiry: Duration::from_secs(if add.expiry == 0 { EXPIRY_S } else { add.expiry }),
        cltv_delta: if add.cltv_expiry == 0 { CLTV_DELTA } else { add.cltv_expiry },
    };
    let (invoice, index) = node.add_hold(new).await?;
    // The payment secret is in the invoice; LND's other place for it is left empty.
    Ok(Json(
        json!({ "payment_request": invoice, "add_index": index.to_string(), "payment_addr": "" }),
    ))
}

#[derive(Deserialize)]
pub(super) struct Settle {
    preimage: String,
}

pub(super) async fn settle(
    State(node): State<Arc<Node>>,
    Body(settle): Body<Settle>,
) -> Result<Json<Value>, RestError> {
    let preimage = bytes32(&settle.preimage)?;
    to_the_end(async move { node.settle(preimage).await }).await
}

#[derive(Deserialize)]
pub(super) struct Cancel {
    payment_hash: String,
}

pub(super) async fn cancel(
    State(node): State<Arc<Node>>,
    Body(cancel): Body<Cancel>,
) -> Result<Json<Value>, RestError> {
    let hash = bytes32(&cancel.payment_hash)?;
    to_the_end(async move { node.cancel(hash).await }).await
}

/// A decision is carried out also when its client is gone.
async fn to_the_end(
    decision: impl Future<Output = Result<(), CallError>> + Send + 'static,
) -> Result<Json<Value>, RestError> {
    let decided = tokio::spawn(decision).await;
    decided.map_err(|error| CallError::Unconfirmed(error.to_string()))??;
    Ok(Json(json!({})))
}

#[derive(Deserialize)]
pub(super) struct Lookup {
    payment_hash: String,
}

pub(super) async fn lookup(
    State(node): State<Arc<Node>>,
    Params(query): Params<Lookup>,
) -> Result<Json<Invoice>, RestError> {
    Ok(Json(Invoice::from(node.hold(url_bytes32(&query.payment_hash)?)?)))
}

/// A line for the present state, and one for each change, until the last.
pub(super) async fn subscribe(
    State(node): State<Arc<Node>>,
    Path(hash): Path<String>,
) -> Result<Response, RestError> {
    let hash = url_bytes32(&hash).map_err(RestError::of_stream)?;
    let changes = node.hold_changes();
    let state = Following { node, hash, changes, shown: None, ended: false };
    let first = state.node.hold(hash).map_err(|error| RestError::from(error).of_stream())?;
    drop(first);
    let lines = stream::unfold(state, |mut state| async move {
        state.next().await.map(|line| (Ok::<_, std::io::Error>(line), state))
    });
    let headers = [("content-type", "application/json")];
    Ok((headers, HttpBody::from_stream(lines)).into_response())
}

struct Following {
    node: Arc<Node>,
    hash: Hash,
    changes: tokio::sync::broadcast::Receiver<Hash>,
    shown: Option<HoldState>,
    ended: bool,
}

impl Following {
    async fn next(&mut self) -> Option<String> {
        loop {
            if self.ended {
                return None;
            }
            let line = match self.node.hold(self.hash) {
                Ok(hold) if self.shown == Some(hold.state) => None,
                Ok(hold) => {
                    self.shown = Some(hold.state);
                    self.ended = hold.state.is_final();
                    Some(json!({ "result": Invoice::from(hold) }))
                }
                Err(error) => {
                    self.ended = true;
                    Some(RestError::from(error).of_stream().body())
                }
            };
            if let Some(line) = line {
                return Some(format!("{line}\n"));
            }
            if !self.node.hold_changed(self.hash, &mut self.changes).await {
                return None;
            }
        }
    }
}

#[derive(Deserialize)]
#[serde(default)]
pub(super) struct List {
    pending_only: bool,
    #[serde(deserialize_with = "uint64")]
    index_offset: u64,
    #[serde(deserialize_with = "uint64")]
    num_max_invoices: u64,
    reversed: bool,
}

impl Default for List {
    fn default() -> Self {
        Self {
            pending_only: false,
            index_offset: 0,
            num_max_invoices: PAGE_DEFAULT,
            reversed: false,
        }
    }
}

pub(super) async fn list(
    State(node): State<Arc<Node>>,
    Params(query): Params<List>,
) -> Result<Json<Value>, RestError> {
    if query.reversed {
        return Err(RestError::bad("reversed is not supported"));
    }
    let max = if query.num_max_invoices == 0 { PAGE_DEFAULT } else { query.num_max_invoices };
    let max = u32::try_from(max.min(PAGE_MAX)).unwrap_or(u32::MAX);
    let page = node.list_holds(query.index_offset, query.pending_only, max)?;
    let (first, last) = (page.first.to_string(), page.last.to_string());
    let invoices: Vec<_> = page.holds.into_iter().map(Invoice::from).collect();
    Ok(Json(json!({
        "invoices": invoices, "first_index_offset": first, "last_index_offset": last,
    })))
}

/// LND's `Invoice`: every field, also those that we do not have.
#[derive(Serialize)]
pub(super) struct Invoice {
    memo: String,
    r_preimage: String,
    r_hash: String,
    #[serde(serialize_with = "text")]
    value: u64,
    #[serde(serialize_with = "text")]
    value_msat: u64,
    settled: bool,
    #[serde(serialize_with = "text")]
    creation_date: u64,
    #[serde(serialize_with = "text")]
    settle_date: u64,
    payment_request: String,
    description_hash: String,
    #[serde(serialize_with = "text")]
    expiry: u64,
    fallback_addr: String,
    #[serde(serialize_with = "text")]
    cltv_expiry: u64,
    route_hints: [(); 0],
    private: bool,
    #[serde(serialize_with = "text")]
    add_index: u64,
    #[serde(serialize_with = "text")]
    settle_index: u64,
    #[serde(serialize_with = "text")]
    amt_paid: u64,
    #[serde(serialize_with = "text")]
    amt_paid_sat: u64,
    #[serde(serialize_with = "text")]
    amt_paid_msat: u64,
    state: &'static str,
    htlcs: Vec<Value>,
    features: Value,
    is_keysend: bool,
    payment_addr: String,
    is_amp: bool,
    amp_invoice_state: Value,
    is_blinded: bool,
}

impl From<Hold> for Invoice {
    fn from(hold: Hold) -> Self {
        let settled = hold.state == HoldState::Settled;
        let paid = hold.payment.filter(|_| settled).map_or(0, |payment| payment.msat);
        let state = match hold.state {
            HoldState::Open => "OPEN",
            HoldState::Settled => "SETTLED",
            HoldState::Cancelled => "CANCELED",
            HoldState::Accepted | HoldState::Settling => "ACCEPTED",
        };
        let parts = parts(&hold);
        Self {
            memo: hold.memo,
            r_preimage: hold
                .preimage
                .filter(|_| settled)
                .map_or_else(String::new, |it| base64(&it)),
            r_hash: base64(&hold.hash),
            value: hold.value_msat / 1_000,
            value_msat: hold.value_msat,
            settled,
            creation_date: hold.created_at,
            settle_date: hold.ended_at.filter(|_| settled).unwrap_or(0),
            payment_request: hold.invoice,
            description_hash: String::new(),
            expiry: hold.expiry_s,
            fallback_addr: String::new(),
            cltv_expiry: hold.cltv_delta,
            route_hints: [],
            private: true,
            add_index: hold.add_index,
            settle_index: 0,
            amt_paid: paid,
            amt_paid_sat: paid / 1_000,
            amt_paid_msat: paid,
            state,
            htlcs: parts,
            features: json!({}),
            is_keysend: false,
            payment_addr: String::new(),
            is_amp: false,
            amp_invoice_state: json!({}),
            is_blinded: false,
        }
    }
}

/// LDK reports the sum of a payment's parts, and the height of the first that is returned: one part here.
fn parts(hold: &Hold) -> Vec<Value> {
    let Some(payment) = hold.payment else { return Vec::new() };
    let state = match hold.state {
        HoldState::Open | HoldState::Cancelled => "CANCELED",
        HoldState::Settled => "SETTLED",
        HoldState::Accepted | HoldState::Settling => "ACCEPTED",
    };
    vec![json!({
        "chan_id": "0", "htlc_index": "0", "amt_msat": payment.msat.to_string(),
        "accept_height": payment.accepted_height, "accept_time": payment.accepted_at.to_string(),
        "resolve_time": hold.ended_at.unwrap_or(0).to_string(),
        "expiry_height": payment.deadline_height + LND_MARGIN_BLOCKS, "state": state,
        "custom_records": {}, "mpp_total_amt_msat": payment.msat.to_string(), "amp": null,
    })]
}
