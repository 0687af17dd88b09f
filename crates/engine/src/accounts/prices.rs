//! Price lists of all accounts and of one, and the tariff composed of them.

use domain::account::operator::Actor;
use domain::id::AccountId;
use domain::limits::{PRICE_MAX, PRICES_BATCH_MAX, PRICES_PER_LIST_MAX};
use domain::money::Msat;
use domain::ports::PortError;
use domain::sale::tariff::{ListPrice, Product, Tariff, is_prefix};

use super::Accounts;

#[derive(Debug, thiserror::Error)]
pub enum SetPricesError {
    #[error("there is no such account")]
    NoSuchAccount,
    #[error("must have 1 to {PRICES_BATCH_MAX} prices")]
    Count,
    #[error("must be the first digits of a number, without a leading 0; empty is everywhere")]
    Prefix { index: usize },
    #[error("must be empty: the price of this product does not depend on the number")]
    NoPrefix { index: usize },
    #[error("must be from 0 to {}", PRICE_MAX.get())]
    Price { index: usize },
    #[error("a list has at most {PRICES_PER_LIST_MAX} prices")]
    ListFull,
    #[error("the prices could not be stored")]
    Store(#[source] PortError),
}

impl Accounts {
    /// Sets prices of a product, all or none; a price of the same prefix is replaced.
    pub async fn set_prices(
        &self,
        account: Option<AccountId>,
        product: Product,
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
            if !product.takes(prefix) {
                return Err(SetPricesError::NoPrefix { index });
            }
            if !(Msat::ZERO..=PRICE_MAX).contains(price) {
                return Err(SetPricesError::Price { index });
            }
        }
        if !self.is_known(account).await.map_err(SetPricesError::Store)? {
            return Err(SetPricesError::NoSuchAccount);
        }
        let set = self.store.set_prices(account, product, prices, by, self.clock.now()).await;
        self.price_lists.forget(account);
        set.map_err(|error| match error {
            PortError::Refused(_) => SetPricesError::ListFull,
            error => SetPricesError::Store(error),
        })
    }

    /// False when the list has no price of this prefix.
    pub async fn remove_price(
        &self,
        account: Option<AccountId>,
        product: Product,
        prefix: String,
        by: Actor,
    ) -> Result<bool, PortError> {
        let removed = self.store.remove_price(account, product, prefix, by, self.clock.now()).await;
        self.price_lists.forget(account);
        removed
    }

    /// Prices of a product in one list, by prefix, after `after`.
    pub async fn price_page(
        &self,
        account: Option<AccountId>,
        product: Product,
        after: Option<String>,
        limit: u32,
    ) -> Result<Vec<ListPrice>, PortError> {
        self.store.prices(account, product, after, limit).await
    }

    /// The tariff of an account, or of callers without one.
    pub async fn tariff(&self, account: Option<AccountId>) -> Result<Tariff, PortError> {
        self.price_lists.tariff(account).await
    }

    /// The tariff of an account; `None` when it does not exist.
    pub async fn known_tariff(
        &self,
        account: Option<AccountId>,
    ) -> Result<Option<Tariff>, PortError> {
        if self.is_known(account).await? { self.tariff(account).await.map(Some) } else { Ok(None) }
    }
}
