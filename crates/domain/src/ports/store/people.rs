//! The address book of an account, and who is in its groups. Objects of other accounts count as missing. Every
//! change is audited in the same commit, without names and numbers.

use async_trait::async_trait;

use crate::account::operator::Actor;
use crate::account::people::{ContactRef, FoundContact, PersonChange};
use crate::id::{AccountId, GroupId};
use crate::ports::PortError;
use crate::time::Timestamp;

/// Whether a contact is in a group now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Membership {
    /// The contact, with its groups after the change.
    Done(FoundContact),
    NoSuchContact,
    NoSuchGroup,
}

#[async_trait]
pub trait PeopleStore: Send + Sync {
    /// Adds a person with a name. If the account has a person with this number, that one is changed.
    /// [`PortError::Refused`] beyond [`crate::limits::PEOPLE_PER_ACCOUNT_MAX`].
    async fn put_person(
        &self,
        account: AccountId,
        new: PersonChange,
        by: Actor,
        now: Timestamp,
    ) -> Result<FoundContact, PortError>;

    /// Changes a person, and its copies in groups. A contact that came with a file becomes a person. `None` when
    /// there is no such contact; [`PortError::Conflict`] when the number is another person's;
    /// [`PortError::Refused`] as for [`PeopleStore::put_person`].
    async fn change_person(
        &self,
        account: AccountId,
        contact: ContactRef,
        change: PersonChange,
        by: Actor,
        now: Timestamp,
    ) -> Result<Option<FoundContact>, PortError>;

    /// Deletes the contact, and takes it out of all groups of the account. False when there is none.
    async fn remove_person(
        &self,
        account: AccountId,
        contact: ContactRef,
        by: Actor,
        now: Timestamp,
    ) -> Result<bool, PortError>;

    async fn find_contact(
        &self,
        account: AccountId,
        contact: ContactRef,
    ) -> Result<Option<FoundContact>, PortError>;

    /// People by id, after `skip` of them.
    async fn people(
        &self,
        account: AccountId,
        skip: u32,
        limit: u32,
    ) -> Result<Vec<FoundContact>, PortError>;

    /// Puts the contact into the group. Idempotent. [`PortError::Refused`] when the group would exceed
    /// [`crate::limits::GROUP_CONTACTS_MAX`].
    async fn join_group(
        &self,
        account: AccountId,
        contact: ContactRef,
        group: GroupId,
        by: Actor,
        now: Timestamp,
    ) -> Result<Membership, PortError>;

    /// Takes the contact out of the group. Idempotent.
    async fn leave_group(
        &self,
        account: AccountId,
        contact: ContactRef,
        group: GroupId,
        by: Actor,
        now: Timestamp,
    ) -> Result<Membership, PortError>;

    /// Members of a group: those with a number by number, then the others by id, after `skip` of them. `None` when
    /// there is no such group.
    async fn group_members(
        &self,
        account: AccountId,
        group: GroupId,
        skip: u32,
        limit: u32,
    ) -> Result<Option<Vec<FoundContact>>, PortError>;
}
