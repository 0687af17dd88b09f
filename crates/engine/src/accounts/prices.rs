//! Price lists by prefix, of all accounts or of one, and what a part to a number costs.

use domain::account::operator::Actor;
use domain::id::AccountId;
use domain::limits::{PRICE_MAX, PRICES_BATCH_MAX, PRICES_PER_LIST_MAX};
use domain::money::Msat;
use domain::number::Msisdn;
use domain::ports::{PortError, PriceRow};
use domain::sale::tariff::{Product, is_prefix};

use super::Accounts;

#[derive(Debug, thiserror::Error)]
pub enum SetPricesError {
    #[error("there is no such account")]
    NoSuchAccount,
    #[error("must have 1 to {PRICES_BATCH_MAX} prices")]
    Count,
    #[error("must be the first digits of a number, without a leading 0; empty is everywhere")]
    Prefix { index: usize },
    #[error("must be from 0 to {}", PRICE_MAX.get())]
    Price { index: usize },
    #[error("a list has at most {PRICES_PER_LIST_MAX} prices")]
    ListFull,
    #[error("the prices could not be stored")]
    Store(#[source] PortError),
}

impl Accounts {
    /// Sets prices of one part; a price of the same prefix is replaced. All of them or none.
    pub async fn set_prices(
        &self,
        account: Option<AccountId>,
        prices: Vec<(String, Msat)>,
        by: Actor,
    ) -> Result<(), SetPricesError> {
        if !(1..=PRICES_BATCH_MAX).contains(&prices.len()) {
            return Err(SetPricesError::Count);
        }
        for (index, (prefix, price)) in prices.iter().enumerate() {
            if !is_prefix(prefix) {
                return Err(SetPricesError::Prefix { index });
            }
            if !(Msat::ZERO..=PRICE_MAX).contains(price) {
                return Err(SetPricesError::Price { index });
            }
        }
        if !self.is_known(account).await.map_err(SetPricesError::Store)? {
            return Err(SetPricesError::NoSuchAccount);
        }
        let set = self.store.set_prices(account, prices, by, self.clock.now()).await;
        set.map_err(|error| match error {
            PortError::Refused(_) => SetPricesError::ListFull,
            error => SetPricesError::Store(error),
        })
    }

    /// False when the list has no price of this prefix.
    pub async fn remove_price(
        &self,
        account: Option<AccountId>,
        prefix: String,
        by: Actor,
    ) -> Result<bool, PortError> {
        self.store.remove_price(account, prefix, by, self.clock.now()).await
    }

    /// One list, by prefix, those after `after`.
    pub async fn price_page(
        &self,
        account: Option<AccountId>,
        after: Option<String>,
        limit: u32,
    ) -> Result<Vec<PriceRow>, PortError> {
        self.store.prices(account, after, limit).await
    }

    /// The price of one part of a campaign to this number, by the account's own prices or by those of
    /// all accounts. `None` when there is no such account.
    pub async fn price_of_part(
        &self,
        account: Option<AccountId>,
        to: Msisdn,
    ) -> Result<Option<Msat>, PortError> {
        if !self.is_known(account).await? {
            return Ok(None);
        }
        let all_accounts = AccountId(0);
        let tariff = self.tariff(account.unwrap_or(all_accounts)).await?;
        Ok(Some(tariff.price(Product::Part, Some(to))))
    }
}
