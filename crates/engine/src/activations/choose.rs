//! Which suppliers are called for a number, in which order: the cheapest with stock first, equally cheap ones
//! as configured, and those that did not say what they have last.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::activation::loan::Offer;
use domain::activation::{Network, NumberRequest, SupplierName};
use domain::limits::{OFFERS_AT_ONCE, OFFERS_REST};
use domain::money::Msat;
use domain::ports::{Clock, PortError, Supplier};
use domain::time::Timestamp;
use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt as _};

/// Time for a supplier to say what it has: a buyer waits for it.
const OFFERS_TIMEOUT: Duration = Duration::from_secs(5);

/// What each supplier of the wanted network offers, in the configured order.
type Offered = Vec<(Arc<dyn Supplier>, Result<Vec<Offer>, PortError>)>;

/// Reads what suppliers offer.
#[derive(Debug)]
pub(super) struct Offers {
    /// In the configured order.
    suppliers: Vec<Arc<dyn Supplier>>,
    clock: Arc<dyn Clock>,
    /// When suppliers did not answer in time: for a while nobody waits for them.
    late: Mutex<HashMap<SupplierName, Timestamp>>,
}

/// By request.
#[derive(Debug)]
pub(super) struct OffersFound(HashMap<NumberRequest, Offered>);

impl Offers {
    pub(super) fn new(suppliers: Vec<Arc<dyn Supplier>>, clock: Arc<dyn Clock>) -> Self {
        Self { suppliers, clock, late: Mutex::default() }
    }

    pub(super) async fn of(&self, wanted: &NumberRequest) -> Offered {
        let serves = |supplier: &&Arc<dyn Supplier>| {
            wanted.network == Network::Any || supplier.network() == wanted.network
        };
        let asked = self.suppliers.iter().filter(serves).map(|supplier| async move {
            let offers = self.of_supplier(&**supplier, wanted).await;
            (supplier.clone(), offers.map(|offers| of_country(offers, wanted)))
        });
        join_all(asked).await
    }

    /// Several at a time.
    pub(super) async fn of_all(&self, wanted: HashSet<NumberRequest>) -> OffersFound {
        let found = stream::iter(wanted)
            .map(|wanted| async move {
                let offered = self.of(&wanted).await;
                (wanted, offered)
            })
            .buffer_unordered(OFFERS_AT_ONCE);
        OffersFound(found.collect().await)
    }

    async fn of_supplier(
        &self,
        supplier: &dyn Supplier,
        wanted: &NumberRequest,
    ) -> Result<Vec<Offer>, PortError> {
        if self.is_late(supplier.name()) {
            return Err(PortError::Unavailable("it was late".to_owned()));
        }
        let offers = tokio::time::timeout(OFFERS_TIMEOUT, supplier.offers(wanted)).await;
        let offers = offers.unwrap_or_else(|_| {
            self.late().insert(supplier.name().clone(), self.clock.now());
            Err(PortError::Unavailable("no answer in time".to_owned()))
        });
        if let Err(error) = &offers {
            tracing::warn!(supplier = %supplier.name(), %error, "offers could not be read");
        }
        offers
    }

    fn is_late(&self, supplier: &SupplierName) -> bool {
        let now = self.clock.now();
        let late = self.late();
        late.get(supplier).is_some_and(|at| *at <= now && now < at.after(OFFERS_REST))
    }

    fn late(&self) -> std::sync::MutexGuard<'_, HashMap<SupplierName, Timestamp>> {
        self.late.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl OffersFound {
    /// Suppliers that have such numbers at no more than this cost, and were not tried.
    pub(super) fn ranked(
        &self,
        wanted: &NumberRequest,
        cost_max: Msat,
        tried: &[SupplierName],
    ) -> Vec<Arc<dyn Supplier>> {
        let offered = self.0.get(wanted).into_iter().flatten();
        let untried = offered.filter(|(supplier, _)| !tried.contains(supplier.name()));
        let mut ranked: Vec<_> = untried
            .filter_map(|(supplier, offers)| match offers {
                Ok(offers) => Some((cheapest(offers, cost_max)?, supplier.clone())),
                Err(_) => Some((Msat::new(i64::MAX), supplier.clone())),
            })
            .collect();
        ranked.sort_by_key(|(cost, _)| *cost);
        ranked.into_iter().map(|(_, supplier)| supplier).collect()
    }
}

fn of_country(mut offers: Vec<Offer>, wanted: &NumberRequest) -> Vec<Offer> {
    offers.retain(|offer| wanted.country.is_none_or(|country| offer.country == country));
    offers
}

fn cheapest(offers: &[Offer], cost_max: Msat) -> Option<Msat> {
    let affordable = offers.iter().filter(|offer| offer.count > 0 && offer.cost <= cost_max);
    affordable.map(|offer| offer.cost).min()
}

#[cfg(test)]
mod tests;
