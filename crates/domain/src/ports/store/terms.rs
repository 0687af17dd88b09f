//! What is agreed with accounts, as it is stored: prices by prefix and settings. Every change is
//! audited in the same commit.

use async_trait::async_trait;

use crate::account::AccountSettings;
use crate::account::operator::Actor;
use crate::id::AccountId;
use crate::money::Msat;
use crate::ports::PortError;
use crate::time::Timestamp;

/// The price of one part to numbers with this prefix, of one account or of all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceRow {
    pub account: Option<AccountId>,
    /// Digits of E.164; empty is everywhere.
    pub prefix: String,
    pub price: Msat,
}

#[async_trait]
pub trait TermsStore: Send + Sync {
    /// Sets prices; one of the same prefix is replaced. At most
    /// [`crate::limits::PRICES_PER_LIST_MAX`] of one list: beyond that [`PortError::Refused`], and
    /// nothing of it is stored.
    async fn set_prices(
        &self,
        account: Option<AccountId>,
        prices: Vec<(String, Msat)>,
        by: Actor,
        now: Timestamp,
    ) -> Result<(), PortError>;

    /// False when there is none.
    async fn remove_price(
        &self,
        account: Option<AccountId>,
        prefix: String,
        by: Actor,
        now: Timestamp,
    ) -> Result<bool, PortError>;

    /// One list, by prefix; those after `after`.
    async fn prices(
        &self,
        account: Option<AccountId>,
        after: Option<String>,
        limit: u32,
    ) -> Result<Vec<PriceRow>, PortError>;

    /// What [`crate::sale::tariff::Tariff::new`] takes: prices of all accounts, then this account's own.
    async fn tariff(&self, account: AccountId) -> Result<Vec<(String, Msat)>, PortError>;

    /// The default when nothing was agreed. `None` when there is no such account.
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
