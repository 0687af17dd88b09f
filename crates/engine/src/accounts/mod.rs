//! Who may, and what they have.

mod add;
mod authenticate;
mod operators;
mod refunds;

pub use add::{NewKeyText, add_account, add_key, webhook_secret};
pub use authenticate::{AuthError, Caller};
pub use operators::{NewOperatorKey, add_operator};

use std::sync::Arc;

use domain::account::Balance;
use domain::account::{Key, KeyHash};
use domain::id::AccountId;
use domain::ports::{Clock, PortError, Random, Store};
use domain::sale::tariff::{ListPrice, PriceList, Prices, Product, Tariff};

use crate::hot_cache::HotCache;

#[derive(Debug)]
pub struct Accounts {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    /// Where no other price is set.
    pub(crate) prices: Prices,
    pub(crate) keys: HotCache<KeyHash, Arc<Key>>,
}

impl Accounts {
    pub async fn balance(&self, account: AccountId) -> Result<Balance, PortError> {
        self.store.balance(account).await
    }

    /// The account's own prices, before those of all accounts.
    pub(crate) async fn tariff(&self, account: AccountId) -> Result<Tariff, PortError> {
        let price = |(prefix, price)| ListPrice { product: Product::Part, prefix, price };
        let own = PriceList::new(self.store.tariff(account).await?.into_iter().map(price));
        Ok(Tariff::new(self.prices, Arc::default(), Arc::new(own)))
    }
}
