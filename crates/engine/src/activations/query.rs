//! Reads activations, and what could be bought.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use domain::activation::{
    Activation, ActivationMessage, CountryCode, Network, NumberRequest, ServiceCode,
};
use domain::id::{AccountId, ActivationId, OrderId};
use domain::money::Msat;
use domain::ports::{ActivationList, ActivationMessageList, PortError};

use super::Activations;

/// What is for sale in a country.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NumberOffer {
    pub country: CountryCode,
    /// Numbers of all suppliers that could be acquired for the price.
    pub count: u64,
    /// What the buyer pays.
    pub price: Msat,
}

/// How activations of a service and country ended lately.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Success {
    /// Those that had a number and ended.
    pub ended: u64,
    pub with_code: u64,
}

impl Activations {
    /// Whether any supplier has numbers of this network.
    pub fn sells(&self, network: Network) -> bool {
        let mut suppliers = self.context.suppliers.iter();
        suppliers.any(|supplier| network == Network::Any || supplier.network() == network)
    }

    /// By its number; of this account, if one is named.
    pub async fn get(
        &self,
        id: ActivationId,
        account: Option<AccountId>,
    ) -> Result<Option<Activation>, PortError> {
        let found = self.context.store.activation(id).await?;
        Ok(found.filter(|found| account.is_none() || found.account == account))
    }

    /// `None`: there is no such order, it lends no number, or it is not paid.
    pub async fn of_order(&self, order: OrderId) -> Result<Option<Activation>, PortError> {
        self.context.store.activation_of_order(order).await
    }

    pub async fn list(&self, list: ActivationList) -> Result<Vec<Activation>, PortError> {
        self.context.store.activations(list).await
    }

    /// The idempotency keys of the requests that bought these, of those that had one.
    pub async fn keys(
        &self,
        activations: &[Activation],
    ) -> Result<HashMap<OrderId, String>, PortError> {
        let orders = activations.iter().map(|activation| activation.order).collect();
        Ok(self.context.store.order_keys(orders).await?.into_iter().collect())
    }

    /// Messages of an activation or a rental, the oldest first.
    pub async fn messages(
        &self,
        list: ActivationMessageList,
    ) -> Result<Vec<ActivationMessage>, PortError> {
        self.context.store.activation_messages(list).await
    }

    /// What could be acquired now for such a request, by country, in the order of their codes: of its
    /// country, or of all. Countries without a number are left out.
    pub async fn offers(
        &self,
        wanted: &NumberRequest,
        account: Option<AccountId>,
    ) -> Result<Vec<NumberOffer>, PortError> {
        let mut offered: BTreeMap<CountryCode, Vec<(u64, Msat)>> = BTreeMap::new();
        for (_, offers) in self.offers.of(wanted).await {
            for offer in offers.unwrap_or_default() {
                offered.entry(offer.country).or_default().push((offer.count, offer.cost));
            }
        }
        let tariff = self.context.accounts.tariff(account).await?;
        let mut for_sale = Vec::with_capacity(offered.len());
        for (country, offers) in offered {
            let wanted = NumberRequest { country: Some(country), ..wanted.clone() };
            let Some(price) = tariff.price_of_number(&wanted) else { continue };
            let affordable = offers.iter().filter(|(_, cost)| *cost <= price);
            let count = affordable.fold(0, |sum: u64, (count, _)| sum.saturating_add(*count));
            if count > 0 {
                for_sale.push(NumberOffer { country, count, price });
            }
        }
        Ok(for_sale)
    }

    /// How activations ended in the last `period`.
    pub async fn success(
        &self,
        service: &ServiceCode,
        country: Option<CountryCode>,
        period: Duration,
    ) -> Result<Success, PortError> {
        let since = self.context.clock.now().before(period);
        let count = self.context.store.success_count(service.clone(), country, since).await?;
        Ok(Success { ended: count.ended, with_code: count.with_code })
    }
}
