//! The ports of what accounts keep to send with: each method as one write or as one read.

macro_rules! implement_directory_ports {
    ($store:ident) => {
        const _: () = {
            use async_trait::async_trait;
            use domain::account::contacts::{Contact, ContactGroup, Upload, UploadMode};
            use domain::account::operator::Actor;
            use domain::account::sender::{Sender, SenderEvent, SenderState};
            use domain::account::template::{Label, Template};
            use domain::id::{AccountId, GroupId, SenderNumber, TemplateId};
            use domain::number::{Msisdn, SenderId};
            use domain::ports::{DirectoryStore, SenderList, SenderStore};
            use domain::text::Text;
            use domain::time::Timestamp;

            use $crate::rows::directory::{self, senders};
            use $crate::tx::Result;

            #[async_trait]
            impl SenderStore for $store {
                async fn add_sender(
                    &self,
                    account: AccountId,
                    name: SenderId,
                    by: Actor,
                    now: Timestamp,
                ) -> Result<Sender> {
                    write!(self, |tx| senders::add(tx, account, &name, by, now))
                }

                async fn request_sender(
                    &self,
                    account: AccountId,
                    name: SenderId,
                    by: Actor,
                    now: Timestamp,
                ) -> Result<Sender> {
                    write!(self, |tx| senders::request(tx, account, &name, by, now))
                }

                async fn decide_sender(
                    &self,
                    number: SenderNumber,
                    event: SenderEvent,
                    note: Option<String>,
                    by: Actor,
                    now: Timestamp,
                ) -> Result<Option<Sender>> {
                    write!(self, |tx| senders::decide(tx, number, event, note.as_deref(), by, now))
                }

                async fn share_sender(
                    &self,
                    number: SenderNumber,
                    shared: bool,
                    by: Actor,
                    now: Timestamp,
                ) -> Result<Option<Sender>> {
                    write!(self, |tx| senders::share(tx, number, shared, by, now))
                }

                async fn senders(&self, account: AccountId) -> Result<Vec<Sender>> {
                    read!(self, |tx| senders::of_account(tx, account))
                }

                async fn sender_list(&self, list: SenderList) -> Result<Vec<Sender>> {
                    read!(self, |tx| senders::list(tx, &list))
                }

                async fn sender_state(
                    &self,
                    account: AccountId,
                    name: SenderId,
                ) -> Result<Option<SenderState>> {
                    read!(self, |tx| senders::state(tx, account, &name))
                }
            }

            #[async_trait]
            impl DirectoryStore for $store {
                async fn add_template(
                    &self,
                    account: AccountId,
                    name: Label,
                    text: Text,
                    by: Actor,
                    now: Timestamp,
                ) -> Result<Template> {
                    write!(self, |tx| directory::add_template(tx, account, &name, &text, by, now))
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
                    write!(self, |tx| directory::change_template(
                        tx,
                        (account, id),
                        name.as_ref(),
                        text.as_ref(),
                        by,
                        now
                    ))
                }

                async fn remove_template(
                    &self,
                    account: AccountId,
                    id: TemplateId,
                    by: Actor,
                    now: Timestamp,
                ) -> Result<bool> {
                    write!(self, |tx| directory::remove_template(tx, account, id, by, now))
                }

                async fn template(
                    &self,
                    account: AccountId,
                    id: TemplateId,
                ) -> Result<Option<Template>> {
                    read!(self, |tx| directory::template(tx, account, id))
                }

                async fn templates(
                    &self,
                    account: AccountId,
                    after: Option<TemplateId>,
                    limit: u32,
                ) -> Result<Vec<Template>> {
                    read!(self, |tx| directory::templates(tx, account, after, limit))
                }

                async fn add_group(
                    &self,
                    account: AccountId,
                    name: Label,
                    by: Actor,
                    now: Timestamp,
                ) -> Result<ContactGroup> {
                    write!(self, |tx| directory::add_group(tx, account, &name, by, now))
                }

                async fn rename_group(
                    &self,
                    account: AccountId,
                    id: GroupId,
                    name: Label,
                    by: Actor,
                    now: Timestamp,
                ) -> Result<Option<ContactGroup>> {
                    write!(self, |tx| directory::rename_group(tx, (account, id), &name, by, now))
                }

                async fn remove_group(
                    &self,
                    account: AccountId,
                    id: GroupId,
                    by: Actor,
                    now: Timestamp,
                ) -> Result<bool> {
                    write!(self, |tx| directory::remove_group(tx, account, id, by, now))
                }

                async fn group(
                    &self,
                    account: AccountId,
                    id: GroupId,
                ) -> Result<Option<ContactGroup>> {
                    read!(self, |tx| directory::group(tx, account, id))
                }

                async fn groups(
                    &self,
                    account: AccountId,
                    after: Option<GroupId>,
                    limit: u32,
                ) -> Result<Vec<ContactGroup>> {
                    read!(self, |tx| directory::groups(tx, account, after, limit))
                }

                async fn begin_upload(
                    &self,
                    account: AccountId,
                    group: GroupId,
                    mode: UploadMode,
                    now: Timestamp,
                ) -> Result<Option<Upload>> {
                    write!(self, |tx| directory::begin(tx, account, group, mode, now))
                }

                async fn add_contacts(
                    &self,
                    upload: Upload,
                    contacts: Vec<Contact>,
                ) -> Result<u32> {
                    write!(self, |tx| directory::add_contacts(tx, &upload, &contacts))
                }

                async fn finish_upload(
                    &self,
                    upload: Upload,
                    by: Actor,
                    now: Timestamp,
                ) -> Result<ContactGroup> {
                    write!(self, |tx| directory::finish(tx, &upload, by, now))
                }

                async fn abandon_upload(&self, upload: Upload) -> Result<()> {
                    write!(self, |tx| directory::abandon(tx, &upload))
                }

                async fn remove_contact(
                    &self,
                    account: AccountId,
                    group: GroupId,
                    number: Msisdn,
                    by: Actor,
                    now: Timestamp,
                ) -> Result<bool> {
                    write!(self, |tx| directory::remove_contact(
                        tx,
                        (account, group),
                        number,
                        by,
                        now
                    ))
                }

                async fn contacts(
                    &self,
                    account: AccountId,
                    group: GroupId,
                    after: Option<Msisdn>,
                    limit: u32,
                ) -> Result<Option<Vec<Contact>>> {
                    read!(self, |tx| directory::contacts(tx, account, group, after, limit))
                }

                async fn group_numbers(
                    &self,
                    account: AccountId,
                    group: GroupId,
                ) -> Result<Option<Vec<Msisdn>>> {
                    read!(self, |tx| directory::group_numbers(tx, account, group))
                }

                async fn drop_lists(&self, begun_before: Timestamp, limit: u32) -> Result<u64> {
                    write!(self, |tx| directory::drop_lists(tx, begun_before, limit))
                }
            }
        };
    };
}

pub(crate) use implement_directory_ports;
