//! What no door of customers asks of the store in memory: money given back by hand, and what is looked for.

use async_trait::async_trait;
use domain::account::operator::Actor;
use domain::account::{Account, Balance, Key};
use domain::id::{AccountId, KeyId, MessageId};
use domain::message::MessageState;
use domain::message::campaign::BulkMessage;
use domain::ports::*;
use domain::time::Timestamp;

use crate::store::{FakeStore, not_needed};

#[async_trait]
impl RefundStore for FakeStore {
    async fn refund(&self, _: NewRefund, _: Actor, _: Timestamp) -> Result<Refunded, PortError> {
        not_needed()
    }

    async fn charged(&self, _: Charge) -> Result<Option<Charged>, PortError> {
        not_needed()
    }

    async fn refunds(&self, _: Charge, _: u32, _: u32) -> Result<Vec<Refund>, PortError> {
        not_needed()
    }
}

#[async_trait]
impl SearchStore for FakeStore {
    async fn account_page(
        &self,
        _: AccountId,
        _: u32,
    ) -> Result<Vec<(Account, Balance)>, PortError> {
        not_needed()
    }

    async fn key_page(
        &self,
        _: Option<AccountId>,
        _: KeyId,
        _: u32,
    ) -> Result<Vec<Key>, PortError> {
        not_needed()
    }

    async fn bulk_page(
        &self,
        _: AccountId,
        _: Option<MessageState>,
        _: Option<MessageId>,
        _: u32,
    ) -> Result<Vec<BulkMessage>, PortError> {
        not_needed()
    }

    async fn find_messages(&self, _: MessageSearch) -> Result<MessagesFound, PortError> {
        not_needed()
    }

    async fn find_recipients(&self, _: RecipientSearch) -> Result<RecipientsFound, PortError> {
        not_needed()
    }
}
