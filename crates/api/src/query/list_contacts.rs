//! `view/contacts`: the account's address book, by pages. Contacts that came with a file are in their groups.

use axum::extract::State;
use axum::response::Response;
use domain::limits::CONTACTS_PAGE_MAX;

use super::answer::{Failure, Success};
use super::call::Call;
use super::contact_view::contact_view;
use super::page::{cut, page, skipped};
use super::tree::Node;
use crate::settings::DoorState;

pub(crate) async fn list_contacts(State(door): State<DoorState>, call: Call) -> Response {
    call.answer(list(&door, &call).await)
}

async fn list(door: &DoorState, call: &Call) -> Result<Success, Failure> {
    let account = call.looking()?;
    let page = page(&call.parameters)?;
    let skip = skipped(page, CONTACTS_PAGE_MAX);
    let mut people = door.engine.directory.people(account, skip, CONTACTS_PAGE_MAX + 1).await?;
    let has_next = cut(&mut people, CONTACTS_PAGE_MAX);
    let contacts = Node::List(people.iter().map(contact_view).collect());
    let object = ("contacts", contacts);
    Ok(Success::Page { word: "VIEW_CONTACTS", object, page, has_next })
}
