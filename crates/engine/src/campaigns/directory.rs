//! What an account keeps here for its messages: sender names, templates, groups of contacts, prices
//! of its own, and whom it may not write to.

use domain::account::AccountSettings;
use domain::account::sender::SenderState;
use domain::id::{AccountId, GroupId, TemplateId};
use domain::message::campaign::{Excluded, Exclusion};
use domain::number::{Msisdn, SenderId};
use domain::sale::tariff::Tariff;

use super::Campaigns;
use super::addressees::Addressees;
use super::error::BulkError;

impl Campaigns {
    /// The sender, if this account may use it.
    pub(super) async fn approved_sender(
        &self,
        account: AccountId,
        name: Option<&str>,
    ) -> Result<SenderId, BulkError> {
        let sender = SenderId::parse(name.ok_or(BulkError::NoSender)?)?;
        match self.store.sender_state(account, sender.clone()).await? {
            Some(SenderState::Approved) => Ok(sender),
            _ => Err(BulkError::SenderNotApproved),
        }
    }

    pub(super) async fn template(&self, account: AccountId, id: i64) -> Result<String, BulkError> {
        let template = self.store.template(account, TemplateId(id)).await?;
        template.map_or(Err(BulkError::NoSuchTemplate), |found| Ok(found.text.as_str().to_owned()))
    }

    /// Adds the numbers of a group of contacts.
    pub(super) async fn add_group(
        &self,
        account: AccountId,
        id: i64,
        to: &mut Addressees,
    ) -> Result<(), BulkError> {
        let numbers = self.store.group_numbers(account, GroupId(id)).await?;
        to.add_all(numbers.ok_or(BulkError::NoSuchGroup)?)?;
        Ok(())
    }

    /// Takes those out who want no messages from this account, or from anybody here, and tells who
    /// they are.
    pub(super) async fn take_blocked(
        &self,
        account: AccountId,
        numbers: &mut Vec<Msisdn>,
    ) -> Result<Vec<Excluded>, BulkError> {
        let copy = numbers.clone();
        let sorted = self.beside(copy.len(), move || sorted(copy)).await?;
        let blocked = self.store.blocked(Some(account), sorted.into()).await?;
        if !blocked.is_empty() {
            numbers.retain(|number| blocked.binary_search(number).is_err());
        }
        let excluded = |number: Msisdn| Excluded {
            address: number.digits().to_string(),
            why: Exclusion::Blocked,
        };
        Ok(blocked.into_iter().map(excluded).collect())
    }

    /// A credit for a part, unless a price is set for where it goes.
    pub(super) async fn tariff(&self, account: AccountId) -> Result<Tariff, BulkError> {
        Ok(self.accounts.tariff(account).await?)
    }

    /// What is agreed with an account that is there: its key was just looked at.
    pub(super) async fn agreed(&self, account: AccountId) -> Result<AccountSettings, BulkError> {
        Ok(self.store.account_settings(account).await?.unwrap_or_default())
    }
}

fn sorted(mut numbers: Vec<Msisdn>) -> Vec<Msisdn> {
    numbers.sort_unstable();
    numbers
}
