//! `GET /api/mobile/v1/settings`: the settings of the app that this server decides. The key signs the phone's events, and
//! takes effect at once.

use axum::Json;
use axum::extract::State;
use domain::phone::PING_EVERY;
use http::Refusal;
use serde_json::{Value, json};

use super::caller::OfPhone;
use super::error_response::not_called;
use crate::settings::DoorState;

/// Repeats of an event that is not answered: for two days.
const RETRIES: u32 = 15;

pub(crate) async fn show_settings(
    State(door): State<DoorState>,
    OfPhone(phone): OfPhone,
) -> Result<Json<Value>, Refusal> {
    let key = door.engine.phones.signing_key(phone.id).await.map_err(not_called)?;
    Ok(Json(json!({
        "webhooks": { "signing_key": key.expose(), "retry_count": RETRIES },
        "ping": { "interval_seconds": PING_EVERY.as_secs() },
        "gateway": { "notification_channel": "SSE_ONLY" },
    })))
}
