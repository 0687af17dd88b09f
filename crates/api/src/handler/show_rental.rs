//! `getRentStatus`: the messages to a rented number, newest first.

use domain::activation::rental::RentalState;
use domain::activation::{Activation, State};
use domain::ports::ActivationMessageList;
use serde_json::{Map, Value, json};

use super::answer::{Answer, Answered, Failure};
use super::call::Call;
use super::fields::date_time;
use crate::settings::DoorState;

/// Messages on a page, unless `size` says otherwise.
const PAGE: u32 = 10;
const PAGE_MAX: u32 = 100;

pub(super) async fn get_rent_status(door: &DoorState, call: &Call) -> Answered {
    let rental = find_rental(door, call).await?;
    match rental.state {
        State::Rental(RentalState::Ended) => return Err(word("STATUS_FINISH")),
        State::Rental(RentalState::Cancelled) => return Err(word("STATUS_CANCEL")),
        State::Rental(_) | State::Activation(_) if rental.messages == 0 => {
            return Err(word("STATUS_WAIT_CODE"));
        }
        State::Rental(_) | State::Activation(_) => {}
    }
    let number = |name: &str, otherwise: u32| match call.get(name) {
        None => Ok(otherwise),
        Some(text) => text.parse().map_err(|_| word("ERROR_SQL")),
    };
    let size = number("size", PAGE)?.clamp(1, PAGE_MAX);
    // Numbered from 1 in the order of arrival; a page is counted from the newest.
    let newest = rental.messages.saturating_sub(number("page", 0)?.saturating_mul(size));
    let after = newest.saturating_sub(size);
    let list = ActivationMessageList { activation: rental.id, after, limit: newest - after };
    let page = match newest {
        0 => Vec::new(),
        _ => door
            .engine
            .activations
            .messages(list)
            .await
            .map_err(|error| Failure::from(error).into_json())?,
    };
    let values: Map<String, Value> = page
        .iter()
        .rev()
        .enumerate()
        .map(|(place, message)| {
            let entry = json!({
                // Not known to every supplier.
                "phoneFrom": "",
                "text": message.text.as_str(),
                "code": message.code.as_ref().map(|code| code.as_str()),
                "service": rental.wanted.service.as_str(),
                "date": date_time(message.at),
            });
            (place.to_string(), entry)
        })
        .collect();
    let quantity = rental.messages.to_string();
    Ok(Answer::Json(json!({ "status": "success", "quantity": quantity, "values": values })))
}

pub(super) fn word(word: &str) -> Failure {
    Failure::InJson(word.to_owned())
}

/// A rental of the caller; an extension is none.
pub(super) async fn find_rental(door: &DoorState, call: &Call) -> Result<Activation, Failure> {
    if call.get("id").is_none() {
        return Err(word("NO_ID_RENT"));
    }
    let id = call.id().map_err(|_| word("INVALID_PHONE"))?;
    let found = door.engine.activations.get(id, Some(call.account)).await;
    let found = found.map_err(|error| Failure::from(error).into_json())?;
    let rental = found.filter(|found| found.wanted.is_rental() && found.wanted.extends().is_none());
    rental.ok_or_else(|| word("INVALID_PHONE"))
}
