//! `POST /api/mobile/v1/device`: registers a phone by its enrolment token. A repeat makes no other phone: it gets a new
//! token of its own, and the one of before is dead.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use domain::id::PhoneId;
use http::{Counter, Refusal, read_body};
use serde_json::{Value, json};

use super::caller::{app_version, bearer};
use super::error_response::{not_called, unreadable};
use super::report::{Reported, body_limits};
use crate::settings::DoorState;

pub(super) fn wire_id(phone: PhoneId) -> String {
    format!("phone-{}", phone.0)
}

pub(crate) async fn register_phone(
    State(door): State<DoorState>,
    counter: Counter,
    request: Request,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    // Tokens are guessed here.
    counter.count(None)?;
    let enrolment = bearer(request.headers())?.to_owned();
    let version = app_version(request.headers());
    let body = read_body(request, body_limits(&door)).await?;
    let reported: Reported = serde_json::from_slice(&body).map_err(|_| unreadable())?;
    let registered = door.engine.phones.register(&enrolment, reported.report(version)).await;
    let registered = registered.map_err(not_called)?;
    let phone = &registered.phone;
    if phone.waits_for_push {
        tracing::warn!(phone = phone.id.0, "a phone waits for pushes: set its channel to SSE Only");
    }
    let (id, token) = (wire_id(phone.id), registered.token.expose());
    Ok((StatusCode::CREATED, Json(json!({ "id": id, "token": token, "login": phone.name }))))
}
