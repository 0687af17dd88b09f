//! The ports of what accounts keep to send with, behind the fuse.

use async_trait::async_trait;
use domain::account::contacts::{Contact, ContactGroup, Upload, UploadMode};
use domain::account::operator::Actor;
use domain::account::sender::{Sender, SenderEvent, SenderState};
use domain::account::template::{Label, Template};
use domain::id::{AccountId, GroupId, SenderNumber, TemplateId};
use domain::number::{Msisdn, SenderId};
use domain::ports::{DirectoryStore, PortError, SenderList, SenderStore};
use domain::text::Text;
use domain::time::Timestamp;

use super::store::FusedStore;

#[async_trait]
impl SenderStore for FusedStore {
    async fn add_sender(
        &self,
        account: AccountId,
        name: SenderId,
        by: Actor,
        now: Timestamp,
    ) -> Result<Sender, PortError> {
        self.fuse.through(self.inner.add_sender(account, name, by, now)).await
    }

    async fn request_sender(
        &self,
        account: AccountId,
        name: SenderId,
        by: Actor,
        now: Timestamp,
    ) -> Result<Sender, PortError> {
        self.fuse.through(self.inner.request_sender(account, name, by, now)).await
    }

    async fn decide_sender(
        &self,
        number: SenderNumber,
        event: SenderEvent,
        note: Option<String>,
        by: Actor,
        now: Timestamp,
    ) -> Result<Option<Sender>, PortError> {
        self.fuse.through(self.inner.decide_sender(number, event, note, by, now)).await
    }

    async fn share_sender(
        &self,
        number: SenderNumber,
        shared: bool,
        by: Actor,
        now: Timestamp,
    ) -> Result<Option<Sender>, PortError> {
        self.fuse.through(self.inner.share_sender(number, shared, by, now)).await
    }

    async fn senders(&self, account: AccountId) -> Result<Vec<Sender>, PortError> {
        self.fuse.alive(self.inner.senders(account)).await
    }

    async fn sender_list(&self, list: SenderList) -> Result<Vec<Sender>, PortError> {
        self.fuse.alive(self.inner.sender_list(list)).await
    }

    async fn sender_state(
        &self,
        account: AccountId,
        name: SenderId,
    ) -> Result<Option<SenderState>, PortError> {
        self.fuse.alive(self.inner.sender_state(account, name)).await
    }
}

#[async_trait]
impl DirectoryStore for FusedStore {
    async fn add_template(
        &self,
        account: AccountId,
        name: Label,
        text: Text,
        by: Actor,
        now: Timestamp,
    ) -> Result<Template, PortError> {
        self.fuse.through(self.inner.add_template(account, name, text, by, now)).await
    }

    async fn change_template(
        &self,
        account: AccountId,
        id: TemplateId,
        name: Option<Label>,
        text: Option<Text>,
        by: Actor,
        now: Timestamp,
    ) -> Result<Option<Template>, PortError> {
        self.fuse.through(self.inner.change_template(account, id, name, text, by, now)).await
    }

    async fn remove_template(
        &self,
        account: AccountId,
        id: TemplateId,
        by: Actor,
        now: Timestamp,
    ) -> Result<bool, PortError> {
        self.fuse.through(self.inner.remove_template(account, id, by, now)).await
    }

    async fn template(
        &self,
        account: AccountId,
        id: TemplateId,
    ) -> Result<Option<Template>, PortError> {
        self.fuse.alive(self.inner.template(account, id)).await
    }

    async fn templates(
        &self,
        account: AccountId,
        after: Option<TemplateId>,
        limit: u32,
    ) -> Result<Vec<Template>, PortError> {
        self.fuse.alive(self.inner.templates(account, after, limit)).await
    }

    async fn add_group(
        &self,
        account: AccountId,
        name: Label,
        by: Actor,
        now: Timestamp,
    ) -> Result<ContactGroup, PortError> {
        self.fuse.through(self.inner.add_group(account, name, by, now)).await
    }

    async fn rename_group(
        &self,
        account: AccountId,
        id: GroupId,
        name: Label,
        by: Actor,
        now: Timestamp,
    ) -> Result<Option<ContactGroup>, PortError> {
        self.fuse.through(self.inner.rename_group(account, id, name, by, now)).await
    }

    async fn remove_group(
        &self,
        account: AccountId,
        id: GroupId,
        by: Actor,
        now: Timestamp,
    ) -> Result<bool, PortError> {
        self.fuse.through(self.inner.remove_group(account, id, by, now)).await
    }

    async fn group(
        &self,
        account: AccountId,
        id: GroupId,
    ) -> Result<Option<ContactGroup>, PortError> {
        self.fuse.alive(self.inner.group(account, id)).await
    }

    async fn groups(
        &self,
        account: AccountId,
        after: Option<GroupId>,
        limit: u32,
    ) -> Result<Vec<ContactGroup>, PortError> {
        self.fuse.alive(self.inner.groups(account, after, limit)).await
    }

    async fn begin_upload(
        &self,
        account: AccountId,
        group: GroupId,
        mode: UploadMode,
        now: Timestamp,
    ) -> Result<Option<Upload>, PortError> {
        self.fuse.through(self.inner.begin_upload(account, group, mode, now)).await
    }

    async fn add_contacts(&self, upload: Upload, contacts: Vec<Contact>) -> Result<u32, PortError> {
        self.fuse.through(self.inner.add_contacts(upload, contacts)).await
    }

    async fn finish_upload(
        &self,
        upload: Upload,
        by: Actor,
        now: Timestamp,
    ) -> Result<ContactGroup, PortError> {
        self.fuse.through(self.inner.finish_upload(upload, by, now)).await
    }

    async fn abandon_upload(&self, upload: Upload) -> Result<(), PortError> {
        self.fuse.through(self.inner.abandon_upload(upload)).await
    }

    async fn remove_contact(
        &self,
        account: AccountId,
        group: GroupId,
        number: Msisdn,
        by: Actor,
        now: Timestamp,
    ) -> Result<bool, PortError> {
        self.fuse.through(self.inner.remove_contact(account, group, number, by, now)).await
    }

    async fn contacts(
        &self,
        account: AccountId,
        group: GroupId,
        after: Option<Msisdn>,
        limit: u32,
    ) -> Result<Option<Vec<Contact>>, PortError> {
        self.fuse.alive(self.inner.contacts(account, group, after, limit)).await
    }

    async fn group_numbers(
        &self,
        account: AccountId,
        group: GroupId,
    ) -> Result<Option<Vec<Msisdn>>, PortError> {
        self.fuse.alive(self.inner.group_numbers(account, group)).await
    }

    async fn drop_lists(&self, begun_before: Timestamp, limit: u32) -> Result<u64, PortError> {
        self.fuse.through(self.inner.drop_lists(begun_before, limit)).await
    }
}
