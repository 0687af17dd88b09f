//! `contact/addgroup` and `contact/removegroup`: puts a contact into a group, and takes it out. A repeat
//! changes nothing.

use axum::extract::State;
use axum::response::Response;
use domain::account::operator::Actor;
use engine::directory::MembershipError;

use super::answer::{Failure, Success};
use super::call::Call;
use super::named_objects::{contact_ref, empty_contact, empty_group, group_id};
use super::tree::Node;
use crate::settings::DoorState;

pub(crate) async fn join_group(State(door): State<DoorState>, call: Call) -> Response {
    call.answer(change(&door, &call, true).await)
}

pub(crate) async fn leave_group(State(door): State<DoorState>, call: Call) -> Response {
    call.answer(change(&door, &call, false).await)
}

async fn change(door: &DoorState, call: &Call, joins: bool) -> Result<Success, Failure> {
    let account = call.sending()?;
    let (contact, group) = (contact_ref(&call.parameters)?, group_id(&call.parameters)?);
    let (directory, by) = (&door.engine.directory, Actor::Account(account));
    let changed = if joins {
        directory.join_group(account, contact, group, by).await
    } else {
        directory.leave_group(account, contact, group, by).await
    };
    changed.map_err(|error| refused(error, call))?;
    // The old service shows the group as a text here, unlike everywhere else.
    let groups = Node::List(vec![Node::Text(group.0.to_string())]);
    let (word, name) =
        if joins { ("ADD_GROUP", "addgroup") } else { ("REMOVE_GROUP", "removegroup") };
    Ok(Success::of(word, name, Node::object([("groups", groups)])))
}

fn refused(error: MembershipError, call: &Call) -> Failure {
    let reason = error.to_string();
    match error {
        MembershipError::NoSuchContact => empty_contact(&call.parameters),
        MembershipError::NoSuchGroup => empty_group(&call.parameters),
        MembershipError::Full => Failure::new("TOO_MANY_CONTACTS").because(reason),
        MembershipError::Store(source) => source.into(),
    }
}
