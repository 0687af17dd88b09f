//! Says what a keyword costs, and sells it.

use std::time::Duration;

use domain::id::AccountId;
use domain::inbound::Party;
use domain::inbound::keyword::Word;
use domain::inbound::sold_keyword::{Offer, SoldKeyword, check_reply, is_reserved, offer};
use domain::money::Msat;
use domain::ports::{BoughtKeyword, NewKeyword};
use domain::sale::tariff::Product;
use domain::text::Text;
use domain::time::Timestamp;

use super::{KeywordError, Keywords};

#[derive(Debug)]
pub struct KeywordRequest {
    pub account: AccountId,
    pub number: Party,
    pub word: Word,
    pub renews: bool,
    pub reply: Option<String>,
}

/// What a keyword would cost now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeywordQuote {
    pub offer: Offer,
    /// Of one period.
    pub price: Msat,
    pub from: Timestamp,
    pub until: Timestamp,
}

impl Keywords {
    /// Price and first period of a keyword that nobody has. Stores nothing.
    pub async fn quote(
        &self,
        account: AccountId,
        number: &Party,
        word: &Word,
    ) -> Result<KeywordQuote, KeywordError> {
        let found = self.store.number(number.clone()).await?;
        let found = found.ok_or(KeywordError::NotOffered)?;
        let offer = offer(&found, account).ok_or(KeywordError::NotOffered)?;
        if is_reserved(word, &found, &self.settings.get().inbound.keywords) {
            return Err(KeywordError::Reserved);
        }
        if let Some(taken) = self.store.keyword(number.clone(), word.clone()).await? {
            return Err(taken_by(taken.account, account));
        }
        let price = match offer {
            Offer::Sold => self.price(account).await?,
            Offer::Free => Msat::ZERO,
        };
        let from = self.clock.now();
        Ok(KeywordQuote { offer, price, from, until: from.after(self.period()) })
    }

    pub async fn buy(&self, request: KeywordRequest) -> Result<SoldKeyword, KeywordError> {
        let KeywordRequest { account, number, word, renews, reply } = request;
        if let Some(reply) = &reply {
            check_reply(reply)?;
        }
        let KeywordQuote { offer, price, from, .. } = self.quote(account, &number, &word).await?;
        let (reply, period) = (reply.map(Text::from), self.period());
        let new = NewKeyword { number, word, account, offer, price, period, renews, reply };
        match self.store.buy_keyword(new, from).await? {
            BoughtKeyword::Bought(keyword) => {
                tracing::info!(?account, keyword = keyword.id.0, "keyword sold");
                Ok(keyword)
            }
            BoughtKeyword::Taken { by } => Err(taken_by(by, account)),
            BoughtKeyword::NotOffered => Err(KeywordError::NotOffered),
            BoughtKeyword::TooMany => Err(KeywordError::TooMany),
            BoughtKeyword::Insufficient { available } => {
                Err(KeywordError::Insufficient { price, available })
            }
            BoughtKeyword::OverDailyLimit { left } => {
                Err(KeywordError::OverDailyLimit { price, left })
            }
        }
    }

    pub(super) async fn price(&self, account: AccountId) -> Result<Msat, KeywordError> {
        let tariff = self.accounts.tariff(Some(account)).await?;
        Ok(tariff.price(Product::Keyword, None))
    }

    pub(super) fn period(&self) -> Duration {
        self.settings.get().keyword_period
    }
}

fn taken_by(owner: AccountId, account: AccountId) -> KeywordError {
    if owner == account { KeywordError::Yours } else { KeywordError::Taken }
}
