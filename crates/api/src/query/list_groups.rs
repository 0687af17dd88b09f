//! `view/groups`: the groups of the account with their contacts, by pages. A page has contacts up to a bound; a
//! group with others says so, and `view/group` has all of them.

use axum::extract::State;
use axum::response::Response;
use domain::account::contacts::ContactGroup;
use domain::account::people::FoundContact;
use domain::id::AccountId;
use domain::limits::{GROUPS_PAGE_CONTACTS_MAX, GROUPS_PAGE_MAX};

use super::answer::{Failure, Success};
use super::call::Call;
use super::contact_view::contact_view;
use super::page::{cut, page, skipped};
use super::tree::Node;
use crate::settings::DoorState;

pub(crate) async fn list_groups(State(door): State<DoorState>, call: Call) -> Response {
    call.answer(list(&door, &call).await)
}

async fn list(door: &DoorState, call: &Call) -> Result<Success, Failure> {
    let account = call.looking()?;
    let page = page(&call.parameters)?;
    let skip = skipped(page, GROUPS_PAGE_MAX);
    let limit = skip.saturating_add(GROUPS_PAGE_MAX + 1);
    let groups = door.engine.directory.group_page(account, None, limit).await?;
    let skip = usize::try_from(skip).unwrap_or(usize::MAX);
    let mut groups: Vec<_> = groups.unwrap_or_default().into_iter().skip(skip).collect();
    let has_next = cut(&mut groups, GROUPS_PAGE_MAX);
    let (mut views, mut room) = (Vec::with_capacity(groups.len()), GROUPS_PAGE_CONTACTS_MAX);
    for group in &groups {
        let (contacts, more) = contacts(door, account, group, room).await?;
        room = room.saturating_sub(u32::try_from(contacts.len()).unwrap_or(u32::MAX));
        let mut fields = group_fields(group, &contacts);
        fields.push(("more", Node::Flag(more)));
        views.push(Node::Object(fields));
    }
    let object = ("groups", Node::List(views));
    Ok(Success::Page { word: "VIEW_GROUPS", object, page, has_next })
}

/// The first contacts of a group, and whether there are more.
async fn contacts(
    door: &DoorState,
    account: AccountId,
    group: &ContactGroup,
    room: u32,
) -> Result<(Vec<FoundContact>, bool), Failure> {
    let found = door.engine.directory.group_members(account, group.id, 0, room + 1).await?;
    // The group may have been removed meanwhile.
    let mut found = found.unwrap_or_default();
    let more = cut(&mut found, room);
    Ok((found, more))
}

pub(super) fn group_fields(
    group: &ContactGroup,
    contacts: &[FoundContact],
) -> Vec<(&'static str, Node)> {
    vec![
        ("controlgroup", Node::Number(group.id.0.to_string())),
        ("name", group.name.as_str().into()),
        ("contacts", Node::List(contacts.iter().map(contact_view).collect())),
    ]
}
