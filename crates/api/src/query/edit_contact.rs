//! `contact/edit`: changes what the call says; the rest stays as it is.

use axum::extract::State;
use axum::response::Response;
use domain::account::operator::Actor;

use super::answer::{Failure, Success};
use super::call::Call;
use super::contact_view::contact_view;
use super::named_objects::contact_ref;
use super::person_fields::{not_stored, person_fields};
use crate::settings::DoorState;

pub(crate) async fn edit_contact(State(door): State<DoorState>, call: Call) -> Response {
    call.answer(edit(&door, &call).await)
}

async fn edit(door: &DoorState, call: &Call) -> Result<Success, Failure> {
    let account = call.sending()?;
    let contact = contact_ref(&call.parameters)?;
    let change = person_fields(door, &call.parameters)?;
    let by = Actor::Account(account);
    let changed = door.engine.directory.change_person(account, contact, change, by).await;
    let contact = changed.map_err(|error| not_stored(error, &call.parameters))?;
    Ok(Success::of("EDIT_CONTACT", "contact", contact_view(&contact)))
}
