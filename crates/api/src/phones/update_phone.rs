//! `PATCH /api/mobile/v1/device`: what a phone says of itself at each start of its app. A token or an id of another server
//! is 401, which makes the app register here.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use http::{Refusal, read_body, unauthorized};

use super::caller::{OfPhone, app_version};
use super::error_response::{not_called, unreadable};
use super::register_phone::wire_id;
use super::report::{Reported, body_limits};
use crate::settings::DoorState;

pub(crate) async fn update_phone(
    State(door): State<DoorState>,
    OfPhone(phone): OfPhone,
    request: Request,
) -> Result<StatusCode, Refusal> {
    let version = app_version(request.headers());
    let body = read_body(request, body_limits(&door)).await?;
    let reported: Reported = serde_json::from_slice(&body).map_err(|_| unreadable())?;
    if reported.id.as_deref().is_some_and(|id| id != wire_id(phone.id)) {
        return Err(unauthorized("the id is of another phone"));
    }
    let report = reported.report(version);
    door.engine.phones.report(phone.id, report).await.map_err(not_called)?;
    Ok(StatusCode::NO_CONTENT)
}
