//! What accounts keep to send with, and blocked numbers.

use std::sync::Arc;

use async_trait::async_trait;
use domain::account::blocklist::{BlockEntry, BlockProof, BlockScope};
use domain::account::contacts::{Contact, ContactGroup, Merged, Upload, UploadMode};
use domain::account::operator::Actor;
use domain::account::sender::{Sender, SenderEvent, SenderState};
use domain::account::template::{Label, Template};
use domain::id::{AccountId, GroupId, SenderNumber, TemplateId};
use domain::number::{Msisdn, SenderId};
use domain::ports::{BlockList, BlocklistStore, DirectoryStore, SenderList, SenderStore};
use domain::text::Text;
use domain::time::Timestamp;

use super::RowStore;
use crate::rows::directory;
use crate::rows::directory::{blocklist, senders};
use crate::tx::Result;

#[async_trait]
impl SenderStore for RowStore {
    async fn add_sender(
        &self,
        account: AccountId,
        name: SenderId,
        by: Actor,
        now: Timestamp,
    ) -> Result<Sender> {
        self.write(async move |tx| senders::add(tx, account, &name, by, now).await).await
    }

    async fn request_sender(
        &self,
        account: AccountId,
        name: SenderId,
        by: Actor,
        now: Timestamp,
    ) -> Result<Sender> {
        self.write(async move |tx| senders::request(tx, account, &name, by, now).await).await
    }

    async fn decide_sender(
        &self,
        number: SenderNumber,
        event: SenderEvent,
        note: Option<String>,
        by: Actor,
        now: Timestamp,
    ) -> Result<Option<Sender>> {
        self.write(async move |tx| {
            senders::decide(tx, number, event, note.as_deref(), by, now).await
        })
        .await
    }

    async fn share_sender(
        &self,
        number: SenderNumber,
        shared: bool,
        by: Actor,
        now: Timestamp,
    ) -> Result<Option<Sender>> {
        self.write(async move |tx| senders::share(tx, number, shared, by, now).await).await
    }

    async fn senders(&self, account: AccountId) -> Result<Vec<Sender>> {
        self.read(async move |tx| senders::of_account(tx, account).await).await
    }

    async fn sender_list(&self, list: SenderList) -> Result<Vec<Sender>> {
        self.read(async move |tx| senders::list(tx, &list).await).await
    }

    async fn sender_state(
        &self,
        account: AccountId,
        name: SenderId,
    ) -> Result<Option<SenderState>> {
        self.read(async move |tx| senders::state(tx, account, &name).await).await
    }
}

#[async_trait]
impl DirectoryStore for RowStore {
    async fn add_template(
        &self,
        account: AccountId,
        name: Label,
        text: Text,
        by: Actor,
        now: Timestamp,
    ) -> Result<Template> {
        self.write(async move |tx| {
            directory::add_template(tx, account, &name, &text, by, now).await
        })
        .await
    }

    async fn change_template(
        &self,
        account: AccountId,
        id: TemplateId,
        name: Option<Label>,
        text: Option<Text>,
        by: Actor,
        now: Timestamp,
    ) -> Result<Option<Template>> {
        self.write(async move |tx| {
            directory::change_template(tx, (account, id), name.as_ref(), text.as_ref(), by, now)
                .await
        })
        .await
    }

    async fn remove_template(
        &self,
        account: AccountId,
        id: TemplateId,
        by: Actor,
        now: Timestamp,
    ) -> Result<bool> {
        self.write(async move |tx| directory::remove_template(tx, account, id, by, now).await).await
    }

    async fn template(&self, account: AccountId, id: TemplateId) -> Result<Option<Template>> {
        self.read(async move |tx| directory::template(tx, account, id).await).await
    }

    async fn templates(
        &self,
        account: AccountId,
        after: Option<TemplateId>,
        limit: u32,
    ) -> Result<Vec<Template>> {
        self.read(async move |tx| directory::templates(tx, account, after, limit).await).await
    }

    async fn add_group(
        &self,
        account: AccountId,
        name: Label,
        by: Actor,
        now: Timestamp,
    ) -> Result<ContactGroup> {
        self.write(async move |tx| directory::add_group(tx, account, &name, by, now).await).await
    }

    async fn rename_group(
        &self,
        account: AccountId,
        id: GroupId,
        name: Label,
        by: Actor,
        now: Timestamp,
    ) -> Result<Option<ContactGroup>> {
        self.write(async move |tx| directory::rename_group(tx, (account, id), &name, by, now).await)
            .await
    }

    async fn remove_group(
        &self,
        account: AccountId,
        id: GroupId,
        by: Actor,
        now: Timestamp,
    ) -> Result<bool> {
        self.write(async move |tx| directory::remove_group(tx, account, id, by, now).await).await
    }

    async fn group(&self, account: AccountId, id: GroupId) -> Result<Option<ContactGroup>> {
        self.read(async move |tx| directory::group(tx, account, id).await).await
    }

    async fn groups(
        &self,
        account: AccountId,
        after: Option<GroupId>,
        limit: u32,
    ) -> Result<Vec<ContactGroup>> {
        self.read(async move |tx| directory::groups(tx, account, after, limit).await).await
    }

    async fn begin_upload(
        &self,
        account: AccountId,
        group: GroupId,
        mode: UploadMode,
        now: Timestamp,
    ) -> Result<Option<Upload>> {
        self.write(async move |tx| directory::begin(tx, account, group, mode, now).await).await
    }

    async fn add_contacts(&self, upload: Upload, contacts: Vec<Contact>) -> Result<u32> {
        self.write(async move |tx| directory::add_contacts(tx, &upload, &contacts).await).await
    }

    async fn merge_contacts(&self, upload: Upload, after: Option<Msisdn>) -> Result<Merged> {
        self.write(async move |tx| directory::merge_contacts(tx, &upload, after).await).await
    }

    async fn finish_upload(
        &self,
        upload: Upload,
        by: Actor,
        now: Timestamp,
    ) -> Result<ContactGroup> {
        self.write(async move |tx| directory::finish(tx, &upload, by, now).await).await
    }

    async fn abandon_upload(&self, upload: Upload) -> Result<()> {
        self.write(async move |tx| directory::abandon(tx, &upload).await).await
    }

    async fn remove_contact(
        &self,
        account: AccountId,
        group: GroupId,
        number: Msisdn,
        by: Actor,
        now: Timestamp,
    ) -> Result<bool> {
        self.write(async move |tx| {
            directory::remove_contact(tx, (account, group), number, by, now).await
        })
        .await
    }

    async fn contacts(
        &self,
        account: AccountId,
        group: GroupId,
        after: Option<Msisdn>,
        limit: u32,
    ) -> Result<Option<Vec<Contact>>> {
        self.read(async move |tx| directory::contacts(tx, account, group, after, limit).await).await
    }

    async fn group_numbers(
        &self,
        account: AccountId,
        group: GroupId,
    ) -> Result<Option<Vec<Msisdn>>> {
        self.read(async move |tx| directory::group_numbers(tx, account, group).await).await
    }

    async fn drop_lists(&self, begun_before: Timestamp, limit: u32) -> Result<u64> {
        self.write(async move |tx| directory::drop_lists(tx, begun_before, limit).await).await
    }
}

#[async_trait]
impl BlocklistStore for RowStore {
    async fn block(
        &self,
        scope: BlockScope,
        numbers: Vec<Msisdn>,
        proof: BlockProof,
        now: Timestamp,
    ) -> Result<u32> {
        self.write(async move |tx| blocklist::add(tx, scope, &numbers, &proof, now).await).await
    }

    async fn unblock(
        &self,
        scope: BlockScope,
        numbers: Vec<Msisdn>,
        by: Actor,
        now: Timestamp,
    ) -> Result<u32> {
        self.write(async move |tx| blocklist::remove(tx, scope, &numbers, by, now).await).await
    }

    async fn block_list(&self, list: BlockList) -> Result<Vec<BlockEntry>> {
        self.read(async move |tx| blocklist::list(tx, &list).await).await
    }

    async fn blocked(
        &self,
        account: Option<AccountId>,
        numbers: Arc<[Msisdn]>,
    ) -> Result<Vec<Msisdn>> {
        self.read(async move |tx| blocklist::blocked(tx, account, &numbers).await).await
    }
}
