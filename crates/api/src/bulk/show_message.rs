//! `GET /api/v2/sms/{uuid}`: one message.

use axum::Json;
use axum::extract::State;
use http::Refusal;

use super::caller::MayLook;
use super::error_response::not_read;
use super::message::{MessageView, view};
use super::message_id::Named;
use crate::settings::DoorState;

pub(crate) async fn show_message(
    State(door): State<DoorState>,
    MayLook(account): MayLook,
    Named(message): Named,
) -> Result<Json<MessageView>, Refusal> {
    let found = door.engine.campaigns.get(account, message).await;
    Ok(Json(view(&found.map_err(|error| not_read(&error))?, &door.engine)))
}
