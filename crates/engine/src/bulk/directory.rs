//! What an account keeps here for its messages: sender names, templates, groups of contacts, prices
//! of its own, and whom it may not write to.

use domain::account::AccountId;
use domain::bulk::Excluded;
use domain::number::{Msisdn, SenderId};
use domain::tariff::Tariff;

use super::addressees::Addressees;
use super::error::BulkError;
use crate::engine::Engine;

impl Engine {
    /// The sender, if this account may use it.
    pub(super) async fn approved_sender(
        &self,
        account: AccountId,
        name: Option<&str>,
    ) -> Result<SenderId, BulkError> {
        let sender = SenderId::parse(name.ok_or(BulkError::NoSender)?)?;
        let approved = self.store.senders(account).await?;
        if approved.iter().any(|approved| approved.name == sender) {
            Ok(sender)
        } else {
            Err(BulkError::SenderNotApproved)
        }
    }

    /// Nobody has templates yet.
    pub(super) async fn template(&self, _: AccountId, _: i64) -> Result<String, BulkError> {
        Err(BulkError::NoSuchTemplate)
    }

    /// Adds the numbers of a group of contacts. Nobody has groups yet.
    pub(super) async fn add_group(
        &self,
        _: AccountId,
        _: i64,
        _: &mut Addressees,
    ) -> Result<(), BulkError> {
        Err(BulkError::NoSuchGroup)
    }

    /// Takes those out who want no messages from this account, and tells who they are. Nobody is
    /// blocked yet.
    pub(super) async fn take_blocked(
        &self,
        _: AccountId,
        _: &mut Vec<Msisdn>,
    ) -> Result<Vec<Excluded>, BulkError> {
        Ok(vec![])
    }

    /// One price for all destinations: a credit for a part.
    pub(super) async fn tariff(&self, _: AccountId) -> Result<Tariff, BulkError> {
        Ok(Tariff::new(self.settings.prices.credit, []))
    }
}
