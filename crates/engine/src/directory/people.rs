//! The address book of an account: people, and who is in its groups.

use std::collections::BTreeMap;

use domain::account::contacts::Contact;
use domain::account::operator::Actor;
use domain::account::people::{ContactRef, FoundContact, PersonChange};
use domain::id::{AccountId, GroupId};
use domain::limits::{GROUP_CONTACTS_MAX, PEOPLE_PER_ACCOUNT_MAX};
use domain::number::Msisdn;
use domain::ports::{Membership, PortError};

use super::Directory;

/// What a request says about a person; what it does not say stays as it is.
#[derive(Debug, Default)]
pub struct NewPerson {
    pub name: Option<String>,
    pub number: Option<Msisdn>,
    /// By the names of [`domain::account::people::PERSON_FIELDS`], or others.
    pub fields: BTreeMap<String, String>,
}

#[derive(Debug, thiserror::Error)]
pub enum PersonError {
    #[error("a contact needs a name")]
    NoName,
    #[error("a name has at most {max} characters", max = Contact::NAME_CHARS_MAX)]
    NameTooLong,
    #[error("a value has at most {max} characters", max = Contact::FIELD_CHARS_MAX)]
    ValueTooLong { field: String },
    #[error("a contact has at most {max} fields", max = Contact::FIELDS_MAX)]
    TooManyFields,
    #[error("there is no such contact")]
    NoSuchContact,
    #[error("the number is another contact's")]
    NumberTaken,
    #[error("an account has at most {PEOPLE_PER_ACCOUNT_MAX} contacts")]
    TooMany,
    #[error("the contact could not be stored")]
    Store(#[source] PortError),
}

impl From<PortError> for PersonError {
    fn from(error: PortError) -> Self {
        match error {
            PortError::Conflict(_) => Self::NumberTaken,
            PortError::Refused(_) => Self::TooMany,
            PortError::Unavailable(_) | PortError::Unknown(_) => Self::Store(error),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum MembershipError {
    #[error("there is no such contact")]
    NoSuchContact,
    #[error("there is no such group")]
    NoSuchGroup,
    #[error("a group has at most {GROUP_CONTACTS_MAX} contacts")]
    Full,
    #[error("the group could not be changed")]
    Store(#[source] PortError),
}

impl Directory {
    /// Adds a person. One with the same number is changed instead, so that a repeat adds nobody twice.
    pub async fn put_person(
        &self,
        account: AccountId,
        new: NewPerson,
        by: Actor,
    ) -> Result<FoundContact, PersonError> {
        let new = checked(new)?;
        if new.name.is_none() {
            return Err(PersonError::NoName);
        }
        Ok(self.store.put_person(account, new, by, self.clock.now()).await?)
    }

    pub async fn change_person(
        &self,
        account: AccountId,
        contact: ContactRef,
        change: NewPerson,
        by: Actor,
    ) -> Result<FoundContact, PersonError> {
        let change = checked(change)?;
        let now = self.clock.now();
        let changed = self.store.change_person(account, contact, change, by, now).await?;
        changed.ok_or(PersonError::NoSuchContact)
    }

    /// False when there is no such contact.
    pub async fn remove_person(
        &self,
        account: AccountId,
        contact: ContactRef,
        by: Actor,
    ) -> Result<bool, PortError> {
        self.store.remove_person(account, contact, by, self.clock.now()).await
    }

    pub async fn find_contact(
        &self,
        account: AccountId,
        contact: ContactRef,
    ) -> Result<Option<FoundContact>, PortError> {
        self.store.find_contact(account, contact).await
    }

    /// People by id, after `skip` of them.
    pub async fn people(
        &self,
        account: AccountId,
        skip: u32,
        limit: u32,
    ) -> Result<Vec<FoundContact>, PortError> {
        self.store.people(account, skip, limit).await
    }

    /// Members of a group, after `skip` of them. `None` when there is no such group.
    pub async fn group_members(
        &self,
        account: AccountId,
        group: GroupId,
        skip: u32,
        limit: u32,
    ) -> Result<Option<Vec<FoundContact>>, PortError> {
        self.store.group_members(account, group, skip, limit).await
    }

    /// Puts a contact into a group. Idempotent.
    pub async fn join_group(
        &self,
        account: AccountId,
        contact: ContactRef,
        group: GroupId,
        by: Actor,
    ) -> Result<FoundContact, MembershipError> {
        read(self.store.join_group(account, contact, group, by, self.clock.now()).await)
    }

    /// Takes a contact out of a group. Idempotent.
    pub async fn leave_group(
        &self,
        account: AccountId,
        contact: ContactRef,
        group: GroupId,
        by: Actor,
    ) -> Result<FoundContact, MembershipError> {
        read(self.store.leave_group(account, contact, group, by, self.clock.now()).await)
    }
}

fn read(result: Result<Membership, PortError>) -> Result<FoundContact, MembershipError> {
    match result {
        Ok(Membership::Done(contact)) => Ok(contact),
        Ok(Membership::NoSuchContact) => Err(MembershipError::NoSuchContact),
        Ok(Membership::NoSuchGroup) => Err(MembershipError::NoSuchGroup),
        Err(PortError::Refused(_)) => Err(MembershipError::Full),
        Err(error) => Err(MembershipError::Store(error)),
    }
}

fn checked(new: NewPerson) -> Result<PersonChange, PersonError> {
    // A control character would refuse every text that the value is filled into.
    let plain = |text: &str| text.replace(char::is_control, " ").trim().to_owned();
    let tidy = |text: String| Some(plain(&text)).filter(|text| !text.is_empty());
    let name = new.name.and_then(tidy);
    let is_long = |text: &str, max| text.chars().count() > max;
    if name.as_deref().is_some_and(|name| is_long(name, Contact::NAME_CHARS_MAX)) {
        return Err(PersonError::NameTooLong);
    }
    let fields: BTreeMap<_, _> =
        new.fields.iter().map(|(name, value)| (name.clone(), plain(value))).collect();
    if fields.len() > Contact::FIELDS_MAX {
        return Err(PersonError::TooManyFields);
    }
    let long = fields.iter().find(|(_, value)| is_long(value, Contact::FIELD_CHARS_MAX));
    if let Some((field, _)) = long {
        return Err(PersonError::ValueTooLong { field: field.clone() });
    }
    Ok(PersonChange { name, number: new.number, fields })
}
