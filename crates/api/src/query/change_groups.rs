//! `group/create`, `group/edit` and `group/delete`. A group is the same one at the bulk door
//! (`contactGroupId`).

use axum::extract::State;
use axum::response::Response;
use domain::account::contacts::ContactGroup;
use domain::account::operator::Actor;
use engine::directory::GroupError;

use super::answer::{Failure, Success};
use super::call::Call;
use super::named_objects::{empty_group, group_id};
use super::tree::Node;
use crate::settings::DoorState;

pub(crate) async fn create_group(State(door): State<DoorState>, call: Call) -> Response {
    call.answer(create(&door, &call).await)
}

async fn create(door: &DoorState, call: &Call) -> Result<Success, Failure> {
    let account = call.sending()?;
    let name = call.parameters.get("name").ok_or_else(name_empty)?;
    let added = door.engine.directory.add_group(account, name, Actor::Account(account)).await;
    let group = added.map_err(|error| refused(error, call))?;
    Ok(Success::of("CREATE_GROUP", "group", view(&group)))
}

pub(crate) async fn edit_group(State(door): State<DoorState>, call: Call) -> Response {
    call.answer(edit(&door, &call).await)
}

async fn edit(door: &DoorState, call: &Call) -> Result<Success, Failure> {
    let account = call.sending()?;
    let id = group_id(&call.parameters)?;
    let name = call.parameters.get("name").ok_or_else(name_empty)?;
    let by = Actor::Account(account);
    let renamed = door.engine.directory.rename_group(account, id, name, by).await;
    let group = renamed.map_err(|error| refused(error, call))?;
    Ok(Success::of("EDIT_GROUP", "group", view(&group)))
}

pub(crate) async fn delete_group(State(door): State<DoorState>, call: Call) -> Response {
    call.answer(delete(&door, &call).await)
}

async fn delete(door: &DoorState, call: &Call) -> Result<Success, Failure> {
    let account = call.sending()?;
    let id = group_id(&call.parameters)?;
    if door.engine.directory.remove_group(account, id, Actor::Account(account)).await? {
        Ok(Success::word("DELETE_GROUP"))
    } else {
        Err(empty_group(&call.parameters))
    }
}

fn view(group: &ContactGroup) -> Node {
    let id = Node::Number(group.id.0.to_string());
    Node::object([("controlgroup", id), ("name", group.name.as_str().into())])
}

fn name_empty() -> Failure {
    Failure::echo("NAME_EMPTY", "group", "name", None)
}

fn refused(error: GroupError, call: &Call) -> Failure {
    let (reason, name) = (error.to_string(), call.parameters.get("name"));
    match error {
        GroupError::Name(_) if name.is_none_or(|name| name.trim().is_empty()) => name_empty(),
        GroupError::Name(_) => Failure::echo("NAME_INVALID", "group", "name", name).because(reason),
        GroupError::NameTaken => {
            let reason = "there is a group of this name";
            Failure::echo("NAME_EXISTS", "group", "name", name).because(reason)
        }
        GroupError::NoSuchAccount | GroupError::NoSuchGroup => empty_group(&call.parameters),
        GroupError::TooMany => Failure::new("TOO_MANY_GROUPS").because(reason),
        GroupError::Store(source) => source.into(),
    }
}
