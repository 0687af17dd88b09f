//! Keywords that accounts have on numbers.

use async_trait::async_trait;
use domain::account::operator::Actor;
use domain::id::{AccountId, InboundId, KeywordId};
use domain::inbound::Party;
use domain::inbound::keyword::Word;
use domain::inbound::sold_keyword::SoldKeyword;
use domain::ports::{
    BoughtKeyword, DueReply, KeywordChange, KeywordList, KeywordStore, NewKeyword, Renewal, Renewed,
};
use domain::time::Timestamp;

use super::RowStore;
use crate::rows::keyword;
use crate::tx::Result;

#[async_trait]
impl KeywordStore for RowStore {
    async fn buy_keyword(&self, new: NewKeyword, now: Timestamp) -> Result<BoughtKeyword> {
        self.write(async move |tx| keyword::buy(tx, &new, now).await).await
    }

    async fn due_keywords(&self, now: Timestamp, limit: u32) -> Result<Vec<SoldKeyword>> {
        self.read(async move |tx| keyword::due(tx, now, limit).await).await
    }

    async fn renew_keyword(&self, renewal: Renewal, now: Timestamp) -> Result<Renewed> {
        self.write(async move |tx| keyword::renew(tx, &renewal, now).await).await
    }

    async fn change_keyword(
        &self,
        keyword: KeywordId,
        account: Option<AccountId>,
        change: KeywordChange,
        by: Actor,
        now: Timestamp,
    ) -> Result<Option<SoldKeyword>> {
        self.write(async move |tx| keyword::change(tx, keyword, account, &change, by, now).await)
            .await
    }

    async fn end_keyword(
        &self,
        keyword: KeywordId,
        by: Actor,
        now: Timestamp,
    ) -> Result<Option<SoldKeyword>> {
        self.write(async move |tx| keyword::end(tx, keyword, by, now).await).await
    }

    async fn keyword(&self, number: Party, word: Word) -> Result<Option<SoldKeyword>> {
        self.read(async move |tx| keyword::find(tx, &number, &word).await).await
    }

    async fn keywords(&self, list: KeywordList) -> Result<Vec<SoldKeyword>> {
        self.read(async move |tx| keyword::list(tx, &list).await).await
    }

    async fn due_replies(&self, limit: u32) -> Result<Vec<DueReply>> {
        self.read(async move |tx| keyword::due_replies(tx, limit).await).await
    }

    async fn end_reply(&self, inbound: InboundId, now: Timestamp) -> Result<()> {
        self.write(async move |tx| keyword::end_reply(tx, inbound, now).await).await
    }
}
