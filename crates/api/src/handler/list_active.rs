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
    let mut listed = with_numbers(door, call, start.saturating_add(limit).min(OPEN_MAX)).await?;
    listed.drain(..listed.len().min(usize::try_from(start).unwrap_or(usize::MAX)));
    let mut keys = door.engine.activations.keys(&listed).await?;
    let mut entries = Vec::new();
    for activation in &listed {
        let mut entry = entry(door, activation).await?;
        if let (Some(key), Some(entry)) = (keys.remove(&activation.order), entry.as_object_mut()) {
            entry.insert("idempotencyKey".to_owned(), json!(key));
        }
        entries.push(entry);
    }
    if entries.is_empty() {
        return Ok(Answer::Json(json!({ "status": "error", "error": "NO_ACTIVATIONS" })));
    }
    Ok(Answer::Json(json!({ "status": "success", "activeActivations": entries })))
}

/// At most `limit`; those that have no number yet are left out, and do not count.
async fn with_numbers(
    door: &DoorState,
    call: &Call,
    limit: u32,
) -> Result<Vec<Activation>, Failure> {
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
    let (mut listed, mut before) = (Vec::new(), None);
    loop {
        let (account, rentals) = (call.account, Some(false));
        let list = ActivationList { account, open: true, rentals, before, limit };
        let page = door.engine.activations.list(list).await?;
        let is_last = page.len() < wanted;
        before = page.last().map(|activation| activation.id);
        listed.extend(page.into_iter().filter(|activation| activation.number.is_some()));
        if is_last || before.is_none() || listed.len() >= wanted {
            listed.truncate(wanted);
            return Ok(listed);
        }
    }
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
