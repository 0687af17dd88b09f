//! Which suppliers are called for a number, in which order: the cheapest with stock first, equally cheap ones
//! as configured, and those that did not say what they have last.

use std::sync::Arc;

use domain::activation::loan::Offer;
use domain::activation::{Network, NumberRequest, SupplierName};
use domain::money::Msat;
use domain::ports::{PortError, Supplier};
use futures_util::future::join_all;

use super::Activations;

impl Activations {
    /// Suppliers that have such numbers at no more than this cost, and were not tried.
    pub(super) async fn choose(
        &self,
        wanted: &NumberRequest,
        cost_max: Msat,
        tried: &[SupplierName],
    ) -> Vec<Arc<dyn Supplier>> {
        let untried = self.offers_of_suppliers(wanted).await;
        let untried = untried.into_iter().filter(|(supplier, _)| !tried.contains(supplier.name()));
        let mut ranked: Vec<_> = untried
            .filter_map(|(supplier, offers)| match offers {
                Ok(offers) => Some((cheapest(&offers, cost_max)?, supplier)),
                Err(_) => Some((Msat::new(i64::MAX), supplier)),
            })
            .collect();
        ranked.sort_by_key(|(cost, _)| *cost);
        ranked.into_iter().map(|(_, supplier)| supplier).collect()
    }

    /// What each supplier of the wanted network offers, in the configured order.
    pub(super) async fn offers_of_suppliers(
        &self,
        wanted: &NumberRequest,
    ) -> Vec<(Arc<dyn Supplier>, Result<Vec<Offer>, PortError>)> {
        let serves = |supplier: &&Arc<dyn Supplier>| {
            wanted.network == Network::Any || supplier.network() == wanted.network
        };
        let asked = self.context.suppliers.iter().filter(serves).map(|supplier| async move {
            let offers = tokio::time::timeout(super::OFFERS_TIMEOUT, supplier.offers(wanted)).await;
            let late = |_| Err(PortError::Unavailable("no answer in time".to_owned()));
            let offers = offers.unwrap_or_else(late).map(|offers| of_country(offers, wanted));
            if let Err(error) = &offers {
                tracing::warn!(supplier = %supplier.name(), %error, "offers could not be read");
            }
            (supplier.clone(), offers)
        });
        join_all(asked).await
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
