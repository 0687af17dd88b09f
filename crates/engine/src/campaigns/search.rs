//! An operator's search: messages of one account, and messages and recipients across accounts.

use domain::id::{AccountId, MessageId};
use domain::message::MessageState;
use domain::message::campaign::BulkMessage;
use domain::money::Msat;
use domain::ports::{
    Charge, MessageSearch, MessagesFound, PortError, RecipientList, RecipientPage, RecipientSearch,
    RecipientsFound,
};

use super::Campaigns;

impl Campaigns {
    /// Messages of an account, newest first, older than `before`. `None` when there is no such
    /// account.
    pub async fn page(
        &self,
        account: AccountId,
        state: Option<MessageState>,
        before: Option<MessageId>,
        limit: u32,
    ) -> Result<Option<Vec<BulkMessage>>, PortError> {
        if self.store.account(account).await?.is_none() {
            return Ok(None);
        }
        self.store.bulk_page(account, state, before, limit).await.map(Some)
    }

    /// A message, and its manual refunds.
    pub async fn with_refunds(
        &self,
        account: AccountId,
        message: MessageId,
    ) -> Result<Option<(BulkMessage, Msat)>, PortError> {
        let Some(found) = self.store.bulk(account, message).await? else { return Ok(None) };
        let charge = found.order.map_or(Charge::Message(message), Charge::Order);
        let charged = self.store.charged(charge).await?;
        Ok(Some((found, charged.map_or(Msat::ZERO, |charged| charged.refunded))))
    }

    /// Recipients by index. A page of a rare state may be short, and continues. `None` when the
    /// account has no such message.
    pub async fn recipient_page(
        &self,
        account: AccountId,
        message: MessageId,
        list: RecipientList,
    ) -> Result<Option<(BulkMessage, RecipientPage)>, PortError> {
        let Some(found) = self.store.bulk(account, message).await? else { return Ok(None) };
        let mut page = self.store.bulk_recipients(message, list).await?;
        self.traces.explain(page.recipients.iter_mut().map(|one| (message, one)).collect()).await?;
        Ok(Some((found, page)))
    }

    /// Messages of all accounts, newest first: of campaigns and of orders.
    pub async fn find_messages(&self, search: MessageSearch) -> Result<MessagesFound, PortError> {
        self.store.find_messages(search).await
    }

    /// Recipients of all accounts, by message, newest first.
    pub async fn find_recipients(
        &self,
        search: RecipientSearch,
    ) -> Result<RecipientsFound, PortError> {
        let mut found = self.store.find_recipients(search).await?;
        let all = found.recipients.iter_mut().map(|one| (one.message, &mut one.recipient));
        self.traces.explain(all.collect()).await?;
        Ok(found)
    }
}
