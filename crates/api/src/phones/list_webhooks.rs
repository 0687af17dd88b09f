//! `GET /api/mobile/v1/webhooks`: the events that the phone is to report, and the URL that is its own. An event that an app
//! does not know makes it drop the whole list.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::HOST;
use http::{Refusal, bad_request};
use serde_json::{Value, json};

use super::caller::{OfPhone, app_version, is_at_least};
use super::error_response::not_called;
use crate::settings::DoorState;

/// Reports the start of the app, with whole numbers of the SIM cards.
const STARTED_SINCE: (u32, u32) = (1, 66);

pub(crate) async fn list_webhooks(
    State(door): State<DoorState>,
    OfPhone(phone): OfPhone,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    let hook = door.engine.phones.hook(phone.id).await.map_err(not_called)?;
    let url = format!("{}/hook/{}", base_url(&door, &headers)?, hook.expose());
    let mut events = vec!["sms:received", "system:ping", "sms:sent", "sms:delivered", "sms:failed"];
    if is_at_least(app_version(&headers).as_deref(), STARTED_SINCE) {
        events.push("app:started");
    }
    // The phone notifies its owner of every new id.
    let webhook =
        |event: &str| json!({ "id": event.replace(':', "-"), "url": url, "event": event });
    Ok(Json(events.into_iter().map(webhook).collect()))
}

/// Where phones reach this door: as configured, or by the name that this one called. An app calls without TLS only on its
/// own machine.
fn base_url(door: &DoorState, headers: &HeaderMap) -> Result<String, Refusal> {
    if let Some(url) = &door.settings.phones_url {
        return Ok(url.trim_end_matches('/').to_owned());
    }
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let host = host.ok_or_else(|| bad_request("the Host header is missing"))?;
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let scheme = if matches!(name, "127.0.0.1" | "localhost") { "http" } else { "https" };
    Ok(format!("{scheme}://{host}/api/mobile/v1"))
}
