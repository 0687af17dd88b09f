//! Accounts: their keys, credit, prices and settings; and operators.

mod authenticate;
mod credit;
mod keys;
mod open;
mod operators;
mod passwords;
mod price_lists;
mod prices;
mod profile;
mod refunds;
mod settings;
mod traffic;

pub use authenticate::{AuthError, Caller};
pub use credit::GiveCreditError;
pub(crate) use keys::key_hash;
pub use keys::{AddKeyError, NewKeyText};
pub use open::{OpenAccountError, webhook_secret};
pub use operators::{AddOperatorError, NewOperatorKey};
pub use passwords::{HashError, SetPasswordError};
pub use prices::SetPricesError;
pub use profile::SetProfileError;
pub use refunds::{GivenBack, RefundError};
pub use settings::{NewSettings, SetSettingsError};

use std::sync::Arc;

use domain::account::operator::Actor;
use domain::account::traffic::TrafficRules;
use domain::account::{Account, AccountName, AccountSettings, Balance, Key, KeyHash};
use domain::id::AccountId;
use domain::ports::{Clock, Fetch, PortError, Random, Store};
use domain::sale::tariff::Prices;

use self::passwords::Passwords;
use self::price_lists::PriceLists;
use crate::hot_cache::HotCache;
use crate::tasks::Tasks;

#[derive(Debug)]
pub struct Accounts {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    /// Checks the addresses of webhooks; `None` on a command line.
    fetch: Option<Arc<dyn Fetch>>,
    keys: HotCache<KeyHash, Arc<Key>>,
    /// Names of accounts that call by name.
    names: HotCache<AccountId, AccountName>,
    price_lists: PriceLists,
    traffic_rules: HotCache<AccountId, Arc<TrafficRules>>,
    rules_for_strangers: Arc<TrafficRules>,
    pub(crate) passwords: Passwords,
}

/// An account with its balance and settings.
#[derive(Debug)]
pub struct AccountView {
    pub account: Account,
    pub balance: Balance,
    pub settings: AccountSettings,
}

impl Accounts {
    /// Works on a store directly, with or without a running server.
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        prices: Prices,
    ) -> Self {
        let price_lists = PriceLists::new(store.clone(), clock.clone(), prices);
        let passwords = Passwords::new(random.clone(), Tasks::new());
        Self {
            store,
            clock,
            random,
            fetch: None,
            keys: HotCache::default(),
            names: HotCache::of_expensive(),
            price_lists,
            traffic_rules: HotCache::of_expensive(),
            rules_for_strangers: Arc::default(),
            passwords,
        }
    }

    /// Checks the addresses of webhooks with this.
    #[must_use]
    pub(crate) fn with_fetch(self, fetch: Arc<dyn Fetch>) -> Self {
        Self { fetch: Some(fetch), ..self }
    }

    /// Hashes passwords in these tasks, which a shutdown waits for.
    #[must_use]
    pub(crate) fn with_tasks(self, tasks: Tasks) -> Self {
        Self { passwords: Passwords::new(self.random.clone(), tasks), ..self }
    }

    /// Where callers without an account may send.
    #[must_use]
    pub fn with_rules_for_strangers(self, rules: TrafficRules) -> Self {
        Self { rules_for_strangers: Arc::new(rules), ..self }
    }

    pub(crate) fn configure_prices(&self, prices: Prices) {
        self.price_lists.configure(prices);
    }

    /// Accounts by id, after `after`.
    pub async fn page(
        &self,
        after: AccountId,
        limit: u32,
    ) -> Result<Vec<(Account, Balance)>, PortError> {
        self.store.account_page(after, limit).await
    }

    pub async fn show(&self, id: AccountId) -> Result<Option<AccountView>, PortError> {
        let Some(account) = self.store.account(id).await? else { return Ok(None) };
        let balance = self.store.balance(id).await?;
        let settings = self.store.account_settings(id).await?.unwrap_or_default();
        Ok(Some(AccountView { account, balance, settings }))
    }

    pub async fn named(&self, name: &AccountName) -> Result<Option<Account>, PortError> {
        self.store.account_named(name).await
    }

    /// Whether the account exists; true for `None`.
    async fn is_known(&self, account: Option<AccountId>) -> Result<bool, PortError> {
        match account {
            Some(account) => Ok(self.store.account(account).await?.is_some()),
            None => Ok(true),
        }
    }

    /// Disables or enables an account: its keys are refused while it is disabled. False when there is
    /// none. Idempotent.
    pub async fn set_disabled(
        &self,
        account: AccountId,
        disabled: bool,
        by: Actor,
    ) -> Result<bool, PortError> {
        self.store.set_disabled(account, disabled, by, self.clock.now()).await
    }

    pub async fn balance(&self, account: AccountId) -> Result<Balance, PortError> {
        self.store.balance(account).await
    }
}
