//! `POST /api/v2/sms/{uuid}/pause` and `…/resume`, ours: a paused campaign is not handed to
//! carriers until it is resumed.

use axum::Json;
use axum::extract::State;
use domain::id::{AccountId, MessageId};
use http::Refusal;
use serde::Serialize;

use super::caller::MaySend;
use super::error_response::not_paused;
use super::message_id::Named;
use crate::settings::DoorState;

#[derive(Serialize)]
pub(crate) struct Paused {
    success: bool,
    uuid: String,
    status: &'static str,
    paused: bool,
}

pub(crate) async fn pause_message(
    State(door): State<DoorState>,
    MaySend(account): MaySend,
    Named(message): Named,
) -> Result<Json<Paused>, Refusal> {
    set(&door, account, message, true).await
}

pub(crate) async fn resume_message(
    State(door): State<DoorState>,
    MaySend(account): MaySend,
    Named(message): Named,
) -> Result<Json<Paused>, Refusal> {
    set(&door, account, message, false).await
}

async fn set(
    door: &DoorState,
    account: AccountId,
    message: MessageId,
    paused: bool,
) -> Result<Json<Paused>, Refusal> {
    let stored = door.engine.campaigns.pause(account, message, paused).await;
    let stored = stored.map_err(|error| not_paused(&error))?;
    Ok(Json(Paused {
        success: true,
        uuid: stored.id.to_string(),
        status: stored.state.as_str(),
        paused: stored.paused,
    }))
}
