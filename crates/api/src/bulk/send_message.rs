//! `POST /api/v2/sms/send`: one text to many numbers, now or later; with `dryRun` only its price.

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use domain::message::door::Door;
use engine::Engine;
use engine::accept::{Accepted, Repeat, Request as AcceptRequest};
use http::Refusal;
use serde::Serialize;

use super::caller::MaySend;
use super::credits::Amount;
use super::error_response::not_sent;
use super::message::Counted;
use super::preview_message::estimated;
use super::read::read_send_request;
use crate::moment::Moment;
use crate::settings::DoorState;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Sent {
    success: bool,
    uuid: String,
    status: &'static str,
    #[serde(flatten)]
    counted: Counted,
    message_parts: u16,
    credits: Amount,
    scheduled_time: Option<Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    held_until: Option<Moment>,
    /// Signs what its webhook gets.
    #[serde(skip_serializing_if = "Option::is_none")]
    webhook_secret: Option<String>,
}

pub(super) fn sent(accepted: &Accepted, engine: &Engine) -> Json<Sent> {
    Json(Sent {
        success: true,
        uuid: accepted.id.to_string(),
        status: if accepted.start_at.is_some() { "scheduled" } else { "pending" },
        counted: Counted::of(accepted.total, accepted.left_out),
        message_parts: accepted.parts,
        credits: Amount(engine.campaigns.credits(accepted.price)),
        scheduled_time: accepted.start_at.map(Moment),
        held_until: accepted.held_until.map(Moment),
        webhook_secret: accepted.webhook_secret.as_ref().map(|secret| secret.expose().to_owned()),
    })
}

pub(crate) async fn send_message(
    State(door): State<DoorState>,
    MaySend(account): MaySend,
    request: Request,
) -> Result<Response, Refusal> {
    let (mut send, _slot) = read_send_request(request, account, &door).await?;
    let (engine, dry_run) = (&door.engine, send.dry_run);
    let sender = send.take_sender()?;
    let campaign_webhook = send.take_webhook()?;
    let repeat = send.idempotency.take().map_or(Repeat::Never, Repeat::Key);
    let draft = send.draft(account, sender)?;
    let refused = |error| not_sent(&error, engine);
    if dry_run {
        let estimate = engine.accept.quote(draft).await.map_err(refused)?;
        return Ok(estimated(&estimate, engine).into_response());
    }
    let request = AcceptRequest {
        draft,
        door: Door::Bulk,
        // Only orders are counted by client.
        client: String::new(),
        webhook: None,
        campaign_webhook,
        callbacks: Vec::new(),
        with_account_callback: false,
        referral: None,
        takes_sms_ids: false,
        repeat,
    };
    let accepted = engine.accept.accept(request).await.map_err(refused)?;
    Ok(sent(&accepted, engine).into_response())
}
