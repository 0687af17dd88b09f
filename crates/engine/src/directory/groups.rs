//! Groups of contacts. `upload_contacts.rs` reads files of contacts.

use domain::account::contacts::{Contact, ContactGroup};
use domain::account::operator::Actor;
use domain::account::template::{BadLabel, Label};
use domain::id::{AccountId, GroupId};
use domain::limits::GROUPS_PER_ACCOUNT_MAX;
use domain::number::Msisdn;
use domain::ports::PortError;

use super::Directory;

#[derive(Debug, thiserror::Error)]
pub enum GroupError {
    #[error("there is no such account")]
    NoSuchAccount,
    #[error("there is no such group")]
    NoSuchGroup,
    #[error(transparent)]
    Name(BadLabel),
    #[error("is the name of another group of the account")]
    NameTaken,
    #[error("an account has at most {GROUPS_PER_ACCOUNT_MAX} groups")]
    TooMany,
    #[error("the group could not be stored")]
    Store(#[source] PortError),
}

impl From<PortError> for GroupError {
    fn from(error: PortError) -> Self {
        match error {
            PortError::Conflict(_) => Self::NameTaken,
            PortError::Refused(_) => Self::TooMany,
            PortError::Unavailable(_) | PortError::Unknown(_) => Self::Store(error),
        }
    }
}

impl Directory {
    /// Adds an empty group.
    pub async fn add_group(
        &self,
        account: AccountId,
        name: &str,
        by: Actor,
    ) -> Result<ContactGroup, GroupError> {
        let name: Label = name.parse().map_err(GroupError::Name)?;
        if !self.has_account(account).await? {
            return Err(GroupError::NoSuchAccount);
        }
        Ok(self.store.add_group(account, name, by, self.clock.now()).await?)
    }

    pub async fn rename_group(
        &self,
        account: AccountId,
        id: GroupId,
        name: &str,
        by: Actor,
    ) -> Result<ContactGroup, GroupError> {
        let name = name.parse().map_err(GroupError::Name)?;
        if !self.has_account(account).await? {
            return Err(GroupError::NoSuchAccount);
        }
        let renamed = self.store.rename_group(account, id, name, by, self.clock.now()).await?;
        renamed.ok_or(GroupError::NoSuchGroup)
    }

    /// Removes the group at once; its contacts are deleted later. False when there is none.
    pub async fn remove_group(
        &self,
        account: AccountId,
        id: GroupId,
        by: Actor,
    ) -> Result<bool, PortError> {
        self.store.remove_group(account, id, by, self.clock.now()).await
    }

    pub async fn group(
        &self,
        account: AccountId,
        id: GroupId,
    ) -> Result<Option<ContactGroup>, PortError> {
        self.store.group(account, id).await
    }

    /// Groups by id, after `after`. `None` when there is no such account.
    pub async fn group_page(
        &self,
        account: AccountId,
        after: Option<GroupId>,
        limit: u32,
    ) -> Result<Option<Vec<ContactGroup>>, PortError> {
        if !self.has_account(account).await? {
            return Ok(None);
        }
        self.store.groups(account, after, limit).await.map(Some)
    }

    /// Contacts by number, after `after`. `None` when there is no such group.
    pub async fn contact_page(
        &self,
        account: AccountId,
        group: GroupId,
        after: Option<Msisdn>,
        limit: u32,
    ) -> Result<Option<Vec<Contact>>, PortError> {
        self.store.contacts(account, group, after, limit).await
    }

    /// False when the number is not in the group.
    pub async fn remove_contact(
        &self,
        account: AccountId,
        group: GroupId,
        number: Msisdn,
        by: Actor,
    ) -> Result<bool, PortError> {
        self.store.remove_contact(account, group, number, by, self.clock.now()).await
    }
}
