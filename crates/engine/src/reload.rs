//! Replaces settings and carriers while the engine runs, after the configuration was read again.
//!
//! | what | how |
//! |---|---|
//! | prices, routes, quiet hours, keywords, webhook of inbound messages, terms of referrers | the next reader sees the new ones |
//! | numbers of the file | stored as at start |
//! | a new carrier | runs |
//! | a changed one | the new one takes its place at once; its links open when those of the old one are closed |
//! | a removed one | takes nothing new, finishes what is open, and closes its links |
//!
//! Messages that were priced or routed before stay as they are. The node's name and its lease stay.

use std::sync::Arc;

use domain::limits::SHUTDOWN_GRACE;
use domain::ports::{Carrier, PortError};
use domain::time::Timestamp;

use crate::carriers::CarrierSet;
use crate::engine::Engine;
use crate::settings::Settings;

impl Engine {
    /// `carriers` are all that run from now on; one that is unchanged is the one of [`Engine::carrier`]. On
    /// an error nothing has changed. Not for two at a time.
    pub async fn reload(
        &self,
        settings: Settings,
        carriers: Vec<Arc<dyn Carrier>>,
    ) -> Result<(), PortError> {
        let before = self.settings.get();
        let Settings { node, lease, shares_store, .. } = (*before).clone();
        let settings = Settings { node, lease, shares_store, ..settings };
        let numbers = settings.numbers.clone();
        // A route to a carrier that is not there fails its messages: new carriers come before the routes, and old ones
        // go after them.
        let running = self.carriers.set();
        self.add_carriers(&running, &carriers, before.shares_store);
        self.accounts.configure_prices(settings.prices.clone());
        self.settings.set(settings);
        let stored = async {
            self.numbers.declare(numbers).await?;
            self.payouts.store_share_rate().await
        };
        if let Err(error) = stored.await {
            self.accounts.configure_prices(before.prices.clone());
            self.settings.set((*before).clone());
            self.carriers.replace(running.values().cloned().collect());
            return Err(error);
        }
        self.replace_carriers(&running, carriers).await;
        Ok(())
    }

    /// The carrier of this name that runs now.
    pub fn carrier(&self, name: &domain::routing::CarrierName) -> Option<Arc<dyn Carrier>> {
        self.carriers.get(name)
    }

    /// Those of new names. They do not run yet, so they are down, and messages wait for them.
    fn add_carriers(&self, before: &CarrierSet, carriers: &[Arc<dyn Carrier>], shares_store: bool) {
        if shares_store {
            // They have no share of the links yet.
            let new = carriers.iter().filter(|carrier| !runs(before, carrier));
            new.for_each(|carrier| carrier.allow(0, Timestamp::default()));
        }
        let added = carriers.iter().filter(|carrier| !before.contains_key(carrier.name()));
        self.carriers.replace(before.values().chain(added).cloned().collect());
    }

    /// Returns when those that were replaced have closed their links.
    async fn replace_carriers(&self, before: &CarrierSet, carriers: Vec<Arc<dyn Carrier>>) {
        let new: Vec<_> =
            carriers.iter().filter(|carrier| !runs(before, carrier)).cloned().collect();
        self.carriers.replace(carriers);
        let now = self.carriers.set();
        for carrier in new.iter().filter(|carrier| !before.contains_key(carrier.name())) {
            self.run_carrier(carrier);
        }
        let retiring = before.iter().filter_map(|(name, old)| {
            let next = new.iter().find(|carrier| carrier.name() == name);
            (next.is_some() || !now.contains_key(name)).then(|| self.retire(old, next))
        });
        futures_util::future::join_all(retiring).await;
    }

    /// A carrier may allow no more links than the old one has: the next one waits until they are closed.
    async fn retire(&self, old: &Arc<dyn Carrier>, next: Option<&Arc<dyn Carrier>>) {
        old.stop(SHUTDOWN_GRACE).await;
        if let Some(end) = self.running().remove(old.name()) {
            end.cancel();
        }
        if let Some(next) = next {
            self.run_carrier(next);
        }
    }
}

fn runs(set: &CarrierSet, carrier: &Arc<dyn Carrier>) -> bool {
    set.get(carrier.name()).is_some_and(|running| Arc::ptr_eq(running, carrier))
}
