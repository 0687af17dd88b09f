//! `POST /api/mobile/v1/hook/{secret}`: an event of a phone. It is answered when it is stored; every other answer than a
//! 2xx makes the phone repeat it. Events that mean nothing here are answered too.

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use bytes::Bytes;
use domain::id::PhoneId;
use domain::inbound::Party;
use domain::phone::{Health, PhoneReport, PhoneTextReport};
use domain::text::Text;
use engine::phones::PhoneText;
use http::{Counter, Refusal, read_body};
use serde::Deserialize;
use serde_json::Value;

use super::caller::app_version;
use super::error_response::{not_called, not_received, unreadable};
use super::report::{SimCard, body_limits, sims};
use super::texts;
use crate::moment;
use crate::settings::DoorState;

/// Longer ids, hashes and senders are none of the app's.
const FIELD_CHARS_MAX: usize = 128;

#[derive(Deserialize)]
struct Event {
    id: String,
    event: String,
    #[serde(default)]
    payload: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Received {
    message_id: String,
    message: String,
    sender: Option<String>,
    /// The sender's older name.
    phone_number: Option<String>,
    recipient: Option<String>,
    sim_number: Option<i64>,
    /// The network's time.
    #[serde(default)]
    received_at: Value,
}

/// Of a text that we gave it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TextOutcome {
    message_id: String,
    reason: Option<String>,
}

#[derive(Deserialize)]
struct Ping {
    health: PingHealth,
}

#[derive(Deserialize)]
struct PingHealth {
    status: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Started {
    #[serde(default)]
    sim_cards: Vec<SimCard>,
}

pub(crate) async fn receive_event(
    State(door): State<DoorState>,
    Path(secret): Path<String>,
    counter: Counter,
    request: Request,
) -> Result<StatusCode, Refusal> {
    let headers = request.headers().clone();
    let body = read_body(request, body_limits(&door)).await?;
    let phones = &door.engine.phones;
    let (timestamp, signature) = (text(&headers, "x-timestamp"), text(&headers, "x-signature"));
    let phone = phones.authenticate_hook(&secret, &body, timestamp, signature).await;
    let phone = match phone {
        Ok(phone) => phone,
        Err(error) => {
            // URLs are guessed here.
            counter.count(None)?;
            return Err(not_received(error));
        }
    };
    take(&door, phone, &headers, &body).await?;
    Ok(StatusCode::OK)
}

async fn take(
    door: &DoorState,
    phone: PhoneId,
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<(), Refusal> {
    let phones = &door.engine.phones;
    let Event { id, event, payload } = serde_json::from_slice(body).map_err(|_| unreadable())?;
    match event.as_str() {
        "sms:received" => {
            let text = received(id, payload)?;
            phones.receive(phone, text).await.map(drop).map_err(not_received)
        }
        "sms:sent" | "sms:delivered" | "sms:failed" => {
            let outcome: TextOutcome = read(payload)?;
            let state = match event.as_str() {
                "sms:sent" => "Sent",
                "sms:delivered" => "Delivered",
                _ => "Failed",
            };
            let report = texts::of(&outcome.message_id, state, outcome.reason.as_deref());
            // It comes with each part.
            let report = report.map(|report| PhoneTextReport { is_of_part: true, ..report });
            let reports = report.into_iter().collect();
            phones.report_texts(phone, reports).await.map_err(not_called)
        }
        "system:ping" => {
            let ping: Ping = read(payload)?;
            // A word that a later app has says at least that it runs.
            let health = ping.health.status.parse().unwrap_or(Health::Warn);
            phones.ping(phone, health).await.map_err(not_received)
        }
        "app:started" => {
            let started: Started = read(payload)?;
            let app_version = app_version(headers);
            let sims = sims(&started.sim_cards);
            let report = PhoneReport { app_version, sims, ..PhoneReport::default() };
            phones.started(phone, report).await.map_err(not_received)
        }
        _ => Ok(()),
    }
}

fn received(event: String, payload: Value) -> Result<PhoneText, Refusal> {
    let received: Received = read(payload)?;
    let from = received.sender.or(received.phone_number).unwrap_or_else(|| "unknown".to_owned());
    let is_long = |text: &str| text.chars().count() > FIELD_CHARS_MAX;
    if [&event, &received.message_id, &from].into_iter().any(|text| is_long(text)) {
        return Err(unreadable());
    }
    Ok(PhoneText {
        event,
        message: received.message_id,
        from: Party::new(from),
        text: Text::from(received.message),
        sim: received.sim_number.and_then(|sim| sim.try_into().ok()),
        recipient: received.recipient.filter(|recipient| !is_long(recipient)).map(Party::new),
        // Of one that cannot be read the arrival alone counts.
        sent_at: received.received_at.as_str().and_then(moment::read),
    })
}

fn read<T: serde::de::DeserializeOwned>(payload: Value) -> Result<T, Refusal> {
    serde_json::from_value(payload).map_err(|_| unreadable())
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
