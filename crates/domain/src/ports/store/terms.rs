//! Prices and settings of accounts in the store. Every change is audited in the same commit.

use async_trait::async_trait;

use crate::account::AccountSettings;
use crate::account::operator::Actor;
use crate::id::AccountId;
use crate::money::Msat;
use crate::ports::PortError;
use crate::sale::tariff::{ListPrice, Product};
use crate::time::Timestamp;

#[async_trait]
pub trait TermsStore: Send + Sync {
    /// Sets prices of a product; a price of the same prefix is replaced. A prefix is refused if the
    /// product has none ([`Product::has_prefixes`]). Beyond [`crate::limits::PRICES_PER_LIST_MAX`]
    /// of one list: [`PortError::Refused`], and nothing is stored.
    async fn set_prices(
        &self,
        account: Option<AccountId>,
        product: Product,
        prices: Vec<(String, Msat)>,
        by: Actor,
        now: Timestamp,
    ) -> Result<(), PortError>;

    /// False when there is none.
    async fn remove_price(
        &self,
        account: Option<AccountId>,
        product: Product,
        prefix: String,
        by: Actor,
        now: Timestamp,
    ) -> Result<bool, PortError>;

    /// Prices of one product in one list, by prefix, after `after`.
    async fn prices(
        &self,
        account: Option<AccountId>,
        product: Product,
        after: Option<String>,
        limit: u32,
    ) -> Result<Vec<ListPrice>, PortError>;

    /// The complete list of an account, or the one of all accounts.
    async fn price_list(&self, account: Option<AccountId>) -> Result<Vec<ListPrice>, PortError>;

    /// The defaults if nothing was set. `None` when there is no such account.
    async fn account_settings(
        &self,
        account: AccountId,
    ) -> Result<Option<AccountSettings>, PortError>;

    /// False when there is no such account.
    async fn set_account_settings(
        &self,
        account: AccountId,
        settings: AccountSettings,
        by: Actor,
        now: Timestamp,
    ) -> Result<bool, PortError>;
}
