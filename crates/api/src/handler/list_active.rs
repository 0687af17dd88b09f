//! `getActiveActivations`: the caller's open activations with their codes, newest first.

use domain::activation::country::Country;
use domain::activation::state::ActivationState;
use domain::activation::{Activation, State};
use domain::ports::ActivationList;
use serde_json::{Value, json};

use super::amount::Unit;
use super::answer::{Answer, Answered, Failure};
use super::call::Call;
use super::fields::date_time;
use super::get_number::digits;
use super::show_status::messages;
use crate::settings::DoorState;

/// Activations of one answer; `limit` asks for fewer.
const LISTED_MAX: u32 = 100;

/// Of all open ones, as far as `start` reaches.
const OPEN_MAX: u32 = 10_000;

pub(super) async fn get_active_activations(door: &DoorState, call: &Call) -> Answered {
    let number = |name: &str, otherwise: u32| match call.get(name) {
        None => Ok(otherwise),
        Some(text) => text.parse().map_err(|_| Failure::word("ERROR_SQL")),
    };
    let (start, limit) = (number("start", 0)?, number("limit", LISTED_MAX)?.min(LISTED_MAX));
    let list = ActivationList {
        account: call.account,
        open: true,
        rentals: Some(false),
        before: None,
        limit: start.saturating_add(limit).min(OPEN_MAX),
    };
    let open = door.engine.activations.list(list).await?;
    let mut entries = Vec::new();
    for activation in open.iter().skip(usize::try_from(start).unwrap_or(usize::MAX)) {
        if activation.number.is_some() {
            entries.push(entry(door, activation).await?);
        }
    }
    if entries.is_empty() {
        return Ok(Answer::Json(json!({ "status": "error", "error": "NO_ACTIVATIONS" })));
    }
    Ok(Answer::Json(json!({ "status": "success", "activeActivations": entries })))
}

async fn entry(door: &DoorState, activation: &Activation) -> Result<Value, Failure> {
    let came = match activation.messages {
        0 => Vec::new(),
        _ => messages(door, activation).await?,
    };
    let codes: Vec<_> =
        came.iter().map(|message| message.code.as_ref().map(|it| it.as_str())).collect();
    let texts: Vec<_> = came.iter().map(|message| message.text.as_str()).collect();
    let (codes, texts) = match came.is_empty() {
        true => (Value::Null, Value::Null),
        false => (json!(codes), json!(texts)),
    };
    let country = activation.country;
    Ok(json!({
        "activationId": activation.id.to_string(),
        "serviceCode": activation.wanted.service.as_str(),
        "phoneNumber": digits(activation.number),
        "activationCost": Unit(door.settings.handler_unit).price(activation.price),
        "activationStatus": status(activation.state),
        "smsCode": codes,
        "smsText": texts,
        "activationTime": date_time(activation.assigned_at.unwrap_or(activation.paid_at)),
        "discount": "0",
        "repeated": "0",
        "countryCode": country.map(|country| country.to_string()),
        "countryName": country.and_then(Country::of).map(Country::label),
        "canGetAnotherSms": "1",
    }))
}

/// The old services' number of a state: waits, waits for another code, has one.
fn status(state: State) -> &'static str {
    match state {
        State::Activation(ActivationState::Code) => "2",
        State::Activation(ActivationState::WaitingNext) => "3",
        State::Activation(_) | State::Rental(_) => "4",
    }
}
