//! `GET` and `PATCH /api/mobile/v1/message`: messages that the phone is to send, of which there are none, and their
//! states. Reports of messages that another server gave it are taken and mean nothing here.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use http::{Refusal, read_body};
use serde_json::Value;

use super::caller::OfPhone;
use super::report::body_limits;
use crate::settings::DoorState;

pub(crate) async fn list_messages(_: OfPhone) -> Json<[Value; 0]> {
    Json([])
}

pub(crate) async fn report_messages(
    State(door): State<DoorState>,
    _: OfPhone,
    request: Request,
) -> Result<StatusCode, Refusal> {
    read_body(request, body_limits(&door)).await?;
    Ok(StatusCode::NO_CONTENT)
}
