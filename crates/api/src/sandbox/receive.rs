//! `POST /sandbox/receive {"from": "+45…", "to": "1919", "text": "…"}`: plays a phone that sends to
//! one of our numbers, as if the sandbox carrier had brought its message. Answers
//! `{"state":"received"}` when it is stored.

use axum::Json;
use axum::extract::State;
use domain::inbound::{InboundBody, InboundPart, Party, Spelling};
use domain::time::Timestamp;
use http::{Refusal, bad_request, not_found, unavailable};
use serde::Serialize;

use super::Fields;
use crate::settings::DoorState;

/// As long as an address may be in SMPP (3.4 §5.2.8).
const PARTY_CHARS_MAX: usize = 20;

/// Ten parts: more than a phone sends.
const TEXT_CHARS_MAX: usize = 1_530;

#[derive(Serialize)]
pub(crate) struct Received {
    state: &'static str,
}

pub(crate) async fn receive(
    State(door): State<DoorState>,
    fields: Fields,
) -> Result<Json<Received>, Refusal> {
    let Some(carrier) = &door.settings.sandbox_carrier else {
        return Err(not_found("there is no sandbox carrier here"));
    };
    let part = InboundPart {
        carrier: carrier.clone(),
        from: party(&fields, "from")?,
        to: party(&fields, "to")?,
        spelling: Spelling::default(),
        body: InboundBody::Text(within(fields.required_text("text")?, "text", TEXT_CHARS_MAX)?),
        join: None,
        at: door.engine.now(),
        // Every request is a message of its own.
        interrupted_at: Timestamp::from_millis(0),
    };
    match door.engine.inbox().inbound(vec![part]).await {
        Ok(()) => Ok(Json(Received { state: "received" })),
        Err(error) => {
            tracing::warn!(%error, "a message could not be received");
            Err(unavailable("it could not be stored; try again"))
        }
    }
}

fn party(fields: &Fields, name: &str) -> Result<Party, Refusal> {
    Ok(Party::new(within(&fields.required_digits(name)?, name, PARTY_CHARS_MAX)?))
}

fn within(text: &str, name: &str, chars_max: usize) -> Result<String, Refusal> {
    let text = text.trim();
    if text.is_empty() {
        return Err(bad_request(format!("`{name}` is empty")));
    }
    if text.chars().count() > chars_max {
        return Err(bad_request(format!("`{name}` has more than {chars_max} characters")));
    }
    Ok(text.to_owned())
}
