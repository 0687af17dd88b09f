//! `POST /api/v2/sms/{uuid}/cancel`: a scheduled message is not sent, and its credits are given back.

use axum::Json;
use axum::extract::State;
use http::Refusal;
use serde::Serialize;

use super::caller::MaySend;
use super::credits::Amount;
use super::error_response::not_cancelled;
use super::message_id::Named;
use crate::settings::DoorState;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Cancelled {
    success: bool,
    uuid: String,
    status: &'static str,
    refunded_credits: Amount,
}

pub(crate) async fn cancel_message(
    State(door): State<DoorState>,
    MaySend(account): MaySend,
    Named(message): Named,
) -> Result<Json<Cancelled>, Refusal> {
    let engine = &door.engine;
    let refunded = engine.campaigns.cancel(account, message).await;
    let refunded = refunded.map_err(|error| not_cancelled(&error))?;
    Ok(Json(Cancelled {
        success: true,
        uuid: message.to_string(),
        status: "cancelled",
        refunded_credits: Amount(engine.campaigns.credits(refunded)),
    }))
}
