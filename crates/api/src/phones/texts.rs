//! `GET` and `PATCH /api/mobile/v1/message`: texts that the phone is to send, and what became of them. Reports of texts that
//! are not the phone's mean nothing, and are answered as all others.

use axum::Json;
use axum::extract::{RawQuery, Request, State};
use axum::http::StatusCode;
use domain::phone::{FetchedText, PhoneTextReport, PhoneTextState, error_code};
use http::{Refusal, read_body};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::caller::OfPhone;
use super::error_response::{not_called, unreadable};
use super::report::body_limits;
use crate::moment::moment;
use crate::settings::DoorState;

/// The app sends urgent texts without its pauses.
const URGENT: u8 = 100;

pub(crate) async fn list_messages(
    State(door): State<DoorState>,
    OfPhone(phone): OfPhone,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, Refusal> {
    let newest_first = query.unwrap_or_default().split('&').any(|pair| pair == "order=lifo");
    let texts = door.engine.phones.fetch_texts(phone.id, newest_first).await;
    Ok(Json(texts.map_err(not_called)?.iter().map(written).collect()))
}

fn written(text: &FetchedText) -> Value {
    json!({
        "id": text.id.to_string(),
        "textMessage": { "text": text.text.as_str() },
        // Its name before version 1.39.
        "message": text.text.as_str(),
        "phoneNumbers": [text.to.e164()],
        "simNumber": text.sim,
        "withDeliveryReport": text.wants_report,
        "isEncrypted": false,
        "priority": if text.is_urgent { URGENT } else { 0 },
        "validUntil": moment(text.valid_until),
        "createdAt": moment(text.created_at),
        "state": "Pending",
    })
}

#[derive(Deserialize)]
struct Reported {
    id: String,
    state: Option<String>,
    #[serde(default)]
    recipients: Vec<Recipient>,
}

#[derive(Deserialize)]
struct Recipient {
    state: Option<String>,
    error: Option<String>,
}

pub(crate) async fn report_messages(
    State(door): State<DoorState>,
    OfPhone(phone): OfPhone,
    request: Request,
) -> Result<StatusCode, Refusal> {
    let body = read_body(request, body_limits(&door)).await?;
    let reported: Vec<Reported> = serde_json::from_slice(&body).map_err(|_| unreadable())?;
    let reports = reported.into_iter().filter_map(report).collect();
    door.engine.phones.report_texts(phone.id, reports).await.map_err(not_called)?;
    Ok(StatusCode::NO_CONTENT)
}

/// A text has one recipient, who says more than the message. `None`: nothing of ours, or a state of a later app.
fn report(reported: Reported) -> Option<PhoneTextReport> {
    let Reported { id, state, recipients } = reported;
    let recipient = recipients.into_iter().next();
    let (of_recipient, error) =
        recipient.map_or((None, None), |recipient| (recipient.state, recipient.error));
    let state = of_recipient.or(state)?;
    self::of(&id, &state, error.as_deref())
}

/// `state` in the app's words.
pub(super) fn of(id: &str, state: &str, error: Option<&str>) -> Option<PhoneTextReport> {
    let id = id.parse::<Uuid>().ok()?;
    let state = match state {
        // It has the text and has not sent it yet.
        "Pending" | "Processed" => PhoneTextState::Processed,
        "Sent" => PhoneTextState::Sent,
        "Delivered" => PhoneTextState::Delivered,
        "Failed" | "Cancelled" => match error {
            Some(error) if error.starts_with("TTL expired") => PhoneTextState::Expired,
            _ => PhoneTextState::Failed,
        },
        _ => return None,
    };
    let has_failed = matches!(state, PhoneTextState::Failed | PhoneTextState::Expired);
    let code = has_failed.then(|| error_code(error.unwrap_or_default()));
    Some(PhoneTextReport { id, state, is_of_part: false, code })
}
