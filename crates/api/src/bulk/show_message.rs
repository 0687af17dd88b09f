//! `GET /api/v2/sms/{uuid}`: one message.

use axum::Json;
use axum::extract::State;
use http::Refusal;

use super::caller::MayLook;
use super::error_response::store_failed;
use super::message::{MessageView, view};
use super::message_id::{Named, no_such_message};
use crate::settings::DoorState;

pub(crate) async fn show_message(
    State(door): State<DoorState>,
    MayLook(account): MayLook,
    Named(message): Named,
) -> Result<Json<MessageView>, Refusal> {
    let found = door.engine.campaigns.get(account, message).await;
    let found = found.map_err(|error| store_failed(&error))?.ok_or_else(no_such_message)?;
    Ok(Json(view(&found, &door.engine)))
}
