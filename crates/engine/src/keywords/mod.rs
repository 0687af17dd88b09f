//! Keywords that accounts have on numbers: bought and renewed from credit, changed, ended. Which messages they
//! get is decided where these are stored; their replies are sent by `inbound/reply.rs`.

mod buy;
mod change;
mod error;
mod renew;

use std::sync::Arc;

use domain::id::AccountId;
use domain::inbound::Party;
use domain::inbound::keyword::Word;
use domain::inbound::sold_keyword::SoldKeyword;
use domain::ports::{Clock, KeywordList, PortError, Store};

use crate::accounts::Accounts;
use crate::live::Live;
use crate::settings::Settings;

pub use buy::{KeywordQuote, KeywordRequest};
pub use error::KeywordError;

#[derive(Debug)]
pub struct Keywords {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    /// Prices.
    accounts: Arc<Accounts>,
    settings: Arc<Live<Settings>>,
}

impl Keywords {
    pub(crate) fn new(accounts: &Arc<Accounts>, settings: &Arc<Live<Settings>>) -> Self {
        let (store, clock) = (accounts.store.clone(), accounts.clock.clone());
        Self { store, clock, accounts: accounts.clone(), settings: settings.clone() }
    }

    /// Keywords of an account, at most [`domain::limits::KEYWORDS_PER_ACCOUNT_MAX`].
    pub async fn keywords_of(&self, account: AccountId) -> Result<Vec<SoldKeyword>, PortError> {
        let limit = domain::limits::KEYWORDS_PER_ACCOUNT_MAX;
        let list = KeywordList { account: Some(account), limit, ..KeywordList::default() };
        self.store.keywords(list).await
    }

    /// A keyword of this account; `None`: it has none of this word on this number.
    pub async fn keyword_of(
        &self,
        account: AccountId,
        number: &Party,
        word: &Word,
    ) -> Result<Option<SoldKeyword>, PortError> {
        let found = self.store.keyword(number.clone(), word.clone()).await?;
        Ok(found.filter(|keyword| keyword.account == account))
    }

    pub async fn list(&self, list: KeywordList) -> Result<Vec<SoldKeyword>, PortError> {
        self.store.keywords(list).await
    }
}
