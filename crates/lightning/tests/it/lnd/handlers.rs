//! LND's endpoints (`invoicesrpc`, `lnrpc`), one function each, with its messages and encodings.

use std::sync::atomic::Ordering;

use axum::Json;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use domain::id::PaymentHash;
use domain::money::Msat;
use domain::ports::{HoldState, Lightning, NewHold, PortError};
use domain::sale::hold::HeldPayment;
use domain::secret::Preimage;
use serde::Deserialize;
use serde_json::{Value, json};

use super::fake::{Shared, StoredInvoice, refuse};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Add {
    hash: String,
    value_msat: String,
    memo: String,
    expiry: String,
    cltv_expiry: String,
    private: bool,
}

pub(crate) async fn add(State(shared): State<Shared>, Json(body): Json<Add>) -> Response {
    assert!(body.private);
    let hash = PaymentHash::from_slice(&STANDARD.decode(&body.hash).unwrap()).unwrap();
    let (value_msat, expiry) = (body.value_msat.parse().unwrap(), body.expiry.parse().unwrap());
    let cltv_expiry = body.cltv_expiry.parse().unwrap();
    if shared.stored.lock().unwrap().iter().any(|stored| stored.hash == hash) {
        return refuse(500, "invoice with payment hash already exists");
    }
    let hold = NewHold {
        hash,
        amount: Msat::new(value_msat),
        memo: body.memo.clone(),
        expiry: std::time::Duration::from_secs(expiry),
        cltv_delta: cltv_expiry,
    };
    let payment_request = shared.node().await.create_hold(hold).await.unwrap();
    let mut all = shared.stored.lock().unwrap();
    let answer = json!({
        "payment_request": payment_request,
        "add_index": (all.len() + 1).to_string(),
        "payment_addr": STANDARD.encode([0; 32]),
    });
    let add_index = all.len() + 1;
    all.push(StoredInvoice {
        hash,
        add_index,
        memo: body.memo,
        value_msat,
        expiry,
        cltv_expiry,
        payment_request,
    });
    Json(answer).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settle {
    preimage: String,
}

pub(crate) async fn settle(State(shared): State<Shared>, Json(body): Json<Settle>) -> Response {
    let bytes: [u8; 32] = STANDARD.decode(&body.preimage).unwrap().try_into().unwrap();
    let (preimage, node) = (Preimage::new(bytes), shared.node().await);
    // The sandbox decides atomically; its errors are translated.
    match node.settle(&preimage).await {
        Ok(()) => Json(json!({})).into_response(),
        Err(PortError::Conflict(why)) if why.contains("still open") => {
            refuse(500, "invoice still open")
        }
        Err(PortError::Conflict(why)) if why.contains("is cancelled") => {
            refuse(500, "invoice already canceled")
        }
        Err(_) => not_found(&shared),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cancel {
    payment_hash: String,
}

pub(crate) async fn cancel(State(shared): State<Shared>, Json(body): Json<Cancel>) -> Response {
    let hash = PaymentHash::from_slice(&STANDARD.decode(&body.payment_hash).unwrap()).unwrap();
    let node = shared.node().await;
    if node.lookup(hash).await.unwrap() == HoldState::Unknown {
        return not_found(&shared);
    }
    match node.cancel(hash).await {
        Ok(()) => Json(json!({})).into_response(),
        Err(_) => refuse(500, "invoice already settled"),
    }
}

fn not_found(shared: &Shared) -> Response {
    if shared.stored.lock().unwrap().is_empty() {
        return refuse(500, "there are no existing invoices");
    }
    refuse(404, "unable to locate invoice")
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lookup {
    payment_hash: String,
}

pub(crate) async fn lookup(State(shared): State<Shared>, Query(query): Query<Lookup>) -> Response {
    let hash = PaymentHash::from_slice(&URL_SAFE.decode(&query.payment_hash).unwrap()).unwrap();
    let stored = shared.stored.lock().unwrap().iter().find(|stored| stored.hash == hash).cloned();
    let Some(stored) = stored else { return not_found(&shared) };
    let state = shared.node().await.lookup(hash).await.unwrap();
    Json(invoice(&stored, state)).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct List {
    pending_only: bool,
    index_offset: usize,
    num_max_invoices: usize,
}

/// Few per page, so that paging is always needed.
pub(crate) async fn list(State(shared): State<Shared>, Query(query): Query<List>) -> Response {
    assert!(query.pending_only && query.num_max_invoices > 0);
    let (node, all) = (shared.node().await, shared.stored.lock().unwrap().clone());
    let page_max = shared.page_max.load(Ordering::Relaxed).min(query.num_max_invoices);
    let (mut invoices, mut last) = (Vec::new(), 0);
    for (index, stored) in (1..).zip(&all).skip(query.index_offset) {
        if invoices.len() == page_max {
            break;
        }
        let state = node.lookup(stored.hash).await.unwrap();
        shared.listed.fetch_add(1, Ordering::Relaxed);
        if matches!(state, HoldState::Open | HoldState::Held(_)) {
            invoices.push(invoice(stored, state));
            last = index;
        }
    }
    let first = query.index_offset.to_string();
    let (first, last) = (json!(first), json!(last.to_string()));
    let page =
        json!({ "invoices": invoices, "last_index_offset": last, "first_index_offset": first });
    Json(page).into_response()
}

pub(crate) async fn info(State(shared): State<Shared>) -> Response {
    let tip = shared.node().await.tip().await.unwrap();
    let network = *shared.network.lock().unwrap();
    Json(json!({
        "identity_pubkey": shared.node().await.node_id(), "block_height": tip.height,
        "best_header_timestamp": tip.seen_at.as_secs().to_string(),
        "synced_to_chain": tip.synced, "synced_to_graph": true, "num_active_channels": 2,
        "version": "0.20.0-beta", "chains": [{"chain": "bitcoin", "network": network}],
    }))
    .into_response()
}

/// Every field that LND sends.
pub(crate) fn invoice(stored: &StoredInvoice, state: HoldState) -> Value {
    let (name, htlcs, paid) = match state {
        HoldState::Held(payment) => ("ACCEPTED", parts(payment), payment.amount.get()),
        HoldState::Settled => ("SETTLED", vec![], stored.value_msat),
        HoldState::Cancelled => ("CANCELED", vec![], 0),
        HoldState::Open | HoldState::Unknown => ("OPEN", vec![], 0),
    };
    let feature = |name: &str, is_required: bool| json!({ "name": name, "is_required": is_required, "is_known": true });
    json!({
        "memo": stored.memo, "r_preimage": "", "r_hash": STANDARD.encode(stored.hash.as_bytes()),
        "value": (stored.value_msat / 1_000).to_string(), "value_msat": stored.value_msat.to_string(),
        "settled": state == HoldState::Settled, "creation_date": "1700000000", "settle_date": "0",
        "payment_request": stored.payment_request, "description_hash": "", "expiry": stored.expiry.to_string(),
        "fallback_addr": "", "cltv_expiry": stored.cltv_expiry.to_string(), "route_hints": [], "private": true,
        "add_index": stored.add_index.to_string(), "settle_index": "0", "amt_paid": paid.to_string(),
        "amt_paid_sat": (paid / 1_000).to_string(), "amt_paid_msat": paid.to_string(), "state": name, "htlcs": htlcs,
        "features": {
            "8": feature("tlv-onion", true), "14": feature("payment-addr", true), "17": feature("multi-path-payments", false),
            "25": feature("route-blinding", false),
        },
        "is_keysend": false, "payment_addr": STANDARD.encode([7; 32]), "is_amp": false, "amp_invoice_state": {},
        "is_blinded": false, "blinded_path_config": null,
    })
}

/// Every payment has two parts, after a third one that failed.
fn parts(payment: HeldPayment) -> Vec<Value> {
    let (first, height) = (payment.amount.get() / 3, payment.deadline_height + 18);
    let part = |index: u32, msat: i64, expiry_height: u32, state: &str| {
        json!({
            "chan_id": "1", "htlc_index": index.to_string(), "amt_msat": msat.to_string(),
            "accept_height": 1, "accept_time": "1700000000", "resolve_time": "0",
            "expiry_height": expiry_height, "state": state, "custom_records": {},
        })
    };
    vec![
        part(0, first, height - 40, "CANCELED"),
        part(1, first, height + 40, "ACCEPTED"),
        part(2, payment.amount.get() - first, height, "ACCEPTED"),
    ]
}
