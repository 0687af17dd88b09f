//! `contact/create`: adds a contact. One with the same number is changed instead.

use axum::extract::State;
use axum::response::Response;
use domain::account::operator::Actor;

use super::answer::{Failure, Success};
use super::call::Call;
use super::contact_view::control_contact;
use super::number_fields::number_fields;
use super::person_fields::{not_stored, person_fields};
use super::tree::Node;
use crate::settings::DoorState;

pub(crate) async fn create_contact(State(door): State<DoorState>, call: Call) -> Response {
    call.answer(create(&door, &call).await)
}

async fn create(door: &DoorState, call: &Call) -> Result<Success, Failure> {
    let account = call.sending()?;
    let person = person_fields(door, &call.parameters)?;
    let put = door.engine.directory.put_person(account, person, Actor::Account(account)).await;
    let contact = put.map_err(|error| not_stored(error, &call.parameters))?;
    let [msisdn, dialcode, number] = number_fields(contact.number);
    let view = Node::object([
        ("fullname", contact.name.as_deref().map_or(Node::Null, Node::from)),
        msisdn,
        dialcode,
        number,
        ("controluser", Node::Number(account.0.to_string())),
        ("controlcontact", control_contact(&contact)),
    ]);
    Ok(Success::of("CREATE_CONTACT", "contact", view))
}
