//! Changes of a keyword by its owner or an operator.

use domain::account::operator::Actor;
use domain::id::{AccountId, KeywordId};
use domain::inbound::sold_keyword::{SoldKeyword, check_reply};
use domain::ports::KeywordChange;

use super::{KeywordError, Keywords};

impl Keywords {
    /// With an account, only of a keyword of this account.
    pub async fn change(
        &self,
        keyword: KeywordId,
        account: Option<AccountId>,
        change: KeywordChange,
        by: Actor,
    ) -> Result<SoldKeyword, KeywordError> {
        if let Some(Some(reply)) = &change.reply {
            check_reply(reply.as_str())?;
        }
        let now = self.clock.now();
        let changed = self.store.change_keyword(keyword, account, change, by, now).await?;
        changed.ok_or(KeywordError::NoSuchKeyword)
    }

    /// At once and without a refund.
    pub async fn end(&self, keyword: KeywordId, by: Actor) -> Result<SoldKeyword, KeywordError> {
        let ended = self.store.end_keyword(keyword, by, self.clock.now()).await?;
        ended.ok_or(KeywordError::NoSuchKeyword)
    }
}
