//! The contact and the group that a call names. One that is missing, cannot be read or is another account's is
//! refused alike.

use domain::account::people::{ContactRef, FoundContact};
use domain::id::{AccountId, GroupId};

use super::answer::Failure;
use super::msisdn::is_mark;
use super::parameters::Parameters;
use crate::settings::DoorState;

pub(super) fn contact_ref(parameters: &Parameters) -> Result<ContactRef, Failure> {
    let text = parameters.get("contact");
    let digits = text.map(|text| text.replace(is_mark, ""));
    let digits = digits.as_deref().map(|digits| digits.strip_prefix("00").unwrap_or(digits));
    let contact = digits.and_then(|digits| digits.parse().ok());
    contact.and_then(ContactRef::read).ok_or_else(|| empty_contact(parameters))
}

pub(super) fn group_id(parameters: &Parameters) -> Result<GroupId, Failure> {
    let text = parameters.get("group");
    let id = text.and_then(|text| text.trim().parse().ok()).filter(|id| *id > 0);
    id.map(GroupId).ok_or_else(|| empty_group(parameters))
}

pub(super) fn empty_contact(parameters: &Parameters) -> Failure {
    Failure::echo("EMPTY_CONTACT", "contact", "contact", parameters.get("contact"))
}

pub(super) fn empty_group(parameters: &Parameters) -> Failure {
    Failure::echo("EMPTY_GROUP", "group", "group", parameters.get("group"))
}

/// The contact that a call names.
pub(super) async fn found_contact(
    door: &DoorState,
    account: AccountId,
    parameters: &Parameters,
) -> Result<FoundContact, Failure> {
    let contact = contact_ref(parameters)?;
    let found = door.engine.directory.find_contact(account, contact).await?;
    found.ok_or_else(|| empty_contact(parameters))
}
