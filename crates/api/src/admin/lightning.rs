//! `/admin/v1/lightning…`: the Lightning node, and payments at it that belong to no order.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::id::PaymentHash;
use domain::ports::PortError;
use engine::lightning_node::CancelOrphanError;
use http::{By, JsonObject, Refusal, conflict, not_found, unavailable};
use serde::Deserialize;
use serde_json::{Value, json};

use super::error_response::{field, store_failed};
use crate::lightning_view::{lightning_view, orphan_view};
use crate::settings::DoorState;

pub(crate) async fn show_lightning(State(door): State<DoorState>) -> Result<Json<Value>, Refusal> {
    let status = door.engine.lightning_node.status().await.map_err(store_failed)?;
    Ok(Json(lightning_view(&status)))
}

pub(crate) async fn list_orphans(State(door): State<DoorState>) -> Result<Json<Value>, Refusal> {
    let orphans =
        door.engine.lightning_node.orphans().await.map_err(|error| node_failed(&error))?;
    Ok(Json(json!({ "data": orphans.iter().map(orphan_view).collect::<Vec<_>>() })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct WhichPayment {
    payment_hash: String,
}

impl WhichPayment {
    pub(super) fn read(&self) -> Result<PaymentHash, Refusal> {
        self.payment_hash.parse().map_err(|_| field("paymentHash", "must be 64 hexadecimal digits"))
    }
}

pub(crate) async fn cancel_orphan(
    State(door): State<DoorState>,
    By(by): By,
    JsonObject(which): JsonObject<WhichPayment>,
) -> Result<StatusCode, Refusal> {
    let cancelled = door.engine.lightning_node.cancel_orphan(which.read()?, by).await;
    cancelled.map_err(not_cancelled)?;
    Ok(StatusCode::NO_CONTENT)
}

fn not_cancelled(error: CancelOrphanError) -> Refusal {
    let text = error.to_string();
    match error {
        CancelOrphanError::NotPending => not_found(text),
        CancelOrphanError::OfLiveOrder(_)
        | CancelOrphanError::NotOurs
        | CancelOrphanError::Settled => conflict(text),
        CancelOrphanError::StillThere => unavailable(text),
        CancelOrphanError::Node(source) => node_failed(&source),
        CancelOrphanError::Store(source) => store_failed(source),
    }
}

/// Its own words may hold addresses, which go to the log alone.
fn node_failed(error: &PortError) -> Refusal {
    tracing::warn!(%error, "the Lightning node could not serve an operator's request");
    unavailable("the Lightning node does not answer; try again")
}
