//! `contact/delete`: deletes a contact, also from all groups.

use axum::extract::State;
use axum::response::Response;
use domain::account::operator::Actor;

use super::answer::{Failure, Success};
use super::call::Call;
use super::named_objects::{contact_ref, empty_contact};
use crate::settings::DoorState;

pub(crate) async fn delete_contact(State(door): State<DoorState>, call: Call) -> Response {
    call.answer(delete(&door, &call).await)
}

async fn delete(door: &DoorState, call: &Call) -> Result<Success, Failure> {
    let account = call.sending()?;
    let contact = contact_ref(&call.parameters)?;
    let by = Actor::Account(account);
    if door.engine.directory.remove_person(account, contact, by).await? {
        Ok(Success::word("DELETE_CONTACT"))
    } else {
        Err(empty_contact(&call.parameters))
    }
}
