//! `view/group`: one group with its contacts, by pages.

use axum::extract::State;
use axum::response::Response;
use domain::limits::CONTACTS_PAGE_MAX;

use super::answer::{Failure, Success};
use super::call::Call;
use super::list_groups::group_fields;
use super::named_objects::{empty_group, group_id};
use super::page::{cut, page, skipped};
use super::tree::Node;
use crate::settings::DoorState;

pub(crate) async fn show_group(State(door): State<DoorState>, call: Call) -> Response {
    call.answer(show(&door, &call).await)
}

async fn show(door: &DoorState, call: &Call) -> Result<Success, Failure> {
    let account = call.looking()?;
    let (id, page) = (group_id(&call.parameters)?, page(&call.parameters)?);
    let directory = &door.engine.directory;
    let empty = || empty_group(&call.parameters);
    let group = directory.group(account, id).await?.ok_or_else(empty)?;
    let skip = skipped(page, CONTACTS_PAGE_MAX);
    let found = directory.group_members(account, id, skip, CONTACTS_PAGE_MAX + 1).await?;
    let mut contacts = found.ok_or_else(empty)?;
    let has_next = cut(&mut contacts, CONTACTS_PAGE_MAX);
    let object = ("group", Node::Object(group_fields(&group, &contacts)));
    Ok(Success::Page { word: "VIEW_GROUP", object, page, has_next })
}
