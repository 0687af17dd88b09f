//! What no door of customers asks of the store in memory: what accounts keep to send with. Of that it
//! has sender names, and what the bulk door asks for.

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

use crate::store::{FakeStore, not_needed};

#[async_trait]
impl SenderStore for FakeStore {
    async fn add_sender(
        &self,
        _: AccountId,
        _: SenderId,
        _: Actor,
        _: Timestamp,
    ) -> Result<Sender, PortError> {
        not_needed()
    }

    async fn request_sender(
        &self,
        _: AccountId,
        _: SenderId,
        _: Actor,
        _: Timestamp,
    ) -> Result<Sender, PortError> {
        not_needed()
    }

    async fn decide_sender(
        &self,
        _: SenderNumber,
        _: SenderEvent,
        _: Option<String>,
        _: Actor,
        _: Timestamp,
    ) -> Result<Option<Sender>, PortError> {
        not_needed()
    }

    async fn share_sender(
        &self,
        _: SenderNumber,
        _: bool,
        _: Actor,
        _: Timestamp,
    ) -> Result<Option<Sender>, PortError> {
        not_needed()
    }

    async fn senders(&self, account: AccountId) -> Result<Vec<Sender>, PortError> {
        let rows = self.up()?;
        Ok(rows.senders.iter().filter(|sender| sender.account == account).cloned().collect())
    }

    async fn sender_list(&self, _: SenderList) -> Result<Vec<Sender>, PortError> {
        not_needed()
    }

    async fn sender_state(
        &self,
        account: AccountId,
        name: SenderId,
    ) -> Result<Option<SenderState>, PortError> {
        let mut states = self.up()?.senders.clone().into_iter();
        let own = |sender: &Sender| sender.account == account && sender.name == name;
        Ok(states.find(own).map(|sender| sender.state))
    }
}

#[async_trait]
impl DirectoryStore for FakeStore {
    async fn add_template(
        &self,
        _: AccountId,
        _: Label,
        _: Text,
        _: Actor,
        _: Timestamp,
    ) -> Result<Template, PortError> {
        not_needed()
    }

    async fn change_template(
        &self,
        _: AccountId,
        _: TemplateId,
        _: Option<Label>,
        _: Option<Text>,
        _: Actor,
        _: Timestamp,
    ) -> Result<Option<Template>, PortError> {
        not_needed()
    }

    async fn remove_template(
        &self,
        _: AccountId,
        _: TemplateId,
        _: Actor,
        _: Timestamp,
    ) -> Result<bool, PortError> {
        not_needed()
    }

    async fn template(&self, _: AccountId, id: TemplateId) -> Result<Option<Template>, PortError> {
        Ok(self.up()?.bulk.template.clone().filter(|template| template.id == id))
    }

    async fn templates(
        &self,
        _: AccountId,
        _: Option<TemplateId>,
        _: u32,
    ) -> Result<Vec<Template>, PortError> {
        not_needed()
    }

    async fn add_group(
        &self,
        _: AccountId,
        _: Label,
        _: Actor,
        _: Timestamp,
    ) -> Result<ContactGroup, PortError> {
        not_needed()
    }

    async fn rename_group(
        &self,
        _: AccountId,
        _: GroupId,
        _: Label,
        _: Actor,
        _: Timestamp,
    ) -> Result<Option<ContactGroup>, PortError> {
        not_needed()
    }

    async fn remove_group(
        &self,
        _: AccountId,
        _: GroupId,
        _: Actor,
        _: Timestamp,
    ) -> Result<bool, PortError> {
        not_needed()
    }

    async fn group(&self, _: AccountId, _: GroupId) -> Result<Option<ContactGroup>, PortError> {
        not_needed()
    }

    async fn groups(
        &self,
        _: AccountId,
        _: Option<GroupId>,
        _: u32,
    ) -> Result<Vec<ContactGroup>, PortError> {
        not_needed()
    }

    async fn begin_upload(
        &self,
        _: AccountId,
        _: GroupId,
        _: UploadMode,
        _: Timestamp,
    ) -> Result<Option<Upload>, PortError> {
        not_needed()
    }

    async fn add_contacts(&self, _: Upload, _: Vec<Contact>) -> Result<u32, PortError> {
        not_needed()
    }

    async fn finish_upload(
        &self,
        _: Upload,
        _: Actor,
        _: Timestamp,
    ) -> Result<ContactGroup, PortError> {
        not_needed()
    }

    async fn abandon_upload(&self, _: Upload) -> Result<(), PortError> {
        not_needed()
    }

    async fn remove_contact(
        &self,
        _: AccountId,
        _: GroupId,
        _: Msisdn,
        _: Actor,
        _: Timestamp,
    ) -> Result<bool, PortError> {
        not_needed()
    }

    async fn contacts(
        &self,
        _: AccountId,
        _: GroupId,
        _: Option<Msisdn>,
        _: u32,
    ) -> Result<Option<Vec<Contact>>, PortError> {
        not_needed()
    }

    async fn group_numbers(
        &self,
        _: AccountId,
        id: GroupId,
    ) -> Result<Option<Vec<Msisdn>>, PortError> {
        let group = self.up()?.bulk.group.clone();
        Ok(group.filter(|(of, _)| *of == id).map(|(_, numbers)| numbers))
    }

    async fn drop_lists(&self, _: Timestamp, _: u32) -> Result<u64, PortError> {
        not_needed()
    }
}
