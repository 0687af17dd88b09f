//! `getContinueRentPriceNumber`, `continueRentNumber`: a rental ends later.

use domain::activation::rental::RentalState;
use domain::activation::{Activation, NumberRequest, RentalTerm, State};
use serde_json::json;

use super::amount::CURRENCY;
use super::answer::{Answer, Answered, Failure};
use super::call::Call;
use super::fields::read_duration;
use super::list_stock::price_of;
use super::rent_number::phone;
use super::sell::{Purchase, buy};
use super::show_rental::{find_rental, word};
use crate::settings::DoorState;

pub(super) async fn get_continue_price(door: &DoorState, call: &Call) -> Answered {
    let rental = open_rental(door, call).await?;
    let wanted = longer(call, &rental).map_err(Failure::into_json)?;
    let price = price_of(door, call, &wanted).await.map_err(Failure::into_json)?;
    Ok(Answer::Json(json!({ "status": "success", "price": price, "currency": CURRENCY })))
}

pub(super) async fn continue_rent_number(door: &DoorState, call: &Call) -> Answered {
    let rental = open_rental(door, call).await?;
    let wanted = longer(call, &rental).map_err(Failure::into_json)?;
    let purchase = Purchase { wanted, besides: String::new(), webhook: None };
    buy(door, call, purchase).await.map_err(Failure::into_json)?;
    // With its new end.
    Ok(phone(&find_rental(door, call).await?))
}

async fn open_rental(door: &DoorState, call: &Call) -> Result<Activation, Failure> {
    let rental = find_rental(door, call).await?;
    match rental.state {
        State::Rental(RentalState::Ended | RentalState::Cancelled) => Err(word("RENT_DIE")),
        State::Rental(_) | State::Activation(_) => Ok(rental),
    }
}

fn longer(call: &Call, rental: &Activation) -> Result<NumberRequest, Failure> {
    let term = RentalTerm { duration: read_duration(call)?, extends: Some(rental.id) };
    Ok(NumberRequest { rental: Some(term), ..rental.wanted.clone() })
}
