//! `POST /api/v2/sms/preview`: the price of a message. Nothing is stored, and no sender is needed.

use axum::Json;
use axum::extract::{Request, State};
use engine::Engine;
use engine::accept::{Draft, Estimate, Sender};
use http::Refusal;
use serde::Serialize;

use super::caller::MayLook;
use super::credits::Amount;
use super::error_response::not_sent;
use super::message::Counted;
use super::read::read_send_request;
use crate::moment::Moment;
use crate::settings::DoorState;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Estimated {
    success: bool,
    dry_run: bool,
    #[serde(flatten)]
    counted: Counted,
    message_parts: u16,
    credits_per_message: Amount,
    credits: Amount,
    balance: Amount,
    sufficient: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    held_until: Option<Moment>,
}

pub(super) fn estimated(estimate: &Estimate, engine: &Engine) -> Json<Estimated> {
    let amount = |amount| Amount(engine.campaigns.credits(amount));
    Json(Estimated {
        success: true,
        dry_run: true,
        counted: Counted::of(estimate.total, estimate.left_out),
        message_parts: estimate.parts,
        credits_per_message: amount(estimate.price_each),
        credits: amount(estimate.price),
        balance: amount(estimate.available),
        sufficient: estimate.price <= estimate.available,
        held_until: estimate.held_until.map(Moment),
    })
}

pub(crate) async fn preview_message(
    State(door): State<DoorState>,
    MayLook(account): MayLook,
    request: Request,
) -> Result<Json<Estimated>, Refusal> {
    let (send, _slot) = read_send_request(request, account, &door).await?;
    let engine = &door.engine;
    // Neither the sender nor the start time matters here.
    let draft = Draft { start_at: None, ..send.draft(account, Sender::OfCarrier)? };
    let estimate = engine.accept.quote(draft).await.map_err(|error| not_sent(&error, engine))?;
    Ok(estimated(&estimate, engine))
}
