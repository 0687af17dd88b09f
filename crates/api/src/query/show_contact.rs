//! `view/contact`: one contact.

use axum::extract::State;
use axum::response::Response;

use super::answer::{Failure, Success};
use super::call::Call;
use super::contact_view::contact_view;
use super::named_objects::found_contact;
use crate::settings::DoorState;

pub(crate) async fn show_contact(State(door): State<DoorState>, call: Call) -> Response {
    call.answer(show(&door, &call).await)
}

async fn show(door: &DoorState, call: &Call) -> Result<Success, Failure> {
    let account = call.looking()?;
    let contact = found_contact(door, account, &call.parameters).await?;
    Ok(Success::of("VIEW_CONTACT", "contact", contact_view(&contact)))
}
