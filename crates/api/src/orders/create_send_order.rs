//! `POST /createsendorder`: a text message to a number.

use axum::Json;
use axum::extract::State;
use domain::account::Scope;
use domain::message::address_list::AddressList;
use domain::number;
use engine::accept::Recipients;
use http::{Refusal, bad_request};

use super::caller::Buyer;
use super::created::{Created, created, order_request, read_terms};
use super::error_response::not_accepted;
use super::fields::Fields;
use crate::settings::DoorState;

pub(crate) async fn create_send_order(
    State(door): State<DoorState>,
    buyer: Buyer,
    fields: Fields,
) -> Result<Json<Created>, Refusal> {
    let phone = fields.required_digits("phone")?;
    let text = fields.required_text("message")?.to_owned();
    let terms = read_terms(&fields)?;
    let bad = |error| bad_request(format!("the phone number is not valid: {error}"));
    let list =
        AddressList::of(number::parse(&phone, door.settings.numbers.without_home()).map_err(bad)?);
    let to = Recipients::Numbers { list, group: None };
    let request = order_request(&door, terms, buyer, Scope::SEND, text, to)?;
    door.engine.accept.accept(request).await.map(created).map_err(|error| not_accepted(&error))
}
