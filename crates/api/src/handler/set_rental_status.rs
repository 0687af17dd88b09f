//! `setRentStatus`: a rental is ended (1), or cancelled for the money (2).

use domain::activation::State;
use domain::activation::rental::RentalState;
use serde_json::json;

use super::answer::{Answer, Answered};
use super::call::Call;
use super::refusals::rental_not_changed;
use super::show_rental::{find_rental, word};
use crate::settings::DoorState;

pub(super) async fn set_rent_status(door: &DoorState, call: &Call) -> Answered {
    let rental = find_rental(door, call).await?;
    match rental.state {
        State::Rental(RentalState::Cancelled) => return Err(word("ALREADY_CANCEL")),
        State::Rental(RentalState::Ended) => return Err(word("ALREADY_FINISH")),
        State::Rental(_) | State::Activation(_) => {}
    }
    let (id, account) = (rental.id, Some(call.account));
    let changed = match call.get("status").unwrap_or_default() {
        "1" => door.engine.activations.finish(id, account).await,
        "2" => door.engine.activations.cancel(id, account).await,
        _ => return Err(word("INCORECT_STATUS")),
    };
    match changed {
        Ok(_) => Ok(Answer::Json(json!({ "status": "success" }))),
        Err(error) => Err(rental_not_changed(&error)),
    }
}
