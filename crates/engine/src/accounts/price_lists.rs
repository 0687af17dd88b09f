//! The tariff of an account, or of callers without one. Busy lists are cached for a second, so
//! every node applies a changed price within a second.

use std::sync::Arc;

use domain::id::AccountId;
use domain::ports::{Clock, PortError, Store};
use domain::sale::tariff::{PriceList, Prices, Tariff};

use crate::hot_cache::HotCache;
use crate::live::Live;

#[derive(Debug)]
pub(super) struct PriceLists {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    configured: Live<Prices>,
    /// By account; `None` is the list of all accounts.
    lists: HotCache<Option<AccountId>, Arc<PriceList>>,
}

impl PriceLists {
    pub(super) fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, configured: Prices) -> Self {
        Self { store, clock, configured: Live::new(configured), lists: HotCache::of_expensive() }
    }

    /// The configured prices were changed.
    pub(super) fn configure(&self, prices: Prices) {
        self.configured.set(prices);
    }

    /// The list was changed here.
    pub(super) fn forget(&self, of: Option<AccountId>) {
        self.lists.forget(&of);
    }

    pub(super) async fn tariff(&self, account: Option<AccountId>) -> Result<Tariff, PortError> {
        let of_all = self.list(None).await?;
        let own = match account {
            Some(account) => self.list(Some(account)).await?,
            None => Arc::default(),
        };
        Ok(Tariff::new(Prices::clone(&self.configured.get()), of_all, own))
    }

    async fn list(&self, of: Option<AccountId>) -> Result<Arc<PriceList>, PortError> {
        let now = self.clock.now();
        if let Some(list) = self.lists.get(&of, now) {
            return Ok(list);
        }
        let list = Arc::new(PriceList::new(self.store.price_list(of).await?));
        self.lists.keep(of, list.clone(), now);
        Ok(list)
    }
}
