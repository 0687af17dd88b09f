//! Templates and contact groups in the store. Objects of other accounts count as missing. Every
//! change is audited in the same commit.

use async_trait::async_trait;

use crate::account::contacts::{Contact, ContactGroup, Merged, Upload, UploadMode};
use crate::account::operator::Actor;
use crate::account::template::{Label, Template};
use crate::id::{AccountId, GroupId, TemplateId};
use crate::number::Msisdn;
use crate::ports::PortError;
use crate::text::Text;
use crate::time::Timestamp;

#[async_trait]
pub trait DirectoryStore: Send + Sync {
    /// [`PortError::Conflict`] when the account has a template of this name; [`PortError::Refused`]
    /// beyond [`crate::limits::TEMPLATES_PER_ACCOUNT_MAX`].
    async fn add_template(
        &self,
        account: AccountId,
        name: Label,
        text: Text,
        by: Actor,
        now: Timestamp,
    ) -> Result<Template, PortError>;

    /// `None` leaves the name, or the text, unchanged. [`PortError::Conflict`] when the name is
    /// taken.
    async fn change_template(
        &self,
        account: AccountId,
        id: TemplateId,
        name: Option<Label>,
        text: Option<Text>,
        by: Actor,
        now: Timestamp,
    ) -> Result<Option<Template>, PortError>;

    /// False when there is none.
    async fn remove_template(
        &self,
        account: AccountId,
        id: TemplateId,
        by: Actor,
        now: Timestamp,
    ) -> Result<bool, PortError>;

    async fn template(
        &self,
        account: AccountId,
        id: TemplateId,
    ) -> Result<Option<Template>, PortError>;

    /// Templates by id, after `after`.
    async fn templates(
        &self,
        account: AccountId,
        after: Option<TemplateId>,
        limit: u32,
    ) -> Result<Vec<Template>, PortError>;

    /// Adds an empty group. [`PortError::Conflict`] when the name is taken, [`PortError::Refused`]
    /// beyond [`crate::limits::GROUPS_PER_ACCOUNT_MAX`].
    async fn add_group(
        &self,
        account: AccountId,
        name: Label,
        by: Actor,
        now: Timestamp,
    ) -> Result<ContactGroup, PortError>;

    async fn rename_group(
        &self,
        account: AccountId,
        id: GroupId,
        name: Label,
        by: Actor,
        now: Timestamp,
    ) -> Result<Option<ContactGroup>, PortError>;

    /// Removes the group at once; [`DirectoryStore::drop_lists`] deletes its contacts later.
    async fn remove_group(
        &self,
        account: AccountId,
        id: GroupId,
        by: Actor,
        now: Timestamp,
    ) -> Result<bool, PortError>;

    async fn group(
        &self,
        account: AccountId,
        id: GroupId,
    ) -> Result<Option<ContactGroup>, PortError>;

    async fn groups(
        &self,
        account: AccountId,
        after: Option<GroupId>,
        limit: u32,
    ) -> Result<Vec<ContactGroup>, PortError>;

    /// A new list for an upload to fill. `None` when there is no such group.
    async fn begin_upload(
        &self,
        account: AccountId,
        group: GroupId,
        mode: UploadMode,
        now: Timestamp,
    ) -> Result<Option<Upload>, PortError>;

    /// Stores at most [`crate::limits::CONTACTS_BATCH_MAX`] contacts, and returns how many numbers
    /// are new to the list; the others get the new name and fields. Idempotent.
    /// [`PortError::Refused`] when the list would exceed [`crate::limits::GROUP_CONTACTS_MAX`],
    /// [`PortError::Conflict`] when it no longer exists.
    async fn add_contacts(&self, upload: Upload, contacts: Vec<Contact>) -> Result<u32, PortError>;

    /// Merges at most [`crate::limits::CONTACTS_BATCH_MAX`] contacts of an upload that adds, in the order
    /// of their numbers and after `after`, into the list of its group; a number that is there gets the new
    /// name and fields. Idempotent. The caller repeats it until no number is left.
    /// [`PortError::Refused`] when the group would exceed [`crate::limits::GROUP_CONTACTS_MAX`]: the first
    /// call merges nothing then. [`PortError::Conflict`] when the list, or the group, no longer exists.
    async fn merge_contacts(
        &self,
        upload: Upload,
        after: Option<Msisdn>,
    ) -> Result<Merged, PortError>;

    /// Ends an upload: the group now shows its list, or keeps the one that it was merged into. If two
    /// uploads replace the same group, the last one wins. [`PortError::Conflict`] when the list, or the
    /// group, no longer exists.
    async fn finish_upload(
        &self,
        upload: Upload,
        by: Actor,
        now: Timestamp,
    ) -> Result<ContactGroup, PortError>;

    /// Abandons an upload: its list is deleted later. Contacts merged into a group's list stay.
    async fn abandon_upload(&self, upload: Upload) -> Result<(), PortError>;

    /// False when the number is not in the group.
    async fn remove_contact(
        &self,
        account: AccountId,
        group: GroupId,
        number: Msisdn,
        by: Actor,
        now: Timestamp,
    ) -> Result<bool, PortError>;

    /// Contacts by number, after `after`.
    async fn contacts(
        &self,
        account: AccountId,
        group: GroupId,
        after: Option<Msisdn>,
        limit: u32,
    ) -> Result<Option<Vec<Contact>>, PortError>;

    /// All numbers of a group at one moment, in ascending order, without duplicates. `None` when
    /// there is no such group.
    async fn group_numbers(
        &self,
        account: AccountId,
        group: GroupId,
    ) -> Result<Option<Vec<Msisdn>>, PortError>;

    /// Deletes up to `limit` contacts of lists that no group shows: replaced, removed or abandoned
    /// ones, and those begun before `begun_before`. Returns how many were deleted.
    async fn drop_lists(&self, begun_before: Timestamp, limit: u32) -> Result<u64, PortError>;
}
