//! `/admin/v1/payouts…` and `/admin/v1/referrers…`: shares of referrers, and their payment.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::id::PaymentHash;
use domain::payout::{LightningAddress, PayoutState};
use domain::ports::{Payout, PayoutList, Referrer};
use engine::payouts::EndLostError;
use http::{By, JsonObject, QueryPairs, Refusal, conflict, not_found, unavailable};
use serde::Deserialize;
use serde_json::{Value, json};

use super::error_response::{field, store_failed};
use super::lightning::WhichPayment;
use super::page::{bad_cursor, limit, page};
use crate::moment::{Moment, moment};
use crate::settings::DoorState;

fn view(payout: &Payout) -> Value {
    json!({
        "paymentHash": payout.hash.to_string(),
        "address": payout.address.as_str(),
        "amountMsat": payout.amount,
        "feeMaxMsat": payout.fee_max,
        "feeMsat": payout.fee,
        "status": payout.state.as_str(),
        "trouble": payout.trouble.map(|trouble| trouble.as_str()),
        "createdAt": Moment(payout.created_at),
        "updatedAt": Moment(payout.updated_at),
        "invoiceExpiresAt": Moment(payout.expires_at),
        "nodeKey": hex::encode(payout.node_key),
    })
}

fn referrer_view(referrer: &Referrer) -> Value {
    json!({
        "address": referrer.address.as_str(),
        "dueMsat": referrer.due,
        "failures": referrer.failures,
        "trouble": referrer.trouble.map(|trouble| trouble.as_str()),
        "nextTryAt": Moment(referrer.next_try_at),
        "stoppedAt": referrer.stopped_at.map(Moment),
    })
}

/// Newest first.
pub(crate) async fn list_payouts(
    State(door): State<DoorState>,
    query: QueryPairs,
) -> Result<Json<Value>, Refusal> {
    let limit = limit(&query)?;
    let state = query.written("status").map(str::parse::<PayoutState>).transpose();
    let state = state.map_err(|_| field("status", "must be attempting, paid or failed"))?;
    let before = query.written("after").map(str::parse::<PaymentHash>).transpose();
    let before = before.map_err(|_| bad_cursor())?;
    let list = PayoutList { state, before, limit: limit + 1 };
    let found = door.engine.payouts.list(list).await.map_err(store_failed)?;
    Ok(Json(page(found, limit, view, |payout| json!(payout.hash.to_string()))))
}

/// Referrers with shares that are due.
pub(crate) async fn list_referrers(
    State(door): State<DoorState>,
    query: QueryPairs,
) -> Result<Json<Value>, Refusal> {
    let limit = limit(&query)?;
    let after = query.written("after").map(str::parse::<LightningAddress>).transpose();
    let after = after.map_err(|_| bad_cursor())?;
    let found = door.engine.payouts.referrers(after, limit + 1).await.map_err(store_failed)?;
    Ok(Json(page(found, limit, referrer_view, |it| json!(it.address.as_str()))))
}

pub(crate) async fn show_payouts(State(door): State<DoorState>) -> Result<Json<Value>, Refusal> {
    state_view(&door).await
}

async fn state_view(door: &DoorState) -> Result<Json<Value>, Refusal> {
    let load = door.engine.payouts.load().await.map_err(store_failed)?;
    Ok(Json(json!({
        "dueMsat": load.due,
        "attempting": load.attempting,
        "referrersStopped": load.stopped,
        "pausedAt": load.paused_at.map(Moment),
    })))
}

/// No payment begins any more; those under way end.
pub(crate) async fn pause_payouts(
    State(door): State<DoorState>,
    By(by): By,
) -> Result<Json<Value>, Refusal> {
    door.engine.payouts.pause(by).await.map_err(store_failed)?;
    state_view(&door).await
}

pub(crate) async fn resume_payouts(
    State(door): State<DoorState>,
    By(by): By,
) -> Result<Json<Value>, Refusal> {
    door.engine.payouts.resume(by).await.map_err(store_failed)?;
    state_view(&door).await
}

/// Ends a payment of a Lightning node that is gone for ever.
pub(crate) async fn end_payout(
    State(door): State<DoorState>,
    By(by): By,
    JsonObject(which): JsonObject<WhichPayment>,
) -> Result<StatusCode, Refusal> {
    let ended = door.engine.payouts.end_lost(which.read()?, by).await;
    ended.map_err(not_ended)?;
    Ok(StatusCode::NO_CONTENT)
}

fn not_ended(error: EndLostError) -> Refusal {
    let text = error.to_string();
    match error {
        EndLostError::NoSuchPayout => not_found(text),
        EndLostError::Ended(_) | EndLostError::OfOurNode => conflict(text),
        EndLostError::NotBefore(at) => conflict(format!("{text}; try again at {}", moment(at))),
        EndLostError::NodeUnavailable(source) => {
            tracing::warn!(error = %source, "the Lightning node's key could not be read");
            unavailable(text)
        }
        EndLostError::Store(source) => store_failed(source),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Whose {
    address: String,
}

/// The next try is due, also of one that waits for the operator.
pub(crate) async fn retry_referrer(
    State(door): State<DoorState>,
    By(by): By,
    JsonObject(Whose { address }): JsonObject<Whose>,
) -> Result<StatusCode, Refusal> {
    let address: LightningAddress =
        address.parse().map_err(|_| field("address", "must be a Lightning address"))?;
    if door.engine.payouts.retry(&address, by).await.map_err(store_failed)? {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(not_found("nothing is due to this address"))
}
